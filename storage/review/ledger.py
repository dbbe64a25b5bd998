"""All verdicts of a project as columns in memory; what came since is added when asked for."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.db.verdicts import Verdicts
from storage.model.review import Said

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

    def __init__(self, verdicts: Verdicts, layout: str) -> None:
        self._verdicts = verdicts
        self._layout = layout
        self._lock = threading.Lock()
        self._table = _SCHEMA.empty_table()
        self._last = 0

    def catch_up(self) -> int:
        """Reads what came since; returns the number of the newest row."""
        with self._lock:
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
    return (Said(*row) for row in zip(*columns, strict=True))
