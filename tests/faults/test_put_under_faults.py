"""put_object while the store fails: done, cleanly failed or unconfirmed, and never a wrong word."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from fault_proxy import Fault
from judging import FAULTS, LASTING, QUICK, Case, Write, judge

from storage.s3.client import Store
from storage.s3.objects import IfAbsent, IfMatch, put_object

OLD, NEW = b"old" * 1_000, b"new" * 2_000


def _seed(store: Store, bucket: str, key: str) -> str:
    return put_object(
        store, bucket, key, OLD, precondition=IfAbsent(), content_type="text/plain"
    ).etag


def _put(store: Store, bucket: str, key: str, etag: str | None, *, sha256: str = "") -> object:
    return put_object(
        store, bucket, key, NEW,
        precondition=IfMatch(etag) if etag else IfAbsent(),
        content_type="audio/mpeg", metadata={"who": "ann"}, tags={"team": "a"}, cache_control="no-cache",
        sha256=sha256,
    )  # fmt: skip


NEW_OBJECT = Write("put a new object", _put)
REPLACE = Write("replace an object", _put, _seed)
KNOWN = partial(_put, sha256=hashlib.sha256(NEW).hexdigest())  # past the SDK, where that goes
QUICK_NEW, QUICK_REPLACE = Write("put by digest", KNOWN), Write("replace by digest", KNOWN, _seed)
EITHER = pytest.mark.parametrize(
    "write",
    [NEW_OBJECT, REPLACE, QUICK_NEW, QUICK_REPLACE],
    ids=["new", "replace", "new by digest", "replace by digest"],
)
pytestmark = pytest.mark.usefixtures("impatient")


@EITHER
def test_every_fault_at_every_request(weed_store: Store, bucket: str, write: Write) -> None:
    """What passes is made good by another try; a refusal is no doubt, silence is."""
    faults = (*QUICK, Fault.DELAY, Fault.LATE)
    ended = judge(write, weed_store, bucket, faults)
    for fault in faults:
        assert ended[Case(fault, 0, 1)] == "done"
    assert ended[Case(Fault.BUSY, 0, LASTING)] == "unavailable"
    assert ended[Case(Fault.LATE, 0, LASTING)] == "unconfirmed"


@pytest.mark.long
@EITHER
def test_faults_by_chance(weed_store: Store, bucket: str, write: Write) -> None:
    """Any mixture of faults, also while it looks what became of the write."""
    judge(write, weed_store, bucket, FAULTS, seeds=range(100, 180))
