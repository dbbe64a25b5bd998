"""What a scan has listed so far, on disk: finished ranges of keys as files, and a log of them.

A range counts from the moment its line is in the log. A process that is killed leaves at most files
without a line, which the next one removes; so no key is lost and none is there twice.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from storage.errors import StorageError, Unavailable
from storage.model.inventory import ROW_SCHEMA

LOG_FILE = "state.jsonl"


@dataclass(frozen=True, slots=True)
class Segment:
    """All rows whose place comes after `after` and not after `until` (None: to the end).

    `requests` counts what the scan had made of them when this was finished.
    """

    after: str
    until: str | None
    file: str
    rows: int
    bytes: int
    requests: int


class SegmentWriter:
    """A range on its way to disk, page by page: nothing of it is kept in memory."""

    def __init__(self, folder: Path, file: str, after: str) -> None:
        self.after = after
        self.rows = 0
        self.bytes = 0
        self.file = file
        self._path = folder / file
        self._sink = pa.OSFile(str(self._path), "wb")
        self._writer = pa.ipc.new_stream(self._sink, ROW_SCHEMA)

    def write(self, batch: pa.RecordBatch, size: int) -> None:
        """Adds rows that have `size` bytes together."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows
        self.bytes += size

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
        self._sink.close()


class Segments:
    """The ranges in `folder`, of a scan that is described by `facts`. Thread-safe.

    What an interrupted scan with the same facts left there is taken up; anything else is removed.
    Raises Unavailable when the folder cannot be written.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.done = self._read(facts)
            for path in folder.iterdir():
                if path.name not in {one.file for one in self.done}:
                    path.unlink()
            # anew: a torn line, or one of a file that is gone, must not be there any more
            self._log = (folder / LOG_FILE).open("w", encoding="utf-8")
            for line in (dict(facts), *map(asdict, self.done)):
                self._put(line)
        except OSError as error:
            raise _unwritable(error) from error
        self._number = max((int(Path(one.file).stem) for one in self.done), default=0)

    def begin(self, after: str) -> SegmentWriter:
        """A new range from that place on."""
        with self._lock:
            self._number += 1
            file = f"{self._number:06}.arrows"
        try:
            return SegmentWriter(self.folder, file, after)
        except OSError as error:
            raise _unwritable(error) from error

    def finish(self, writer: SegmentWriter, until: str | None, requests: int) -> None:
        """The range is whole: from now on it counts."""
        made = Segment(writer.after, until, writer.file, writer.rows, writer.bytes, requests)
        try:
            writer.close()
            with self._lock:
                self._put(asdict(made))
                self.done.append(made)
        except OSError as error:
            raise _unwritable(error) from error

    def close(self) -> None:
        """Ends the log."""
        self._log.close()

    def _put(self, line: Mapping[str, Any]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def _read(self, facts: Mapping[str, Any]) -> list[Segment]:
        """The ranges of the log, as long as it is one of these facts; a torn last line is none."""
        path = self.folder / LOG_FILE
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        whole = [json.loads(line) for line in lines[:-1]]
        if not whole or whole[0] != facts:
            return []
        found = (Segment(**line) for line in whole[1:])
        return [one for one in found if (self.folder / one.file).exists()]


def batches(folder: Path, segment: Segment) -> Iterator[pa.RecordBatch]:
    """Its rows, a page at a time. Raises Unavailable when the file is not as it was finished."""
    try:
        with pa.OSFile(str(folder / segment.file)) as source, pa.ipc.open_stream(source) as found:
            yield from found
    except (OSError, pa.ArrowInvalid) as error:
        raise Unavailable(
            "A file of the scan is gone or damaged.", "Scan again from the beginning."
        ) from error


def _unwritable(error: OSError) -> StorageError:
    return Unavailable(
        f"The inventory cannot be written: {error.strerror or 'the disk does not take it'}.",
        "Make room in the console's data folder, or let the console write there.",
    )
