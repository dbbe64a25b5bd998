"""The heads file: once a day the head of the log is written outside the database.

Who restores an older state of the whole database, its head with it, is found by this file, and by
the objects of `far_heads.py`, which write the same lines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from filelock import FileLock

from storage.audit.chain import is_sealed, sealed
from storage.errors import Unavailable
from storage.model.audit import Head, Tampering

HEADS_FILE = "audit-heads.jsonl"


class Heads:
    """The file at `path`. Several consoles may share it."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._written: date | None = None  # the newest day this process has seen in the file

    def keep(self, head: Head, now: datetime) -> None:
        """Adds `head` if it is the day's first. Raises Unavailable when it cannot be written."""
        today = now.date()
        if self._written is not None and self._written >= today:
            return
        try:
            with FileLock(f"{self._path}.lock"):
                text = self._text()
                newest = max((day for day, *_ in self._lines(text)), default=None)
                if newest is None or newest < today:
                    self._add(text, head, now)
                    newest = today
                self._written = newest
        except OSError as error:
            raise Unavailable(
                f"The audit log's heads file {str(self._path)!r} cannot be written, so nothing "
                "was done.",
                "Make room on its disk, and let the console's user write it.",
            ) from error

    def _add(self, text: str, head: Head, now: datetime) -> None:
        broken_off = bool(text) and not text.endswith("\n")
        data = ("\n" if broken_off else "") + written(self._key, head, now) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())

    def read(self) -> tuple[list[Head], list[Tampering]]:
        """The heads in the file, and a finding for each line the console did not write."""
        text = self._text()
        heads = [head for *_, head in self._lines(text) if head]
        wrong = [
            Tampering(
                "heads-file",
                0,
                f"Line {number} of {self._path.name} is not as the console wrote it.",
            )
            for _, number, head in self._lines(text)
            if head is None
        ]
        return heads, wrong

    def _text(self) -> str:
        try:
            return self._path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def _lines(self, text: str) -> Iterator[tuple[date, int, Head | None]]:
        """Day, line number and head of each line; no head where it is not the console's."""
        for number, line in enumerate(text.splitlines(), 1):
            day, head = as_read(self._key, line) or (date.min, None)
            yield day, number, head


def written(key: bytes, head: Head, now: datetime) -> str:
    """A head as one line of JSON, to keep outside the database."""
    at = now.isoformat()
    # a seal of its own: such a line does not pass as the head in the database
    seal = sealed(key, head.seq, head.mac, at).seal
    return json.dumps({"at": at, "seq": head.seq, "mac": head.mac, "seal": seal})


def as_read(key: bytes, line: str) -> tuple[date, Head] | None:
    """Day and head of such a line; None when it is not as it was written with `key`."""
    try:
        raw = json.loads(line)
        head = Head(int(raw["seq"]), str(raw["mac"]), str(raw["seal"]))
        day = datetime.fromisoformat(raw["at"]).date()
    except (ValueError, TypeError, KeyError):
        return None
    return (day, head) if is_sealed(key, head, raw["at"]) else None
