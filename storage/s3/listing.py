"""Pages of a bucket: folders and objects after a key, each by one list request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.model.listings import OBJECT_SCHEMA, ListPage
from storage.s3.bucket_state import versioning_of
from storage.s3.client import Store, translating
from storage.s3.failures import not_s3
from storage.s3.list_request import LIST_PAGE_KEYS, Ask
from storage.s3.listing_parse import ParsedListing, parse_listing
from storage.s3.tree_pages import VERSIONS, beginnings, kept_in_versions, passed_over
from storage.s3.xml_rows import NO_STORAGE_CLASS

KEY_BYTES = 1_024  # S3: longest key
# The greatest character of each UTF-8 length: what sorts after all that begins with a folder.
_LAST = {4: "\U0010ffff", 3: "\uffff", 2: "\u07ff", 1: "\x7f"}


def list_page(
    store: Store,
    bucket: str,
    prefix: str = "",
    *,
    after: str = "",
    limit: int = LIST_PAGE_KEYS,
    delimiter: str = "/",
) -> ListPage:
    """At most `limit` (1 to 1,000) folders and objects under `prefix` that come after `after`.

    One request; a second one by the SDK where the first answer was not a plain one. With
    `delimiter` "" every key under the prefix, without folders. Continue with `after=page.next`.
    Raises InvalidInput for a wrong limit, NotFound without such a bucket, AccessDenied,
    Unavailable.
    """
    if not 1 <= limit <= LIST_PAGE_KEYS:
        raise InvalidInput(
            f"A page cannot have {limit} rows.", f"Ask for 1 to {LIST_PAGE_KEYS} rows."
        )
    return _page(store, Ask(bucket, prefix, after, limit, delimiter), None)[0]


def list_pages(
    store: Store,
    bucket: str,
    prefix: str = "",
    *,
    after: str = "",
    limit: int = LIST_PAGE_KEYS,
    delimiter: str = "",
) -> Iterator[ListPage]:
    """All pages behind `after`, as `list_page` gives them; every key under the prefix, without
    folders, unless a `delimiter` is given. Whether the bucket keeps versions is asked once for all
    of them. Raises as `list_page`.
    """
    keeps: bool | None = None
    behind: str | None = after
    while behind is not None:
        page, keeps = _page(store, Ask(bucket, prefix, behind, limit, delimiter), keeps)
        yield page
        behind = page.next


def _page(store: Store, ask: Ask, keeps: bool | None) -> tuple[ListPage, bool | None]:
    """A page, and whether the bucket keeps versions: None where that is not known so far."""
    page = _asked(store, ask)
    one_of_many = ask.after or page.next is not None  # what is one page asks nobody
    if not one_of_many or not store.capabilities.lists_as_tree:
        return page, keeps
    page = _without(page, beginnings(ask.after))
    if page.next is None:
        return page, keeps
    hidden = passed_over(ask.prefix, (ask.after, page.next), folders=bool(ask.delimiter))
    if hidden and keeps is None:
        keeps = versioning_of(store, ask.bucket) != "off"
        page = replace(page, requests=page.requests + 1)
    return (_with(store, page, hidden) if hidden and keeps else page), keeps


def _asked(store: Store, ask: Ask) -> ListPage:
    """A page as the server gives it."""
    # A tree passes over the whole folder it is to start after; nothing lies between the two names.
    inside = ask.after and not ask.delimiter and not ask.after.endswith(("/", VERSIONS))
    if inside and store.capabilities.lists_as_tree:
        ask = replace(ask, after=ask.after + "/")
    with translating("s3:ListBucket", ask.bucket):
        direct = store.signed_get(ask.bucket)
        body = direct.fetch(ask.query()) if direct else None
        parsed = parse_listing(body) if body else None
        requests = 1 if parsed or direct is None else 2
        return _paged(parsed or _by_sdk(store, ask), ask, requests)


def _without(page: ListPage, shown: Collection[str]) -> ListPage:
    """`page` without what the one before it had."""
    again = pc.is_in(page.objects["key"], value_set=pa.array(list(shown), pa.string()))
    if not pc.any(again).as_py():
        return page
    return replace(page, objects=page.objects.filter(pc.invert(again)))


def _with(store: Store, page: ListPage, hidden: Sequence[str]) -> ListPage:
    """`page` with those of the `hidden` keys that paging leaves out."""
    heads = kept_in_versions(store, page.bucket, hidden)
    there = set(page.objects.column("key").to_pylist()) if heads else ()
    rows = [
        {name: getattr(head, name) for name in OBJECT_SCHEMA.names}
        for head in heads
        if head.key not in there
    ]
    more = pa.RecordBatch.from_pylist(rows, OBJECT_SCHEMA)
    return replace(
        page,
        objects=pa.concat_batches([page.objects, more]) if rows else page.objects,
        requests=page.requests + len(hidden),
    )


def _by_sdk(store: Store, ask: Ask) -> ParsedListing:
    options: dict[str, Any] = {
        "Prefix": ask.prefix,
        "Delimiter": ask.delimiter,
        "StartAfter": ask.after,
    }
    answer = store.client_for(ask.bucket).list_objects_v2(
        Bucket=ask.bucket,
        MaxKeys=ask.limit,
        **{name: value for name, value in options.items() if value},
    )
    if "IsTruncated" not in answer:  # any XML with status 200 reads as a listing without rows
        raise not_s3()
    rows = answer.get("Contents", [])
    columns = [
        [row["Key"] for row in rows],
        [row["Size"] for row in rows],
        [row.get("ETag", "").strip('"') for row in rows],
        [row["LastModified"] for row in rows],
        [row.get("StorageClass", NO_STORAGE_CLASS) for row in rows],
    ]
    return ParsedListing(
        prefixes=tuple(row["Prefix"] for row in answer.get("CommonPrefixes", [])),
        objects=pa.RecordBatch.from_arrays(
            [
                pa.array(column, field.type)
                for column, field in zip(columns, OBJECT_SCHEMA, strict=True)
            ],
            schema=OBJECT_SCHEMA,
        ),
        truncated=answer["IsTruncated"],
        token=answer.get("NextContinuationToken", ""),
    )


def _paged(parsed: ParsedListing, ask: Ask, requests: int) -> ListPage:
    # A server that starts after a place inside a folder names that folder again.
    prefixes = tuple(folder for folder in parsed.prefixes if not ask.after.startswith(folder))
    return ListPage(
        bucket=ask.bucket,
        prefix=ask.prefix,
        prefixes=prefixes,
        objects=parsed.objects,
        complete=not parsed.truncated,
        next=_continue_after(parsed, ask.after) if parsed.truncated else None,
        requests=requests,
    )


def _continue_after(parsed: ParsedListing, after: str) -> str:
    """What the next page starts after: this page's last key, or a place behind its last folder."""
    last = _last_item(parsed)
    if not last or last not in parsed.prefixes:
        return last or after
    # Keys may begin with the folder and U+10FFFF; then the folder came again, alone, and the
    # next place lies one such character further.
    behind = after if after.startswith(last) else last
    room = KEY_BYTES - len(behind.encode())
    return behind + _LAST.get(min(room, 4), "")


def _last_item(parsed: ParsedListing) -> str:
    """The last key or folder in the server's own order, "" on an empty page.

    AWS orders keys by their UTF-8 bytes. SeaweedFS 4.48 walks a tree: `a`, `a/`, `a-1`, `a.txt`
    (by bytes `a/` comes last) and sorts what a page has of it, so the greatest item of a page need
    not be its last, and starting after it repeats others. Its continuation token names the last
    item plainly, AWS's does not.
    """
    keys = parsed.objects.column("key").to_pylist()
    for token in (parsed.token, unquote_plus(parsed.token)):
        # of a key that keeps versions it names their folder
        if token in parsed.prefixes or token.removesuffix(VERSIONS) in keys:
            return token
    return max([*parsed.prefixes[-1:], *keys[-1:]], key=str.encode, default="")
