"""A file of nothing but names, to look for a part of a name in: ten million in a blink.

Parquet, one row a block of the inventory's rows. `names` holds the keys of the objects that are
there now one after another, with a byte 0xFF between them, which UTF-8 never has: so one search
over all of its bytes is a search in each of the names. Nothing of it is packed.
"""

from __future__ import annotations

import ctypes
import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

NAMES_SCHEMA = pa.schema(
    [
        pa.field("first_row", pa.int64(), nullable=False),  # of the inventory's rows
        pa.field("names", pa.binary(), nullable=False),
        ("folded", pa.binary()),  # without regard to case; null where only ASCII is in it
        ("places", pa.list_(pa.int32())),  # of these rows in the block; null: all of it
    ]
)
_READ = ["key", "is_latest", "is_delete_marker", "upload_id"]
_BETWEEN = b"\xff"
_BLOCK_ROWS = 30_720  # what is held in memory at a time, a few times over
_FEW = 64  # finds of a block, each of which takes a microsecond; past this they go byte by byte
_THREADS = 4

_Bytes = npt.NDArray[np.uint8]
_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """How many names fit, and the rows of the first of them."""

    total: int
    rows: list[int]


# -- writing --------------------------------------------------------------------------------------


class NamesFile:
    """Writes the names of an inventory's rows, block after block."""

    def __init__(self, path: Path) -> None:
        plainly: dict[str, Any] = {"compression": "NONE", "use_dictionary": False}
        self._writer = pq.ParquetWriter(path, NAMES_SCHEMA, write_statistics=False, **plainly)
        self._rows = 0

    def add(self, block: pa.RecordBatch) -> None:
        """Adds the rows that follow (`ROW_SCHEMA`, or as much of it as is read here)."""
        self._writer.write_table(_block(self._rows, block))
        self._rows += block.num_rows

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()


def write_names(rows: Path, path: Path) -> None:
    """Writes the names of an inventory that has none: of before there were such files."""
    rough = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with (
            pq.ParquetFile(rows, pre_buffer=False) as found,
            closing(NamesFile(rough)) as names,
        ):
            for block in found.iter_batches(_BLOCK_ROWS, columns=_READ, use_threads=False):
                names.add(block)
                pa.default_memory_pool().release_unused()
        rough.replace(path)
    finally:
        rough.unlink(missing_ok=True)


def _block(first: int, group: pa.RecordBatch) -> pa.Table:
    living = pc.and_(
        pc.and_(group["is_latest"], pc.invert(group["is_delete_marker"])),
        pc.equal(group["upload_id"], ""),
    )
    keys, places = group["key"], None
    if not pc.all(living).as_py():
        keys = keys.filter(living)
        places = pc.indices_nonzero(living).cast(pa.int32())
    plain = not len(keys) or pc.all(pc.string_is_ascii(keys)).as_py()
    return pa.table(
        [
            pa.array([first]),
            _joined(keys),
            pa.nulls(1, pa.binary()) if plain else _joined(_folded(keys)),
            pa.array([places], pa.list_(pa.int32())),
        ],
        schema=NAMES_SCHEMA,
    )


def _joined(keys: Any) -> Any:
    """All of them as one value."""
    offsets = pa.array([0, len(keys)], pa.int32())
    return pc.binary_join(pa.ListArray.from_arrays(offsets, keys.cast(pa.binary())), _BETWEEN)


def _folded(texts: Any) -> Any:
    """Texts of which those are equal that differ by case alone."""
    return pc.utf8_lower(pc.utf8_upper(texts))


# -- looking --------------------------------------------------------------------------------------


def look(path: Path, text: str, *, case_sensitive: bool, prefix: str, limit: int) -> Hits:
    """The names that hold `text` and begin with `prefix` (by its case), the first `limit` of them
    in order. Raises OSError or ArrowException for a file that is damaged.
    """
    count = pq.read_metadata(path).num_row_groups
    threads = min(_THREADS, os.cpu_count() or 1, max(count, 1))
    search = partial(_look_in, path, _Asked.of(text, case_sensitive=case_sensitive, prefix=prefix))
    with ThreadPoolExecutor(threads, thread_name_prefix="search") as pool:
        parts = list(pool.map(lambda n: search(range(n, count, threads), limit), range(threads)))
    found = sorted(one for part in parts for one in part)
    rows: list[int] = []
    for _, _, some in found:
        rows += some[: limit - len(rows)]
    return Hits(sum(fits for _, fits, _ in found), rows)


@dataclass(frozen=True, slots=True)
class _Asked:
    needle: bytes
    any_case: bool
    prefix: bytes

    @staticmethod
    def of(text: str, *, case_sensitive: bool, prefix: str) -> _Asked:
        # a lone surrogate is in no name, and no reason to fail
        needle, start = (one.encode("utf-8", "surrogatepass") for one in (text, prefix))
        if not case_sensitive and not any("\ud800" <= one <= "\udfff" for one in text):
            needle = _folded(pa.array([text]))[0].as_py().encode()
        return _Asked(needle, not case_sensitive, start)


_Found = tuple[int, int, list[int]]
"""Of a block with finds: its first row, how many they are, and the rows of the first."""


def _look_in(path: Path, asked: _Asked, blocks: range, limit: int) -> list[_Found]:
    found: list[_Found] = []
    with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
        for number in blocks:
            block = file.read_row_group(number, columns=["first_row", "names", "folded"])
            fits = _fits(block, asked)
            if len(fits):
                first: int = block["first_row"][0].as_py()
                some = fits[:limit]
                places = file.read_row_group(number, columns=["places"])["places"][0].values
                if places is not None:
                    some = places.to_numpy()[some]
                found.append((first, len(fits), [first + int(one) for one in some]))
    return found


def _fits(block: pa.Table, asked: _Asked) -> _Numbers:
    """Which of the block's names fit, by number."""
    exact = _bytes_of(block["names"])
    data = exact
    if asked.any_case:
        plain = block["folded"].null_count
        data = _lower(exact) if plain else _bytes_of(block["folded"])
    at = _positions(data, asked.needle)
    if not len(at):
        return at
    ends = np.flatnonzero(data == _BETWEEN[0])
    fits = np.searchsorted(ends, at)
    fits = fits[np.diff(fits, prepend=-1) > 0]
    if asked.prefix:
        if data is not exact:
            ends = np.flatnonzero(exact == _BETWEEN[0])
        low, high = _below(exact, ends, asked.prefix)
        fits = fits[(fits >= low) & (fits < high)]
    return fits


def _below(data: _Bytes, ends: _Numbers, prefix: bytes) -> tuple[int, int]:
    """The range of names with that beginning: they are in order."""

    def start(number: int) -> bytes:
        begin = int(ends[number - 1]) + 1 if number else 0
        return data[begin : begin + len(prefix)].tobytes().partition(_BETWEEN)[0]

    names = range(len(ends) + 1)
    low = bisect_left(names, prefix, key=start)
    return low, bisect_left(names, True, lo=low, key=lambda number: start(number) > prefix)


def _bytes_of(column: Any) -> _Bytes:
    one = column.chunk(0)
    _, offsets, data = one.buffers()
    begin, end = np.frombuffer(offsets, np.int32)[one.offset : one.offset + 2]
    return np.frombuffer(data, np.uint8)[begin:end]


def _lower(data: _Bytes) -> _Bytes:
    """ASCII letters lowered; as a text to Arrow, which looks at nothing but them."""
    offsets = pa.array([0, len(data)], pa.int32()).buffers()[1]
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data))
    return np.frombuffer(pc.ascii_lower(text).buffers()[2], np.uint8)[: len(data)]


def _positions(data: _Bytes, needle: bytes) -> _Numbers:
    """Where the needle begins, in order."""
    at = np.fromiter(islice(_FINDS(data, needle), _FEW), np.int64)
    if len(at) < _FEW:
        return at
    at = np.flatnonzero(data[: len(data) - len(needle) + 1] == needle[0])
    for number, byte in enumerate(needle[1:], 1):
        at = at[data[at + number] == byte]
    return at


def _found_by_c(memmem: Any, data: _Bytes, needle: bytes) -> Iterator[int]:
    """By the C library: several times as fast, and others run meanwhile."""
    begin, end = data.ctypes.data, data.ctypes.data + len(data)
    at = memmem(begin, end - begin, needle, len(needle))
    while at:
        yield at - begin
        at = memmem(at + 1, end - at - 1, needle, len(needle))


def _found_by_python(data: _Bytes, needle: bytes) -> Iterator[int]:
    whole = data.tobytes()
    at = whole.find(needle)
    while at >= 0:
        yield at
        at = whole.find(needle, at + 1)


def _finder() -> Callable[[_Bytes, bytes], Iterator[int]]:
    try:
        memmem = ctypes.CDLL(None).memmem
    except (AttributeError, OSError, TypeError):  # Windows
        return _found_by_python
    memmem.restype = ctypes.c_void_p
    memmem.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    return partial(_found_by_c, memmem)


_FINDS = _finder()
