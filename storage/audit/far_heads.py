"""Heads in a store: once a day the head of the log is an object there, never overwritten.

Who can change the database and the console's disk still cannot change these, where the store lets
the console add objects and not replace or delete them. The store may be slow or away: heads are
written beside the acts, which never wait for them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from storage.audit.heads import as_read, written
from storage.errors import Conflict, StorageError
from storage.model.audit import Head, Tampering
from storage.s3.client import Store
from storage.s3.objects import IfAbsent, put_object, read_range

RETRY_S = 300.0
_HEAD_BYTES = 4_096  # such a line has some 250
_AT_ONCE = 8
_CLOSE_WAIT_S = 5.0  # a command that ends at once still gets its day's head out
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FarPlace:
    """Where heads go: below `prefix` ("" or with a slash at its end) in `bucket`. `store_for` gives
    the store when it is first needed.
    """

    bucket: str
    prefix: str
    store_for: Callable[[], Store]


@dataclass(frozen=True, slots=True)
class FarHeadsState:
    """How it goes: the newest day whose head is there, as far as this process knows, and what the
    last try failed with.
    """

    place: str
    kept: date | None = None
    error: StorageError | None = None


class FarHeads:
    """Objects `{prefix}audit-head-2026-11-21.json`. Thread-safe; several consoles of one log may
    share them.
    """

    def __init__(self, place: FarPlace, key: bytes, *, retry_s: float = RETRY_S) -> None:
        self._store_for = place.store_for
        self._bucket = place.bucket
        self._start = f"{place.prefix}audit-head-"
        self._key = key
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._state = FarHeadsState(f"s3://{place.bucket}/{place.prefix}")
        self._writer: threading.Thread | None = None
        self._closing = threading.Event()

    @property
    def state(self) -> FarHeadsState:
        """How far it is."""
        return self._state

    def offer(self, head: Head, now: datetime) -> None:
        """Writes `head` if it is the day's first, in the background, until the store takes it."""
        today = now.date()
        with self._lock:
            kept = self._state.kept
            done = kept is not None and kept >= today
            if done or self._writer is not None or self._closing.is_set():
                return
            self._writer = threading.Thread(
                target=self._write, args=(head, now), name="audit-head", daemon=True
            )
            self._writer.start()

    def close(self) -> None:
        """Waits a moment for a head that is being written, and tries no more."""
        writer = self._writer
        self._closing.set()
        if writer is not None:
            writer.join(_CLOSE_WAIT_S)

    def _write(self, head: Head, now: datetime) -> None:
        place = self._state.place
        while True:
            try:
                self._put(head, now)
            except StorageError as error:
                _log.warning("The audit log's head is not in %s: %s", place, error.what)
                self._state = FarHeadsState(place, self._state.kept, error)
            else:
                self._state = FarHeadsState(place, now.date())
                break
            if self._closing.wait(self._retry_s):
                break
        with self._lock:
            self._writer = None

    def _put(self, head: Head, now: datetime) -> None:
        key = f"{self._start}{now.date()}.json"
        body = written(self._key, head, now).encode("ascii")
        store = self._store_for()
        try:
            put_object(
                store,
                self._bucket,
                key,
                body,
                precondition=IfAbsent(),
                content_type="application/json",
            )
        except Conflict as error:
            # the day's head is there: of another console of this log, or of this one's last run
            if self._head(store, key) is None:
                raise Conflict(
                    f"s3://{self._bucket}/{key} is there and is no head of this log.",
                    "Give each console's log a prefix of its own by AUDIT_HEADS_PLACE.",
                    bucket=self._bucket,
                    key=key,
                ) from error

    def read(self) -> tuple[list[Head], list[Tampering]]:
        """All heads that are there, and a finding for each object the console did not write.

        Raises StorageError when they cannot be read.
        """
        from storage.s3.listing import list_pages  # noqa: PLC0415  Arrow, and few read heads

        store, keys = self._store_for(), list[str]()
        for page in list_pages(store, self._bucket, self._start):
            keys += page.objects.column("key").to_pylist()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(lambda key: self._head(store, key), keys))
        wrong = [
            Tampering(
                "heads-object", 0, f"s3://{self._bucket}/{key} is not as the console wrote it."
            )
            for key, head in zip(keys, found, strict=True)
            if head is None
        ]
        return [head for head in found if head is not None], wrong

    def _head(self, store: Store, key: str) -> Head | None:
        text = read_range(store, self._bucket, key, 0, _HEAD_BYTES).decode("utf-8", "replace")
        read = as_read(self._key, text)
        day = key.removeprefix(self._start).removesuffix(".json")
        return read[1] if read and str(read[0]) == day else None
