"""Which file is whose recording. Pure.

`ita.wav` is of the first pair that learns Italian; another pair has `ita_for_jpn.wav`. Readers look
for the pair's own name first, then for the old one, so a pair without a file of its own plays
another's: that is told, and its first recording gets its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from storage.courses.codes import Course, parse_course
from storage.courses.registry import Entry
from storage.errors import InvalidInput
from storage.welcomes.rooms import Rooms

T = TypeVar("T")


@dataclass(frozen=True)
class Names:
    """By the registry's entries in their order, the keys that are there, and what the recordings
    themselves say about whose they are (`pairs`: key -> pair).
    """

    rooms: Rooms
    entries: Mapping[str, Entry]
    keys: frozenset[str]
    pairs: Mapping[str, str]

    def owner(self, lang: str) -> str | None:
        """The pair whose recording `{lang}.wav` is, or will be; None while nobody has it."""
        return self.pairs.get(self.rooms.lang_key(lang)) or self._likely_owners.get(lang)

    @cached_property
    def _likely_owners(self) -> dict[str, str]:
        """Of each language, where the file says nothing: the first pair that is recorded and has no
        file of its own."""

        def likely(of: tuple[Course, Entry]) -> tuple[bool, bool, bool]:
            course, entry = of
            return self._has_own(course), entry.duration_s == 0, entry.id is None

        found: dict[str, str] = {}
        for course, _ in sorted(self._courses, key=likely):
            found.setdefault(course.target, course.pair)
        return found

    def to_read(self, course: Course) -> str | None:
        """The key of the course's recording, None without one."""
        if self._has_own(course):
            return self.rooms.pair_key(course.pair)
        key = self.rooms.lang_key(course.target)
        if key not in self.keys:
            return None
        entry = self.entries.get(course.code)
        plays_another = entry is not None and entry.duration_s > 0
        return key if self.owner(course.target) == course.pair or plays_another else None

    def to_write(self, course: Course) -> str:
        """The key for a recording of the course: never another pair's."""
        own = self.rooms.pair_key(course.pair)
        if own in self.keys or self.owner(course.target) not in (None, course.pair):
            return own
        return self.rooms.lang_key(course.target)

    def sharing(self, course: Course) -> tuple[str, ...]:
        """The other courses of the pair: theirs is the same recording."""
        return tuple(code for code in self._of_pair.get(course.pair, ()) if code != course.code)

    def other_pairs(self, course: Course) -> tuple[str, ...]:
        """Courses of other pairs that play the same file."""
        readers = self._readers.get(self.to_read(course) or "", ())
        return tuple(other.code for other in readers if other.pair != course.pair)

    def of_file(self, key: str) -> tuple[str, ...]:
        """The courses whose recording has that key, or would have it."""
        return self._of_file.get(key, ())

    def with_entries(self, entries: Mapping[str, Entry]) -> Names:
        """The same files under another registry."""
        return replace(self, entries=entries)

    def id_of_pair(self, course: Course) -> str | None:
        """The id that the courses of the pair have, None while none has one."""
        of_pair = (entry.id for other, entry in self._courses if other.pair == course.pair)
        return next((one for one in of_pair if one), None)

    # worked out once: asked course by course, each of these would go through all courses again

    @cached_property
    def _of_pair(self) -> Mapping[str, tuple[str, ...]]:
        """The courses of each pair."""
        return _grouped((course.pair, course.code) for course, _ in self._courses)

    @cached_property
    def _readers(self) -> Mapping[str, tuple[Course, ...]]:
        """Who plays each file that is there."""
        return _grouped((self.to_read(course) or "", course) for course, _ in self._courses)

    @cached_property
    def _of_file(self) -> Mapping[str, tuple[str, ...]]:
        """Whose each file is, or would be."""
        return _grouped(
            (self.to_read(course) or self.to_write(course), course.code)
            for course, _ in self._courses
        )

    def _has_own(self, course: Course) -> bool:
        return self.rooms.pair_key(course.pair) in self.keys

    @cached_property
    def _courses(self) -> tuple[tuple[Course, Entry], ...]:
        found = []
        for code, entry in self.entries.items():
            with suppress(InvalidInput):  # told by a finding
                found.append((parse_course(code), entry))
        return tuple(found)


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    """The values of each key, in their order; nothing for the key ""."""
    found: dict[str, list[T]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items() if key}
