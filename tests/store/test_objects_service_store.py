"""The object service on a real S3 server: signatures, expiry, ranges and objects that vanish."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from storage.config import Config
from storage.errors import NotFound
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.model.people import local_actor
from storage.objects.service import Objects
from storage.s3.client import Store
from storage.settings import Settings

ME = local_actor()


@pytest.fixture
def objects(weed_store: Store, bucket: str, gate_to: Callable[..., Gate]) -> Objects:
    """The built-in layouts with every bucket's name replaced by the test's."""
    layouts = {
        name: replace(layout, buckets=tuple(replace(b, bucket=bucket) for b in layout.buckets))
        for name, layout in load_layouts(Settings(), Config(), {}).items()
    }
    return Objects(gate_to(layouts, weed_store), lambda: datetime.now(UTC))


@pytest.fixture
def put(weed_store: Store, bucket: str) -> Callable[..., str]:
    def put_object(key: str, body: bytes = b"some text", content_type: str = "text/plain") -> str:
        answer = weed_store.client.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=content_type
        )
        return answer["ETag"].strip('"')

    return put_object


def test_the_players_url_serves_ranges(objects: Objects, put: Callable[..., str]) -> None:
    """A browser that seeks gets exactly the part it asks for, without credentials of its own."""
    etag = put("mastered/a b+ü.mp3", bytes(range(256)), "audio/mpeg")
    clip = objects.clip_url(ME, "ssi", "stage", "mastered/a b+ü.mp3", etag=etag)
    request = Request(clip.url, headers={"Range": "bytes=10-19"})
    with urlopen(request, timeout=10) as answer:
        assert (answer.status, answer.read()) == (206, bytes(range(10, 20)))


def test_a_link_opens_one_object_only(objects: Objects, put: Callable[..., str]) -> None:
    """Another key or a longer life written into a link is refused by the store."""
    put("a.txt")
    put("b.txt")
    link = objects.link(ME, "ssi", "canonical", "a.txt", expires_s=600)
    for changed in (link.url.replace("a.txt", "b.txt"), link.url.replace("=600", "=60000")):
        assert changed != link.url
        with pytest.raises(HTTPError) as caught:
            urlopen(changed, timeout=10)
        assert caught.value.code == 403


def test_a_download_link_is_saved_under_its_own_name(
    objects: Objects, put: Callable[..., str]
) -> None:
    """The store itself answers with the attachment's name."""
    put("x/Grüße 1.mp3")
    link = objects.link(ME, "ssi", "canonical", "x/Grüße 1.mp3", expires_s=600, download=True)
    with urlopen(link.url, timeout=10) as answer:
        disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert "Gr%C3%BC%C3%9Fe%201.mp3" in disposition


def test_an_older_version_is_downloaded(
    objects: Objects, put: Callable[..., str], weed_store: Store, bucket: str
) -> None:
    """The bytes of exactly that version."""
    weed_store.client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    older = weed_store.client.put_object(Bucket=bucket, Key="v.txt", Body=b"older")["VersionId"]
    weed_store.client.put_object(Bucket=bucket, Key="v.txt", Body=b"newer")
    link = objects.download(ME, "ssi", "canonical", "v.txt", older)
    with urlopen(link.url, timeout=10) as answer:
        assert answer.read() == b"older"


def test_versions_and_tags_are_shown(
    objects: Objects, put: Callable[..., str], weed_store: Store, bucket: str
) -> None:
    """Both versions, newest first, and the tags of the newest."""
    weed_store.client.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    put("a.json", b"1", "application/json")
    put("a.json", b"[2]", "application/json")
    weed_store.client.put_object_tagging(
        Bucket=bucket, Key="a.json", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]}
    )
    detail = objects.detail(ME, "ssi", "canonical", "a.json")
    assert [version.size for version in detail.versions] == [3, 1]
    assert detail.tags == {"k": "v"}
    assert (detail.type_agrees, detail.notes) == (True, ())


def test_a_zip_names_what_vanished_while_it_was_made(
    objects: Objects, put: Callable[..., str], weed_store: Store, bucket: str
) -> None:
    """An object deleted after the first chunk left is listed as missing, the others are whole."""
    bodies = {f"n{number:02}.bin": bytes([number]) * 300_000 for number in range(12)}
    for key, body in bodies.items():
        put(key, body, "application/octet-stream")
    chunks = objects.archive(ME, "ssi", "canonical", list(bodies))
    data = next(chunks)
    weed_store.client.delete_object(Bucket=bucket, Key="n11.bin")
    put("n10.bin", b"other bytes")
    data += b"".join(chunks)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        report = opened.read("_READ_ME.txt").decode("utf-8-sig")
        entries = {name: opened.read(name) for name in opened.namelist()[:-1]}
    assert entries == {key: body for key, body in bodies.items() if key < "n10"}
    assert "only 10 of the 12" in report
    assert "n11.bin: it is no longer there" in report
    assert "n10.bin: " in report


def test_a_vanished_object_is_not_found(objects: Objects) -> None:
    """Nothing is shown for a key that has gone."""
    with pytest.raises(NotFound):
        objects.detail(ME, "ssi", "canonical", "gone")
