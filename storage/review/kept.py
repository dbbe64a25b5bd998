"""What queues are made of, on this computer's disk, so that a console that starts anew opens one at
once: listings, verdicts so far, figures of clips.

They are a memory, never a truth: what cannot be read or written is as if it were not there, and who
reads one knows by what it holds whether it still counts.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

_FILES_MAX = 64  # some 100 to 400 bytes a clip each
_DIGEST_BYTES = 32  # in front: a disk may give back other bytes than it was given


@dataclass(frozen=True, slots=True)
class KeptTables:
    """Those in `folder`, which is made when something is kept. `place` names one; `about` is what
    its reader has to know of it.
    """

    folder: Path

    def read(self, place: tuple[str, ...], schema: pa.Schema) -> tuple[pa.Table, str] | None:
        """The one that was kept last, with its `about`; None without one of that schema."""
        with suppress(OSError):
            written = memoryview(self._file(place).read_bytes())
            digest, data = written[:_DIGEST_BYTES], written[_DIGEST_BYTES:]
            if hashlib.sha256(data).digest() == digest:
                table = pa.ipc.open_stream(data).read_all()
                if table.schema.equals(schema):
                    return table.replace_schema_metadata(), table.schema.metadata[b"about"].decode()
        return None

    def write(self, place: tuple[str, ...], table: pa.Table, about: str) -> None:
        """Keeps it in the place of the one before; the oldest files go."""
        file = self._file(place)
        temporary = file.with_suffix(f".{secrets.token_hex(4)}")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                data = _packed(table.replace_schema_metadata({b"about": about}))
                temporary.touch(0o600)  # as the database: who said what is in it
                temporary.write_bytes(hashlib.sha256(data).digest() + data)
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)
            by_age = sorted(self.folder.iterdir(), key=lambda one: one.stat().st_mtime)
            for old in by_age[:-_FILES_MAX]:
                old.unlink(missing_ok=True)

    def _file(self, place: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\0".join(place).encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"{place[0]}-{name}.arrow"


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed
