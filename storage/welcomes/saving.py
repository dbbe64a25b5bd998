"""Saving a welcome: the recording first, the registry last, each only over what was seen.

Whoever is interrupted in between leaves a new recording that the registry does not tell of: that is
shown, and the next save of the course mends it. Readers see whole files at any time.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Mapping
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.merging import differing
from storage.courses.registry import Entry, Registry, parse_registry
from storage.courses.splice import same, set_entry
from storage.errors import Conflict, InvalidInput, Unavailable
from storage.gate import Passage
from storage.layout.rules import check_write
from storage.model.objects import ObjectHead, Written
from storage.model.welcome_plans import FieldChange, NewRecording, SaveConflict, Saved, SavePlan
from storage.welcomes.marks import recording_marks, sha256_of
from storage.welcomes.reading import Current, asked_for, read_registry
from storage.welcomes.rooms import RECORDING, REGISTRY, Rooms
from storage.welcomes.writing import put_file

_TRIES = 40  # others save too: each time somebody's save went in
_WAIT_S = 0.05
_OF_SOUND = frozenset({"generated_date", "duration"})


def save(where: Passage, rooms: Rooms, plan: SavePlan, note: str) -> Saved:
    """Does what the plan says. Raises SaveConflict where somebody changed the same welcome
    meanwhile, InvalidInput for an empty plan or a registry that broke, RuleViolation.
    """
    if plan.empty:
        raise InvalidInput("There is nothing to save.", "Change something first.")
    for key in (rooms.registry_key, *([plan.recording.key] if plan.recording else [])):
        check_write(rooms.layout, rooms.home, key)
    now = read_registry(where, rooms.registry_key)
    _check_untouched(where, rooms, plan, now.registry)
    stored = _store(where, plan, plan.recording, note) if plan.recording else None
    try:
        registry, seen = _save_registry(where, rooms, plan, note, stored)
    except SaveConflict as error:
        error.wrote_recording = stored is not None
        raise
    return Saved(
        course=plan.course,
        id=_id_of(plan, seen.registry),
        registry=registry,
        recording=stored,
        merged=seen.etag != plan.registry_etag,
        shared_with=plan.shared_with,
    )


def _id_of(plan: SavePlan, registry: Registry) -> str | None:
    for change in plan.changes:
        if (change.course, change.field) == (plan.course, "id"):
            return str(change.after)
    entry = registry.entries.get(plan.course)
    return entry.id if entry else None


# -- the recording --------------------------------------------------------------------------------


def _store(where: Passage, plan: SavePlan, recording: NewRecording, note: str) -> Written:
    now = asked_for(where, [recording.key]).get(recording.key)
    if now is not None and _is_it(now, recording):  # an earlier try came so far
        return Written(now.etag, now.version_id, now.size)
    if (now.etag if now else "") != recording.over_etag:
        raise _other_recording(where, plan, recording)
    said = {**plan.base.fields, **_wanted(plan).get(plan.course, {})}
    text, date = (str(said.get(name) or "") for name in ("text", "generated_date"))
    sha256 = sha256_of(recording.data)
    marks = recording_marks(parse_course(plan.course).pair, text, date, sha256)
    try:
        return put_file(
            where,
            "welcome-recording",
            recording.key,
            recording.data,
            kind=RECORDING,
            over=now,
            note=note,
            marks=marks,
            courses=plan.course,
            size=len(recording.data),
        )
    except Conflict as error:
        raise _other_recording(where, plan, recording) from error


def _is_it(now: ObjectHead, recording: NewRecording) -> bool:
    md5 = hashlib.md5(recording.data, usedforsecurity=False).hexdigest()
    return (now.size, now.etag) == (len(recording.data), md5)


def _other_recording(where: Passage, plan: SavePlan, recording: NewRecording) -> SaveConflict:
    return SaveConflict(
        "Somebody else stored another recording meanwhile, so yours was not saved.",
        "Listen to theirs, then choose which one stays.",
        bucket=where.bucket.bucket,
        key=recording.key,
        course=plan.course,
        fields={},
        recording=True,
    )


# -- the registry ---------------------------------------------------------------------------------


def _save_registry(
    where: Passage, rooms: Rooms, plan: SavePlan, note: str, stored: Written | None
) -> tuple[Written | None, Current]:
    """What was written, over which state; None where all is as wanted already."""
    for attempt in range(_TRIES):
        now = read_registry(where, rooms.registry_key)
        _check_untouched(where, rooms, plan, now.registry)
        raw = now.registry.raw
        for course, fields in _still_true(where, plan, stored).items():
            registry = parse_registry(raw)
            shares = course in registry.entries and registry.blocked(course) is None
            if course == plan.course or shares:
                raw = set_entry(registry, course, fields)
        if raw == now.registry.raw and now.head is not None:
            return None, now
        try:
            return _put_registry(where, rooms, plan, note, (raw, now)), now
        except Conflict:  # somebody saved in between: on top of theirs
            time.sleep(random.uniform(0, _WAIT_S * min(attempt + 1, 10)))  # noqa: S311  no secret
    raise Unavailable(
        "Others save welcomes all the time, so yours could not be.", "Save again in a moment."
    )


def _put_registry(
    where: Passage, rooms: Rooms, plan: SavePlan, note: str, wanted: tuple[bytes, Current]
) -> Written:
    raw, now = wanted
    fields = {change.field for change in plan.changes}
    return put_file(
        where,
        "welcome",
        rooms.registry_key,
        raw,
        kind=REGISTRY,
        over=now.head,
        note=note,
        courses=" ".join(dict.fromkeys(change.course for change in plan.changes)),
        fields=" ".join(sorted(fields)),
        text="text" in fields,
        recording=plan.recording is not None,
    )


def _wanted(plan: SavePlan) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for change in plan.changes:
        found.setdefault(change.course, {})[change.field] = change.after
    return found


def _still_true(
    where: Passage, plan: SavePlan, stored: Written | None
) -> Mapping[str, Mapping[str, Any]]:
    """The fields to set. Date and length tell of the recording: where somebody replaced ours since,
    theirs tell of it. Asked after the registry was read, so that whoever comes later is noticed."""
    wanted = _wanted(plan)
    if stored is None or plan.recording is None:
        return wanted
    now = asked_for(where, [plan.recording.key]).get(plan.recording.key)
    if now is not None and now.etag == stored.etag:
        return wanted
    return {
        course: {name: value for name, value in fields.items() if name not in _OF_SOUND}
        for course, fields in wanted.items()
    }


def _check_untouched(where: Passage, rooms: Rooms, plan: SavePlan, now: Registry) -> None:
    """Raises SaveConflict where somebody touched the same entry since it was seen, and not just to
    what is wanted now; InvalidInput where it cannot be written any more."""
    finding = now.blocked(plan.course)
    if finding is not None:
        raise InvalidInput(finding.text, finding.remedy)
    seen = Entry(plan.course, plan.base.fields) if plan.base.fields else None
    theirs = now.entries.get(plan.course)
    mine = Entry(plan.course, {**plan.base.fields, **_wanted(plan).get(plan.course, {})})
    fields = differing(seen, seen, theirs) and differing(seen, mine, theirs)
    others = {
        f"{change.course}: {change.field}": found
        for change in plan.changes
        if change.course != plan.course and (found := _touched(change, now))
    }
    if not fields and not others:
        return
    raise SaveConflict(
        "Somebody else changed this welcome meanwhile, so nothing of yours was saved.",
        "Compare theirs with yours, and choose which one stays.",
        bucket=where.bucket.bucket,
        key=rooms.registry_key,
        course=plan.course,
        fields={**fields, **others},
    )


def _touched(change: FieldChange, now: Registry) -> tuple[Any, Any, Any] | None:
    """Somebody's change to a course that shares the recording. Its date and length are facts."""
    entry = now.entries.get(change.course)
    if entry is None or change.field in _OF_SOUND:
        return None
    theirs = entry.fields.get(change.field)
    if same(theirs, change.before) or same(theirs, change.after):
        return None
    return change.before, change.after, theirs
