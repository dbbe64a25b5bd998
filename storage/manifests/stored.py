"""Manifests in the store: which there are, and reading one. No permissions here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.db.times import as_text
from storage.errors import NotFound
from storage.gate import Passage
from storage.s3.heads import head_object
from storage.s3.listing import list_pages
from storage.s3.objects import stream_object


@dataclass(frozen=True, slots=True)
class Stored:
    """One manifest in the store. `at` is when it was written, ISO-8601 UTC."""

    key: str
    etag: str
    size: int
    at: str


def list_stored(where: Passage, kind: str) -> Mapping[str, Stored]:
    """By course: everything of that kind of key in the bucket."""
    template = where.layout.kind(kind).template
    found: dict[str, Stored] = {}
    for page in list_pages(where.store, where.bucket.bucket, template.prefix):
        for row in page.objects.to_pylist():
            fields = template.match(row["key"])
            if fields is not None:
                at = as_text(row["modified"])
                found[fields["course"]] = Stored(row["key"], row["etag"], row["size"], at)
    return found


def look_for(where: Passage, key: str) -> Stored | None:
    """The one under `key`, None where there is none."""
    try:
        head = head_object(where.store, where.bucket.bucket, key)
    except NotFound:
        return None
    return Stored(key, head.etag, head.size, as_text(head.modified))


def read(where: Passage, stored: Stored) -> bytes:
    """Its bytes. Raises Conflict when it is another by now."""
    return b"".join(
        stream_object(where.store, where.bucket.bucket, stored.key, if_match=stored.etag)
    )
