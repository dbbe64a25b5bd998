"""What a save means, in sentences for the editor. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storage.courses.codes import Course
from storage.courses.merging import sentences
from storage.model.welcome_plans import FieldChange, NewRecording
from storage.welcomes.reading import Home


def words(
    home: Home,
    course: Course,
    changes: Sequence[FieldChange],
    recording: NewRecording | None,
) -> Iterator[str]:
    """A sentence or two, and one for each course whose entry changes."""
    if recording is not None:
        yield from _of_recording(home, course, recording)
    yield from sentences(changes)
    if recording is not None:
        yield "Learners hear it once it was sent to testing and went live."


def _of_recording(home: Home, course: Course, recording: NewRecording) -> Iterator[str]:
    new_s = recording.measured.duration_s
    if recording.replaces is not None:
        entry = home.current.registry.entries.get(course.code)
        before = f", was {entry.duration_s:.1f} s" if entry and entry.duration_s else ""
        yield f"The recording of {course.title} is replaced ({new_s:.1f} s{before})."
    else:
        yield f"{course.title} gets its first recording ({new_s:.1f} s)."
    if recording.converted_from:
        yield f"It is {recording.converted_from} and is stored as 16-bit WAV."
    owner = home.names.owner(course.target)
    if recording.replaces is None and owner not in (None, course.pair):
        name = recording.key.rpartition("/")[2]
        yield f"It is stored as {name}, so that {owner} keeps its own."
