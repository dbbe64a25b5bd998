"""Rows of an inventory added up into cells: what every figure of money is made of. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.model.inventory import CELL_SCHEMA

PREFIXES_MAX = 1_000  # second folders of one first folder that are told apart
_COMPACT_AT = 200_000  # rows of partial sums
_FOLDERS = r"(?s)^((?:[^/]*/){0,2}).*$"
_KEYS = ["prefix", "kind", "storage_class", "state", "day", "size_class"]
_SUMS = ["objects", "bytes", "key_bytes"]


class Cells:
    """Adds up rows, batch by batch, in memory that grows with the cells and not with the rows."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._partial: list[pa.Table] = []
        self._count = 0
        self._crowded: set[str] = set()  # first folders whose second ones are put together

    def add(self, rows: pa.Table) -> None:
        """Adds rows of `ROW_SCHEMA`."""
        if not rows.num_rows:
            return
        keys = rows["key"].combine_chunks()
        cells = pa.table(
            {
                "prefix": _prefixes(keys),
                "kind": rows["kind"],
                "storage_class": rows["storage_class"],
                "state": states_of(rows),
                "day": rows["modified"].cast(pa.date32()),
                "size_class": size_classes(rows["size"]),
                "objects": pa.repeat(1, len(keys)),
                "bytes": rows["size"],
                "key_bytes": pc.binary_length(keys).cast(pa.int64()),
            }
        )
        self._partial.append(_summed(cells))
        self._count += self._partial[-1].num_rows
        if self._count > _COMPACT_AT:
            self._partial = [self._few_prefixes(_summed(pa.concat_tables(self._partial)))]
            self._count = self._partial[0].num_rows

    def table(self) -> pa.Table:
        """All cells (`CELL_SCHEMA`), in order of prefix, kind, class, state, day and size."""
        if not self._partial:
            return CELL_SCHEMA.empty_table()
        cells = self._few_prefixes(_summed(pa.concat_tables(self._partial)))
        cells = cells.append_column("bucket", pa.repeat(self._bucket, cells.num_rows))
        cells = cells.sort_by([(name, "ascending") for name in _KEYS])
        return cells.select(CELL_SCHEMA.names).cast(CELL_SCHEMA)

    def _few_prefixes(self, cells: pa.Table) -> pa.Table:
        """With the folders of a first folder that has too many put together, as those of users."""
        prefixes = pc.unique(cells["prefix"]).to_pylist()
        below = Counter(prefix.partition("/")[0] for prefix in prefixes)
        self._crowded |= {first for first, count in below.items() if count > PREFIXES_MAX}
        if len(below) > PREFIXES_MAX:  # first folders are as many themselves
            new = dict.fromkeys(prefixes, "")
        else:
            firsts = ((prefix, prefix.partition("/")[0]) for prefix in prefixes)
            new = {prefix: f"{first}/" for prefix, first in firsts if first in self._crowded}
        if not new:
            return cells
        renamed = [new.get(prefix, prefix) for prefix in cells["prefix"].to_pylist()]
        at = cells.column_names.index("prefix")
        return _summed(cells.set_column(at, "prefix", pa.array(renamed, pa.string())))


def states_of(rows: pa.Table) -> Any:
    """What each row is: one of `STATES`."""
    living = pc.if_else(rows["is_latest"], "current", "noncurrent")
    whole = pc.if_else(rows["is_delete_marker"], "delete-marker", living)
    return pc.if_else(pc.equal(rows["upload_id"], ""), whole, "part")


def size_classes(sizes: Any) -> Any:
    """The greatest power of two that is no more than each size; 0 for 0."""
    values = sizes.to_numpy()
    _, exponents = np.frexp(values)  # exact below 2^53 bytes; an object has at most 2^46
    return pa.array(np.where(values > 0, np.int64(1) << np.maximum(exponents - 1, 0), 0))


def _prefixes(keys: Any) -> Any:
    """The first two folders of each key."""
    first, last = folders_of(keys[0].as_py()), folders_of(keys[-1].as_py())
    # in order, so what lies between two keys of one folder is in it, or in a folder in it
    if first == last and ascends(keys) and _same_depth(keys, first.count("/")):
        return pa.repeat(first, len(keys))
    return pc.replace_substring_regex(keys, _FOLDERS, r"\1")


def _same_depth(keys: Any, depth: int) -> bool:
    return depth == 2 or pc.max(pc.count_substring(keys, "/")).as_py() == depth


def folders_of(key: str) -> str:
    """The first two folders of a key, with a slash at the end; "" at the top level."""
    parts = key.split("/", 2)[:-1]
    return "".join(f"{part}/" for part in parts[:2])


def ascends(keys: Any) -> bool:
    """Whether an array of keys is in order of their UTF-8 bytes."""
    return bool(pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py() is not False)


def _summed(cells: pa.Table) -> pa.Table:
    grouped = cells.group_by(_KEYS).aggregate([(name, "sum") for name in _SUMS])
    return grouped.rename_columns([name.removesuffix("_sum") for name in grouped.column_names])
