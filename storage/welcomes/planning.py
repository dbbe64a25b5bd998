"""What saving a welcome would do: the fields that change, the recording, and that in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.audio.analyse import measure
from storage.audio.transcode import to_wav
from storage.courses.codes import Course, parse_course, unknown_languages
from storage.courses.merging import json_diff
from storage.courses.registry import Entry, Registry, is_uuid
from storage.courses.splice import same
from storage.errors import InvalidInput
from storage.gate import Passage
from storage.layout.rules import check_write
from storage.model.objects import ObjectHead
from storage.model.welcome_plans import FieldChange, NewRecording, SavePlan
from storage.model.welcomes import Base
from storage.units import human_bytes
from storage.welcomes.fresh import as_date
from storage.welcomes.length import as_duration
from storage.welcomes.marks import DATE
from storage.welcomes.reading import Home, read_whole, sound
from storage.welcomes.rooms import RECORDING, Rooms
from storage.welcomes.rows import is_gap
from storage.welcomes.wording import words

TEXT_CHARACTERS = 10_000  # a quarter of an hour of speech
VOICE_CHARACTERS = 200
_LINES = "\t\n\r"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an editor asks for. None: as it is. `voice` "" is none; `also` names courses that share
    the recording and are to take text and voice too."""

    course: Course
    text: str | None = None
    voice: str | None = None
    recording: bytes | None = None
    also: frozenset[str] = frozenset()


def plan_save(
    where: Passage,
    rooms: Rooms,
    home: Home,
    wanted: Wanted,
    base: Base | None,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> SavePlan:
    """The plan. Raises InvalidInput for what cannot be a welcome, RuleViolation by the layout."""
    registry, course = home.current.registry, wanted.course
    _check_course(registry, course)
    _check_words(wanted)
    key = home.names.to_read(course)
    old = home.recordings[key] if key else None
    seen = base or _as_it_is(registry, course, old)
    recording = _recording(rooms, home, wanted, seen)
    fields = {code: _plain_fields(wanted) for code in _about(home, wanted)}
    entry = registry.entries.get(course.code, Entry(course.code, {}))
    heard = _heard(where, entry, old, recording, now)
    if heard is not None:
        for code in (course.code, *_sharing(home, course)):
            fields.setdefault(code, {}).update(heard)
    _give_ids(registry, course, fields, new_id)
    changes = tuple(_changes(registry, course, seen, fields, as_date(now)))
    keys = (recording.key if recording else "", rooms.registry_key if changes else "")
    return SavePlan(
        layout=rooms.layout.name,
        course=course.code,
        base=seen,
        registry_etag=home.current.etag,
        new=course.code not in registry.entries,
        changes=changes,
        recording=recording,
        sentences=tuple(words(home, course, changes, recording)),
        json_diff=json_diff(changes),
        files=tuple(f"{where.bucket.bucket}/{key}" for key in keys if key),
        shared_with=home.names.sharing(course),
    )


def _as_it_is(registry: Registry, course: Course, old: ObjectHead | None) -> Base:
    entry = registry.entries.get(course.code)
    return Base(entry.fields if entry else {}, old.etag if old else "")


# -- what is refused ------------------------------------------------------------------------------


def _check_course(registry: Registry, course: Course) -> None:
    finding = registry.blocked(course.code)
    if finding is not None:
        raise InvalidInput(finding.text, finding.remedy)
    unknown = unknown_languages(course)
    if unknown and course.code not in registry.entries:
        raise InvalidInput(
            f"No language has the code {' or '.join(map(repr, unknown))} (ISO 639-3).",
            "Codes have three letters, such as ita, cym, cmn.",
        )


def _check_words(wanted: Wanted) -> None:
    for name, text, limit in (
        ("text", wanted.text, TEXT_CHARACTERS),
        ("voice", wanted.voice, VOICE_CHARACTERS),
    ):
        if text is not None:
            check_words(name, text, limit)


def check_words(name: str, text: str, limit: int) -> None:
    """Raises InvalidInput for a text too long, or with characters nobody can see; `name` says which
    text it is."""
    if len(text) > limit:
        raise InvalidInput(
            f"The {name} has {len(text):,} characters; at most {limit:,} are kept.",
            "Shorten it.",
        )
    if any(_is_hidden(letter) for letter in text):
        raise InvalidInput(
            f"The {name} holds characters that cannot be seen or stored (control characters).",
            "Type it again instead of pasting it.",
        )


def _is_hidden(letter: str) -> bool:
    number = ord(letter)
    return (
        (number < 32 and letter not in _LINES) or 127 <= number < 160 or 0xD800 <= number < 0xE000
    )


# -- the recording --------------------------------------------------------------------------------


def _recording(rooms: Rooms, home: Home, wanted: Wanted, seen: Base) -> NewRecording | None:
    if wanted.recording is None:
        return None
    key = home.names.to_write(wanted.course)
    check_write(rooms.layout, rooms.home, key)
    measured = measure(wanted.recording)
    for finding in measured.findings:
        if finding.severity == "error":
            raise InvalidInput(
                f"This recording cannot be used. {finding.text}.",
                "Export or record it again; nothing was changed.",
            )
    data = to_wav(wanted.recording)
    limit = rooms.layout.kind(RECORDING).max_bytes
    if limit is not None and len(data) > limit:
        raise InvalidInput(
            f"As WAV it has {human_bytes(len(data))}; a recording has at most "
            f"{human_bytes(limit)}.",
            "Make it shorter, or mono.",
        )
    converted = "" if data == wanted.recording else measured.facts.container
    replaces = sound(rooms.home, home.recordings.get(key))
    # what was seen is this file, but where another pair's was played
    is_this = home.names.to_read(wanted.course) in (None, key)
    over_etag = seen.recording_etag if is_this else replaces.etag if replaces else ""
    return NewRecording(key, over_etag, data, measured, converted, replaces)


def _heard(
    where: Passage,
    entry: Entry,
    old: ObjectHead | None,
    recording: NewRecording | None,
    now: datetime,
) -> dict[str, Any] | None:
    """What the registry is to say of the recording: of the new one, or of one that is stored
    already and was never told there. None where it says what is right."""
    if recording is not None:
        return {
            "generated_date": as_date(now),
            "duration": as_duration(recording.measured.duration_s),
        }
    if old is None or not is_gap(entry, old):
        return None
    measured = measure(read_whole(where, old))
    return {
        "generated_date": old.metadata.get(DATE) or as_date(old.modified),
        "duration": as_duration(measured.duration_s),
    }


# -- the fields -----------------------------------------------------------------------------------


def _sharing(home: Home, course: Course) -> Iterator[str]:
    """Courses of the pair whose entries can be written."""
    for code in home.names.sharing(course):
        if home.current.registry.blocked(code) is None:
            yield code


def _about(home: Home, wanted: Wanted) -> tuple[str, ...]:
    sharing = tuple(_sharing(home, wanted.course))
    strangers = wanted.also.difference(sharing)
    if strangers:
        raise InvalidInput(
            f"{', '.join(sorted(strangers))} cannot be changed along with {wanted.course.code}.",
            f"The same recording is used by: {', '.join(sharing) or 'no other course'}.",
        )
    return (wanted.course.code, *(code for code in sharing if code in wanted.also))


def _plain_fields(wanted: Wanted) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if wanted.text is not None:
        fields["text"] = wanted.text
    if wanted.voice is not None:
        fields["voice"] = wanted.voice or None
    return fields


def _give_ids(
    registry: Registry,
    course: Course,
    fields: Mapping[str, dict[str, Any]],
    new_id: Callable[[], str],
) -> None:
    """An id for each entry that has none and is heard; courses of one pair have the same one."""
    entries = registry.entries
    theirs = (entry.id for entry in entries.values() if _pair(entry.course) == course.pair)
    found = next((one for one in theirs if one), None)
    for code, changed in fields.items():
        entry = entries.get(code)
        is_needed = entry is None or "duration" in changed or _is_no_id(entry)
        if is_needed and (entry is None or entry.id is None):
            found = found or new_id()
            changed["id"] = found


def _is_no_id(entry: Entry) -> bool:
    said = entry.fields.get("id")
    return said is not None and not (isinstance(said, str) and is_uuid(said))


def _pair(code: str) -> str:
    try:
        return parse_course(code).pair
    except InvalidInput:
        return ""


def _changes(
    registry: Registry,
    course: Course,
    seen: Base,
    fields: Mapping[str, Mapping[str, Any]],
    today: str,
) -> Iterator[FieldChange]:
    """What differs from what was seen; of a new entry all that every entry has."""
    for code, wanted in fields.items():
        entry = registry.entries.get(code)
        before = seen.fields if code == course.code else entry.fields if entry else {}
        blank = {"text": "", "id": None, "generated_date": today, "voice": None, "duration": 0}
        for name, after in ({**blank, **wanted} if entry is None else wanted).items():
            if name not in before or not same(before[name], after):
                yield FieldChange(code, name, before.get(name), after)
