"""What a job did, object by object, in the JSON that its checkpoint and its result keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.errors import AccessDenied, Cancelled, StorageError, Unavailable

NAMED = 100  # objects named in each list; beyond these only the counts go on


STOPPING = (Cancelled, AccessDenied, Unavailable)
"""What ends a job that can be resumed: the next object would fare no better."""


class Tally:
    """Counts of objects done, failed and left, with the first hundred of each by name."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        self._kept: dict[str, Any] = {
            "done": 0,
            "bytes": 0,
            "items": [],
            "failed": 0,
            "failures": [],
            "left": 0,
            "left_out": [],
            **(kept or {}),
        }
        self._first: StorageError | None = None

    @property
    def done(self) -> int:
        """Objects done so far."""
        return int(self._kept["done"])

    @property
    def bytes(self) -> int:
        """Of the objects done so far."""
        return int(self._kept["bytes"])

    @property
    def seen(self) -> int:
        """Objects done, failed and left so far."""
        return sum(int(self._kept[name]) for name in ("done", "failed", "left"))

    def add(self, key: str, size: int, **facts: str | None) -> None:
        """One object is done."""
        self._kept["done"] += 1
        self._kept["bytes"] += size
        self._name("items", {"key": key, "size": size, **facts})

    def fail(self, key: str, error: StorageError) -> None:
        """One object failed."""
        self._first = self._first or error
        self._kept["failed"] += 1
        self._name("failures", {"key": key, **error.as_dict()})

    def leave(self, key: str, why: str) -> None:
        """One object was left as it is."""
        self._kept["left"] += 1
        self._name("left_out", {"key": key, "why": why})

    def as_json(self) -> dict[str, Any]:
        """`done`, `bytes`, `items`, `failed`, `failures`, `left`, `left_out`."""
        return dict(self._kept)

    def result(self) -> dict[str, Any]:
        """As `as_json`, when anything was done; raises the first failure when nothing was."""
        if self._first is not None and not self.done:
            raise self._first
        return self.as_json()

    def _name(self, where: str, row: Mapping[str, Any]) -> None:
        if len(self._kept[where]) < NAMED:
            self._kept[where].append(dict(row))
