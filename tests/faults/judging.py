"""Runs a write while the store fails, and judges what it said by what is there afterwards.

A write ends *done* (its whole effect is there), *cleanly failed* (a StorageError, and nothing
changed) or `Unconfirmed` (either, and a read settles it). A wrong word is a defect, and so is a
multipart upload that is left over although the store let it be aborted.
"""

from __future__ import annotations

import queue
import random
import uuid
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fault_proxy import SLOW, UNSEEN, Fault, FaultProxy, Request

from storage.errors import NotFound, StorageError, Unconfirmed
from storage.s3.client import Store, connect
from storage.s3.objects import get_tags, head_object, stream_object

LASTING = 10_000
"""Times: for as long as the call lasts."""
FAULTS = tuple(one for one in Fault if one not in (Fault.NONE, Fault.DENIED))  # that pass by
QUICK = tuple(one for one in FAULTS if one not in SLOW and one is not Fault.DELAY)
AT_ONCE = 6
"""Cases at a time: most of their time is waiting."""


@dataclass(frozen=True)
class Write:
    """A write under test. `prepare` makes what it starts from; keys begin with the given one."""

    name: str
    call: Callable[[Store, str, str, Any], object]
    prepare: Callable[[Store, str, str], Any] = lambda _store, _bucket, _key: None
    objects: tuple[str, ...] = ("",)
    """What is added to the key for each object at stake; `call` may return a list of an error or
    None for each."""


def by_chance(seed: int, often: float) -> Callable[[Request], Fault]:
    """A plan with any fault for this share of the requests."""
    chance = random.Random(seed)
    return lambda _one: chance.choice(FAULTS) if chance.random() < often else Fault.NONE


@dataclass(frozen=True)
class Case:
    """What happens while the call runs: `fault` for `times` requests from number `start` on."""

    fault: Fault = Fault.NONE
    start: int = 0
    times: int = LASTING
    seed: int | None = None
    """Instead: any fault or none for each request, by chance."""

    def plan(self) -> Callable[[Request], Fault]:
        if self.seed is None:
            last = self.start + self.times
            return lambda one: self.fault if self.start <= one.number < last else Fault.NONE
        return by_chance(self.seed, random.Random(self.seed).choice((0.2, 0.5, 0.8)))


@dataclass
class Rig:
    """A proxy, a client through it, and one past it."""

    proxy: FaultProxy
    store: Store
    direct: Store

    def state(self, bucket: str, key: str, objects: Sequence[str]) -> tuple[Hashable, ...]:
        """All that is there of a write's objects, None for an absent one."""
        return tuple(_seen(self.direct, bucket, key + part) for part in objects)

    def uploads(self, bucket: str, prefix: str) -> list[str]:
        """Ids of the unfinished uploads below a prefix."""
        answer = self.direct.client.list_multipart_uploads(Bucket=bucket, Prefix=prefix)
        return [one["UploadId"] for one in answer.get("Uploads", [])]


def _seen(store: Store, bucket: str, key: str) -> Hashable:
    try:
        head = head_object(store, bucket, key)
    except NotFound:
        return None
    body = b"".join(stream_object(store, bucket, key))
    tags = get_tags(store, bucket, key)
    facts = (head.content_type, head.cache_control, *sorted(head.metadata.items()))
    return (len(body), hash(body), facts, tuple(sorted(tags.items())))


@contextmanager
def rigs(direct: Store, many: int = AT_ONCE) -> Iterator[queue.SimpleQueue[Rig]]:
    """Rigs for cases that run at once."""
    with ExitStack() as opened:
        ready: queue.SimpleQueue[Rig] = queue.SimpleQueue()
        for _ in range(many):
            proxy = opened.enter_context(FaultProxy(direct.connection.endpoint_url))
            store = connect(replace(direct.connection, endpoint_url=proxy.url))
            opened.callback(store.close)
            assert store.capabilities.server == direct.capabilities.server
            ready.put(Rig(proxy, store, direct))
        yield ready


@dataclass(frozen=True)
class Plain:
    """A write when nothing fails: the operations it asks for, and how its objects look then."""

    operations: tuple[str, ...]
    done: tuple[Hashable, ...]


def plain(write: Write, direct: Store, bucket: str) -> Plain:
    """Runs the write once without any fault."""
    with rigs(direct, 1) as ready:
        rig = ready.get()
        key = _fresh_key()
        given = write.prepare(direct, bucket, key)
        rig.proxy.seen.clear()
        write.call(rig.store, bucket, key, given)
        operations = tuple(one.operation for one in rig.proxy.seen)
        return Plain(operations, rig.state(bucket, key, write.objects))


def judge(
    write: Write,
    direct: Store,
    bucket: str,
    faults: Iterable[Fault] = (),
    *,
    seeds: Iterable[int] = (),
    at_most: int = LASTING,
) -> dict[Case, str]:
    """Each fault at each request of the write, once and lasting, and a case of chance a seed.

    Of the former `at_most` so many, always the same. Returns how each ended: "done", or its error's
    code. Fails with every wrong word that was said.
    """
    usual = plain(write, direct, bucket)
    cases = [
        Case(fault, start, times)
        for fault in faults
        for start in range(len(usual.operations))
        for times in (1, LASTING)
    ]
    cases = random.Random(write.name).sample(cases, min(at_most, len(cases)))
    cases += [Case(seed=seed) for seed in seeds]
    with rigs(direct) as ready, ThreadPoolExecutor(AT_ONCE) as pool:

        def run(case: Case) -> str:
            rig = ready.get()
            try:
                return _judge_one(write, usual, case, rig, bucket)
            finally:
                ready.put(rig)

        running = {case: pool.submit(run, case) for case in cases}
        defects = [error for one in running.values() if (error := one.exception()) is not None]
    if defects:
        raise BaseExceptionGroup(write.name, defects)
    return {case: one.result() for case, one in running.items()}


def _judge_one(write: Write, usual: Plain, case: Case, rig: Rig, bucket: str) -> str:
    key = _fresh_key()
    given = write.prepare(rig.direct, bucket, key)
    before = rig.state(bucket, key, write.objects)
    rig.proxy.seen.clear()
    rig.proxy.plan = case.plan()
    with _telling(case, rig):
        errors = _errors_of(write, rig, bucket, key, given)
        rig.proxy.recover()
        after = rig.state(bucket, key, write.objects)
        if len(errors) == 1:  # it is done or not as a whole
            _check(errors[0], before, after, usual.done)
        else:
            for told in zip(errors, before, after, usual.done, strict=True):
                _check(*told)
        assert not rig.uploads(bucket, key) or _could_not_abort(rig.proxy), f"left over: {errors}"
    return next((error.code for error in errors if error is not None), "done")


def _errors_of(
    write: Write, rig: Rig, bucket: str, key: str, given: Any
) -> list[StorageError | None]:
    """How the call ended, or what it returned as errors of each object at stake.

    What is no StorageError goes through: it is a defect.
    """
    try:
        returned = write.call(rig.store, bucket, key, given)
    except StorageError as error:
        return [error]
    return returned if isinstance(returned, list) else [None]


def _check(error: StorageError | None, before: Hashable, after: Hashable, done: Hashable) -> None:
    if error is None:
        assert after == done, "said done, and is not"
    elif isinstance(error, Unconfirmed):
        assert after in (before, done), f"neither done nor undone: {error!r}"
    else:
        assert after == before, f"said failed, and changed something: {error!r}"


@contextmanager
def _telling(case: Case, rig: Rig) -> Iterator[None]:
    """Adds to whatever fails inside which case it was and what the proxy saw."""
    with ExitStack() as told:
        told.push(lambda _kind, error, _trace: error and error.add_note(_story(case, rig)))
        yield


def _story(case: Case, rig: Rig) -> str:
    seen = (f"{one.operation:24} {one.fault.name:14} {one.status}" for one in rig.proxy.seen)
    return "\n".join([str(case), *seen])


def lost_upload_id(proxy: FaultProxy) -> bool:
    """Whether the answer to beginning an upload was lost: its id has to be found in a listing, and
    where that fails too, or the request arrives only later, nobody can abort it by id.
    """
    begun = [one for one in proxy.seen if one.operation == "CreateMultipartUpload"]
    return any(one.fault not in UNSEEN | {Fault.NONE, Fault.DELAY} for one in begun)


def _could_not_abort(proxy: FaultProxy) -> bool:
    """Whether an upload is left over for a reason: its id never arrived, or no abort did."""
    return lost_upload_id(proxy) or bool(proxy.faulted("AbortMultipartUpload"))


def _fresh_key() -> str:
    return f"k-{uuid.uuid4().hex[:12]}"
