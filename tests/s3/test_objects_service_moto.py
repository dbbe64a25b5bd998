"""The object service over every key AWS can hold, its permissions, its links and its notes."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import urlopen

import pytest

from storage.config import Config
from storage.errors import (
    AccessDenied,
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    StorageError,
    Unavailable,
    Unsupported,
)
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.model.objects import PresignedUrl
from storage.model.people import Actor, Role, local_actor
from storage.objects import looking, service
from storage.objects.clips import ClipUrls
from storage.objects.service import Objects
from storage.s3.client import Store
from storage.settings import Settings

ME = local_actor()
NOBODY = Actor("x", "Nobody", frozenset())

KEYS = [
    "a b.txt",
    "a+b.txt",
    "a%2Fb.txt",
    "a#b.txt",
    "a?b=c.txt",
    "a'b\"c`.txt",
    unicodedata.normalize("NFC", "café.txt"),
    unicodedata.normalize("NFD", "café.txt"),
    "emoji 👩‍🎤🎧.txt",
    "/lead.txt",
    "//x.txt",
    "d//e.txt",
    "dir/",
    "x/../y.txt",
    "..",
    "k" * 1020 + ".txt",
    "tab\there.txt",
    "bell\x07.txt",
    "<script>alert(1)</script>",
    "![](http://x/y)",
    "=HYPERLINK()",
    "&amp;<b>.txt",
]


class _Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def objects(
    moto_store: Store, moto_bucket: str, clock: _Clock, gate_to: Callable[..., Gate]
) -> Objects:
    """The built-in layouts with every bucket's name replaced by the test's."""
    layouts = {
        name: replace(
            layout, buckets=tuple(replace(bucket, bucket=moto_bucket) for bucket in layout.buckets)
        )
        for name, layout in load_layouts(Settings(), Config(), {}).items()
    }
    return Objects(gate_to(layouts, moto_store), clock)


@pytest.fixture
def put(moto_store: Store, moto_bucket: str) -> Callable[..., str]:
    """Puts an object; returns its etag."""

    def put_object(key: str, body: bytes = b"some text", content_type: str = "text/plain") -> str:
        answer = moto_store.client.put_object(
            Bucket=moto_bucket, Key=key, Body=body, ContentType=content_type
        )
        return answer["ETag"].strip('"')

    return put_object


@pytest.mark.parametrize("key", KEYS)
def test_any_key_can_be_seen_opened_heard_and_linked(
    objects: Objects, put: Callable[..., str], key: str
) -> None:
    """Whatever characters a key has, its own bytes come back by every way there is."""
    body = f"text of {key!r}".encode()
    etag = put(key, body)
    page = objects.list_page(ME, "ssi", "canonical", recursive=True).page
    assert page.objects["key"].to_pylist() == [key]
    detail = objects.detail(ME, "ssi", "canonical", key)
    assert (detail.head.key, detail.head.size) == (key, len(body))
    # moto writes control characters into the XML of its versions list, which no parser reads
    assert not detail.notes or "\x07" in key
    assert objects.preview(ME, "ssi", "canonical", key, etag).text == body.decode()
    clip = objects.clip_url(ME, "ssi", "canonical", key, etag=etag)
    link = objects.link(ME, "ssi", "canonical", key, expires_s=600, download=True)
    for url in (clip.url, link.url):
        with urlopen(url, timeout=10) as answer:
            assert answer.read() == body


def test_all_keys_at_once_can_be_taken_and_none_leaves_the_folder(
    objects: Objects, put: Callable[..., str]
) -> None:
    """A ZIP of every difficult key holds all of them, under relative names."""
    for key in KEYS:
        put(key, key.encode())
    data = b"".join(objects.archive(ME, "ssi", "canonical", KEYS))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        bodies = {opened.read(name) for name in opened.namelist()[:-1]}
        assert bodies == {key.encode() for key in KEYS}
        assert not [name for name in opened.namelist() if name.startswith("/") or ".." in name]


@pytest.mark.parametrize(
    "call",
    [
        lambda objects: objects.list_page(NOBODY, "ssi", "stage"),
        lambda objects: objects.detail(NOBODY, "ssi", "stage", "a"),
        lambda objects: objects.preview(NOBODY, "ssi", "stage", "a", "e"),
        lambda objects: objects.clip_url(NOBODY, "ssi", "stage", "a", etag="e"),
        lambda objects: objects.link(NOBODY, "ssi", "stage", "a", expires_s=600),
        lambda objects: objects.archive(NOBODY, "ssi", "stage", ["a"]),
    ],
    ids=["list_page", "detail", "preview", "clip_url", "link", "archive"],
)
def test_without_the_permission_nothing_is_asked_of_the_store(
    objects: Objects, monkeypatch: pytest.MonkeyPatch, call: Callable[[Objects], Any]
) -> None:
    """Each call is refused by our own roles first, naming the permission."""
    monkeypatch.setattr(objects._gate, "_store_for", None)
    with pytest.raises(AccessDenied, match="permission object:"):
        call(objects)


def test_unknown_projects_and_buckets_are_named(objects: Objects) -> None:
    """A wrong name in an address says what there is."""
    with pytest.raises(InvalidInput, match="no project 'x'"):
        objects.list_page(ME, "x", "stage")
    with pytest.raises(ConfigError, match="has no bucket 'x'"):
        objects.list_page(ME, "ssi", "x")


def test_a_page_is_one_request_with_folders_and_kinds(
    objects: Objects, put: Callable[..., str]
) -> None:
    """Folders and objects of one level, the kind of each by the layout, and where to go on."""
    clip = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
    for key in (clip, "mastered/odd.txt", "top.txt"):
        put(key)
    top = objects.list_page(ME, "ssi", "stage")
    assert (top.page.prefixes, top.kinds, top.page.complete) == (("mastered/",), [""], True)
    first = objects.list_page(ME, "ssi", "stage", "mastered/", limit=1)
    assert (first.page.requests, first.page.complete) == (1, False)
    assert first.kinds != [""]
    assert first.page.next is not None
    second = objects.list_page(ME, "ssi", "stage", "mastered/", after=first.page.next, limit=1)
    assert (second.page.objects["key"].to_pylist(), second.kinds) == (["mastered/odd.txt"], [""])
    assert second.page.complete


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_1_to_1000_entries(objects: Objects, limit: int) -> None:
    """The listing's own ceiling is the largest page."""
    with pytest.raises(InvalidInput) as caught:
        objects.list_page(ME, "ssi", "stage", limit=limit)
    assert "1 to 1,000" in caught.value.remedy


def test_detail_says_all_that_is_known(
    objects: Objects, put: Callable[..., str], moto_store: Store, moto_bucket: str
) -> None:
    """Kind and fields by the layout, type by the bytes, tags, versions."""
    moto_store.client.put_bucket_versioning(
        Bucket=moto_bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    key = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
    put(key, b"old")
    put(key, b"<!doctype html><p>not found</p>", "audio/mpeg")
    moto_store.client.put_object_tagging(
        Bucket=moto_bucket, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b c"}]}
    )
    detail = objects.detail(ME, "ssi", "stage", key)
    assert detail.kind
    assert "11111111-2222-4333-8444-55555555555A" in detail.fields.values()
    assert (detail.detected_type, detail.type_agrees) == ("text/html", False)
    assert "HTML" in detail.type_verdict
    assert detail.tags == {"a": "b c"}
    assert [version.is_latest for version in detail.versions] == [True, False]
    assert detail.notes == ()


@pytest.mark.parametrize("error", [AccessDenied, Unsupported, Unavailable, StorageError])
@pytest.mark.parametrize("what", ["get_tags", "list_versions", "read_range"])
def test_what_cannot_be_read_becomes_a_note(
    objects: Objects,
    put: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    error: type[StorageError],
) -> None:
    """The rest is shown, and the gap is named instead of looking empty."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error("It was refused.", "Ask for it.")

    put("a.txt")
    monkeypatch.setattr(looking, what, fail)
    detail = objects.detail(ME, "ssi", "canonical", "a.txt")
    assert detail.head.size == 9
    assert len(detail.notes) == 1
    assert "could not be read. It was refused. Ask for it." in detail.notes[0]
    if what == "get_tags":
        assert detail.tags is None
    if what == "read_range":
        assert (detail.detected_type, detail.type_agrees) == ("", False)
        assert "could not be read" in detail.type_verdict


def test_an_empty_object_is_no_error(objects: Objects, put: Callable[..., str]) -> None:
    """Zero bytes have facts and a verdict too; S3 refuses ranges of them."""
    etag = put("a.mp3", b"", "audio/mpeg")
    assert "empty" in objects.detail(ME, "ssi", "canonical", "a.mp3").type_verdict
    assert "empty" in objects.preview(ME, "ssi", "canonical", "a.mp3", etag).note


def test_a_vanished_or_changed_object_is_told_apart(
    objects: Objects, put: Callable[..., str]
) -> None:
    """Gone is NotFound, replaced is Conflict: never the wrong object's bytes."""
    with pytest.raises(NotFound):
        objects.detail(ME, "ssi", "canonical", "gone")
    with pytest.raises(NotFound):
        objects.preview(ME, "ssi", "canonical", "gone", "e")
    old = put("a.txt", b"old")
    put("a.txt", b"new")
    with pytest.raises(Conflict):
        objects.preview(ME, "ssi", "canonical", "a.txt", old)


def test_the_players_url_stays_the_same_until_a_third_of_its_life_is_left(
    objects: Objects, clock: _Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reruns do not restart the player; before it could end there is a new one."""
    signed: list[int] = []

    def sign(*_args: object, expires_s: int, now: datetime, **_kwargs: object) -> PresignedUrl:
        signed.append(expires_s)
        return PresignedUrl(f"https://x/{len(signed)}", now + timedelta(seconds=expires_s))

    def url(etag: str = "e1", version_id: str | None = None) -> str:
        clip = objects.clip_url(ME, "ssi", "stage", "a.mp3", etag=etag, version_id=version_id)
        return clip.url

    monkeypatch.setattr(service, "presign_get", sign)
    assert url() == "https://x/1"
    clock.now += timedelta(seconds=599)
    assert url() == "https://x/1"
    assert url(etag="e2") == "https://x/2"  # other bytes: nothing cached of the old ones
    assert url(version_id="v1") == "https://x/3"
    clock.now += timedelta(seconds=1)
    assert url() == "https://x/4"
    assert signed == [900] * 4


def test_private_recordings_are_linked_for_five_minutes_at_most(objects: Objects) -> None:
    """In a project with personal data neither the player nor a person gets more."""
    clip = objects.clip_url(ME, "speech-coach", "main", "a.m4a", etag="e")
    assert parse_qs(urlsplit(clip.url).query)["X-Amz-Expires"] == ["300"]
    assert objects.link(ME, "speech-coach", "main", "a.m4a", expires_s=300)
    with pytest.raises(InvalidInput, match="personal data") as caught:
        objects.link(ME, "speech-coach", "main", "a.m4a", expires_s=301)
    assert "5 minutes" in caught.value.remedy


def test_private_objects_are_not_handed_out_in_bulk(objects: Objects) -> None:
    """Not even to a person with every role."""
    with pytest.raises(AccessDenied):
        objects.archive(ME, "speech-coach", "main", ["a"])


@pytest.mark.parametrize("expires_s", [0, -1, 299, 604_801])
def test_a_link_lives_five_minutes_to_seven_days(objects: Objects, expires_s: int) -> None:
    """Anything else is refused, saying what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        objects.link(ME, "ssi", "stage", "a", expires_s=expires_s)
    assert "5 minutes to 7 days" in caught.value.remedy


def test_a_download_is_saved_under_the_keys_last_segment(objects: Objects) -> None:
    """The name in the link is the object's, with nothing that could add a header."""
    link = objects.link(ME, "ssi", "stage", 'x/é"\r\n.mp3', expires_s=600, download=True)
    disposition = unquote(parse_qs(urlsplit(link.url).query)["response-content-disposition"][0])
    assert disposition.startswith("attachment")
    assert "é___.mp3" in disposition
    assert "\r" not in disposition


def test_the_cache_of_urls_is_bounded() -> None:
    """The least recently used URL goes first."""
    now = datetime.now(UTC)
    made: list[int] = []
    urls = ClipUrls(lambda: now, max_urls=2)

    def get(number: int) -> None:
        def sign(_now: datetime) -> PresignedUrl:
            made.append(number)
            return PresignedUrl(f"u{number}", now + timedelta(minutes=15))

        urls.get(number, sign)

    for number in (1, 2, 1, 3, 1, 2):
        get(number)
    assert made == [1, 2, 3, 2]


def test_viewers_of_the_layouts_may_list_or_are_refused_but_never_everyone(
    objects: Objects,
) -> None:
    """Roles count: an operator may take a ZIP of stage, and a person without that role may not."""
    operator = local_actor(frozenset({Role.OPERATOR}))
    with pytest.raises(NotFound):
        objects.archive(operator, "ssi", "stage", ["gone"])
