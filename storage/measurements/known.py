"""What is known of tens of thousands of clips at once, as columns.

Facts belong to bytes and never change, so what was read once is kept in memory: only what was not
known yet is asked for again.
"""

from __future__ import annotations

import threading

import pyarrow as pa

from storage.db.measurements import FACT_SCHEMA, MeasurementRows

_ROWS_MAX = 400_000  # some 400 bytes each


class Known:
    """The facts in `rows`, by content. Thread-safe."""

    def __init__(self, rows: MeasurementRows) -> None:
        self._rows = rows
        self._lock = threading.Lock()
        # not empty_table(), which imports pandas
        self._table = pa.Table.from_batches([], FACT_SCHEMA)
        self._places: dict[tuple[str, int], int] = {}

    def table(self, contents: pa.Table) -> pa.Table:
        """For each row of `contents` (columns etag and size), in order, what is known: columns of
        `FACT_SCHEMA`, null where nothing is, and `known`.
        """
        wanted = list(zip(contents["etag"].to_pylist(), contents["size"].to_pylist(), strict=True))
        with self._lock:
            self._ask_for([etag for etag, size in wanted if (etag, size) not in self._places])
            places = [self._places.get(content) for content in wanted]
            found = self._table.take(pa.array(places, pa.int64()))
        known = pa.array([place is not None for place in places], pa.bool_())
        return found.append_column("known", known)

    def _ask_for(self, etags: list[str]) -> None:
        if not etags:
            return
        more = self._rows.table(etags)
        if not more.num_rows:
            return
        if self._table.num_rows + more.num_rows > _ROWS_MAX:
            self._table, self._places = FACT_SCHEMA.empty_table(), {}
            more = self._rows.table(etags)
        first = self._table.num_rows
        self._table = pa.concat_tables([self._table, more]).combine_chunks()
        contents = zip(more["etag"].to_pylist(), more["size"].to_pylist(), strict=True)
        self._places |= {content: first + number for number, content in enumerate(contents)}
