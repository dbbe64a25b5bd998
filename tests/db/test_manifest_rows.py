"""Manifests by digest and by course, on both databases."""

from __future__ import annotations

from dataclasses import replace

from storage.db.engine import Database
from storage.db.manifests import CourseRow, ManifestRows, Packed

PACKED = Packed("d" * 64, '{"version": "1"}', b"\0arrow\xff", 7)
ROW = CourseRow(
    "ssi", "ita_for_eng", "file", PACKED.digest, "", "2026-11-21T07:00:00.0Z", "a", "Ann"
)


def test_a_manifest_is_kept_by_digest(database: Database) -> None:
    """Its bytes come back as they were; what it says without them, too."""
    rows = ManifestRows(database)
    assert rows.get(PACKED.digest) is None
    rows.put(ROW, PACKED)
    rows.put(replace(ROW, source="store", etag="e"), PACKED)
    assert rows.get(PACKED.digest) == PACKED
    assert rows.abouts([PACKED.digest, "another"]) == {PACKED.digest: ({"version": "1"}, 7)}
    assert rows.abouts([]) == {}
    assert {row.source for row in rows.courses("ssi")} == {"file", "store"}
    assert list(rows.courses("yoto")) == []


def test_one_that_no_course_has_any_longer_goes(database: Database) -> None:
    """A new file takes the place of the one before; another course that had it keeps it."""
    rows = ManifestRows(database)
    rows.put(ROW, PACKED)
    rows.put(replace(ROW, course="cym_for_eng"), PACKED)
    newer = replace(PACKED, digest="e" * 64)
    rows.put(replace(ROW, digest=newer.digest), newer)
    assert [row.digest for row in rows.courses("ssi", "ita_for_eng")] == [newer.digest]
    assert rows.get(PACKED.digest) == PACKED
    rows.put(replace(ROW, course="cym_for_eng", digest=newer.digest), newer)
    assert rows.get(PACKED.digest) is None
    assert rows.get(newer.digest) == newer
