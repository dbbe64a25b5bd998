"""Keys as people choose them, and a walk over a bucket page by page: shared by moto and SeaweedFS."""

from __future__ import annotations

from storage.model.listings import ListPage
from storage.s3.client import Store
from storage.s3.listing import list_page

HELD_EVERYWHERE = (
    "plain.mp3",
    "with space.mp3",
    "a+b.mp3",
    "a%2Fb.mp3",
    "100%25.mp3",
    "q?x=1#frag&y=2.mp3",
    "\"double\" 'single' `back`.mp3",
    "<script>alert(1)</script>.mp3",
    "![x](y).mp3",
    "=HYPERLINK(1).csv",
    "&amp;&lt;&#13;.mp3",
    "caf\u00e9.mp3",
    "cafe\u0301.mp3",
    "\u202egnp.mp3",
    "\ufffd.mp3",
    "\U0001f3b5.mp3",
    "\U0010ffff.mp3",
    "tab\there.mp3",
    "line\nbreak.mp3",
    "return\rhere.mp3",
    "both\r\nhere.mp3",
    "folder/one.mp3",
    "folder/two.mp3",
    "folder/deep/er.mp3",
    "folder-1",
    "folder.txt",
    "fol+der %2F/x.mp3",
    "\u00fcber/x.mp3",
    "\U0001f3b5/x.mp3",
    "a",
    "a-1",
    "a-b/z",
    "a.txt",
    "z" * 200 + "/" + "y" * 200,
)
"""What SeaweedFS and moto both hold. `a/…` besides `a` is added where a test wants both."""

ONLY_FLAT_STORES = (
    "/lead.mp3",
    "//two.mp3",
    "![](http://x/y).mp3",
    "dir//empty.mp3",
    "../up.mp3",
    "x/../y.mp3",
    "ends/",
    "a/x.mp3",
    "k" * 1024,
    "bell\x07.mp3",
    "escape\x1b[31m.mp3",
)
"""What only a flat store such as AWS or moto holds as it is."""


def names(page: ListPage) -> list[str]:
    """All folders and keys of a page."""
    return [*page.prefixes, *page.objects.column("key").to_pylist()]


def walk(
    store: Store, bucket: str, prefix: str = "", *, limit: int, delimiter: str = "/"
) -> tuple[list[str], int]:
    """Every name under `prefix`, paging by `next`, and how many requests that took."""
    found: list[str] = []
    requests = 0
    after = ""
    while True:
        page = list_page(store, bucket, prefix, after=after, limit=limit, delimiter=delimiter)
        # SeaweedFS keeps `a` and `a/` together, and what its paging leaves out is added
        assert len(names(page)) <= limit + 2
        found += names(page)
        requests += page.requests
        if page.complete:
            assert page.next is None
            return found, requests
        assert page.next is not None
        assert page.next != after, "the page leads to itself"
        after = page.next
