"""Many copies on the real store: fast, whole, under conditions, and never done twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage.errors import Conflict, NotFound, StorageError, Unsupported
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent, IfMatch, Precondition
from storage.s3.direct import Direct, Task, direct
from storage.s3.heads import head_answer
from storage.s3.many_copies import VOLLEY, WORKERS, Copied, Copies, Outcome
from storage.s3.objects import get_tags


@pytest.fixture
def prod(weed_store: Store) -> Iterator[str]:
    """A second bucket, which keeps versions."""
    name = f"prod-{uuid.uuid4().hex[:12]}"
    weed_store.client.create_bucket(Bucket=name)
    keep_versions(weed_store, name)
    yield name
    for page in weed_store.client.get_paginator("list_object_versions").paginate(Bucket=name):
        for row in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            weed_store.client.delete_object(Bucket=name, Key=row["Key"], VersionId=row["VersionId"])
    weed_store.client.delete_bucket(Bucket=name)


def put(store: Store, bucket: str, key: str, body: bytes = b"audio", **facts: Any) -> str:
    answer = store.client.put_object(Bucket=bucket, Key=key, Body=body, **facts)
    return answer["ETag"].strip('"')


def task(key: str, etag: str, precondition: Precondition | None = None, **facts: Any) -> Task:
    given = {
        "source_version": "", "size": 5, "storage_class": "STANDARD", "plain": True, "target_key": key,
    }  # fmt: skip
    return Task(key, etag=etag, precondition=precondition or IfAbsent(), **{**given, **facts})


def run(store: Store, source: str, target: str, *tasks: Task) -> list[Outcome]:
    some = Copies(store, source, target).some
    volleys = [tasks[at : at + VOLLEY] for at in range(0, len(tasks), VOLLEY)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return [one for done in pool.map(some, volleys) for one in done]


def slow_way(*_: Any, **__: Any) -> Any:
    raise AssertionError("the SDK was asked")


FACTS: dict[str, Any] = {
    "ContentType": "audio/mpeg",
    "CacheControl": "public, max-age=60",
    "ContentDisposition": 'attachment; filename="a.mp3"',
    "ContentLanguage": "it",
    "Metadata": {"voice": "ann", "odd-Name": "a  b"},
    "Tagging": "a=1&b=two",
    "StorageClass": "STANDARD_IA",
}


def test_all_goes_along(
    weed_store: Store, bucket: str, prod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one request past the SDK, type, cache control, metadata, tags and class are carried."""
    key = "mastered/à b+c%20d.mp3"
    etag = put(weed_store, bucket, key, **FACTS)
    monkeypatch.setattr("storage.s3.many_copies.copy_object", slow_way)
    [copied] = run(weed_store, bucket, prod, task(key, etag, storage_class="STANDARD_IA"))
    assert isinstance(copied, Copied)
    assert (copied.written.etag, copied.written.size, copied.found) == (etag, 5, False)
    answer = head_answer(weed_store, prod, key)
    assert answer["VersionId"] == copied.written.version_id
    for name in (
        "ContentType",
        "CacheControl",
        "ContentDisposition",
        "ContentLanguage",
        "Metadata",
        "StorageClass",
    ):
        assert answer[name] == head_answer(weed_store, bucket, key)[name], name  # type: ignore[literal-required]
    assert get_tags(weed_store, prod, key) == {"a": "1", "b": "two"}


def test_conditions_hold(weed_store: Store, bucket: str, prod: str) -> None:
    """A source that changed, a target that is there, one that changed, and one that is gone are
    conflicts, told of the object they are about; nothing is written."""
    etags = {name: put(weed_store, bucket, name, name.encode()) for name in "abcd"}
    put(weed_store, bucket, "a", b"newer")
    there = put(weed_store, prod, "b", b"there")
    changed = put(weed_store, prod, "c", b"old")
    put(weed_store, prod, "c", b"by somebody else")
    outcomes = run(
        weed_store, bucket, prod,
        task("a", etags["a"]), task("b", etags["b"]),
        task("c", etags["c"], IfMatch(changed)), task("d", etags["d"], IfMatch(there)),
    )  # fmt: skip
    assert [type(one) for one in outcomes] == [Conflict] * 4
    assert [(one.bucket, one.key) for one in outcomes if isinstance(one, StorageError)] == [
        (bucket, "a"), (prod, "b"), (prod, "c"), (prod, "d"),
    ]  # fmt: skip
    assert head_answer(weed_store, prod, "b")["ETag"].strip('"') == there
    with pytest.raises(NotFound):
        head_answer(weed_store, prod, "a")


def test_twice_is_once(weed_store: Store, bucket: str, prod: str) -> None:
    """A copy that an earlier run made without being able to say so is found, and not made again."""
    etag = put(weed_store, bucket, "k", **FACTS)
    one = task("k", etag, storage_class="STANDARD_IA")
    [first], [second] = run(weed_store, bucket, prod, one), run(weed_store, bucket, prod, one)
    assert isinstance(first, Copied)
    assert isinstance(second, Copied)
    assert (first.found, second.found) == (False, True)
    assert second.written == first.written
    versions = weed_store.client.list_object_versions(Bucket=prod, Prefix="k")["Versions"]
    assert len(versions) == 1


def test_same_bytes_of_other_facts_are_a_conflict(
    weed_store: Store, bucket: str, prod: str
) -> None:
    """Who put the same bytes there under another type did not do this copy."""
    etag = put(weed_store, bucket, "k", ContentType="audio/mpeg")
    put(weed_store, prod, "k", ContentType="text/plain")
    [outcome] = run(weed_store, bucket, prod, task("k", etag))
    assert isinstance(outcome, Conflict)


def test_each_tells_of_itself(weed_store: Store, bucket: str, prod: str) -> None:
    """One source that is gone and one name that the store cannot hold stop none of the others."""
    tasks = [task(f"{at}", put(weed_store, bucket, f"{at}")) for at in range(40)]
    tasks[7] = task("gone", "0" * 32)
    tasks[9] = task("folder/", "0" * 32)
    outcomes = run(weed_store, bucket, prod, *tasks)
    odd = {at: type(one) for at, one in enumerate(outcomes) if not isinstance(one, Copied)}
    assert odd == {7: NotFound, 9: Unsupported}


def test_an_earlier_version_comes_back(weed_store: Store, prod: str) -> None:
    """An old version onto its own key, under the condition that its successor is still there."""
    old = put(weed_store, prod, "k", b"older", ContentType="audio/mpeg", Metadata={"a": "1"})
    version = head_answer(weed_store, prod, "k")["VersionId"]
    new = put(weed_store, prod, "k", b"newer", ContentType="text/plain")
    for plain in (True, False):
        [outcome] = run(
            weed_store,
            prod,
            prod,
            task("k", old, IfMatch(new), source_version=version, plain=plain),
        )
        assert isinstance(outcome, Copied), outcome
        answer = head_answer(weed_store, prod, "k")
        assert (answer["ETag"].strip('"'), answer["ContentType"]) == (old, "audio/mpeg")
        assert answer["Metadata"] == {"a": "1"}
        new = put(weed_store, prod, "k", b"newer", ContentType="text/plain")


def test_heads_like_the_sdk(weed_store: Store, bucket: str) -> None:
    """HEAD past the SDK tells what the SDK tells."""
    put(weed_store, bucket, "k", ChecksumAlgorithm="SHA256", **FACTS)
    asked = direct(weed_store, bucket)
    assert isinstance(asked, Direct)
    [told, gone] = asked.heads(["k", "gone"])
    by_sdk = dict(head_answer(weed_store, bucket, "k"))
    assert told is not None
    for name in ("ResponseMetadata", "AcceptRanges"):
        by_sdk.pop(name, None)
    assert {name: value for name, value in by_sdk.items() if name != "ChecksumType"} == dict(told)
    assert gone is None
