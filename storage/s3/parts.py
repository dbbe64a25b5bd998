"""Sending the parts of one object side by side, and completing or aborting what they make."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import StorageError, Unavailable, Unconfirmed
from storage.model.objects import ObjectHead, Written
from storage.s3.client import Store
from storage.s3.conditions import Precondition, asked, quoted, writing
from storage.s3.facts import Facts
from storage.s3.heads import look_first, look_for, version_of
from storage.s3.settle import settled
from storage.s3.uploads import Part, abort_upload, begin_with

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PARTS = 10_000  # CompleteMultipartUpload: parts an object
# Memory of one upload: PARALLEL_PARTS x the size of a part, 32 MiB for objects up to 78 GiB.
PARALLEL_PARTS = 4
TRIES = 3  # each of them the SDK's own three
BACK_OFF_S = 1.0  # before the second try, doubled before each further one
STOP_EVERY_S = 0.5  # how long a wish to stop waits at most to be heard

Step = Callable[[], Part]
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a long call. `on_progress` gets the bytes done so far; `stop` raises to end it,
    and is asked before each part and every half second; `sleep` waits between tries.
    """

    on_progress: Callable[[int], None]
    stop: Callable[[], None]
    sleep: Sleep


def run_steps(steps: Iterable[Step], watch: Watch) -> list[Part]:
    """Does all steps, `PARALLEL_PARTS` at a time, and returns their parts by number.

    When any fails, or `watch.stop` raises, the others are given up; none is on its way any more
    when this raises.
    """
    given_up = threading.Event()
    done: list[Part] = []
    pending: set[Future[Part]] = set()

    def collect(at_most: int) -> None:
        nonlocal pending
        while len(pending) > at_most:
            ready, pending = wait(pending, timeout=STOP_EVERY_S, return_when=FIRST_COMPLETED)
            done.extend(future.result() for future in ready)
            if ready:
                watch.on_progress(sum(part.size for part in done))
            watch.stop()

    pool = ThreadPoolExecutor(PARALLEL_PARTS, thread_name_prefix="part")
    try:
        watch.stop()
        for step in steps:
            pending.add(pool.submit(_tried, step, watch.sleep, given_up))
            collect(PARALLEL_PARTS - 1)  # before the next part is read into memory
        collect(0)
    except BaseException:
        given_up.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return sorted(done, key=lambda part: part.number)


def _tried(step: Step, sleep: Sleep, given_up: threading.Event) -> Part:
    for attempt in range(TRIES - 1):
        try:
            return step()
        except Unavailable:
            if given_up.is_set():
                raise
            sleep(BACK_OFF_S * 2**attempt)
    return step()


@contextmanager
def begun(store: Store, bucket: str, key: str, facts: Facts, sleep: Sleep) -> Iterator[str]:
    """A multipart upload (its id) that is aborted when anything is raised inside: nothing stays."""
    upload_id = begin_with(store, bucket, key, facts)
    try:
        yield upload_id
    except BaseException as error:
        left = _abort(store, bucket, key, upload_id, sleep)
        if left is not None and isinstance(error, StorageError):
            error.remedy = f"{error.remedy} Its unfinished upload is still there: {left.what}"
        raise


def _abort(
    store: Store, bucket: str, key: str, upload_id: str, sleep: Sleep
) -> StorageError | None:
    """Aborts, trying again while the store does not answer; returns why it could not."""
    for attempt in range(TRIES):
        try:
            abort_upload(store, bucket, key, upload_id)
        except Unavailable as error:
            failure: StorageError = error
        except StorageError as error:
            return error
        else:
            return None
        if attempt < TRIES - 1:
            sleep(BACK_OFF_S * 2**attempt)
    return failure


def complete(
    store: Store,
    bucket: str,
    key: str,
    upload_id: str,
    parts: Sequence[Part],
    *,
    precondition: Precondition,
    is_ours: Callable[[ObjectHead], bool],
) -> Written:
    """Makes the object of its parts where the precondition holds. Raises as `put_object`."""
    look_first(store, bucket, key, precondition, store.capabilities.multipart_conditions)

    def write() -> Written:
        listed: list[CompletedPartTypeDef] = [
            {"PartNumber": part.number, "ETag": quoted(part.etag)} for part in parts
        ]
        with writing("s3:PutObject", bucket, key):
            answer = store.client_for(bucket).complete_multipart_upload(
                Bucket=bucket,
                Key=key,
                UploadId=upload_id,
                MultipartUpload={"Parts": listed},
                **asked(precondition),
            )
        size = sum(part.size for part in parts)
        return Written(answer["ETag"].strip('"'), version_of(answer), size)

    return settled(write, lambda: look_for(store, bucket, key, precondition, is_ours))


def complete_or_abort(
    store: Store,
    bucket: str,
    key: str,
    upload_id: str,
    parts: Sequence[Part],
    *,
    precondition: Precondition,
    is_ours: Callable[[ObjectHead], bool],
    sleep: Sleep,
) -> Written:
    """As `complete`, and certain more often: once the upload is aborted nothing can complete it
    any more, so a second look tells what a lost answer did not."""
    try:
        return complete(
            store, bucket, key, upload_id, parts, precondition=precondition, is_ours=is_ours
        )
    except Unconfirmed as error:
        if _abort(store, bucket, key, upload_id, sleep) is not None:
            raise
        doubt = error
    try:
        found = look_for(store, bucket, key, precondition, is_ours)
    except Unavailable:
        raise doubt from doubt.__cause__
    if found is not None:
        return found
    raise doubt.__cause__ or doubt


def etag_of(parts: Sequence[Part]) -> str:
    """The ETag S3 gives the object made of these parts, "" where theirs are not MD5s."""
    try:
        digests = b"".join(bytes.fromhex(part.etag) for part in parts)
    except ValueError:
        return ""
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
