"""What Browse, the server and the command line do with objects: list, look, hear, link, take.

Each call names the person and is refused here, not in the page, when none of the person's roles
has the permission on that bucket. Links, downloads, ZIPs, playback, refusals and, where a layout
holds personal data, every look are in the audit log before they happen, or do not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.errors import AccessDenied, InvalidInput
from storage.gate import ONCE, Gate
from storage.layout.profile import Layout
from storage.model.listings import ListPage
from storage.model.objects import ObjectDetail, ObjectHead, PresignedUrl
from storage.model.people import Actor, Can
from storage.objects.archive import archive, selected
from storage.objects.clips import ClipUrls
from storage.objects.looking import read_detail, read_preview
from storage.objects.names import download_name
from storage.objects.preview import Preview
from storage.objects.searching import SearchPage, search
from storage.s3.listing import list_page
from storage.s3.objects import head_object, stream_object
from storage.s3.presign import presign_get
from storage.units import human_seconds

PAGE_MAX = 1_000  # ListObjectsV2: max-keys ceiling
CLIP_LIFE_S = 900  # long enough to hear a story; a paused player asks for a new one
PRIVATE_LIFE_S = 300  # personal data: decision of the product, nothing lives longer
DOWNLOAD_LIFE_S = 60  # the browser follows it at once; a transfer under way is not cut off
LINK_MIN_S = 300  # shorter and it has ended before the other person opens the message
LINK_MAX_S = 7 * 86_400  # SigV4: X-Amz-Expires ceiling
PRIVATE_LINK_MIN_S = 60
CHUNK = 262_144  # bytes of a stream in memory at once


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """One listed page and the kind of each of its objects by the layout ("" where none fits)."""

    page: ListPage
    kinds: list[str]


def link_limits(layout: Layout) -> tuple[int, int]:
    """Shortest and longest life of a link in seconds."""
    if layout.personal_data:
        return PRIVATE_LINK_MIN_S, PRIVATE_LIFE_S
    return LINK_MIN_S, LINK_MAX_S


class Objects:
    """The objects of all layouts, behind `gate`. Thread-safe; holds no client."""

    def __init__(self, gate: Gate, clock: Callable[[], datetime]) -> None:
        self._gate = gate
        self._clock = clock
        self._clips = ClipUrls(clock)

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
        where = self._gate.enter(actor, Can.OBJECT_LIST, layout, role, prefix)
        if not 1 <= limit <= PAGE_MAX:
            raise InvalidInput(
                f"A page cannot have {limit} entries.", f"Choose 1 to {PAGE_MAX:,} entries."
            )
        with where.read("list", prefix, once_within=ONCE):
            page = list_page(
                where.store,
                where.bucket.bucket,
                prefix,
                after=after,
                limit=limit,
                delimiter="" if recursive else "/",
            )
        return BrowsePage(page, where.layout.classify_many(role, page.objects["key"].to_pylist()))

    def search(
        self,
        actor: Actor,
        layout: str,
        role: str,
        query: str,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = 100,
    ) -> SearchPage:
        """The objects below `prefix` with `query` somewhere in their key, in any case, behind
        `after`. Looks at most at 10,000 keys, and says where to go on. Raises InvalidInput for an
        empty `query` or a `limit` outside 1 to 1,000.
        """
        where = self._gate.enter(actor, Can.OBJECT_LIST, layout, role, prefix)
        with where.read("search", prefix, once_within=ONCE):
            return search(where, query, prefix, after=after, limit=limit)

    def head(self, actor: Actor, layout: str, role: str, key: str) -> ObjectHead:
        """The object's own facts, by one request. Raises NotFound when it is not there."""
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        with where.read("head", key):
            return head_object(where.store, where.bucket.bucket, key)

    def stream(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        *,
        etag: str,
        span: tuple[int, int] | None = None,
    ) -> Iterator[bytes]:
        """The bytes of the object with `etag` in pieces, or a `span` (first byte, length) of them.
        The store is asked with the first piece; raises Conflict when it has another one by then.

        A row in the audit log each time; of spans, which players ask for by the dozen, the first.
        """
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        once = None if span is None else ONCE
        with where.recorded("stream", key, version=etag, once_within=once, whole=span is None):
            return stream_object(
                where.store, where.bucket.bucket, key, if_match=etag, span=span, chunk_bytes=CHUNK
            )

    def detail(self, actor: Actor, layout: str, role: str, key: str) -> ObjectDetail:
        """Everything the panel shows, asked for at once. What else than the object itself cannot
        be read is named in `notes`. Raises NotFound when the object has vanished.
        """
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        with where.read("detail", key):
            return read_detail(where, key)

    def preview(self, actor: Actor, layout: str, role: str, key: str, etag: str) -> Preview:
        """What can be shown of the object without opening it, by its bytes. Raises Conflict when
        it is no longer the one with `etag`, NotFound when it has vanished.
        """
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        with where.read("preview", key, etag):
            return read_preview(where, key, etag)

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
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        life_s = PRIVATE_LIFE_S if where.layout.personal_data else CLIP_LIFE_S
        with where.recorded("play", key, version=version_id or etag, once_within=ONCE):
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
        where = self._gate.enter(actor, Can.OBJECT_LINK, layout, role, key)
        shortest_s, longest_s = link_limits(where.layout)
        if not shortest_s <= expires_s <= longest_s:
            why = " in a project with personal data" if where.layout.personal_data else ""
            raise InvalidInput(
                f"A link cannot last {human_seconds(expires_s)}{why}.",
                f"Choose from {human_seconds(shortest_s)} to {human_seconds(longest_s)}.",
            )
        with where.recorded("link", key, expires_s=expires_s, download=download):
            return presign_get(
                where.store,
                where.bucket.bucket,
                key,
                expires_s=expires_s,
                now=self._clock(),
                download_name=download_name(key) if download else None,
            )

    def download(
        self,
        actor: Actor,
        layout: str,
        role: str,
        key: str,
        version_id: str | None = None,
    ) -> PresignedUrl:
        """A URL that is followed at once and saves the object, or one version of it, under the
        key's last segment.
        """
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role, key)
        with where.recorded("download", key, version=version_id or ""):
            return presign_get(
                where.store,
                where.bucket.bucket,
                key,
                expires_s=DOWNLOAD_LIFE_S,
                now=self._clock(),
                download_name=download_name(key),
                version_id=version_id,
            )

    def archive(self, actor: Actor, layout: str, role: str, keys: Sequence[str]) -> Iterator[bytes]:
        """Chunks of a ZIP of `keys`, checked before this returns. Raises InvalidInput naming the
        limit that is passed, AccessDenied where the layout holds personal data.
        """
        where = self._gate.enter(actor, Can.OBJECT_ARCHIVE, layout, role)
        store, bucket = where.store, where.bucket.bucket
        if where.layout.personal_data:
            raise where.refused(
                AccessDenied(
                    f"{where.layout.title} holds personal data, which is not handed out in bulk.",
                    "Download single objects instead.",
                    bucket=bucket,
                )
            )
        wanted = selected(keys)
        with where.recorded("archive", *wanted):
            return archive(
                bucket,
                wanted,
                lambda key: head_object(store, bucket, key),
                lambda head: stream_object(store, bucket, head.key, if_match=head.etag),
            )
