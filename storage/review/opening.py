"""Making a scope's snapshot: what lies in the bucket, what the course says, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pyarrow as pa

from storage.errors import InvalidInput, NotFound, StorageError
from storage.gate import Passage
from storage.layout.profile import KeyKind
from storage.model.courses import Manifest
from storage.model.review import Scope, Selection
from storage.review.collecting import collecting_later
from storage.review.figures import figures_of
from storage.review.ledger import Ledger
from storage.review.listings import Listing, Tell
from storage.review.measured import measured_of
from storage.review.said import Texts
from storage.review.sheet import (
    Sheet,
    clip_kind,
    course_sheet,
    prefix_sheet,
    selection_sheet,
)
from storage.review.snapshot import Snapshot
from storage.review.sources import Sources

_UUID_BEGINS = "0123456789ABCDEFabcdef"  # in the order of keys: upper case comes first
_FOLDERS_MAX = 20  # of a selection: each one is listed


def make_snapshot(
    where: Passage,
    scope: Scope,
    selection: Selection | None,
    sources: Sources,
    ledger: Ledger,
    *,
    since: datetime | None,
    now: datetime,
    tell: Tell,
) -> Snapshot:
    """The scope by a listing that began at `since` or later, None for any. Raises NotFound for a
    course without a manifest, InvalidInput for a scope that cannot be heard, and what the store
    does.
    """
    with ThreadPoolExecutor(1) as beside:  # while the store is listing
        reading = beside.submit(ledger.catch_up)
        sheet, at = _sheet(where, scope, selection, sources, since=since, tell=tell)
        reading.result()
    with collecting_later():
        limits = where.layout.audio
        contents = pa.table({"etag": pa.array(sheet.etags, pa.string()), "size": sheet.sizes})
        table = figures_of(where, scope, contents, sources.measurements, sources.shelf)
        measured = measured_of(table, limits, sheet)
        made = Snapshot(scope, where.bucket.role, sheet, measured, limits=limits, at=at, made=now)
        made.begin(ledger)
    ledger.keep()
    return made


def _sheet(
    where: Passage,
    scope: Scope,
    selection: Selection | None,
    sources: Sources,
    *,
    since: datetime | None,
    tell: Tell,
) -> tuple[Sheet, datetime]:
    def listed(prefix: str, beginnings: Sequence[str] = ("",)) -> Listing:
        return sources.listings.get(where, prefix, tell, since=since, beginnings=beginnings)

    if scope.kind == "course":
        kind = clip_kind(where.layout, where.bucket.role)
        manifest = sources.manifests.clips(where.actor, where.layout.name, scope.name)
        listing = listed(kind.template.prefix, _UUID_BEGINS)
        return course_sheet(listing.objects, kind, _texts(manifest)), listing.at
    if scope.kind == "prefix":
        listing = listed(scope.name)
        return prefix_sheet(listing.objects, *_courses(where, sources)), listing.at
    if selection is None:
        raise NotFound("This selection is not there any more.", "Choose another one.")
    folders = {key.rpartition("/")[0] for key in selection.keys}
    if len(folders) > _FOLDERS_MAX:
        raise InvalidInput(
            f"The selection is spread over {len(folders)} folders.",
            f"Save selections of at most {_FOLDERS_MAX} folders.",
        )
    found = [listed(f"{folder}/" if folder else "") for folder in sorted(folders)]
    objects = pa.concat_tables([one.objects for one in found])
    courses = _courses(where, sources)
    return selection_sheet(objects, selection.keys, *courses), min(one.at for one in found)


def _courses(where: Passage, sources: Sources) -> tuple[KeyKind | None, Sequence[Manifest]]:
    """What may know what is said in a folder. It can be heard without, so nobody is refused who
    may not read manifests, or while their bucket does not answer.
    """
    with suppress(StorageError):
        kind = clip_kind(where.layout, where.bucket.role)
        return kind, sources.manifests.every(where.actor, where.layout.name)
    return None, ()


def _texts(manifest: Manifest) -> Texts:
    return _texts_of(_ByDigest(manifest))


@dataclass(frozen=True)
class _ByDigest:
    manifest: Manifest

    def __hash__(self) -> int:
        return hash(self.manifest.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and other.manifest.digest == self.manifest.digest


@lru_cache(maxsize=8)  # counting the words of 60,000 phrases takes a fifth of a second
def _texts_of(one: _ByDigest) -> Texts:
    return Texts.of(one.manifest)
