"""`/api/audio/…` by real HTTP, over a real store: list, search, read, delete, and who may ask."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from api_rig import CLIP, DRAFT, LONGER_MP3, MP3, Api

DOCS = Path(__file__).parents[2] / "docs" / "http.md"


# -- list and search ----------------------------------------------------------------------------


def test_a_page_of_a_bucket(api: Api) -> None:
    """Folders and objects, the page's end and where to go on; by the bucket's role or its name."""
    for key in ("a.txt", "b/1.txt", "b/2.txt", CLIP):
        api.put("stage", key, b"x")
    answer = api.ask("GET", "/api/audio/list?limit=2")
    page = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (page["project"], page["role"], page["prefixes"]) == ("ssi", "stage", ["b/"])
    assert (page["complete"], page["next"] is None) == (False, False)
    rest = api.ask("GET", f"/api/audio/list?limit=2&after={quote(page['next'])}").json()
    assert (rest["prefixes"], rest["complete"]) == (["mastered/"], True)
    everything = api.ask(
        "GET", f"/api/audio/list?recursive=1&project=ssi&bucket={page['bucket']}"
    ).json()
    assert {row["key"]: row["kind"] for row in everything["objects"]} == {
        **dict.fromkeys(["a.txt", "b/1.txt", "b/2.txt"], ""),
        CLIP: "clip",
    }
    assert {"size", "etag", "modified", "storage_class"} <= everything["objects"][0].keys()


def test_a_search(api: Api) -> None:
    """By a part of the key, in any case."""
    for key in ("a/Welcome.txt", "b/welcome.txt", "c.txt"):
        api.put("canonical", key, b"x")
    found = api.ask("GET", "/api/audio/search?bucket=canonical&query=WELCOME&limit=1").json()
    assert ([row["key"] for row in found["objects"]], found["complete"]) == (
        ["a/Welcome.txt"],
        False,
    )
    path = f"/api/audio/search?bucket=canonical&query=welcome&after={found['next']}"
    assert [row["key"] for row in api.ask("GET", path).json()["objects"]] == ["b/welcome.txt"]


@pytest.mark.parametrize(
    "path",
    [
        "list?projcet=yoto",
        "list?project=none",
        "list?bucket=other-bucket",
        "list?bucket=stage&bucket=prod",
        "list?limit=0",
        "list?limit=x",
        "list?limit=1001",
        "list?recursive=yes",
        "search",
        "search?query=",
        "a.txt?endpoint=http://127.0.0.1:1",
        "",
    ],
)
def test_an_address_without_sense_is_refused(api: Api, path: str) -> None:
    """A mistyped parameter means no other bucket than the one that was meant."""
    answer = api.ask("GET", f"/api/audio/{path}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid-input"


# -- read ---------------------------------------------------------------------------------------


def test_an_object_and_its_facts(api: Api) -> None:
    """All bytes, its type, ETag and date; HEAD says the same without them, 304 whoever has it."""
    etag = api.put("stage", CLIP, MP3, ContentType="audio/mpeg")
    whole = api.ask("GET", f"/api/audio/{CLIP}")
    head = api.ask("HEAD", f"/api/audio/{CLIP}")
    assert (whole.status_code, whole.content) == (200, MP3)
    assert (head.status_code, head.content) == (200, b"")
    for answer in (whole, head):
        assert answer.headers["etag"] == f'"{etag}"'
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.headers["content-length"] == str(len(MP3))
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["last-modified"].endswith(" GMT")
        assert answer.headers["cache-control"] == "private, no-cache"
    same = api.ask("GET", f"/api/audio/{CLIP}", headers={"If-None-Match": f'"a", W/"{etag}"'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", f'"{etag}"')
    other = {"If-Match": '"0"'}
    assert api.ask("GET", f"/api/audio/{CLIP}", headers=other).status_code == 412
    assert api.told(CLIP) == [("object:read", "allowed")]  # one whole read


@pytest.mark.parametrize(
    ("sent", "status", "first", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=100-", 206, 100, None),
        ("bytes=-5", 206, -5, None),
        ("bytes=-99999999", 206, 0, None),
        ("bytes=0-99999999", 206, 0, None),
        ("bytes=5-1", 200, 0, None),
        ("bytes=0-1,4-5", 200, 0, None),
        ("seconds=1-2", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("nonsense", 200, 0, None),
    ],
)
def test_a_range_of_an_object(
    api: Api, sent: str, status: int, first: int, end: int | None
) -> None:
    """Exactly the bytes asked for, and where they are; all of them for what makes no sense."""
    api.put("stage", CLIP, LONGER_MP3)
    answer = api.ask("GET", f"/api/audio/{CLIP}", headers={"Range": sent})
    wanted = LONGER_MP3[first:end]
    assert (answer.status_code, answer.content) == (status, wanted)
    assert answer.headers["content-length"] == str(len(wanted))
    if status == 206:
        start = LONGER_MP3.index(wanted) if first == 0 else first % len(LONGER_MP3)
        last = start + len(wanted) - 1
        assert answer.headers["content-range"] == f"bytes {start}-{last}/{len(LONGER_MP3)}"


def test_a_range_that_is_not_there(api: Api) -> None:
    """416 with the size; of an empty object nothing is."""
    etag = api.put("stage", CLIP, MP3)
    api.put("canonical", "empty.txt", b"")
    behind = api.ask("GET", f"/api/audio/{CLIP}", headers={"Range": f"bytes={len(MP3)}-"})
    assert (behind.status_code, behind.headers["content-range"]) == (416, f"bytes */{len(MP3)}")
    empty = "/api/audio/empty.txt?bucket=canonical"
    assert api.ask("GET", empty, headers={"Range": "bytes=-1"}).status_code == 416
    assert api.ask("GET", empty).content == b""
    for tag, status in ((f'"{etag}"', 206), ('"older"', 200)):
        sent = {"Range": "bytes=0-0", "If-Range": tag}
        assert api.ask("GET", f"/api/audio/{CLIP}", headers=sent).status_code == status


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("audio/mpeg", "audio/mpeg"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("audio/mpeg, text/html", "application/octet-stream"),
    ],
)
def test_nothing_that_people_stored_runs_at_the_consoles_address(
    api: Api, stored: str, sent: str
) -> None:
    """A page or script that somebody uploaded is a file to save, in a sandbox."""
    api.put("canonical", "x", b"<script>1</script>", ContentType=stored)
    answer = api.ask("GET", "/api/audio/x?bucket=canonical")
    assert answer.headers["content-type"] == sent
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(answer.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b.exe',
        "a\r\nSet-Cookie: x=1",
        "a\nb",
        "é\u202e3pm.exe",
        "😀.mp3",
        "a;b=c,d",
        "100%",
        "CON",
    ],
)
def test_a_key_stays_inside_its_header(api: Api, name: str) -> None:
    """However it is named: one Content-Disposition, ASCII, and no header that we did not set."""
    api.put("canonical", f"odd/{name}", b"x")
    answer = api.ask("GET", f"/api/audio/odd/{quote(name, safe='')}?bucket=canonical")
    assert (answer.status_code, answer.content) == (200, b"x")
    assert "set-cookie" not in answer.headers
    (given,) = answer.headers.get_list("content-disposition")
    assert re.fullmatch(r'attachment; filename="[^"\\%;]+"; filename\*=UTF-8\'\'[\w.%~-]+', given)
    assert given.isascii()
    assert "%0D" not in given
    assert "%0A" not in given
    assert "%E2%80%AE" not in given


def test_personal_data_is_kept_by_nobody_and_every_look_is_told(api: Api) -> None:
    """`no-store`, and a row for the look before the row of the bytes."""
    key = "transcripts/1/2.json"
    api.put("main", key, b"{}", layout="serene", ContentType="application/json")
    answer = api.ask("GET", f"/api/audio/{key}?project=serene")
    assert (answer.json(), answer.headers["cache-control"]) == ({}, "no-store")
    assert api.told(key) == [("object:read", "allowed")] * 2


def test_a_large_object_passes_without_being_held(api: Api) -> None:
    """A reader who goes away in the middle ends the connection to the store too."""
    body = os.urandom(1_048_576) * 24
    api.put("canonical", DRAFT, body)
    path = f"/api/audio/{DRAFT}?bucket=canonical"
    assert api.ask("GET", path).content == body
    headers = {"Authorization": f"Bearer {api.token}"}
    for _ in range(40):  # more often than there are connections to the store
        with httpx.stream("GET", api.url + path, headers=headers) as answer:
            next(answer.iter_raw(1_000))
    assert api.ask("HEAD", path).status_code == 200


# -- delete -------------------------------------------------------------------------------------


def test_an_object_is_deleted_as_it_was_seen(api: Api) -> None:
    """412 for another ETag, 200 for the right one, 404 for what is not there."""
    etag = api.put("canonical", DRAFT, b"x")
    path = f"/api/audio/{DRAFT}?bucket=canonical&note=old"
    assert api.ask("DELETE", path, headers={"If-Match": '"0"'}).status_code == 412
    assert api.ask("DELETE", path, headers={"If-Match": '"0", "1"'}).status_code == 400
    gone = api.ask("DELETE", path, headers={"If-Match": f'"{etag}"'})
    assert gone.status_code == 200
    assert gone.json() == {
        "key": DRAFT,
        "size": 1,
        "etag": etag,
        "version_id": gone.json()["version_id"],
        "marker_id": None,
        "undoable": False,
    }
    assert api.keys("canonical") == set()
    assert api.ask("DELETE", path).status_code == 404
    api.put("canonical", DRAFT, b"y")
    assert api.ask("DELETE", path).json()["size"] == 1


# -- names that climb ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "..%2fssiborg-assets%2fx.txt",
        "..%2Fssiborg-assets/x.txt",
        "%2e%2e/ssiborg-assets/x.txt",
        "a/..%2f..%2fssiborg-assets/x.txt",
        "./x.txt",
        "%2e/x.txt",
        "..%5cx.txt",
        "a%00b",
    ],
)
def test_a_name_that_climbs_reaches_nothing(api: Api, method: str, path: str) -> None:
    """Refused before the store is asked: another bucket is not reached past the permissions."""
    api.put("prod", "x.txt", b"secret")
    host = urlsplit(api.url)
    request = (
        f"{method} /api/audio/{path} HTTP/1.1\r\nHost: {host.netloc}\r\n"
        f"Authorization: Bearer {api.token}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host.hostname, host.port), timeout=20) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"secret" not in answer
    assert "x.txt" in api.keys("prod")


@pytest.mark.parametrize("path", ["%2e%2e%252fx", "%2fx.txt", "a//b", "~/x", "?", "%25"])
def test_any_other_name_is_only_a_name(api: Api, path: str) -> None:
    """Not there, or refused; never an error of the console's own."""
    assert api.ask("GET", f"/api/audio/{path}").status_code in (400, 404)


# -- who may knock ------------------------------------------------------------------------------

WRITES = [
    ("POST", f"/api/audio/upload?bucket=canonical&filename={DRAFT}"),
    ("DELETE", f"/api/audio/{DRAFT}?bucket=canonical"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_page_of_another_site_changes_nothing(api: Api, method: str, path: str) -> None:
    """Cross-site POST and DELETE: refused by Origin or by what the browser says of the page; a
    request that is nobody's page needs the Origin as soon as it brings no token.
    """
    api.put("canonical", DRAFT, b"x")
    bearer = {"Authorization": f"Bearer {api.token}"}
    refused: list[dict[str, str]] = [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": api.url, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", **bearer},
        {"Sec-Fetch-Site": "cross-site", **bearer},
        {"Host": "console.example.org", **bearer},
    ]
    for headers in refused:
        answer = httpx.request(method, api.url + path, headers=headers, content=b"y" * 10)
        assert answer.status_code == 403, headers
    client, bucket = api.place("canonical")
    assert client.get_object(Bucket=bucket, Key=DRAFT)["Body"].read() == b"x"


@pytest.mark.parametrize("with_token", [True, False])
def test_a_program_with_a_token_needs_no_origin(api: Api, with_token: bool) -> None:
    """And without a login a page of the console's own, by its Origin, needs no token."""
    own = {"Authorization": f"Bearer {api.token}"} if with_token else {"Origin": api.url}
    for (method, path), status in zip(WRITES, (201, 200), strict=True):
        answer = httpx.request(method, api.url + path, headers=own, content=b"y")
        assert answer.status_code == status, answer.text


def test_a_wrong_token_is_told_how_to_ask(api: Api) -> None:
    """401 with WWW-Authenticate."""
    answer = api.ask("GET", "/api/audio/list", headers={"Authorization": "Bearer sst_wrong"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["code"] == "not-signed-in"


# -- the documentation --------------------------------------------------------------------------


def test_each_command_of_the_documentation_works(
    api: Api, tmp_path: Path, needs: Callable[[bool, str], None]
) -> None:
    """All of docs/http.md in its order, pasted into a shell."""
    needs(shutil.which("curl") is not None, "curl")
    for name, seconds in (("greeting.wav", 1), ("better.wav", 2), ("ita.wav", 1)):
        with wave.open(str(tmp_path / name), "wb") as sound:
            sound.setparams((1, 2, 8_000, 0, "NONE", ""))
            sound.writeframes(b"\1\0" * 8_000 * seconds)
    welcome = (tmp_path / "ita.wav").read_bytes()
    (tmp_path / "ita.wav").unlink()
    api.put("canonical", "canonical/welcomes/ita.wav", welcome, ContentType="audio/wav")
    blocks = re.findall(r"(?ms)^ *```sh\n(.*?)^ *```", DOCS.read_text(encoding="utf-8"))
    assert len(blocks) == 8
    env = {**os.environ, "CONSOLE": api.url, "SOUNDSTAGE_TOKEN": api.token}
    for block in blocks:
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (block, done.stderr)
        assert done.stdout or "-o " in block
    assert (tmp_path / "ita.wav").read_bytes() == welcome
    assert (tmp_path / "head.wav").read_bytes() == welcome[:1_024]
    assert api.keys("canonical") == {"canonical/welcomes/ita.wav"}
    results = [result for _, result in api.told("canonical/welcomes/cym.wav")]
    assert results.count("done") == 3
