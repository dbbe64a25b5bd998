"""The courses of a project: their manifests from the store or from a file, read once and kept by
digest; and finding clips by what is said in them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.folding import fold
from storage.courses.manifest import MAX_BYTES, parse
from storage.db.manifests import CourseRow, ManifestRows
from storage.db.times import as_text
from storage.errors import InvalidInput, NotFound, StorageError
from storage.gate import Gate, Passage
from storage.layout.profile import Layout
from storage.manifests.finding import best_hits
from storage.manifests.shelf import Shelf, packed
from storage.manifests.stored import Stored, list_stored, look_for, read
from storage.model.courses import CourseEntry, Manifest, Said
from storage.model.people import Actor, Can
from storage.units import human_bytes

_NAME_MAX = 200  # characters of a file's name in the log
_LOOK_AGAIN = timedelta(minutes=1)
KIND = "manifest"  # of key, in layouts that have courses


class Manifests:
    """The manifests of all projects that have courses. Thread-safe; holds no client."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        rows: ManifestRows,
        shelf: Shelf,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._rows = rows
        self._shelf = shelf
        self._clock = clock
        self._reading = threading.Lock()  # a large one takes 250 MB while it is read
        self._malformed: set[tuple[str, str]] = set()  # course and ETag
        self._seen: dict[str, tuple[datetime, Mapping[str, Stored]]] = {}  # by project

    def courses(self, actor: Actor, layout: str) -> tuple[CourseEntry, ...]:
        """All courses that have a manifest, by code; reads none. Raises InvalidInput for a project
        without courses.
        """
        chosen = self._chosen(self._reading_door(actor, layout))
        digests = [found.digest for found in chosen.values() if isinstance(found, CourseRow)]
        abouts = self._rows.abouts(digests)
        return tuple(_entry(course, found, abouts) for course, found in chosen.items())

    def every(self, actor: Actor, layout: str) -> tuple[Manifest, ...]:
        """The newest manifest of each course, by code; those that cannot be read are left out. The
        first time, it takes seconds for each large one in the store.
        """
        where = self._reading_door(actor, layout)
        found = []
        for course, newest in self._chosen(where).items():
            if (course, newest.etag) in self._malformed:
                continue
            with suppress(StorageError):  # `clips` of that course says what is wrong with it
                found.append(self._shelf.get(self._row(where, course, newest).digest).manifest)
        return tuple(found)

    def clips(self, actor: Actor, layout: str, course: str) -> Manifest:
        """The course's newest manifest. The first time, one in the store is read: seconds for a
        large one. Raises NotFound where there is none, InvalidInput for one that is malformed,
        naming the place in it.
        """
        where = self._reading_door(actor, layout)
        key = _key(where.layout, course)
        found = _newest(self._rows.courses(layout, course), look_for(where, key))
        if found is None:
            raise NotFound(
                f"The course {course} has no manifest.",
                f"Put one at {key} in {where.bucket.title}, or give it as a file.",
            )
        if isinstance(found, Stored):
            found = self._read(where, course, found)
        return self._shelf.get(found.digest).manifest

    def put(
        self, actor: Actor, layout: str, course: str, data: bytes, *, name: str = ""
    ) -> CourseEntry:
        """Keeps the manifest in a file called `name` as the course's, until a newer one lies in the
        store. Raises InvalidInput as `clips` does, and for the manifest of another course.
        """
        role = self._role(layout)
        where = self._gate.enter(actor, Can.COURSE_PUT, layout, role)
        key = _key(where.layout, course)
        manifest = parse(data)
        _refuse_other(manifest, course)
        row = CourseRow(
            layout=layout,
            course=course,
            source="file",
            digest=manifest.digest,
            etag="",
            at=as_text(self._clock()),
            by_id=actor.id,
            by_name=actor.name,
        )
        with where.changing("put-manifest", key, file=name[:_NAME_MAX], digest=manifest.digest):
            self._rows.put(row, packed(manifest))
        return _entry(course, row, self._rows.abouts([row.digest]))

    def search(
        self, actor: Actor, layout: str, text: str, *, course: str = "", limit: int = 50
    ) -> Said:
        """The phrases in which all words of `text` are said, best first: of one course, or of all.
        Case, accents and punctuation do not count, and the beginning of a word is enough.
        """
        where = self._reading_door(actor, layout)
        words = fold(text)
        newest: dict[str, CourseRow] = {}
        for row in self._rows.courses(layout, course):
            if row.course not in newest or row.at >= newest[row.course].at:
                newest[row.course] = row
        kept = {name: self._shelf.get(row.digest) for name, row in newest.items()}
        unread = [name for name in self._there(where, _LOOK_AGAIN) if name not in kept]
        return best_hits(kept, words, limit, [name for name in unread if course in ("", name)])

    # -- inside -----------------------------------------------------------------------------------

    def _row(self, where: Passage, course: str, newest: CourseRow | Stored) -> CourseRow:
        """Read, if it was not yet; a malformed one is remembered, for reading takes seconds."""
        if isinstance(newest, CourseRow):
            return newest
        try:
            return self._read(where, course, newest)
        except InvalidInput:
            self._malformed.add((course, newest.etag))
            raise

    def _role(self, layout: str) -> str:
        found = self._layouts.get(layout)
        if found is None:
            known = ", ".join(self._layouts)
            raise InvalidInput(f"There is no project {layout!r}.", f"Choose one of {known}.")
        kind = next((kind for kind in found.kinds if kind.kind == KIND), None)
        if kind is None:
            raise InvalidInput(
                f"The project {found.title!r} has no courses.", "Choose another project."
            )
        return kind.roles[0]

    def _reading_door(self, actor: Actor, layout: str) -> Passage:
        """Listing and reading in the bucket of the manifests."""
        role = self._role(layout)
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return self._gate.enter(actor, Can.OBJECT_READ, layout, role)

    def _chosen(self, where: Passage) -> dict[str, CourseRow | Stored]:
        """The newest of each course, by code."""
        there = self._there(where)
        rows = self._rows.courses(where.layout.name)
        kept = {course: list(some) for course, some in groupby(rows, key=lambda row: row.course)}
        newest = {
            course: _newest(kept.get(course, ()), there.get(course))
            for course in sorted({*there, *kept})
        }
        return {course: found for course, found in newest.items() if found is not None}

    def _there(self, where: Passage, good_for: timedelta = timedelta(0)) -> Mapping[str, Stored]:
        """What lies in the store, looked at no longer ago than that."""
        now, layout = self._clock(), where.layout.name
        seen = self._seen.get(layout)
        if seen is None or now - seen[0] >= good_for:
            self._seen[layout] = seen = now, list_stored(where, KIND)
        return seen[1]

    def _read(self, where: Passage, course: str, stored: Stored) -> CourseRow:
        if stored.size > MAX_BYTES:
            raise InvalidInput(
                f"The manifest of {course} has {human_bytes(stored.size)}.",
                f"At most {human_bytes(MAX_BYTES)} are read.",
            )
        with self._reading:
            for row in self._rows.courses(where.layout.name, course):
                if row.source == "store" and row.etag == stored.etag:
                    return row  # another thread has just read it
            manifest = parse(read(where, stored))
            row = CourseRow(
                where.layout.name, course, "store", manifest.digest, stored.etag, stored.at
            )
            self._rows.put(row, packed(manifest))
        return row


def _key(layout: Layout, course: str) -> str:
    return layout.kind(KIND).template.render({"course": parse_course(course).code})


def _newest(rows: Iterable[CourseRow], stored: Stored | None) -> CourseRow | Stored | None:
    """Of what is kept and what lies in the store; of the store's own what is kept, if it is that
    one. A row of one that lies there no longer does not count.
    """
    found: list[CourseRow | Stored] = []
    for row in rows:
        if row.source == "file":
            found.append(row)
        elif stored is not None and row.etag == stored.etag:
            found.append(row)
            stored = None
    if stored is not None:
        found.append(stored)
    return max(found, key=lambda one: one.at, default=None)


def _entry(
    course: str, found: CourseRow | Stored, abouts: Mapping[str, tuple[dict[str, Any], int]]
) -> CourseEntry:
    title = parse_course(course).title
    if isinstance(found, Stored):
        return CourseEntry(course, title, "store", found.at, read=False)
    about, clips = abouts[found.digest]
    return CourseEntry(
        course,
        title,
        found.source,
        found.at,
        read=True,
        digest=found.digest,
        clips=clips,
        version=about["version"],
        findings=tuple(about["findings"]),
    )


def _refuse_other(manifest: Manifest, course: str) -> None:
    """Raises InvalidInput for the manifest of another language pair, where it says its own."""
    wanted = parse_course(course)
    said = (manifest.target, manifest.known)
    if all(len(code) == 3 for code in said) and said != (wanted.target, wanted.known):
        raise InvalidInput(
            f"This is the manifest of {said[0]}_for_{said[1]}, not of {course}.",
            "Give the file of that course, or choose the other course.",
        )
