"""Tags on a real server: replaced as a whole, over those that were read."""

from __future__ import annotations

import pytest
from fresh import put

from storage.errors import Conflict, InvalidInput, NotFound, Unsupported
from storage.s3.client import Store
from storage.s3.objects import get_tags, read_range
from storage.s3.tags import set_tags


def test_tags_are_replaced_over_those_that_were_read(weed_store: Store, bucket: str) -> None:
    """All of them; the object itself stays."""
    put(weed_store, bucket, "k", b"x", Tagging="state=new&by=ann")
    read = get_tags(weed_store, bucket, "k")
    set_tags(weed_store, bucket, "k", {"state": "live", "take": "2"}, expected=read)
    assert get_tags(weed_store, bucket, "k") == {"state": "live", "take": "2"}
    set_tags(weed_store, bucket, "k", {}, expected=None)
    assert get_tags(weed_store, bucket, "k") == {}
    assert read_range(weed_store, bucket, "k", 0, 9) == b"x"


def test_tags_that_changed_since_are_kept(weed_store: Store, bucket: str) -> None:
    """The second of two people is told, and the first one's tags stay."""
    put(weed_store, bucket, "k", b"x", Tagging="state=live")
    with pytest.raises(Conflict, match="tags changed"):
        set_tags(weed_store, bucket, "k", {"state": "old"}, expected={"state": "new"})
    with pytest.raises(Conflict):
        set_tags(weed_store, bucket, "k", {"state": "old"}, expected={})
    assert get_tags(weed_store, bucket, "k") == {"state": "live"}


def test_tags_of_nothing(weed_store: Store, bucket: str) -> None:
    """What is not there is not found; a name that means another is refused."""
    put(weed_store, bucket, "k", b"x")
    with pytest.raises(NotFound):
        set_tags(weed_store, bucket, "none", {"a": "b"}, expected=None)
    with pytest.raises(Unsupported):
        set_tags(weed_store, bucket, "/k", {"a": "b"}, expected=None)
    assert get_tags(weed_store, bucket, "k") == {}


@pytest.mark.parametrize(
    "tags",
    [{f"t{n}": "" for n in range(11)}, {"": "v"}, {"n" * 129: "v"}, {"n": "v" * 257}],
    ids=["eleven", "no name", "long name", "long value"],
)
def test_more_than_s3_keeps_is_refused_here(
    weed_store: Store, bucket: str, tags: dict[str, str]
) -> None:
    """Ten tags, 128 characters for a name, 256 for a value; nothing is sent."""
    put(weed_store, bucket, "k", b"x", Tagging="state=live")
    with pytest.raises(InvalidInput):
        set_tags(weed_store, bucket, "k", tags, expected=None)
    assert get_tags(weed_store, bucket, "k") == {"state": "live"}
