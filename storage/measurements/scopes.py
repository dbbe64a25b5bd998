"""Which clips are meant: what lies in the store now of a course, below a prefix, or under keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.gate import Passage
from storage.layout.profile import KeyKind, Layout
from storage.model.measuring import MeasureScope
from storage.s3.heads import head_object
from storage.s3.listing import list_pages

CLIP_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("size", pa.int64()),
        ("etag", pa.string()),
        ("modified", pa.timestamp("ms", tz="UTC")),
        ("id", pa.string()),  # UUID in upper case, "" for a key without one
    ]
)
KIND = "clip"  # of key, in layouts that have courses
_SHARDS = "0123456789ABCDEFabcdef"  # UUIDs in keys come in either case
_LISTERS = 8


def rows_in(where: Passage, scope: MeasureScope, ids: Callable[[str], Collection[str]]) -> pa.Table:
    """What lies there (`CLIP_SCHEMA`), by key. `ids` gives the clips of a course.

    Raises InvalidInput for a course in a bucket without clips, NotFound for a key of nothing.
    """
    if scope.kind == "keys":
        return _with_ids(where, [_heads(where, scope.keys)])
    if scope.kind == "prefix":
        return _with_ids(where, [page.select(_LISTED) for page in _pages(where, scope.prefix)])
    kind = clip_kind(where.layout, where.bucket.role)
    wanted = pa.array(sorted(ids(scope.course)), pa.string())
    prefixes = [kind.template.prefix + digit for digit in _SHARDS]
    with ThreadPoolExecutor(_LISTERS) as pool:
        shards = list(pool.map(lambda prefix: _of_course(where, prefix, wanted), prefixes))
    return pa.concat_tables(shards).sort_by("key")


_LISTED = ["key", "size", "etag", "modified"]


def clip_kind(layout: Layout, role: str) -> KeyKind:
    """The kind of key of a course's clips in that bucket."""
    for kind in layout.kinds:
        if kind.kind == KIND and role in kind.roles and kind.template.fields == ("id",):
            return kind
    title = layout.bucket(role).title
    raise InvalidInput(
        f"There are no course clips in {title}.", "Choose another bucket, or a prefix."
    )


def _pages(where: Passage, prefix: str) -> Iterator[pa.RecordBatch]:
    for page in list_pages(where.store, where.bucket.bucket, prefix):
        yield page.objects


def _of_course(where: Passage, prefix: str, wanted: pa.Array) -> pa.Table:
    """The wanted clips below one prefix; what else is listed is forgotten page by page."""
    found = [CLIP_SCHEMA.empty_table()]
    for page in _pages(where, prefix):
        rows = _with_ids(where, [page.select(_LISTED)])
        found.append(rows.filter(pc.is_in(rows["id"], wanted)))
    return pa.concat_tables(found)


def _heads(where: Passage, keys: Sequence[str]) -> pa.RecordBatch:
    if not keys:
        raise InvalidInput("No clip is chosen.", "Choose at least one.")

    def row(key: str) -> dict[str, object]:
        head = head_object(where.store, where.bucket.bucket, key)
        facts = {"key": key, "size": head.size, "etag": head.etag}
        return {**facts, "modified": head.modified}

    with ThreadPoolExecutor(_LISTERS) as pool:
        rows = list(pool.map(row, dict.fromkeys(keys)))
    fields = [CLIP_SCHEMA.field(name) for name in _LISTED]
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema(fields))


def _with_ids(where: Passage, pages: Sequence[pa.RecordBatch]) -> pa.Table:
    fields = [CLIP_SCHEMA.field(name) for name in _LISTED]
    table = pa.Table.from_batches(pages, schema=pa.schema(fields))
    ids = _ids(where, table["key"].to_pylist())
    return table.append_column(CLIP_SCHEMA.field("id"), pa.array(ids, pa.string()))


def _ids(where: Passage, keys: Sequence[str]) -> list[str]:
    try:
        template = clip_kind(where.layout, where.bucket.role).template
    except InvalidInput:
        return [""] * len(keys)
    return [(template.match(key) or {"id": ""})["id"].upper() for key in keys]
