"""Manifests at hand: their clips and an index of their phrases, as Arrow files in the data folder.

The database has them; these files are made from it, here, and may be deleted at any time. They are
read whole and checked, not mapped: whoever overwrites a mapped file ends the process.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from storage.courses.phrases import PhraseIndex
from storage.db.manifests import ManifestRows, Packed
from storage.errors import NotFound
from storage.model.courses import Manifest

_OPEN_BYTES = 400 * 2**20  # of manifests in memory; one of 60,000 clips has 15 MB
_FORM = "1"  # of the files: another number is another folder
_TABLES = ("clips", "phrases", "words", "rows")


@dataclass(frozen=True, slots=True)
class Kept:
    """One manifest and the index of its phrases."""

    manifest: Manifest
    index: PhraseIndex


def packed(manifest: Manifest) -> Packed:
    """The manifest as the database keeps it."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, manifest.clips.schema, options=options) as writer:
        writer.write_table(manifest.clips)
    about = json.dumps(manifest.about())
    return Packed(manifest.digest, about, sink.getvalue().to_pybytes(), manifest.clips.num_rows)


class Shelf:
    """The manifests of `rows`, with files in `folder`. Thread-safe; several processes may share
    the folder.
    """

    def __init__(self, rows: ManifestRows, folder: Path) -> None:
        self._rows = rows
        self._folder = folder / _FORM
        self._open: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def get(self, digest: str) -> Kept:
        """The manifest. Raises NotFound when the database has it no longer."""
        with self._lock:
            if digest in self._open:
                self._open.move_to_end(digest)
                return self._open[digest]
        with self._making:  # one after the other: each takes a processor for a moment
            kept = self._opened(digest) or self._made(digest)
        with self._lock:
            self._open[digest] = kept
            while len(self._open) > 1 and sum(map(_size, self._open.values())) > _OPEN_BYTES:
                self._open.popitem(last=False)
        return kept

    def _opened(self, digest: str) -> Kept | None:
        """From the files; None where there are none, or where they are damaged."""
        folder = self._folder / digest
        try:
            about = json.loads((folder / "about.json").read_text())
            tables = {name: _read(folder / f"{name}.arrow") for name in _TABLES}
        except (OSError, ValueError):  # Arrow's own errors are ValueErrors
            return None
        clips = tables.pop("clips")
        return Kept(Manifest.of(about, clips), PhraseIndex(**tables))

    def _made(self, digest: str) -> Kept:
        found = self._rows.get(digest)
        if found is None:
            raise NotFound("This manifest was replaced meanwhile.", "Try again.")
        with pa.ipc.open_stream(found.clips) as reader:
            clips = reader.read_all()
        index = PhraseIndex.of(pc.unique(clips["phrase"]).to_pylist())
        self._write(digest, found.about, {"clips": clips, **index.tables()})
        return self._opened(digest) or Kept(Manifest.of(json.loads(found.about), clips), index)

    def _write(self, digest: str, about: str, tables: Mapping[str, pa.Table]) -> None:
        """Wholly or not at all; where there is no room, the console works from memory."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=self._folder, prefix=f"{digest}."))
        except OSError:
            return
        try:
            for name, table in tables.items():
                with pa.ipc.new_file(str(made / f"{name}.arrow"), table.schema) as writer:
                    writer.write_table(table.combine_chunks())
            (made / "about.json").write_text(about)
            shutil.rmtree(self._folder / digest, ignore_errors=True)  # damaged, or just made
            made.replace(self._folder / digest)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)


def _read(file: Path) -> pa.Table:
    table = pa.ipc.open_file(file.read_bytes()).read_all()
    table.validate(full=True)
    return table


def _size(kept: Kept) -> int:
    tables = (kept.manifest.clips, *kept.index.tables().values())
    return sum(int(table.nbytes) for table in tables)
