"""A row a course: where its recording stands, by content, and what needs doing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from storage.courses.codes import Course, parse_course
from storage.courses.registry import Entry, parse_date
from storage.errors import InvalidInput
from storage.model.audit import AuditRow
from storage.model.findings import Severity
from storage.model.objects import ObjectHead
from storage.model.welcomes import Base, LiveRequest, RegistryFinding, State, Todo, Welcome
from storage.welcomes.marks import DATE, TEXT, origin, same_bytes, text_mark
from storage.welcomes.reading import Everything, sound
from storage.welcomes.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Told:
    """What the audit log says of each course: its newest change, and the newest of its text."""

    changed: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    text_changed: Mapping[str, datetime] = field(default_factory=dict)


def told(rows: Sequence[AuditRow]) -> Told:
    """From the rows `done` of the registry, newest first."""
    changed: dict[str, tuple[datetime, str]] = {}
    text_changed: dict[str, datetime] = {}
    for row in rows:
        at = parse_date(row.at)
        for course in str(row.event.detail.get("courses", "")).split():
            if at is None:
                continue
            changed.setdefault(course, (at, row.event.actor_name))
            if row.event.detail.get("text"):
                text_changed.setdefault(course, at)
    return Told(changed, text_changed)


@dataclass(frozen=True)
class Facts:
    """One course's objects, as far as they are there."""

    entry: Entry
    course: Course
    recording: ObjectHead | None
    testing: ObjectHead | None
    live: ObjectHead | None

    @property
    def gap(self) -> bool:
        """Whether the recording is newer than what the registry says of it: somebody stored it and
        was interrupted, or stored it past the console."""
        return self.recording is not None and is_gap(self.entry, self.recording)

    @property
    def standing(self) -> tuple[State, bool]:
        """How far exactly this recording is, and whether that is certain."""
        if self.recording is None:
            return "missing", True
        if self.testing is None:
            is_live = self.live is not None and origin(self.live, self.recording) == "same"
            return ("live" if is_live else "recorded"), True
        made_from_it = origin(self.testing, self.recording)
        if made_from_it == "other":
            return "recorded", True
        is_live = self.live is not None and same_bytes(self.testing, self.live)
        return ("live" if is_live else "testing"), made_from_it == "same"


def is_gap(entry: Entry, recording: ObjectHead) -> bool:
    """Whether the entry does not tell of this recording yet."""
    said, written = parse_date(recording.metadata.get(DATE, "")), parse_date(entry.generated_date)
    if said is None:  # stored past the console: known only where the entry knows of none at all
        return entry.duration_s == 0 or entry.id is None
    return written is None or written < said or entry.id is None


def make_rows(
    rooms: Rooms, found: Everything, said: Told, asked: Mapping[str, LiveRequest]
) -> tuple[Welcome, ...]:
    """All rows, in the registry's order."""
    entries = found.home.current.registry.entries
    return tuple(make_row(rooms, found, said, asked, entry) for entry in entries.values())


def make_row(
    rooms: Rooms,
    found: Everything,
    said: Told,
    asked: Mapping[str, LiveRequest],
    entry: Entry,
) -> Welcome:
    """The row of one entry."""
    home = found.home
    findings = tuple(one for one in home.current.registry.findings if one.course == entry.course)
    try:
        course = parse_course(entry.course)
    except InvalidInput:  # told by a finding
        return _plain(rooms, entry, findings)
    key = home.names.to_read(course)
    clips = (found.testing.get(entry.id), found.live.get(entry.id))
    facts = Facts(entry, course, home.recordings[key] if key else None, *clips)
    state, certain = facts.standing
    shared, others = home.names.sharing(course), home.names.other_pairs(course)
    request = _still(_asked(entry, asked), facts)
    changed_at, changed_by = _changed(facts, said)
    todos = (*_todos(facts, said, others), *_ways_on(facts, request), *_shared(shared))
    return replace(
        _plain(rooms, entry, findings, course),
        state=state,
        certain=certain,
        recording=sound(rooms.home, facts.recording),
        testing=sound(rooms.testing, facts.testing),
        live=sound(rooms.live, facts.live),
        shared_with=shared,
        other_pairs=others,
        todos=(*(_broken(one) for one in findings), *todos),
        base=Base(entry.fields, facts.recording.etag if facts.recording else ""),
        changed_at=changed_at,
        changed_by=changed_by,
        asked=request,
    )


def _asked(entry: Entry, asked: Mapping[str, LiveRequest]) -> LiveRequest | None:
    """The course's request, or that of one whose recording it shares: the same MP3 goes live."""
    mine = (entry.id or "").upper()
    others = (one for one in asked.values() if one.id.upper() == mine)
    return asked.get(entry.course) or next(others, None)


def _still(request: LiveRequest | None, facts: Facts) -> LiveRequest | None:
    """The request, while it is about what is in testing and that is not live."""
    now = facts.testing.etag if facts.testing else ""
    is_open = request is not None and request.etag == now and facts.standing[0] == "testing"
    return request if is_open else None


def _plain(
    rooms: Rooms,
    entry: Entry,
    findings: tuple[RegistryFinding, ...],
    course: Course | None = None,
) -> Welcome:
    """What the entry itself says; without a `course` its name is that of none."""
    return Welcome(
        layout=rooms.layout.name,
        course=entry.course,
        target=course.target if course else "",
        known=course.known if course else "",
        suffix=course.suffix if course else "",
        language=course.title if course else entry.course,
        text=entry.text,
        id=entry.id,
        voice=entry.voice,
        generated_date=entry.generated_date,
        duration_s=entry.duration_s,
        state="missing",
        certain=True,
        recording=None,
        testing=None,
        live=None,
        shared_with=(),
        other_pairs=(),
        todos=tuple(map(_broken, findings)),
        findings=findings,
        base=Base(entry.fields),
    )


def _broken(finding: RegistryFinding) -> Todo:
    return Todo("broken-entry", finding.severity, finding.text)


def _changed(facts: Facts, said: Told) -> tuple[datetime | None, str]:
    """The newest of what the log says and of the recording's own time."""
    at, by = said.changed.get(facts.entry.course, (None, ""))
    stored = facts.recording.modified if facts.recording else None
    if stored and (at is None or stored > at):
        return stored, ""
    return at, by


def _todos(facts: Facts, said: Told, others: Sequence[str]) -> Iterator[Todo]:
    if not facts.entry.text.strip():
        yield Todo("no-text", "warning", "No text yet")
    if facts.recording is None:
        yield Todo("not-recorded", "warning", "No recording yet")
        return
    if others:
        text = f"Plays the same file as {', '.join(others)}: the next recording gets its own"
        yield Todo("other-pairs", "warning", text)
    if facts.gap:
        text = "A new recording is stored, but not in the registry yet: save it again"
        yield Todo("gap", "error", text)
    if _text_changed(facts, facts.recording, said):
        yield Todo("text-changed", "warning", "Text changed since it was recorded")


def _text_changed(facts: Facts, recording: ObjectHead, said: Told) -> bool:
    mark = recording.metadata.get(TEXT)
    if mark:
        return mark != text_mark(facts.entry.text)
    at = said.text_changed.get(facts.entry.course)
    return at is not None and at > recording.modified


def _ways_on(facts: Facts, request: LiveRequest | None) -> Iterator[Todo]:
    state, certain = facts.standing
    if state == "recorded":
        text = "New recording not in testing yet" if facts.testing else "Not in testing yet"
        yield Todo("not-in-testing", "warning", text)
    if not certain:
        text = "The one in testing may be of an older recording: send it again to be sure"
        yield Todo("origin-unknown", "info", text)
    if request:
        yield Todo("asked", "info", f"{request.by_name} asked for it to go live")
    elif state == "testing":
        yield Todo("not-live", "info", "New one not live yet" if facts.live else "Not live yet")


def _shared(shared: Sequence[str]) -> Iterator[Todo]:
    severity: Severity = "info"
    if shared:
        yield Todo("shared", severity, f"Used in {len(shared) + 1} courses")
