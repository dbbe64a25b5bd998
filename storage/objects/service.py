"""What Browse, the server and the command line do with objects: list, look, hear, link, take.

Each call names the person and is refused here, not in the page, when none of the person's roles
has the permission on that bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from storage.access import require
from storage.audio.sniff import HEAD_BYTES, Sniffed, agrees, sniff, verdict
from storage.errors import AccessDenied, Conflict, InvalidInput, NotFound, StorageError
from storage.layout.profile import Bucket, Layout
from storage.model.objects import ListPage, ObjectDetail, ObjectHead, PresignedUrl
from storage.model.people import Actor, Can
from storage.objects.archive import archive
from storage.objects.clips import ClipUrls
from storage.objects.names import download_name
from storage.objects.preview import Preview, make_preview, plan_preview
from storage.s3.client import Store
from storage.s3.listing import list_page
from storage.s3.objects import get_tags, head_object, list_versions, read_range, stream_object
from storage.s3.presign import presign_get
from storage.units import human_seconds

PAGE_MAX = 1_000  # ListObjectsV2: max-keys ceiling
CLIP_LIFE_S = 900  # long enough to hear a story; a paused player asks for a new one
PRIVATE_LIFE_S = 300  # personal data: decision of the product, nothing lives longer
DOWNLOAD_LIFE_S = 60  # the browser follows it at once; a transfer under way is not cut off
LINK_MIN_S = 300  # shorter and it has ended before the other person opens the message
LINK_MAX_S = 7 * 86_400  # SigV4: X-Amz-Expires ceiling
PRIVATE_LINK_MIN_S = 60
VERSIONS_SHOWN = 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """One listed page and the kind of each of its objects by the layout ("" where none fits)."""

    page: ListPage
    kinds: list[str]


@dataclass(frozen=True, slots=True)
class _Where:
    layout: Layout
    bucket: Bucket
    store: Store


def link_limits(layout: Layout) -> tuple[int, int]:
    """Shortest and longest life of a link in seconds."""
    if layout.personal_data:
        return PRIVATE_LINK_MIN_S, PRIVATE_LIFE_S
    return LINK_MIN_S, LINK_MAX_S


class Objects:
    """The objects of all layouts. Thread-safe; holds no client, `store_for` gives them."""

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
        clock: Callable[[], datetime],
    ) -> None:
        self._layouts = layouts
        self._store_for = store_for
        self._clock = clock
        self._clips = ClipUrls(clock)

    def _require(self, actor: Actor, can: Can, layout: str, role: str) -> _Where:
        found = self._layouts.get(layout)
        if found is None:
            raise InvalidInput(
                f"There is no project {layout!r}.", f"Choose one of {', '.join(self._layouts)}."
            )
        require(actor, can, found, role)
        bucket = found.bucket(role)
        return _Where(found, bucket, self._store_for(found, bucket))

    def list_page(
        self,
        actor: Actor,
        layout: str,
        role: str,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 100,
        recursive: bool = False,
    ) -> BrowsePage:
        """One page behind `after`: the folders and objects at `prefix`, or with `recursive` every
        object below it. One request. Raises InvalidInput for a `limit` outside 1 to 1,000.
        """
        where = self._require(actor, Can.OBJECT_LIST, layout, role)
        if not 1 <= limit <= PAGE_MAX:
            raise InvalidInput(
                f"A page cannot have {limit} entries.", f"Choose 1 to {PAGE_MAX:,} entries."
            )
        page = list_page(
            where.store,
            where.bucket.bucket,
            prefix,
            after=after,
            limit=limit,
            delimiter="" if recursive else "/",
        )
        return BrowsePage(page, where.layout.classify_many(role, page.objects["key"].to_pylist()))

    def detail(self, actor: Actor, layout: str, role: str, key: str) -> ObjectDetail:
        """Everything the panel shows, asked for at once. What else than the object itself cannot
        be read is named in `notes`. Raises NotFound when the object has vanished.
        """
        where = self._require(actor, Can.OBJECT_READ, layout, role)
        store, bucket = where.store, where.bucket.bucket
        with ThreadPoolExecutor(2) as pool:  # HEAD, then bytes here; tags and versions beside them
            tags = pool.submit(get_tags, store, bucket, key)
            versions = pool.submit(list_versions, store, bucket, key, VERSIONS_SHOWN)
            head = head_object(store, bucket, key)
            notes: list[str] = []
            found = self._sniffed(where, head, notes)
            known_tags = _or_note(tags, "tags", notes)
            known_versions = _or_note(versions, "older versions", notes)
        kind = where.layout.classify(role, key)
        return ObjectDetail(
            head=head,
            kind=kind.kind,
            kind_title=kind.title,
            fields=kind.fields,
            detected_type=found.content_type if found else "",
            type_agrees=bool(found and agrees(head.content_type, found)),
            type_verdict=(
                verdict(head.content_type, found, key)
                if found
                else "Not compared with the bytes: they could not be read."
            ),
            tags=known_tags,
            versions=known_versions or (),
            notes=tuple(notes),
        )

    def _sniffed(self, where: _Where, head: ObjectHead, notes: list[str]) -> Sniffed | None:
        try:
            first = _first_bytes(where, head, HEAD_BYTES)
        except (NotFound, Conflict):
            raise
        except StorageError as error:
            notes.append(f"The first bytes could not be read. {error.what} {error.remedy}".strip())
            return None
        return sniff(first, head.size)

    def preview(self, actor: Actor, layout: str, role: str, key: str, etag: str) -> Preview:
        """What can be shown of the object without opening it, by its bytes. Raises Conflict when
        it is no longer the one with `etag`, NotFound when it has vanished.
        """
        where = self._require(actor, Can.OBJECT_READ, layout, role)
        head = head_object(where.store, where.bucket.bucket, key)
        if head.etag != etag:
            raise Conflict(
                "The object changed after this page was made.",
                "Reload to see the newer one.",
                bucket=head.bucket,
                key=key,
            )
        first = _first_bytes(where, head, HEAD_BYTES)
        wanted = plan_preview(first, head.size)
        data = first[: wanted.bytes]
        if wanted.bytes > len(first):
            data = _first_bytes(where, head, wanted.bytes)
        return make_preview(wanted, data, head.size)

    def clip_url(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        etag: str,
        version_id: str | None = None,
    ) -> PresignedUrl:
        """A URL for the player; the same one is returned while more than a third of its life
        (15 minutes, 5 for personal data) is left. No request.
        """
        where = self._require(actor, Can.OBJECT_READ, layout, role)
        life_s = PRIVATE_LIFE_S if where.layout.personal_data else CLIP_LIFE_S
        return self._clips.get(
            (layout, role, key, etag, version_id),
            lambda now: presign_get(
                where.store,
                where.bucket.bucket,
                key,
                expires_s=life_s,
                now=now,
                version_id=version_id,
            ),
        )

    def link(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        expires_s: int,
        download: bool = False,
    ) -> PresignedUrl:
        """A link that works outside the console for `expires_s` seconds; with `download` the
        browser saves it under the key's last segment. Raises InvalidInput saying what is allowed.
        """
        where = self._require(actor, Can.OBJECT_LINK, layout, role)
        shortest_s, longest_s = link_limits(where.layout)
        if not shortest_s <= expires_s <= longest_s:
            why = " in a project with personal data" if where.layout.personal_data else ""
            raise InvalidInput(
                f"A link cannot last {human_seconds(expires_s)}{why}.",
                f"Choose from {human_seconds(shortest_s)} to {human_seconds(longest_s)}.",
            )
        return presign_get(
            where.store,
            where.bucket.bucket,
            key,
            expires_s=expires_s,
            now=self._clock(),
            download_name=download_name(key) if download else None,
        )

    def download(self, actor: Actor, layout: str, role: str, key: str) -> PresignedUrl:
        """A URL that is followed at once and saves the object under the key's last segment."""
        where = self._require(actor, Can.OBJECT_READ, layout, role)
        return presign_get(
            where.store,
            where.bucket.bucket,
            key,
            expires_s=DOWNLOAD_LIFE_S,
            now=self._clock(),
            download_name=download_name(key),
        )

    def archive(self, actor: Actor, layout: str, role: str, keys: Sequence[str]) -> Iterator[bytes]:
        """Chunks of a ZIP of `keys`, checked before this returns. Raises InvalidInput naming the
        limit that is passed, AccessDenied where the layout holds personal data.
        """
        where = self._require(actor, Can.OBJECT_ARCHIVE, layout, role)
        store, bucket = where.store, where.bucket.bucket
        if where.layout.personal_data:
            raise AccessDenied(
                f"{where.layout.title} holds personal data, which is not handed out in bulk.",
                "Download single objects instead.",
                bucket=bucket,
            )
        return archive(
            bucket,
            keys,
            lambda key: head_object(store, bucket, key),
            lambda head: stream_object(store, bucket, head.key, if_match=head.etag),
        )


def _first_bytes(where: _Where, head: ObjectHead, length: int) -> bytes:
    """Up to `length` bytes of exactly the object that `head` describes."""
    if head.size == 0:
        return b""  # a range of nothing is an error to S3
    return read_range(
        where.store,
        head.bucket,
        head.key,
        0,
        min(length, head.size),
        if_match=head.etag,
    )


def _or_note(asked: Future[T], name: str, notes: list[str]) -> T | None:
    try:
        return asked.result()
    except NotFound:
        raise
    except StorageError as error:
        notes.append(f"The {name} could not be read. {error.what} {error.remedy}".strip())
        return None
