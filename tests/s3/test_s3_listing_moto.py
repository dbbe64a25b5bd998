"""Pages of a bucket on a store that holds every key AWS holds."""

from __future__ import annotations

import pytest
from odd_keys import HELD_EVERYWHERE, ONLY_FLAT_STORES, names, walk

from storage.errors import InvalidInput, NotFound
from storage.s3.client import Store
from storage.s3.listing import list_page
from storage.s3.small_listing import list_small

# moto's routes have no line feed in them, so it cannot hold these two
KEYS = tuple(key for key in HELD_EVERYWHERE if "\n" not in key) + ONLY_FLAT_STORES


@pytest.fixture
def odd_bucket(moto_store: Store, moto_bucket: str) -> str:
    for key in KEYS:
        moto_store.client.put_object(Bucket=moto_bucket, Key=key, Body=b"x")
    return moto_bucket


def _by_boto3(store: Store, bucket: str, **options: str) -> dict[str, object]:
    answer = store.client.list_objects_v2(Bucket=bucket, **options)
    return {
        "rows": [
            (
                row["Key"],
                row["Size"],
                row["ETag"].strip('"'),
                row["LastModified"],
                row["StorageClass"],
            )
            for row in answer.get("Contents", [])
        ],
        "folders": [row["Prefix"] for row in answer.get("CommonPrefixes", [])],
    }


@pytest.mark.parametrize("delimiter", ["/", ""])
@pytest.mark.parametrize("prefix", ["", "folder/", "/", "caf", "a", "nothing/"])
def test_a_page_is_what_boto3_says_it_is(
    moto_store: Store, odd_bucket: str, prefix: str, delimiter: str
) -> None:
    """The fast answer and boto3's are the same rows and folders, for every odd key."""
    page = list_page(moto_store, odd_bucket, prefix, delimiter=delimiter)
    assert page.requests == 1
    assert {
        "rows": [tuple(row.values()) for row in page.objects.to_pylist()],
        "folders": list(page.prefixes),
    } == _by_boto3(moto_store, odd_bucket, Prefix=prefix, Delimiter=delimiter)


def test_the_sdk_path_gives_the_same_page(
    moto_store: Store, odd_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the fast path is closed (a proxy, no plain answer) the page is the same."""
    fast = list_page(moto_store, odd_bucket, limit=7)
    monkeypatch.setattr(moto_store, "signed_get", lambda _bucket: None)
    slow = list_page(moto_store, odd_bucket, limit=7)
    assert slow == fast
    assert slow.requests == 1


@pytest.mark.parametrize("delimiter", ["/", ""])
def test_a_small_place_is_the_same_without_columns(
    moto_store: Store, odd_bucket: str, delimiter: str
) -> None:
    """Keys, ETags and times, for every odd key."""
    for prefix in ("", "folder/", "a", "nothing/"):
        rows = list_page(moto_store, odd_bucket, prefix, delimiter=delimiter).objects.to_pylist()
        small = list_small(moto_store, odd_bucket, prefix, delimiter=delimiter)
        assert small == {row["key"]: (row["etag"], row["modified"]) for row in rows}


def test_every_page_size_shows_everything_once(moto_store: Store, odd_bucket: str) -> None:
    """Paging by `next` loses and repeats nothing, and each page is one request."""
    whole = sorted(names(list_page(moto_store, odd_bucket)))
    for limit in range(1, len(whole) + 1):
        found, requests = walk(moto_store, odd_bucket, limit=limit)
        assert sorted(found) == whole, f"page size {limit}"
        assert requests == -(-len(whole) // limit)


def test_paging_inside_a_prefix_and_without_folders(moto_store: Store, odd_bucket: str) -> None:
    """The same inside a folder, and flat."""
    for limit in (1, 2, 3):
        assert sorted(walk(moto_store, odd_bucket, "folder/", limit=limit)[0]) == [
            "folder/deep/",
            "folder/one.mp3",
            "folder/two.mp3",
        ]
    flat: list[str] = []
    after = ""
    while True:
        page = list_page(moto_store, odd_bucket, after=after, limit=5, delimiter="")
        flat += names(page)
        if page.next is None:
            break
        after = page.next
    assert flat == sorted(KEYS, key=str.encode)


def test_folders_of_the_greatest_characters_end(moto_store: Store, moto_bucket: str) -> None:
    """Keys that begin with their folder and U+10FFFF neither repeat it for ever nor hide others."""
    last = "\U0010ffff"
    keys = [f"a/{last}", f"a/{last}{last}b", "a/x", "b", f"{last}/{last}", f"{last}{last}"]
    for key in keys:
        moto_store.client.put_object(Bucket=moto_bucket, Key=key, Body=b"x")
    for limit in (1, 2, 3):
        found, _ = walk(moto_store, moto_bucket, limit=limit)
        assert found == sorted(found, key=str.encode) or limit > 1
        assert sorted(found) == sorted(["a/", "b", f"{last}/", f"{last}{last}"])


@pytest.mark.parametrize("length", [1019, 1020, 1021, 1022, 1023, 1024])
def test_folders_as_long_as_keys_can_be(moto_store: Store, moto_bucket: str, length: int) -> None:
    """What to continue after never grows past the 1,024 bytes a key may have."""
    folder = "f" * (length - 1) + "/"
    for key in (folder, "z"):
        moto_store.client.put_object(Bucket=moto_bucket, Key=key, Body=b"x")
    first = list_page(moto_store, moto_bucket, limit=1)
    assert first.prefixes == (folder,)
    assert first.next is not None
    assert len(first.next.encode()) <= 1024
    assert names(list_page(moto_store, moto_bucket, after=first.next)) == ["z"]


def test_keys_deleted_between_pages_do_not_matter(moto_store: Store, odd_bucket: str) -> None:
    """The key to continue after may be gone: the next page starts behind where it was."""
    first = list_page(moto_store, odd_bucket, limit=10, delimiter="")
    rest = names(list_page(moto_store, odd_bucket, after=first.next or "", delimiter=""))
    for key in names(first):
        moto_store.client.delete_object(Bucket=odd_bucket, Key=key)
    assert names(list_page(moto_store, odd_bucket, after=first.next or "", delimiter="")) == rest


def test_a_page_after_a_key_in_a_folder_does_not_name_the_folder(
    moto_store: Store, odd_bucket: str
) -> None:
    """`after` a place inside a folder, or the folder itself, is after the folder."""
    for after in ("folder/", "folder/one.mp3", "folder/\U0010ffff"):
        assert "folder/" not in names(list_page(moto_store, odd_bucket, after=after))


def test_an_empty_bucket_and_an_empty_prefix_are_complete(
    moto_store: Store, moto_bucket: str
) -> None:
    """Nothing there is an empty, complete page with the right columns; no bucket is an error."""
    page = list_page(moto_store, moto_bucket, "none/")
    assert (page.complete, page.next, page.prefixes, page.objects.num_rows) == (True, None, (), 0)
    with pytest.raises(NotFound, match="no bucket"):
        list_page(moto_store, "no-such-bucket")


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_wrong_page_size_is_refused(moto_store: Store, moto_bucket: str, limit: int) -> None:
    """S3 would cap it silently; a page must not be smaller than asked."""
    with pytest.raises(InvalidInput):
        list_page(moto_store, moto_bucket, limit=limit)
