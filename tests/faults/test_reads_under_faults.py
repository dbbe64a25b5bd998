"""Reading an object while the store fails: all of it, or a typed error; never a part for the whole."""

from __future__ import annotations

import pytest
from fault_proxy import UNSEEN, Fault, FaultProxy, Request

from storage.errors import AccessDenied, Unavailable
from storage.s3.client import Store
from storage.s3.objects import IfAbsent, head_object, put_object, read_object

BODY = bytes(range(256)) * 8_000  # eight pieces


@pytest.mark.parametrize("fault", [one for one in Fault if one is not Fault.LATE])
@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
def test_all_of_it_or_an_error(
    faulty: Store, bucket: str, proxy: FaultProxy, fault: Fault, always: bool
) -> None:
    """What breaks off at its head is asked for again by the SDK; in the middle it is told."""
    put_object(
        faulty, bucket, "k", BODY, precondition=IfAbsent(), content_type="application/octet-stream"
    )
    head = head_object(faulty, bucket, "k")
    proxy.seen.clear()

    def plan(request: Request) -> Fault:
        return fault if always or request.number == 0 else Fault.NONE

    proxy.plan = plan
    found = b""
    try:
        for piece in read_object(faulty, head):
            found += piece
    except (Unavailable, AccessDenied):
        assert always or fault not in UNSEEN, "the SDK had an answer"
        assert BODY.startswith(found)
    else:
        assert found == BODY
        assert not always or fault in {Fault.NONE, Fault.DELAY}
