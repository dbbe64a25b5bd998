"""`POST /api/audio/upload` by real HTTP: checked as in Browse, conditional, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from api_rig import CLIP, DRAFT, LONGER_MP3, MP3, Api

from server import api_upload
from storage.model.people import Actor


def upload(
    api: Api, key: str, body: object, role: str = "canonical", **options: object
) -> httpx.Response:
    path = f"/api/audio/upload?bucket={role}&filename={quote(key, safe='')}"
    return api.ask("POST", path, content=body, **options)


def test_a_file_is_stored_and_replaced_only_on_purpose(api: Api) -> None:
    """201; again 409, with a condition 412; with the right ETag replaced."""
    first = upload(api, CLIP, MP3, "stage")
    assert first.status_code == 201
    made = first.json()
    assert (made["key"], made["size"], made["kind"]) == (CLIP, len(MP3), "clip")
    assert (made["content_type"], made["replaced"]) == ("audio/mpeg", False)
    assert first.headers["etag"] == f'"{made["etag"]}"'
    assert upload(api, CLIP, LONGER_MP3, "stage").status_code == 409
    for wrong in ({"If-None-Match": "*"}, {"If-Match": '"0"'}):
        answer = upload(api, CLIP, LONGER_MP3, "stage", headers=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (412, "conflict")
    right = {"If-Match": first.headers["etag"]}
    second = upload(api, CLIP, LONGER_MP3, "stage", headers=right)
    assert (second.status_code, second.json()["replaced"]) == (201, True)
    assert api.ask("GET", f"/api/audio/{CLIP}").content == LONGER_MP3
    assert ("object:write", "done") in api.told(CLIP)
    absent = {"If-Match": '"0"'}
    assert upload(api, "drafts/none.bin", b"x", headers=absent).status_code == 412


@pytest.mark.parametrize(
    ("place", "body", "type_", "status"),
    [
        (("canonical", CLIP), MP3, "", 422),  # THE RULE
        (("stage", CLIP), b"<html>", "", 400),
        (("stage", CLIP), MP3, "text/html", 400),
        (("stage", CLIP), MP3, "no type", 400),
        (("stage", CLIP), MP3, "multipart/form-data; boundary=x", 400),
        (("canonical", ""), b"x", "", 400),
        (("canonical", "../x.txt"), b"x", "", 400),
        (("canonical", "a/../../x.txt"), b"x", "", 400),
        (("canonical", "/etc/x.txt"), b"x", "", 400),
        (("canonical", "C:\\x.txt"), b"x", "", 400),
        (("canonical", "a\\..\\x.txt"), b"x", "", 400),
        (("canonical", "a\0.txt"), b"x", "", 400),
        (("canonical", "a\r\nX: y.txt"), b"x", "", 400),
        (("canonical", "x" * 1_025), b"x", "", 400),
    ],
)
def test_a_file_that_may_not_be_stored(
    api: Api, place: tuple[str, str], body: bytes, type_: str, status: int
) -> None:
    """Refused in words by the checks of Browse; nothing is stored."""
    headers = {"Content-Type": type_} if type_ else {}
    role, key = place
    answer = upload(api, key, body, role, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["what"]
    assert api.keys(role) == set()


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": "*"},
        {"If-Match": '"a", "b"'},
        {"If-Match": '"a"', "If-None-Match": "*"},
        {"If-None-Match": '"a"'},
    ],
)
def test_a_condition_without_sense_is_refused(api: Api, headers: dict[str, str]) -> None:
    """Rather than taken for another one, which would overwrite."""
    assert upload(api, DRAFT, b"x", headers=headers).status_code == 400
    assert api.keys("canonical") == set()


def test_a_large_file_goes_in_parts_and_stays_out_of_memory(api: Api) -> None:
    """96 MiB, without a Content-Length: whole in the store, a fraction of it in memory."""
    piece = os.urandom(1_048_576)
    before = _resident()
    peak = [before]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            peak[0] = max(peak[0], _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    answer = upload(api, DRAFT, (piece for _ in range(96)))
    done.set()
    watcher.join()
    assert (answer.status_code, answer.json()["size"]) == (201, 96 * 1_048_576)
    assert peak[0] - before < 80 * 1_048_576  # several parts of 8 MiB are under way at once
    assert not api.unfinished("canonical")
    part = api.ask(
        "GET", f"/api/audio/{DRAFT}?bucket=canonical", headers={"Range": "bytes=-1048576"}
    )
    assert part.content == piece


def _resident() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def raw(api: Api, head: str, body: bytes) -> bytes:
    """Sends exactly these bytes to the upload route and goes away; what was answered till then."""
    host = urlsplit(api.url)
    with socket.create_connection((host.hostname, host.port), timeout=20) as connection:
        text = (
            f"POST /api/audio/upload?bucket=canonical&filename={DRAFT} HTTP/1.1\r\n"
            f"Host: {host.netloc}\r\nAuthorization: Bearer {api.token}\r\n{head}\r\n"
        )
        connection.sendall(text.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65_536)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 1000\r\n", b"x" * 999),  # cut off
        ("Content-Length: 20000000\r\n", b"x" * 9_000_000),
        ("Transfer-Encoding: chunked\r\n", b"5\r\nxxxxx\r\n"),  # without its end
        ("Transfer-Encoding: chunked\r\n", b"5\r\nxx"),
        ("Content-Length: -1\r\n", b"x"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", b"xx"),
        ("Content-Length: 99999999999999999999\r\n", b"x"),
        ("Content-Length: 1073741825\r\n", b"x"),
    ],
)
def test_a_body_that_is_cut_off_or_lies_leaves_nothing(api: Api, head: str, body: bytes) -> None:
    """No object, no part, no job, no file in the data folder, and the route goes on working."""
    files = set(api.services.settings.data_path.rglob("*"))
    jobs = len(api.services.jobs.list(_owner(api)))
    answer = raw(api, head, body)
    assert b" 201 " not in answer.split(b"\r\n")[0]
    _all_slots_free()
    assert api.keys("canonical") == set()
    assert not api.unfinished("canonical")
    assert len(api.services.jobs.list(_owner(api))) == jobs
    new = set(api.services.settings.data_path.rglob("*")) - files
    assert not [path for path in new if path.parent == api.services.settings.data_path]
    assert upload(api, DRAFT, b"x").status_code == 201


def _owner(api: Api) -> Actor:
    return api.services.tokens.actor_of(api.token, address="", request_id="")


def _all_slots_free() -> None:
    until = time.monotonic() + 10
    while api_upload._slots._value < api_upload.AT_ONCE:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("says", [True, False])
def test_a_body_that_is_too_long_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch, says: bool
) -> None:
    """Also one that does not say how long it is; what comes after the limit is kept nowhere."""
    monkeypatch.setattr(api_upload, "MAX_BYTES", 1_000_000)
    body = [bytes(100_000)] * 20
    answer = upload(api, DRAFT, b"".join(body) if says else iter(body))
    assert (answer.status_code, "put" in answer.json()["error"]["remedy"]) == (400, True)
    assert api.keys("canonical") == set()


def _stalling(api: Api) -> socket.socket:
    """A client that has sent one byte of nine."""
    host = urlsplit(api.url)
    head = (
        f"POST /api/audio/upload?bucket=canonical&filename={DRAFT} HTTP/1.1\r\n"
        f"Host: {host.netloc}\r\nAuthorization: Bearer {api.token}\r\nContent-Length: 9\r\n\r\nx"
    )
    made = socket.create_connection((host.hostname, host.port), timeout=60)
    made.sendall(head.encode())
    return made


def _until_free(slots: int) -> None:
    until = time.monotonic() + 60
    while api_upload._slots._value != slots:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_client_that_stalls_loses_its_place(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while: it is told so, and somebody else may."""
    monkeypatch.setattr(api_upload, "STALL_S", 0.5)
    with _stalling(api) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")
    _until_free(api_upload.AT_ONCE)


def test_only_so_many_have_a_place(api: Api) -> None:
    """The next one is told to come again, and gets in when they have gone."""
    with contextlib.ExitStack() as waiting:
        for _ in range(api_upload.AT_ONCE):
            waiting.enter_context(_stalling(api))
        _until_free(0)
        assert upload(api, DRAFT, b"x").status_code == 503
    _until_free(api_upload.AT_ONCE)
    assert upload(api, DRAFT, b"x").status_code == 201


def test_a_full_disk_is_said(
    api: Api, monkeypatch: pytest.MonkeyPatch, needs: Callable[[bool, str], None]
) -> None:
    """503 in words; nothing is stored."""
    needs(Path("/dev/full").exists(), "/dev/full")
    full = lambda **_: open("/dev/full", "w+b")  # noqa: E731, SIM115, PTH123
    monkeypatch.setattr(api_upload.tempfile, "TemporaryFile", full)
    answer = upload(api, DRAFT, b"x" * 100_000)
    assert (answer.status_code, "disk" in answer.text) == (503, True)
    assert api.keys("canonical") == set()
