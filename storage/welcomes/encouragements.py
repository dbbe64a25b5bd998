"""Encouragements: short sentences between the lessons, read, heard and changed a list at a time.

As with welcomes a plan writes nothing, and a save refuses what somebody else changed meanwhile.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from storage.courses.codes import language_name
from storage.courses.encouragements import (
    Document,
    merged,
    parse_encouragements,
    too_large,
    with_lines,
)
from storage.courses.registry import MAX_BYTES
from storage.errors import Conflict, InvalidInput, NotFound, Unavailable
from storage.gate import Gate, Passage
from storage.layout.profile import Layout
from storage.model.encouragements import (
    KINDS,
    EncouragementList,
    Kind,
    Line,
    Lines,
    LinesConflict,
    LinesPlan,
    LinesSaved,
)
from storage.model.objects import ObjectHead, Written
from storage.model.people import Actor, Can
from storage.model.welcomes import RegistryFinding, StoredSound
from storage.welcomes.fresh import new_id
from storage.welcomes.planning import check_words
from storage.welcomes.reading import asked_for, list_all, read_whole
from storage.welcomes.rooms import Doors, Rooms, entered_home, known
from storage.welcomes.spoken import Spoken
from storage.welcomes.writing import put_file

SHARED, OF_LANGUAGE = "encouragements", "language-encouragements"  # kinds of key
LINE_CHARACTERS = 500  # some thirty seconds of speech: an encouragement is a sentence
_TRIES = 40
_WAIT_S = 0.05


class Encouragements:
    """The encouragements of all projects that have some. Thread-safe; holds no client."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        *,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._new_id = new_id
        self._spoken = Spoken()

    def list(self, actor: Actor, layout: str) -> tuple[EncouragementList, ...]:
        """All files of the project, the one of no language first; each with its findings, one that
        cannot be read with why not.
        """
        where, rooms = self._home(actor, layout)
        kinds = {kind.kind: kind for kind in rooms.layout.kinds}
        if not kinds.keys() >= {SHARED, OF_LANGUAGE}:
            return ()
        keys = [
            key
            for key in list_all(where, kinds[OF_LANGUAGE].template.prefix)
            if rooms.layout.classify(rooms.home, key).kind in (SHARED, OF_LANGUAGE)
        ]
        found = [one for key in keys if (one := _told(where, rooms, key))]
        return tuple(sorted(found, key=lambda one: (bool(_language(rooms, one.key)), one.key)))

    def sound(self, actor: Actor, layout: str, key: str, text: str) -> StoredSound | None:
        """The clip that says `text` in a course for speakers of the file's language; None where no
        course has one. Raises NotFound without such a file.
        """
        doors = Doors.opened(self._gate, actor, known(self._layouts, layout))
        lang = _read(doors.home, doors.rooms, key)[0].code or _language(doors.rooms, key)
        return self._spoken.find(doors, lang, text)

    def plan_save(
        self,
        actor: Actor,
        layout: str,
        key: str,
        kind: Kind,
        *,
        base: Lines,
        wanted: Sequence[Line],
    ) -> LinesPlan:
        """What saving `wanted` over what was seen (`base`) would do; a line without an id gets one.
        Raises InvalidInput for a line that cannot be saved, saying which.
        """
        where, rooms = self._home(actor, layout, Can.OBJECT_WRITE)
        document, _ = _read(where, rooms, key)
        finding = document.blocked(kind)
        if finding is not None:
            raise InvalidInput(finding.text, finding.remedy)
        _check_lines(base, wanted)
        lines = tuple(Line(one.id or self._new_id(), one.text.strip()) for one in wanted)
        return LinesPlan(
            layout=layout,
            key=key,
            kind=kind,
            base=base,
            wanted=lines,
            sentences=tuple(_sentences(base, lines, _elsewhere(document, kind, base, lines))),
            diff=tuple(_diff(base, lines)),
        )

    def save(self, actor: Actor, plan: LinesPlan, *, note: str = "") -> LinesSaved:
        """Writes the list, over exactly what is there; what others saved meanwhile stays. Raises
        LinesConflict where that cannot be, with theirs.
        """
        where, rooms = self._home(actor, plan.layout, Can.OBJECT_WRITE)
        if plan.empty:
            raise InvalidInput("There is nothing to save.", "Change something first.")
        for attempt in range(_TRIES):
            document, head = _read(where, rooms, plan.key)
            raw = _changed(document, plan, where)
            is_merged = document.lines(plan.kind) != plan.base
            if raw == document.raw:
                return LinesSaved(plan.key, head.etag, is_merged)
            try:
                written = _put(where, rooms, plan, note, (raw, head))
            except Conflict:  # somebody saved in between: on top of theirs
                time.sleep(random.uniform(0, _WAIT_S * min(attempt + 1, 10)))  # noqa: S311
                continue
            return LinesSaved(plan.key, written.etag, is_merged)
        raise Unavailable("Others save encouragements all the time.", "Save again in a moment.")

    def _home(self, actor: Actor, layout: str, can: Can = Can.OBJECT_READ) -> tuple[Passage, Rooms]:
        return entered_home(self._gate, actor, known(self._layouts, layout), can)


# -- reading --------------------------------------------------------------------------------------


def _read(where: Passage, rooms: Rooms, key: str) -> tuple[Document, ObjectHead]:
    """In one state. Raises NotFound for a key that is no file of encouragements, or is not there;
    InvalidInput for one that cannot be read, before 5 MiB are."""
    is_one = rooms.layout.classify(rooms.home, key).kind in (SHARED, OF_LANGUAGE)
    for _ in range(_TRIES if is_one else 0):
        head = asked_for(where, [key]).get(key)
        if head is None:
            break
        if head.size > MAX_BYTES:
            raise too_large(head.size)
        with suppress(Conflict, NotFound):  # changed while it was read
            return parse_encouragements(read_whole(where, head)), head
    raise NotFound(f"There are no encouragements {key!r}.", "Reload the page.")


def _told(where: Passage, rooms: Rooms, key: str) -> EncouragementList | None:
    """As a page shows it, None where it is gone."""
    lines: dict[Kind, Lines] = {}
    code, etag, findings = "", "", tuple[RegistryFinding, ...]()
    try:
        document, head = _read(where, rooms, key)
        code, etag, findings = document.code, head.etag, document.findings
        lines = {kind: document.lines(kind) for kind in KINDS}
    except NotFound:
        return None
    except InvalidInput as error:
        findings = (RegistryFinding("unreadable", "error", error.what, error.remedy, blocks=True),)
    code = code or _language(rooms, key)
    name = language_name(code) or ""
    return EncouragementList(rooms.layout.name, key, etag, code, name, lines, findings)


def _language(rooms: Rooms, key: str) -> str:
    """As the key says it, "" for the file of no language."""
    return dict(rooms.layout.classify(rooms.home, key).fields).get("lang", "")


# -- saving ---------------------------------------------------------------------------------------


def _check_lines(base: Lines, wanted: Sequence[Line]) -> None:
    before = {one.id: one.text for one in base}
    ids = [one.id for one in wanted if one.id]
    if len(ids) != len(set(ids)) or not before.keys() >= set(ids):
        raise InvalidInput("These are not the encouragements that were seen.", "Reload the page.")
    for number, one in enumerate(wanted, 1):
        if one.id and before[one.id] == one.text:
            continue  # as it is, whatever is wrong with it
        if not one.text.strip():
            raise InvalidInput(f"Number {number} has no text.", "Write it, or remove it.")
        check_words(f"text of number {number}", one.text, LINE_CHARACTERS)


def _changed(document: Document, plan: LinesPlan, where: Passage) -> bytes:
    """The file with the plan in it, and the same sentence in the other list where it is the same
    encouragement there."""
    now = document.lines(plan.kind)
    lines = merged(plan.base, plan.wanted, now)
    if lines is None:
        raise LinesConflict(
            "Somebody else changed these encouragements meanwhile, so yours were not saved.",
            "Compare theirs with yours, and choose which ones stay.",
            bucket=where.bucket.bucket,
            key=plan.key,
            theirs=now,
        )
    raw = with_lines(document, plan.kind, lines)
    for other, same in _elsewhere(document, plan.kind, now, lines).items():
        raw = with_lines(parse_encouragements(raw), other, same)
    return raw


def _elsewhere(document: Document, kind: Kind, now: Lines, wanted: Lines) -> dict[Kind, Lines]:
    """The other list where an encouragement that is reworded is in it too, by its id."""
    before, after = ({one.id: one.text for one in some} for some in (now, wanted))
    found: dict[Kind, Lines] = {}
    for other in KINDS:
        if other == kind or document.blocked(other) is not None:
            continue
        lines = document.lines(other)
        same = tuple(
            Line(one.id, after.get(one.id, one.text)) if before.get(one.id) == one.text else one
            for one in lines
        )
        if same != lines:
            found[other] = same
    return found


def _put(
    where: Passage, rooms: Rooms, plan: LinesPlan, note: str, wanted: tuple[bytes, ObjectHead]
) -> Written:
    raw, head = wanted
    return put_file(
        where,
        "encouragements",
        plan.key,
        raw,
        kind=rooms.layout.classify(rooms.home, plan.key).kind,
        over=head,
        note=note,
        list=plan.kind,
        lines=len(plan.wanted),
    )


# -- in words -------------------------------------------------------------------------------------


def _sentences(base: Lines, wanted: Lines, elsewhere: Collection[Kind]) -> Iterator[str]:
    before, after = ({one.id: one.text for one in lines} for lines in (base, wanted))
    changed = [one for one in after if one in before and before[one] != after[one]]
    for count, words in (
        (len(after.keys() - before.keys()), "added"),
        (len(changed), "reworded"),
        (len(before.keys() - after.keys()), "removed"),
    ):
        if count:
            yield f"{count:,} encouragement{'' if count == 1 else 's'} {words}."
    both = before.keys() & after.keys()
    if [one for one in before if one in both] != [one for one in after if one in both]:
        yield "The order changes."
    if elsewhere:
        yield "The other list has it too: there it is reworded as well."
    if base != wanted:
        yield "Courses take it over the next time they are made."


def _diff(base: Lines, wanted: Lines) -> Iterator[str]:
    before, after = ({one.id: one.text for one in lines} for lines in (base, wanted))
    for one in base:
        if after.get(one.id) != one.text:
            yield f"- {one.id}  {one.text}"
    for one in wanted:
        mark = "  " if before.get(one.id) == one.text else "+ "
        yield f"{mark}{one.id}  {one.text}"
