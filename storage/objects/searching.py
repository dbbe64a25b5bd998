"""Finding objects by a part of their name. No permissions here.

S3 cannot search: keys are listed page by page and looked through. What one call looks at is
limited, so that nobody lists a whole bucket by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.gate import Passage
from storage.model.listings import OBJECT_SCHEMA
from storage.s3.list_request import LIST_PAGE_KEYS
from storage.s3.listing import list_page

PAGES_MAX = 10  # of 1,000 keys: a second or two


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was found (`OBJECT_SCHEMA`), and the kind of each by the layout ("" where none fits).

    `next` is the key to go on after, None exactly when `complete`.
    """

    bucket: str
    objects: pa.RecordBatch
    kinds: list[str]
    complete: bool
    next: str | None


def search(where: Passage, query: str, prefix: str, *, after: str, limit: int) -> SearchPage:
    """Up to `limit` objects behind `after` whose key holds `query`, in any case."""
    if not query.strip():
        raise InvalidInput("There is nothing to search for.", "Give a part of the name as query.")
    if not 1 <= limit <= LIST_PAGE_KEYS:
        raise InvalidInput(
            f"A page cannot have {limit} entries.", f"Choose 1 to {LIST_PAGE_KEYS:,} entries."
        )
    bucket, found, missing = where.bucket.bucket, list[pa.RecordBatch](), limit
    for _ in range(PAGES_MAX):
        page = list_page(where.store, bucket, prefix, after=after, delimiter="")
        fitting = page.objects.filter(
            pc.match_substring(page.objects["key"], query, ignore_case=True)
        )
        found.append(fitting[:missing])
        if len(fitting) > missing:
            return _page(where, found, found[-1]["key"][-1].as_py())
        missing -= len(fitting)
        if page.next is None or not missing:
            return _page(where, found, page.next)
        after = page.next
    return _page(where, found, after)


def _page(where: Passage, found: list[pa.RecordBatch], after: str | None) -> SearchPage:
    objects = pa.Table.from_batches(found, OBJECT_SCHEMA).combine_chunks().to_batches()
    rows = objects[0] if objects else pa.RecordBatch.from_pylist([], OBJECT_SCHEMA)
    kinds = where.layout.classify_many(where.bucket.role, rows["key"].to_pylist())
    return SearchPage(where.bucket.bucket, rows, kinds, after is None, after)
