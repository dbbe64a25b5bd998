"""What SeaweedFS really does with odd keys, held against what `unholdable` says of them."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError

from storage.s3.client import Store

BODY = b"body"

LANDS_AS = {
    "//x": "x",
    "/lead": "lead",
    "d//e": "d/e",
    "a/b//": "a/b/",
    "a\\b": "a/b",
    "\\a": "a",
    "dir/": "dir/",  # listed, but empty
    "café/": "café/",
    "a\\": "a/",
}
HIDDEN = (".uploads/x", "a/.uploads/x", "x.versions/y", ".versions/x", "a/x.versions/y")
REFUSED = (
    "..",
    ".",
    "./a",
    "../a",
    "a/./b",
    "a/../b",
    "a/..",
    "a/.",
    "a\\..\\b",
    "a\0b",
    "k" * 256,
    "k" * 1024,
    "d/" + "k" * 256,
    "é" * 128,
)
HELD = (
    "plain.mp3",
    "a/b",
    "...",
    "a...",
    "a/..b/c",
    "a/.hidden",
    " ",
    "a/ /b",
    "a\nb",
    "a\x01b",
    "a%2Fb",
    "a+b?c#d",
    "k" * 255,
    "é" * 127,
    ("s" * 200 + "/") * 5 + "t" * 19,  # 1,024 bytes
    ".uploads",
    ".versions",
    "x.versions",
)


def _listed(store: Store, bucket: str) -> list[tuple[str, int]]:
    rows = store.client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return [(row["Key"], row["Size"]) for row in rows]


@pytest.mark.parametrize("key", LANDS_AS)
def test_warns_of_keys_that_land_elsewhere(weed_store: Store, bucket: str, key: str) -> None:
    """The server answers success and keeps something else: another name, or nothing of it."""
    weed_store.client.put_object(Bucket=bucket, Key=key, Body=BODY)

    size = 0 if LANDS_AS[key].endswith("/") else len(BODY)
    assert _listed(weed_store, bucket) == [(LANDS_AS[key], size)]
    assert weed_store.capabilities.unholdable(key) is not None


@pytest.mark.parametrize("key", HIDDEN)
def test_warns_of_folders_the_server_uses_itself(weed_store: Store, bucket: str, key: str) -> None:
    """The server answers success, and no listing ever shows the object."""
    weed_store.client.put_object(Bucket=bucket, Key=key, Body=BODY)

    assert _listed(weed_store, bucket) == []
    assert weed_store.capabilities.unholdable(key) is not None
    weed_store.client.delete_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize("key", REFUSED)
def test_warns_of_keys_the_server_refuses(weed_store: Store, bucket: str, key: str) -> None:
    """What the server refuses is known before it is sent, with a reason in plain words."""
    with pytest.raises(ClientError):
        weed_store.client.put_object(Bucket=bucket, Key=key, Body=BODY)

    assert weed_store.capabilities.unholdable(key) is not None


@pytest.mark.parametrize("key", ["/", "//", "\\"])
def test_warns_of_keys_that_hit_the_bucket_itself(weed_store: Store, key: str) -> None:
    """A key of slashes alone is written to the bucket's own entry, and lists under its name."""
    spoilt = f"test-{uuid.uuid4().hex[:16]}"
    weed_store.client.create_bucket(Bucket=spoilt)
    weed_store.client.put_object(Bucket=spoilt, Key=key, Body=BODY)

    assert _listed(weed_store, spoilt) == [(spoilt, len(BODY))]
    assert weed_store.capabilities.unholdable(key) is not None


@pytest.mark.parametrize("key", HELD)
def test_lets_every_key_through_that_the_server_holds(
    weed_store: Store, bucket: str, key: str
) -> None:
    """No warning for a key that comes back as it went in, by listing and by reading."""
    weed_store.client.put_object(Bucket=bucket, Key=key, Body=BODY)

    assert _listed(weed_store, bucket) == [(key, len(BODY))]
    assert weed_store.client.get_object(Bucket=bucket, Key=key)["Body"].read() == BODY
    assert weed_store.capabilities.unholdable(key) is None
