"""When the embedded store counts as ready; its own answers are in tests/store/test_embedded.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.s3.local_ready import is_ready
from storage.s3.local_state import State, new_state
from tests.scripted_server import DROP, Answer, Asked, ScriptedServer

_LIST = b"""<ListAllMyBucketsResult><Buckets><Bucket><Name>empty</Name></Bucket>
<Bucket><Name>kept</Name></Bucket></Buckets></ListAllMyBucketsResult>"""
_KEYS = b"""<ListBucketResult><Contents><Key>folder</Key><Size>0</Size></Contents>
<Contents><Key>clip</Key><Size>9</Size></Contents></ListBucketResult>"""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    started = ScriptedServer()
    yield started
    started.close()


@pytest.fixture
def state(server: ScriptedServer) -> State:
    return replace(new_state(), ports={"s3": int(server.url.rpartition(":")[2])})


def _store(read: Answer) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        if "authorization" not in asked.headers:
            return Answer(403)
        path = asked.path.split("?")[0]
        if path == "/kept/clip":
            return read
        return Answer(body={"/": _LIST, "/kept": _KEYS}.get(path, b"<ListBucketResult/>"))

    return answer


def _holding(home: Path) -> Path:
    (home / "data").mkdir()
    (home / "data" / "7.dat").write_bytes(bytes(100))
    return home


def test_a_store_that_cannot_read_what_it_holds_is_not_ready(
    server: ScriptedServer, state: State, tmp_path: Path
) -> None:
    """S3 answers and lists, but its volumes are not known yet: not ready until a read succeeds."""
    home = _holding(tmp_path)
    server.answer = _store(Answer(500, b"<Error><Code>InternalError</Code></Error>"))
    assert not is_ready("seaweedfs", home, state)
    assert any(asked.path == "/kept/clip" for asked in server.asked)

    server.answer = _store(Answer(206, b"a"))
    assert is_ready("seaweedfs", home, state)


def test_an_empty_store_is_ready_when_it_answers(
    server: ScriptedServer, state: State, tmp_path: Path
) -> None:
    """Nothing to read: a refusal for want of a signature is answer enough; silence is not."""
    server.answer = _store(Answer(500))
    assert is_ready("seaweedfs", tmp_path, state)
    assert all("authorization" not in asked.headers for asked in server.asked)

    server.answer = lambda _asked: DROP
    assert not is_ready("seaweedfs", tmp_path, state)
