"""The file of all rows: written once, in order of keys, so that questions can be asked quickly."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from storage.inventory.cells import Cells, ascends
from storage.inventory.files import Files
from storage.inventory.names import NamesFile
from storage.model.inventory import ROW_SCHEMA

GROUP_ROWS = 40_960  # rows a group: what is held in memory until it is written, twice over
_FEW_VALUES = ["kind", "storage_class", "checksum_algorithm", "upload_id"]
_SORT_MEMORY = "128MB"  # of DuckDB: enough for the rows of one range
_RANGE_ROWS = 200_000  # sorted at a time: a sort of all rows needs more the more there are
_SAMPLED = 1_000  # one key of so many says where to cut
_SORTED = (
    "SELECT * FROM read_parquet($path) WHERE ($low IS NULL OR key >= $low) "
    "AND ($high IS NULL OR key < $high) "
    "ORDER BY key, upload_id <> '', upload_id, is_latest DESC, modified DESC, version_id"
)


class RowsFile:
    """Writes rows to `path` and their names to `names`, group by group; what they add up to is in
    `cells`.
    """

    def __init__(self, path: Path, names: Path, bucket: str) -> None:
        self.cells = Cells(bucket)
        self.rows = 0
        self.bytes = 0
        self.in_order = True
        self._last = ""
        self._waiting: list[pa.RecordBatch] = []
        self._count = 0
        # keys are searched through: LZ4 is unpacked as fast as they are read. ETags and ids are
        # rarely read and half as long packed well.
        packing = dict.fromkeys(ROW_SCHEMA.names, "ZSTD") | {"key": "LZ4"}
        self._writer = pq.ParquetWriter(
            path,
            ROW_SCHEMA,
            compression=packing,
            use_dictionary=_FEW_VALUES,
            write_statistics=["key", "size", "modified"],
        )
        self._names = NamesFile(names)
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="rows")

    def add(self, batch: pa.RecordBatch) -> None:
        """Adds rows that come after all that were added."""
        if not batch.num_rows:
            return
        self._waiting.append(batch)
        self._count += batch.num_rows
        if self._count >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Writes the rest and ends the files."""
        try:
            self._flush()
        finally:
            self._beside.shutdown()
            self._writer.close()
            self._names.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        group = pa.Table.from_batches(self._waiting, ROW_SCHEMA).combine_chunks()
        self._waiting, self._count = [], 0
        other_half = self._beside.submit(self._add_up, group)  # packing takes as long
        self._writer.write_table(group, row_group_size=len(group))
        other_half.result()
        del group, other_half
        pa.default_memory_pool().release_unused()

    def _add_up(self, group: pa.Table) -> None:
        (block,) = group.to_batches()
        keys = block["key"]
        self.in_order = self.in_order and keys[0].as_py() >= self._last and ascends(keys)
        self._last = keys[-1].as_py()
        self.rows += len(group)
        self.bytes += pc.sum(block["size"]).as_py()
        self.cells.add(group)
        self._names.add(block)


def write_rows(files: Files, bucket: str, batches: Iterable[pa.RecordBatch]) -> RowsFile:
    """Writes all of them to `files`, in order of keys however they come; returns what they are.

    Where a store lists in another order they are sorted once more, in bounded memory. The file of
    rows takes its name when it is whole.
    """
    files.folder.mkdir(parents=True, exist_ok=True)
    rough = files.rows.with_suffix(".new")
    written = _written(rough, files.names, bucket, batches)
    if not written.in_order:
        unsorted = files.rows.with_suffix(".unsorted")
        rough.replace(unsorted)
        try:
            written = _written(rough, files.names, bucket, _sorted(unsorted))
        finally:
            unsorted.unlink()
    rough.replace(files.rows)
    return written


def _written(path: Path, names: Path, bucket: str, batches: Iterable[pa.RecordBatch]) -> RowsFile:
    with closing(RowsFile(path, names, bucket)) as written:
        for batch in batches:
            written.add(batch)
    return written


def _sorted(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a file in order, range of keys after range of keys."""
    import duckdb  # noqa: PLC0415  15 MB that a scan does without on most stores

    beside = path.with_suffix(".sorting")
    try:
        with closing(duckdb.connect()) as database:
            database.execute(f"SET memory_limit = '{_SORT_MEMORY}'; SET TimeZone = 'UTC'")
            database.execute("SET threads = 1")  # each further one takes its own
            database.execute("SET temp_directory = ?", [str(beside)])
            for low, high in pairwise([None, *_cuts(path), None]):
                asked = {"path": str(path), "low": low, "high": high}
                found: Any = database.sql(_SORTED, params=asked)
                for batch in found.to_arrow_reader(GROUP_ROWS):
                    yield batch.cast(ROW_SCHEMA)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _cuts(path: Path) -> list[str]:
    """Keys between which there are about as many rows as are sorted at a time; by a sample."""
    some: list[str] = []
    with pq.ParquetFile(path, pre_buffer=False) as found:
        ranges = found.metadata.num_rows // _RANGE_ROWS + 1
        for batch in found.iter_batches(GROUP_ROWS, columns=["key"], use_threads=False):
            some += batch["key"].take(pa.array(range(0, len(batch), _SAMPLED))).to_pylist()
    step = len(some) // ranges + 1
    return list(dict.fromkeys(sorted(some)[step::step]))


def merged(batches: Iterable[pa.RecordBatch], parts: pa.Table) -> Iterator[pa.RecordBatch]:
    """Rows in order, with parts of unfinished uploads (in order too) behind the rows of their key
    or, where there is none, where it would stand.
    """
    keys = parts["key"].to_pylist()
    done = 0
    for batch in batches:
        if done == len(keys) or not batch.num_rows or keys[done] >= batch["key"][-1].as_py():
            yield batch
            continue
        start = 0
        names = batch["key"].to_pylist()
        for number, name in enumerate(names):
            until = done
            while until < len(keys) and keys[until] < name:
                until += 1
            if until > done:
                yield batch.slice(start, number - start)
                yield from parts.slice(done, until - done).to_batches()
                start, done = number, until
        yield batch.slice(start)
    yield from parts.slice(done).to_batches()
