"""What a write says when the store fails: failed, or not known, by what its tries had met."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scripted_server import DROP, Answer, Asked, ScriptedServer, s3_error

from storage.errors import Conflict, InvalidInput, Unavailable, Unconfirmed
from storage.model.objects import Written
from storage.s3.capabilities import recognise
from storage.s3.client import Connection, Store, connect
from storage.s3.objects import IfAbsent, put_object
from storage.settings import Secret

BODY = b"the welcome"
BUSY = s3_error("SlowDown", "Please reduce your request rate.", 503)
FAULT = s3_error("InternalError", "We encountered an internal error.", 500)
GATEWAY = Answer(502, b"<html>Bad Gateway</html>")
REFUSED = s3_error("PreconditionFailed", "At least one ...", 412)
ABSENT = s3_error("NoSuchKey", "The specified key does not exist.", 404)


def _put(store: Store) -> Written:
    store._capabilities = recognise({"server": "AmazonS3"})
    return put_object(
        store, "bucket", "k", BODY, precondition=IfAbsent(), content_type="text/plain"
    )


def _answering(scripted: ScriptedServer, puts: Sequence[Answer], reads: Answer) -> None:
    left = list(puts)

    def answer(asked: Asked) -> Answer:
        if asked.method != "PUT":
            return reads
        return left.pop(0) if len(left) > 1 else left[0]

    scripted.answer = answer


@pytest.mark.parametrize(
    ("puts", "kind"),
    [
        ([BUSY], Unavailable),
        ([DROP], Unconfirmed),
        ([FAULT], Unconfirmed),
        ([GATEWAY], Unconfirmed),
        ([DROP, BUSY], Unconfirmed),
        ([GATEWAY, BUSY], Unconfirmed),
        ([REFUSED], Conflict),
        ([BUSY, REFUSED], Conflict),
        ([DROP, REFUSED], Conflict),
    ],
    ids=["busy", "drop", "500", "502", "drop, busy", "502, busy", "412", "busy, 412", "drop, 412"],
)
def test_only_what_surely_did_nothing_has_failed(
    scripted: ScriptedServer, scripted_store: Store, puts: Sequence[Answer], kind: type[Exception]
) -> None:
    """Nothing is there yet: an attempt that may still arrive makes the whole write uncertain, also
    where the last one was refused for being one too many."""
    _answering(scripted, puts, ABSENT)
    with pytest.raises(kind) as told:
        _put(scripted_store)
    assert type(told.value) is kind


@pytest.mark.parametrize("puts", [[DROP], [GATEWAY], [DROP, BUSY], [BUSY, REFUSED]])
def test_a_write_that_cannot_be_looked_for_is_not_called_failed(
    scripted: ScriptedServer, scripted_store: Store, puts: Sequence[Answer]
) -> None:
    """The store refuses to be read, too: unconfirmed, but for a conflict that was answered."""
    _answering(scripted, puts, s3_error("AccessDenied", "Access Denied", 403))
    with pytest.raises(Conflict if REFUSED in puts else Unconfirmed):
        _put(scripted_store)


def test_a_write_that_never_left_has_failed(free_port: int) -> None:
    """Nothing listens there: nobody can have stored anything."""
    store = connect(
        Connection(
            endpoint_url=f"http://127.0.0.1:{free_port}",
            region="us-east-1",
            access_key_id="a",
            secret_access_key=Secret("b"),
        )
    )
    with pytest.raises(Unavailable) as told:
        _put(store)
    assert type(told.value) is Unavailable
    store.close()


@pytest.mark.parametrize(
    "more",
    [
        {"content_type": "text/plain\r\nx-amz-acl: public-read"},
        {"metadata": {"voice": "Aria\nx: y"}},
        {"metadata": {"voice": "Zoë"}},
        {"metadata": {"vo ice": "Aria"}},
        {"cache_control": "no-\x00cache"},
    ],
    ids=str,
)
def test_what_no_header_carries_is_refused_here(
    scripted: ScriptedServer, scripted_store: Store, more: dict[str, object]
) -> None:
    """Line breaks would end the header and begin another one; nothing is sent."""
    scripted_store._capabilities = recognise({"server": "AmazonS3"})
    facts: dict[str, object] = {"content_type": "text/plain", **more}
    with pytest.raises(InvalidInput):
        put_object(scripted_store, "bucket", "k", BODY, precondition=IfAbsent(), **facts)  # type: ignore[arg-type]
    assert scripted.asked == []
