"""All verdicts of a project as columns in memory; what came since is added when asked for.

Rows are only ever added, in the order of their numbers. So what was kept on this computer's disk is
how they began, if the last one of it is in the database: then only those behind it are read.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.db.verdicts import Verdicts
from storage.model.review import Said
from storage.review.kept import KeptTables

_PAGE = 20_000  # rows a query: the first reading of a large table is no one statement
_SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("role", pa.string()),
        ("key", pa.string()),
        ("etag", pa.string()),
        ("size", pa.int64()),
        ("sha256", pa.string()),
        ("decision", pa.string()),
        ("by_id", pa.string()),
        ("by_name", pa.string()),
        ("at", pa.string()),
        ("undoes", pa.int64()),
    ]
)


class Ledger:
    """The verdicts of one project. Thread-safe; rows are only ever added."""

    def __init__(self, verdicts: Verdicts, layout: str, shelf: KeptTables) -> None:
        self._verdicts = verdicts
        self._layout = layout
        self._shelf = shelf
        self._lock = threading.Lock()
        self._table = pa.Table.from_batches([], _SCHEMA)
        self._last = 0
        self._kept: int | None = None  # rows on the disk; None: not looked yet

    def catch_up(self) -> int:
        """Reads what came since; returns the number of the newest row."""
        with self._lock:
            if self._kept is None:
                self._begin()
            while True:
                rows = self._verdicts.since(self._layout, self._last, _PAGE)
                if rows:
                    columns = zip(*rows, strict=True)
                    arrays = [
                        pa.array(column, field.type)
                        for column, field in zip(columns, _SCHEMA, strict=True)
                    ]
                    part = pa.Table.from_arrays(arrays, schema=_SCHEMA)
                    self._table = pa.concat_tables([self._table, part])
                    if self._table.column("id").num_chunks > 64:
                        self._table = self._table.combine_chunks()
                    self._last = rows[-1].id
                if len(rows) < _PAGE:
                    return self._last

    def _begin(self) -> None:
        """With what an earlier console kept, if it is of this database as it is now."""
        self._kept = 0
        found = self._shelf.read(self._place, _SCHEMA)
        if found is None or not found[0].num_rows:
            return
        table, mark = found
        last = table.column("id")[-1].as_py()
        if mark == self._verdicts.mark(self._layout, last):
            self._table, self._last, self._kept = table, last, table.num_rows

    def keep(self) -> None:
        """On the disk, once a tenth of it is not there yet."""
        with self._lock:
            table, last = self._table, self._last
            if table.num_rows * 0.9 <= (self._kept or 0):
                return
            self._kept = table.num_rows
        self._shelf.write(self._place, table, self._verdicts.mark(self._layout, last))

    @property
    def _place(self) -> tuple[str, ...]:
        return ("verdicts", self._layout)

    def since(self, after: int) -> list[Said]:
        """The rows behind `after`, oldest first."""
        table = self._snapshot()
        start = table.num_rows
        for chunk in reversed(table.column("id").chunks):  # what is new is at the end
            if not len(chunk) or chunk[-1].as_py() <= after:
                break
            start -= len(chunk) - int(np.searchsorted(chunk.to_numpy(), after, side="right"))
        return list(_said(table.slice(start)))

    def about(
        self,
        *,
        etags: Collection[str] | pa.Array = (),
        sha256s: Collection[str] | pa.Array = (),
        keys: Collection[str] | pa.Array = (),
    ) -> list[Said]:
        """The rows with one of these ETags, SHA-256 or keys (in any bucket), oldest first."""
        table = self._snapshot()
        if not table.num_rows:
            return []
        wanted = None
        for name, values in (("etag", etags), ("sha256", sha256s), ("key", keys)):
            if len(values):
                among = pa.array(values, pa.string())
                here = pc.is_in(table.column(name), value_set=among)
                wanted = here if wanted is None else pc.or_(wanted, here)
        return [] if wanted is None else list(_said(table.filter(wanted)))

    def _snapshot(self) -> pa.Table:
        with self._lock:
            return self._table


def _said(table: pa.Table) -> Iterator[Said]:
    columns = [table.column(name).to_pylist() for name in _SCHEMA.names]
    return map(Said._make, zip(*columns, strict=True))
