"""Filling a real store: complete, repeatable, respectful of what the user changed, resumable."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from storage.config import load_config
from storage.demo.catalogue import Sample, load_samples
from storage.demo.seed import SeedResult, seed
from storage.errors import ConfigError
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.s3.bucket import count_unfinished_uploads
from storage.s3.objects import (
    IfMatch,
    get_tags,
    head_object,
    list_versions,
    put_object,
    stream_object,
)
from storage.settings import load_settings

if TYPE_CHECKING:
    from storage.s3.client import Store

Versions = dict[tuple[str, str], list[str]]  # (bucket, key) -> ETags, newest first

SAMPLES = load_samples()


@pytest.fixture
def layouts(weed_store: Store) -> Iterator[Mapping[str, Layout]]:
    """The five projects with bucket names of this test's own, removed after it."""
    mark = uuid.uuid4().hex[:8]
    named = {
        name: replace(
            layout,
            buckets=tuple(
                replace(bucket, bucket=f"{mark}-{name}-{bucket.role}") for bucket in layout.buckets
            ),
        )
        for name, layout in load_layouts(load_settings({}), load_config(None), {}).items()
    }
    yield named
    for bucket in _buckets(weed_store, named):
        _remove(weed_store, bucket)


@pytest.fixture
def courses(layouts: Mapping[str, Layout]) -> Mapping[str, Layout]:
    """The language courses alone: fewer buckets where one project shows the promise."""
    return {"ssi": layouts["ssi"]}


def _buckets(store: Store, layouts: Mapping[str, Layout]) -> list[str]:
    ours = [bucket.bucket for layout in layouts.values() for bucket in layout.buckets]
    there = {row["Name"] for row in store.client.list_buckets()["Buckets"]}
    return [bucket for bucket in ours if bucket in there]


def _remove(store: Store, bucket: str) -> None:
    client = store.client
    for upload in client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
        client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for row in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            client.delete_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
    client.delete_bucket(Bucket=bucket)


def _all_versions(store: Store, layouts: Mapping[str, Layout]) -> Versions:
    found: Versions = {}
    for bucket in _buckets(store, layouts):
        for page in store.client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for row in page.get("Versions", []):
                found.setdefault((bucket, row["Key"]), []).append(row["ETag"].strip('"'))
    return found


def _expected(layouts: Mapping[str, Layout]) -> Versions:
    return {
        (layouts[row.layout].bucket(row.role).bucket, row.key): [
            hashlib.md5(row.body(file)).hexdigest() for file in reversed(row.files)
        ]
        for row in SAMPLES.objects
        if row.layout in layouts
    }


def _with_history(role: str) -> Sample:
    return next(row for row in SAMPLES.objects if row.role == role and len(row.files) == 2)


@pytest.mark.long
def test_seeding_twice_gives_the_same_content(
    weed_store: Store, layouts: Mapping[str, Layout]
) -> None:
    """Every object of the index, odd names too, with its versions; a second run writes nothing."""
    told: list[tuple[int, int, str]] = []
    first = seed(
        lambda _layout, _bucket: weed_store,
        layouts,
        progress=lambda *facts: told.append(facts),
    )
    total = len(SAMPLES.objects) + len(SAMPLES.unfinished)
    assert first == SeedResult(buckets=10, written=total, kept=0)
    assert _all_versions(weed_store, layouts) == _expected(layouts)
    assert [done for done, _, _ in told[:-1]] == list(range(total + 1))
    assert told[-1] == (total, total, "Done")

    again = seed(lambda _layout, _bucket: weed_store, layouts)
    assert again == SeedResult(buckets=10, written=0, kept=total)
    assert _all_versions(weed_store, layouts) == _expected(layouts)
    stage = layouts["ssi"].bucket("stage").bucket
    assert count_unfinished_uploads(weed_store, stage) == (1, False)
    versioned = {
        (name, bucket.role): weed_store.client.get_bucket_versioning(Bucket=bucket.bucket)
        for name, layout in layouts.items()
        for bucket in layout.buckets
    }
    assert [place for place, answer in versioned.items() if "Status" not in answer] == [
        ("yoto", "dev")
    ]


def test_objects_carry_what_the_index_says(
    weed_store: Store, layouts: Mapping[str, Layout]
) -> None:
    """Stored type, metadata, tags and caching arrive, and the bytes read back under odd names."""
    stories = {"yoto": layouts["yoto"]}
    seed(lambda _layout, _bucket: weed_store, stories)
    for row in (row for row in SAMPLES.objects if row.layout == "yoto"):
        bucket = stories["yoto"].bucket(row.role).bucket
        head = head_object(weed_store, bucket, row.key)
        assert (head.content_type, head.cache_control) == (row.content_type, row.cache_control)
        assert head.metadata == row.metadata
        assert get_tags(weed_store, bucket, row.key) == row.tags
        assert b"".join(stream_object(weed_store, bucket, row.key)) == row.body(row.files[-1])


@pytest.mark.long
def test_what_the_user_changed_stays(weed_store: Store, courses: Mapping[str, Layout]) -> None:
    """A new recording, and an old version brought back, both survive a second seeding."""
    seed(lambda _layout, _bucket: weed_store, courses)
    stage = courses["ssi"].bucket("stage").bucket
    restored = _with_history("stage")
    changed = next(row for row in SAMPLES.objects if row.role == "stage" and len(row.files) == 1)
    for row, body in ((restored, restored.body(restored.files[0])), (changed, b"mine")):
        put_object(
            weed_store,
            stage,
            row.key,
            body,
            precondition=IfMatch(hashlib.md5(row.body(row.files[-1])).hexdigest()),
            content_type="audio/mpeg",
        )
    before = _all_versions(weed_store, courses)
    assert seed(lambda _layout, _bucket: weed_store, courses).written == 0
    assert _all_versions(weed_store, courses) == before
    assert b"".join(stream_object(weed_store, stage, changed.key)) == b"mine"


class _InterruptedError(Exception):
    """What stops a seeding in these tests, as Ctrl-C would."""


@pytest.mark.long
@pytest.mark.parametrize("stop_at", [1, 150, 288])
def test_an_interrupted_seeding_is_finished_by_the_next(
    weed_store: Store, courses: Mapping[str, Layout], stop_at: int
) -> None:
    """Wherever it stops, the next run completes it, with no version twice."""

    def stop(done: int, _total: int, _text: str) -> None:
        if done >= stop_at:
            raise _InterruptedError

    with pytest.raises(_InterruptedError):
        seed(lambda _layout, _bucket: weed_store, courses, progress=stop)
    seed(lambda _layout, _bucket: weed_store, courses)
    assert _all_versions(weed_store, courses) == _expected(courses)


@pytest.mark.long
def test_stopping_between_two_versions_is_made_good(
    weed_store: Store, courses: Mapping[str, Layout]
) -> None:
    """An object that has only its first version gets the second one."""
    seed(lambda _layout, _bucket: weed_store, courses)
    row = _with_history("stage")
    stage = courses["ssi"].bucket("stage").bucket
    newest = list_versions(weed_store, stage, row.key)[0].version_id
    weed_store.client.delete_object(Bucket=stage, Key=row.key, VersionId=newest)
    assert seed(lambda _layout, _bucket: weed_store, courses).written == 1
    assert _all_versions(weed_store, courses) == _expected(courses)


def test_audio_is_there_before_what_mentions_it(
    weed_store: Store, courses: Mapping[str, Layout]
) -> None:
    """While a store is being filled, no manifest mentions a clip that is still to come."""
    manifests = [row for row in SAMPLES.objects if row.key.endswith("course_manifest.json")]
    audio_there: list[int] = []

    def look(done: int, _total: int, _text: str) -> None:
        if done % 16 == 0:
            there = {key for _, key in _all_versions(weed_store, courses)}
            if any(row.key in there for row in manifests):
                audio_there.append(sum(key.endswith((".mp3", ".wav")) for key in there))

    seed(lambda _layout, _bucket: weed_store, courses, progress=look)
    expected = {key for _, key in _expected(courses) if key.endswith((".mp3", ".wav"))}
    assert audio_there
    assert set(audio_there) == {len(expected)}


@pytest.mark.long
def test_scale_adds_clips_and_only_those_missing(
    weed_store: Store, courses: Mapping[str, Layout]
) -> None:
    """So many more clips lie in stage, by names of their kind; growing adds the difference."""
    stage = courses["ssi"].bucket("stage")
    seed(lambda _layout, _bucket: weed_store, courses)
    small = len(_all_versions(weed_store, courses))
    assert seed(lambda _layout, _bucket: weed_store, courses, scale=30).written == 30
    assert seed(lambda _layout, _bucket: weed_store, courses, scale=50).written == 20
    every = _all_versions(weed_store, courses)
    assert len(every) == small + 50
    extra = every.keys() - _expected(courses).keys()
    kinds = courses["ssi"].classify_many("stage", [key for _, key in extra])
    assert {bucket for bucket, _ in extra} == {stage.bucket}
    assert set(kinds) == {"clip"}


def test_scale_needs_the_courses(weed_store: Store, layouts: Mapping[str, Layout]) -> None:
    """Where the project is left out, the request is refused before anything is made."""
    with pytest.raises(ConfigError):
        seed(lambda _layout, _bucket: weed_store, {"yoto": layouts["yoto"]}, scale=5)
    assert _buckets(weed_store, layouts) == []


def test_only_the_console_may_read_from_a_browser(
    weed_store: Store, layouts: Mapping[str, Layout]
) -> None:
    """The console's origins pass the preflight; any other page's does not."""
    seed(lambda _layout, _bucket: weed_store, {"speech-coach": layouts["speech-coach"]})
    bucket = layouts["speech-coach"].bucket("main").bucket

    def allowed(origin: str) -> str | None:
        asked = urllib.request.Request(
            f"{weed_store.connection.endpoint_url}/{bucket}/any",
            method="OPTIONS",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "range",
            },
        )
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return str(answer.headers["Access-Control-Allow-Origin"])
        except urllib.error.HTTPError as error:
            error.close()
            return None

    for origin in ("http://127.0.0.1:8501", "http://localhost:8520"):
        assert allowed(origin) == origin
    for origin in ("http://127.0.0.1:9999", "http://127.0.0.1:8501.evil.example", "null"):
        assert allowed(origin) is None


@pytest.mark.long
def test_the_stand_in_is_filled_alike(moto_store: Store) -> None:
    """Where SeaweedFS does not run, moto gets the same content, and only once."""
    layouts = load_layouts(load_settings({}), load_config(None), {})
    seed(lambda _layout, _bucket: moto_store, layouts)
    assert _all_versions(moto_store, layouts) == _expected(layouts)
    assert seed(lambda _layout, _bucket: moto_store, layouts).written == 0
