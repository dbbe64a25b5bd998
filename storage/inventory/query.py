"""Questions to one inventory, answered from its files by DuckDB; ten million rows in a blink."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import InvalidInput, StorageError, Unavailable, Unsupported
from storage.inventory.files import Files
from storage.inventory.names import Hits, look, write_names
from storage.inventory.rollups import rolled_up
from storage.model.inventory import CELL_SCHEMA, ROW_SCHEMA, Scanned, Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOUND_SCHEMA = pa.schema(
    [
        ROW_SCHEMA.field(name)
        for name in ("key", "kind", "size", "etag", "modified", "storage_class")
    ]
)
SEARCH_MAX = 10_000  # rows that one search hands out
_NUMBER = "file_row_number"  # DuckDB's name for it
_LIVING = "is_latest AND NOT is_delete_marker AND upload_id = ''"
_STATE = (
    "CASE WHEN upload_id <> '' THEN 'part' WHEN is_delete_marker THEN 'delete-marker' "
    "WHEN is_latest THEN 'current' ELSE 'noncurrent' END"
)
_AGES = (0, 30, 90, 180, 365)  # days at which classes and rules change what is paid


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the first rows in order of keys (`FOUND_SCHEMA`), and how many there are
    in all."""

    rows: pa.Table
    total: int
    seconds: float


class Inventory:
    """One inventory and its files. Cheap to make; thread-safe. Where only its totals are kept, what
    asks for rows raises Unsupported.
    """

    def __init__(self, scanned: Scanned, files: Files) -> None:
        self.scanned = scanned
        self._files = files

    @property
    def id(self) -> str:
        return self.scanned.id

    @property
    def at(self) -> datetime:
        """When it began, UTC."""
        return self.scanned.at

    @property
    def source(self) -> Source:
        return self.scanned.source

    @property
    def rows(self) -> int:
        return self.scanned.rows

    @property
    def bytes(self) -> int:
        return self.scanned.bytes

    @property
    def bucket(self) -> str:
        return self.scanned.bucket

    @property
    def prefix(self) -> str:
        return self.scanned.prefix

    @property
    def versions(self) -> bool:
        """Whether old versions and delete markers are in it."""
        return self.scanned.versions

    @property
    def uploads(self) -> bool:
        """Whether parts of unfinished uploads are in it."""
        return self.scanned.uploads

    @property
    def rows_path(self) -> Path:
        return self._files.rows

    @property
    def cells_path(self) -> Path:
        return self._files.cells

    @property
    def has_rows(self) -> bool:
        """Whether single keys can be asked for."""
        return self._files.rows.exists()

    def cells(self) -> pa.Table:
        """What its rows add up to (`CELL_SCHEMA`). Raises Unavailable when the file is gone."""
        return self._cells

    def days(self) -> pa.Table:
        """The cells without folders: what is asked about days, sizes, kinds and classes."""
        return self._days

    def folders(self) -> pa.Table:
        """The cells without days: what is asked about folders."""
        return self._folders

    @cached_property
    def _days(self) -> pa.Table:
        if self._files.days.exists():
            return pq.read_table(self._files.days, schema=CELL_SCHEMA)
        return rolled_up(self.cells(), "prefix")

    @cached_property
    def _folders(self) -> pa.Table:
        if self._files.folders.exists():
            return pq.read_table(self._files.folders, schema=CELL_SCHEMA)
        return rolled_up(self.cells(), "day")

    @cached_property
    def _cells(self) -> pa.Table:
        try:
            return pq.read_table(self._files.cells, schema=CELL_SCHEMA)
        except (OSError, pa.ArrowInvalid) as error:
            raise _gone() from error

    def search(
        self, text: str, *, case_sensitive: bool = False, prefix: str = "", limit: int = 1_000
    ) -> Found:
        """The objects there are now whose key holds `text`, at most `limit` (to 10,000) of them:
        key, kind, size, etag, modified, storage_class. Raises InvalidInput.
        """
        if not text.strip():
            raise InvalidInput("There is nothing to search for.", "Give a part of the name.")
        if not 1 <= limit <= SEARCH_MAX:
            raise InvalidInput(
                f"A search cannot give {limit} rows.", f"Choose 1 to {SEARCH_MAX:,} rows."
            )
        begun = time.perf_counter()
        hits = self._look(text, case_sensitive=case_sensitive, prefix=prefix, limit=limit)
        rows = self._numbered(hits.rows) if hits.rows else FOUND_SCHEMA.empty_table()
        return Found(rows, hits.total, time.perf_counter() - begun)

    def _look(self, text: str, *, case_sensitive: bool, prefix: str, limit: int) -> Hits:
        if not self.has_rows:
            raise _only_totals()
        names = self._files.names
        try:
            if not names.exists():  # of before there were such files
                write_names(self._files.rows, names)
            return look(names, text, case_sensitive=case_sensitive, prefix=prefix, limit=limit)
        except (OSError, pa.ArrowException) as error:
            raise _gone() from error

    def _numbered(self, numbers: list[int]) -> pa.Table:
        """The rows with these numbers, which are in order."""
        wanted = ", ".join(map(str, numbers))  # as values they would not skip what is between
        columns = ", ".join(FOUND_SCHEMA.names)
        query = f"SELECT {columns} FROM rows WHERE {_NUMBER} IN ({wanted}) ORDER BY {_NUMBER}"
        return self.sql(query).cast(FOUND_SCHEMA)

    def by_keys(self, keys: Sequence[str] | pa.Array) -> pa.Table:
        """The rows (`ROW_SCHEMA`) of the objects there are now under these keys, in their order."""
        wanted = pa.table({"wanted": pa.array(keys, pa.string())})
        return self._ask(
            f"SELECT * FROM rows SEMI JOIN wanted ON key = wanted WHERE {self._living()} "
            "ORDER BY key",
            None,
            wanted=wanted,
        ).cast(ROW_SCHEMA)

    def below(self, prefix: str) -> pa.Table:
        """The rows (`ROW_SCHEMA`) of the objects there are now below a prefix, in order of keys."""
        return self.sql(
            f"SELECT * FROM rows WHERE starts_with(key, $prefix) AND {self._living()} ORDER BY key",
            {"prefix": prefix},
        ).cast(ROW_SCHEMA)

    def prefix_totals(self, prefix: str = "", depth: int = 1) -> pa.Table:
        """What lies in each folder `depth` levels below `prefix`, and beside them: prefix, objects,
        bytes (of what is there now), noncurrent_bytes, part_bytes; the largest first.
        """
        folders = "regexp_extract(key[len($prefix) + 1:], $folders, 0)"
        return self.sql(
            f"SELECT $prefix || {folders} AS prefix, "
            f"count(*) FILTER ({_LIVING}) AS objects, "
            f"coalesce(sum(size) FILTER ({_LIVING}), 0)::BIGINT AS bytes, "
            f"coalesce(sum(size) FILTER ({_STATE} = 'noncurrent'), 0)::BIGINT AS noncurrent_bytes, "
            f"coalesce(sum(size) FILTER ({_STATE} = 'part'), 0)::BIGINT AS part_bytes "
            "FROM rows WHERE starts_with(key, $prefix) GROUP BY 1 ORDER BY bytes DESC, 1",
            {"prefix": prefix, "folders": f"^([^/]*/){{0,{depth}}}"},
        )

    def duplicates(self) -> pa.Table:
        """Content that is there more than once: etag, size, copies, bytes_wasted, keys (the first
        20); the most wasteful first. Only ETags that are MD5s tell that bytes are equal.
        """
        return self.sql(
            "SELECT etag, size, count(*) AS copies, "
            "((count(*) - 1) * size)::BIGINT AS bytes_wasted, "
            f"list(key ORDER BY key)[:20] AS keys FROM rows WHERE {self._living()} AND size > 0 "
            "AND length(etag) = 32 GROUP BY etag, size HAVING count(*) > 1 "
            "ORDER BY bytes_wasted DESC, etag"
        )

    def ages(self) -> pa.Table:
        """How old what is there now was when it was made: age_from_days, objects, bytes."""
        steps = " ".join(f"WHEN age >= {days} THEN {days}" for days in reversed(_AGES))
        return self.sql(
            f"SELECT CASE {steps} ELSE 0 END AS age_from_days, sum(objects)::BIGINT AS objects, "
            "sum(bytes)::BIGINT AS bytes FROM (SELECT date_diff('day', day, $at::DATE) AS age, "
            "objects, bytes FROM cells WHERE state = 'current') GROUP BY 1 ORDER BY 1",
            {"at": self.at.date()},
        )

    def sql(self, query: str, values: dict[str, Any] | None = None) -> pa.Table:
        """The answer to a query over `rows` and `cells`; nothing can be written or read beside."""
        return self._ask(query, values)

    def _living(self) -> str:
        """What tells objects that are there now from other rows, as far as there are any."""
        return _LIVING if self.versions or self.uploads else "TRUE"

    def _ask(self, query: str, values: dict[str, Any] | None, **tables: pa.Table) -> pa.Table:
        import duckdb  # noqa: PLC0415  15 MB, for whoever asks

        with closing(duckdb.connect()) as database:
            try:
                _close_off(database, self._files.rows)
                if "cells" in query:
                    database.register("cells", self.cells())
                if re.search(r"\brows\b", query):
                    if not self.has_rows:
                        raise _only_totals()
                    numbers = _NUMBER in query
                    rows = database.read_parquet(str(self._files.rows), file_row_number=numbers)
                    rows.create_view("rows")
                for name, table in tables.items():
                    database.register(name, table)
                return database.sql(query, params=values or {}).to_arrow_table()
            except duckdb.IOException as error:
                raise _gone() from error


def _close_off(database: DuckDBPyConnection, rows: Path) -> None:
    """Queries reach this file and nothing else of the machine."""
    database.execute("SET TimeZone = 'UTC'")
    database.execute("SET allowed_paths = [?]", [str(rows)])
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _gone() -> StorageError:
    return Unavailable(
        "The files of this inventory are gone or damaged.", "Measure the bucket again."
    )


def _only_totals() -> StorageError:
    return Unsupported(
        "Of this inventory only totals are kept.", "Measure the bucket to ask about single keys."
    )
