"""Listings on this computer's disk, so that a console that starts anew can open a queue at once.

They are a memory, never a truth: what cannot be read or written is as if it were not there.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

_FILES_MAX = 32  # some 100 bytes a key
_AT = b"at"


@dataclass(frozen=True, slots=True)
class Listing:
    """Every object under a prefix (key, size, etag, modified), as it was `at` that time."""

    objects: pa.Table
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptListings:
    """Those in `folder`, which is made when something is kept."""

    folder: Path

    def read(self, place: tuple[str, ...]) -> Listing | None:
        """The one that was kept last, None without one."""
        with suppress(OSError, ValueError, KeyError, TypeError):  # pa.ArrowInvalid is a ValueError
            with pa.OSFile(str(self._file(place))) as file:
                objects = pa.ipc.open_file(file).read_all()
            at = datetime.fromisoformat(objects.schema.metadata[_AT].decode())
            return Listing(objects.replace_schema_metadata(), at)
        return None

    def write(self, place: tuple[str, ...], listing: Listing) -> None:
        """Keeps it in the place of the one before; the oldest files go."""
        objects = listing.objects.replace_schema_metadata({_AT: listing.at.isoformat()})
        file = self._file(place)
        temporary = file.with_suffix(f".{secrets.token_hex(4)}")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                with pa.ipc.new_file(str(temporary), objects.schema, options=options) as writer:
                    writer.write_table(objects)
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)
            by_age = sorted(self.folder.iterdir(), key=lambda one: one.stat().st_mtime)
            for old in by_age[:-_FILES_MAX]:
                old.unlink(missing_ok=True)

    def _file(self, place: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\0".join(place).encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"{name}.arrow"
