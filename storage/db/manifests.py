"""Which manifest each course has, and the manifests themselves by digest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from storage.db.engine import MANIFESTS_LOCK, Database
from storage.db.schema import course_manifests, manifests
from storage.model.courses import Source


@dataclass(frozen=True, slots=True)
class CourseRow:
    """The manifest a course has from the store (`etag` says which object), or was given as a file.
    `at` is when it was written or given.
    """

    layout: str
    course: str
    source: Source
    digest: str
    etag: str
    at: str
    by_id: str = ""
    by_name: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """A manifest as it is kept: all but the clips as JSON, the clips as Arrow, and how many."""

    digest: str
    about: str
    clips: bytes
    rows: int


class ManifestRows:
    """The rows in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def courses(self, layout: str, course: str = "") -> Sequence[CourseRow]:
        """Of a project, or of one course, by course."""
        wanted = select(course_manifests).where(course_manifests.c.layout == layout)
        if course:
            wanted = wanted.where(course_manifests.c.course == course)
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(course_manifests.c.course))
            return [CourseRow(**row) for row in found.mappings()]

    def abouts(self, digests: Sequence[str]) -> Mapping[str, tuple[dict[str, Any], int]]:
        """All but the clips, and how many these are, by digest."""
        columns = (manifests.c.digest, manifests.c.about, manifests.c.rows)
        wanted = select(*columns).where(manifests.c.digest.in_(digests))
        with self._database.reading() as connection:
            found = connection.execute(wanted).all()
        return {digest: (json.loads(about), rows) for digest, about, rows in found}

    def get(self, digest: str) -> Packed | None:
        """The manifest, None where it is not kept (any more)."""
        wanted = select(manifests).where(manifests.c.digest == digest)
        with self._database.reading() as connection:
            row = connection.execute(wanted).mappings().first()
        return Packed(**row) if row else None

    def put(self, row: CourseRow, packed: Packed) -> None:
        """Makes it the course's from that source. One that no course has any longer goes."""
        with self._database.writing(MANIFESTS_LOCK) as connection:
            known = select(manifests.c.digest).where(manifests.c.digest == packed.digest)
            if connection.execute(known).first() is None:
                connection.execute(insert(manifests).values(asdict(packed)))
            same = (course_manifests.c[name] == getattr(row, name) for name in _KEY)
            connection.execute(delete(course_manifests).where(*same))
            connection.execute(insert(course_manifests).values(asdict(row)))
            _drop_unused(connection)


_KEY = ("layout", "course", "source")


def _drop_unused(connection: Connection) -> None:
    used = select(course_manifests.c.digest)
    connection.execute(delete(manifests).where(manifests.c.digest.not_in(used)))
