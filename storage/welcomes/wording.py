"""What a save means, in sentences for the editor. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storage.courses.codes import Course, parse_course
from storage.courses.merging import sentences
from storage.model.welcome_plans import FieldChange, NewRecording
from storage.welcomes.reading import Home

_OF_RECORDING = frozenset({"generated_date", "duration", "id"})  # said by "is replaced"


def words(
    home: Home,
    course: Course,
    changes: Sequence[FieldChange],
    recording: NewRecording | None,
) -> Iterator[str]:
    """A sentence or two, and one for each course whose entry changes."""
    if recording is not None:
        yield from _of_recording(home, course, recording)
        others = [parse_course(one).title for one in home.names.sharing(course)]
        if others:
            yield f"It is the recording of {', '.join(others)}, too."
        changes = [one for one in changes if one.field not in _OF_RECORDING]
    # what a new entry begins with is no change of anybody's
    yield from sentences(one for one in changes if one.before is not None or one.after)
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
        form = recording.converted_from
        yield f"It is converted {'' if form == 'WAV' else f'from {form} '}to 16-bit WAV."
    owner = home.names.owner(course.target)
    if recording.replaces is None and owner not in (None, course.pair):
        name = recording.key.rpartition("/")[2]
        yield f"It is stored as {name}, so that {owner} keeps its own."
