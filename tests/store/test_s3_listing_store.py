"""Pages of a bucket on a real server, which orders its keys as a tree."""

from __future__ import annotations

import pytest
from odd_keys import HELD_EVERYWHERE, names, walk

from storage.errors import NotFound
from storage.s3.client import Store
from storage.s3.listing import list_page, list_pages
from storage.s3.small_listing import list_small


@pytest.fixture
def odd_bucket(weed_store: Store, bucket: str) -> str:
    for key in (*HELD_EVERYWHERE, "a/x.mp3", "a/\U0010ffff.mp3"):
        weed_store.client.put_object(Bucket=bucket, Key=key, Body=b"x")
    return bucket


@pytest.mark.parametrize("delimiter", ["/", ""])
@pytest.mark.parametrize("prefix", ["", "folder/", "fol", "caf", "a", "nothing/"])
def test_a_page_is_what_boto3_says_it_is(
    weed_store: Store, odd_bucket: str, prefix: str, delimiter: str
) -> None:
    """The fast answer and boto3's are the same rows and folders, for every odd key."""
    page = list_page(weed_store, odd_bucket, prefix, delimiter=delimiter)
    assert page.requests == 1
    answer = weed_store.client.list_objects_v2(
        Bucket=odd_bucket, Prefix=prefix, Delimiter=delimiter
    )
    assert [tuple(row.values()) for row in page.objects.to_pylist()] == [
        (row["Key"], row["Size"], row["ETag"].strip('"'), row["LastModified"], row["StorageClass"])
        for row in answer.get("Contents", [])
    ]
    assert list(page.prefixes) == [row["Prefix"] for row in answer.get("CommonPrefixes", [])]


@pytest.mark.parametrize("delimiter", ["/", ""])
def test_a_small_place_is_the_same_without_columns(
    weed_store: Store, odd_bucket: str, delimiter: str
) -> None:
    """Keys, ETags and times, for every odd key."""
    for prefix in ("", "folder/", "a", "nothing/"):
        rows = list_page(weed_store, odd_bucket, prefix, delimiter=delimiter).objects.to_pylist()
        small = list_small(weed_store, odd_bucket, prefix, delimiter=delimiter)
        assert small == {row["key"]: (row["etag"], row["modified"]) for row in rows}


def test_every_page_size_shows_everything_once(weed_store: Store, odd_bucket: str) -> None:
    """Also where the server's order is its own: `a`, `a/`, `a-1`, `a.txt`, and `a-b/` between."""
    whole = sorted(names(list_page(weed_store, odd_bucket)))
    assert "a/" in whole
    for limit in range(1, len(whole) + 1):
        found, _ = walk(weed_store, odd_bucket, limit=limit)
        assert sorted(found) == whole, f"page size {limit}"


def test_the_sdk_path_pages_the_same(
    weed_store: Store, odd_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the fast path is closed, paging still loses and repeats nothing."""
    whole = sorted(names(list_page(weed_store, odd_bucket)))
    monkeypatch.setattr(weed_store, "signed_get", lambda _bucket: None)
    for limit in (1, 3, 7):
        assert sorted(walk(weed_store, odd_bucket, limit=limit)[0]) == whole


def test_paging_within_a_folder(weed_store: Store, odd_bucket: str) -> None:
    """The same under a prefix."""
    for limit in (1, 2, 3):
        assert sorted(walk(weed_store, odd_bucket, "folder/", limit=limit)[0]) == [
            "folder/deep/",
            "folder/one.mp3",
            "folder/two.mp3",
        ]


@pytest.mark.parametrize("delimiter", ["/", ""])
def test_paging_loses_nothing_where_versions_are_kept(
    weed_store: Store, bucket: str, delimiter: str
) -> None:
    """Also keys that begin as others do, and go on where a page ends: `a`, `a-1`, `a.txt`, `a/x`."""
    client = weed_store.client
    keys = [
        "a",
        "a-1",
        "a.txt",
        "a/x",
        "b/c-/e",
        "b/c.mp3",
        "b/c.mp3.json",
        "b/c/d",
        "d/1",
        "d/1/2",
        "e",
    ]
    for place in ("before", "after"):
        for key in keys:
            client.put_object(Bucket=bucket, Key=f"{place}/{key}", Body=b"x")
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="before/b/c/d", Body=b"newer")
    client.delete_object(Bucket=bucket, Key="after/b/c.mp3.json")
    for prefix in ("", "before/", "after/", "after/b"):
        whole = sorted(names(list_page(weed_store, bucket, prefix, delimiter=delimiter)))
        assert whole
        for limit in (1, 2, 3, 5):
            found = walk(weed_store, bucket, prefix, limit=limit, delimiter=delimiter)[0]
            assert sorted(found) == whole, f"{limit} a page below {prefix!r}"
            pages = list_pages(weed_store, bucket, prefix, limit=limit, delimiter=delimiter)
            assert [name for page in pages for name in names(page)] == found


@pytest.mark.parametrize(
    "keys",
    [
        ("a", "a" + "-" * 20, "a" + "-" * 200),  # hundreds of beginnings
        ("clip.mp3", "clip.mp3.json", "clip.mp3/part"),
        ("clip.mp3", "clip.mp3.json", "clip.wav"),
        ("f/a", "f/a-1", "f/a-1-2", "f/b"),
    ],
    ids=["dashes", "with a folder", "without one", "in a folder"],
)
def test_a_key_that_begins_others_is_shown_once_where_versions_are_kept(
    weed_store: Store, bucket: str, keys: tuple[str, ...]
) -> None:
    """Whether the server gives it on the page after theirs or not at all."""
    client = weed_store.client
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in keys:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    for limit in (1, 2, 3):
        pages = list_pages(weed_store, bucket, limit=limit)
        found = [name for page in pages for name in names(page)]
        assert sorted(found) == sorted(keys), limit
        assert walk(weed_store, bucket, limit=limit, delimiter="")[0] == found


def test_a_walk_asks_once_whether_versions_are_kept(weed_store: Store, bucket: str) -> None:
    """Not on every page that ends behind a name with a dash."""
    for number in range(6):
        weed_store.client.put_object(Bucket=bucket, Key=f"clip-{number}.mp3", Body=b"x")
    pages = list(list_pages(weed_store, bucket, limit=2))
    assert [page.requests for page in pages] == [2, 1, 1]
    assert [page.next for page in pages] == ["clip-1.mp3", "clip-3.mp3", None]


def test_no_bucket_is_an_error_and_an_empty_one_is_a_page(weed_store: Store, bucket: str) -> None:
    """A failure is never an empty list."""
    assert list_page(weed_store, bucket).complete
    with pytest.raises(NotFound, match="no bucket"):
        list_page(weed_store, "no-such-bucket")
