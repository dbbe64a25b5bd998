"""Deletes on a real server: only of what was seen, and undone where versions are kept."""

from __future__ import annotations

import pytest
from fresh import keep_versions, put

from storage.errors import Conflict, InvalidInput, NotFound, Unsupported
from storage.s3.client import Store
from storage.s3.delete import delete_batch, delete_object, delete_version, undo_delete
from storage.s3.objects import head_object, list_versions, read_range


def test_what_was_seen_is_deleted(weed_store: Store, bucket: str) -> None:
    """Without versions nothing is left, and no marker is told of."""
    etag = put(weed_store, bucket, "k", b"seen")
    gone = delete_object(weed_store, bucket, "k", if_match=etag)
    assert (gone.version_id, gone.is_marker) == (None, False)
    with pytest.raises(NotFound):
        head_object(weed_store, bucket, "k")


def test_what_changed_since_is_kept(weed_store: Store, bucket: str) -> None:
    """Another's newer bytes are never deleted by a person who saw the older ones."""
    etag = put(weed_store, bucket, "k", b"seen")
    put(weed_store, bucket, "k", b"newer")
    with pytest.raises(Conflict, match="changed"):
        delete_object(weed_store, bucket, "k", if_match=etag)
    assert read_range(weed_store, bucket, "k", 0, 10) == b"newer"


def test_what_is_gone_is_a_conflict(weed_store: Store, bucket: str) -> None:
    """Nobody is told that they deleted what another did; and no second marker is laid."""
    keep_versions(weed_store, bucket)
    etag = put(weed_store, bucket, "k", b"seen")
    delete_object(weed_store, bucket, "k", if_match=etag)
    with pytest.raises(Conflict):
        delete_object(weed_store, bucket, "k", if_match=etag)
    assert len(list_versions(weed_store, bucket, "k")) == 2


def test_a_delete_is_undone_by_its_marker(weed_store: Store, bucket: str) -> None:
    """The same version is there again, with nothing added; a second undo is refused."""
    keep_versions(weed_store, bucket)
    etag = put(weed_store, bucket, "k", b"seen")
    before = list_versions(weed_store, bucket, "k")
    gone = delete_object(weed_store, bucket, "k", if_match=etag)
    assert gone.is_marker
    assert gone.version_id == list_versions(weed_store, bucket, "k")[0].version_id
    assert gone.version_id is not None
    undo_delete(weed_store, bucket, "k", gone.version_id)
    assert list_versions(weed_store, bucket, "k") == before
    assert read_range(weed_store, bucket, "k", 0, 10) == b"seen"
    with pytest.raises(Conflict, match="undone"):
        undo_delete(weed_store, bucket, "k", gone.version_id)


def test_an_undo_does_not_go_past_a_newer_write(weed_store: Store, bucket: str) -> None:
    """Where somebody wrote after the delete, undoing it is refused and their bytes stay."""
    keep_versions(weed_store, bucket)
    gone = delete_object(weed_store, bucket, "k", if_match=put(weed_store, bucket, "k", b"seen"))
    put(weed_store, bucket, "k", b"newer")
    assert gone.version_id is not None
    with pytest.raises(Conflict, match="since"):
        undo_delete(weed_store, bucket, "k", gone.version_id)
    assert read_range(weed_store, bucket, "k", 0, 10) == b"newer"


def test_an_undo_never_removes_bytes(weed_store: Store, bucket: str) -> None:
    """Given a version that is no delete marker it refuses."""
    keep_versions(weed_store, bucket)
    put(weed_store, bucket, "k", b"seen")
    version = list_versions(weed_store, bucket, "k")[0].version_id
    with pytest.raises(Conflict):
        undo_delete(weed_store, bucket, "k", version)
    assert read_range(weed_store, bucket, "k", 0, 10) == b"seen"


def test_one_version_is_removed_and_the_others_stay(weed_store: Store, bucket: str) -> None:
    """By its id; a second time is no error."""
    keep_versions(weed_store, bucket)
    put(weed_store, bucket, "k", b"old")
    old = list_versions(weed_store, bucket, "k")[0].version_id
    put(weed_store, bucket, "k", b"new")
    delete_version(weed_store, bucket, "k", old)
    delete_version(weed_store, bucket, "k", old)
    assert [row.size for row in list_versions(weed_store, bucket, "k")] == [3]
    assert read_range(weed_store, bucket, "k", 0, 10) == b"new"


def test_a_batch_tells_of_each(weed_store: Store, bucket: str) -> None:
    """Seen ones go, changed ones stay, those that are gone are told apart."""
    rows = [(f"d/{n} & <é>", put(weed_store, bucket, f"d/{n} & <é>", b"x")) for n in range(5)]
    put(weed_store, bucket, "changed", b"newer")
    outcomes = delete_batch(weed_store, bucket, [*rows, ("changed", "0" * 32), ("gone", "0" * 32)])
    assert [key for key, _ in outcomes] == [*(key for key, _ in rows), "changed", "gone"]
    assert [type(error) for _, error in outcomes] == [type(None)] * 5 + [Conflict, NotFound]
    assert read_range(weed_store, bucket, "changed", 0, 10) == b"newer"
    for key, _ in rows:
        with pytest.raises(NotFound):
            head_object(weed_store, bucket, key)


def test_a_batch_names_a_key_that_means_another_to_the_server(
    weed_store: Store, bucket: str
) -> None:
    """`/lead` would delete `lead`: that row is refused and the rest is done."""
    etag = put(weed_store, bucket, "lead", b"x")
    outcomes = dict(delete_batch(weed_store, bucket, [("/lead", etag)]))
    assert isinstance(outcomes["/lead"], Unsupported)
    assert read_range(weed_store, bucket, "lead", 0, 10) == b"x"
    for delete in (
        lambda: delete_object(weed_store, bucket, "//lead", if_match=etag),
        lambda: delete_version(weed_store, bucket, "/lead", "null"),
    ):
        with pytest.raises(Unsupported):
            delete()


def test_a_batch_has_a_thousand_rows_at_most(weed_store: Store, bucket: str) -> None:
    """S3's own limit, refused before anything is sent; exactly that many go."""
    rows = [(f"k{n}", "0" * 32) for n in range(1_001)]
    with pytest.raises(InvalidInput, match="1000"):
        delete_batch(weed_store, bucket, rows)
    outcomes = delete_batch(weed_store, bucket, rows[1:])
    assert {type(error) for _, error in outcomes} == {NotFound}
    assert delete_batch(weed_store, bucket, []) == []
