"""Which inventories were made of which bucket, and what each added up to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import delete, func, insert, select

from storage.db.engine import INVENTORIES_LOCK, Database
from storage.db.schema import inventories, inventory_totals
from storage.db.times import as_text, some_time
from storage.model.findings import Finding
from storage.model.inventory import HISTORY_SCHEMA, Scanned

_TOTALS = ("prefix", "kind", "storage_class", "state", "objects", "bytes")


class InventoryRows:
    """The rows in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, scanned: Scanned, totals: Iterable[Mapping[str, Any]]) -> None:
        """Keeps an inventory with its totals by prefix, kind, class and state."""
        row = {
            **asdict(scanned),
            "at": as_text(scanned.at),
            "findings": json.dumps([finding.as_dict() for finding in scanned.findings]),
            "milliseconds": round(scanned.seconds * 1000),
        }
        del row["seconds"]
        parts = [{**part, "inventory": scanned.id} for part in totals]
        with self._database.writing(INVENTORIES_LOCK) as connection:
            connection.execute(insert(inventories).values(row))
            if parts:
                connection.execute(insert(inventory_totals), parts)

    def remove(self, inventory_id: str) -> None:
        """Forgets one and its totals; nothing happens where there is none."""
        with self._database.writing(INVENTORIES_LOCK) as connection:
            totals = inventory_totals.c.inventory == inventory_id
            connection.execute(delete(inventory_totals).where(totals))
            connection.execute(delete(inventories).where(inventories.c.id == inventory_id))

    def newest_id(self) -> str:
        """The id of the newest of all buckets, "" without any."""
        with self._database.reading() as connection:
            return connection.execute(select(func.max(inventories.c.id))).scalar() or ""

    def list(self, layout: str, role: str) -> Sequence[Scanned]:
        """All of a bucket, newest first."""
        wanted = select(inventories).where(
            inventories.c.layout == layout, inventories.c.role == role
        )
        newest = inventories.c.at.desc(), inventories.c.id.desc()
        with self._database.reading() as connection:
            return [
                _scanned(row) for row in connection.execute(wanted.order_by(*newest)).mappings()
            ]

    def history(self, layout: str, role: str, since: datetime | None) -> pa.Table:
        """The totals of all inventories of the whole bucket (`HISTORY_SCHEMA`), oldest first."""
        joined = inventories.join(
            inventory_totals, inventory_totals.c.inventory == inventories.c.id
        )
        columns = [inventories.c.at, inventories.c.source]
        columns += [inventory_totals.c[name] for name in _TOTALS]
        wanted = (
            select(*columns)
            .select_from(joined)
            .where(inventories.c.layout == layout, inventories.c.role == role)
            .where(inventories.c.prefix == "", inventories.c.at >= as_text(since))
            .order_by(inventories.c.at, *(inventory_totals.c[name] for name in _TOTALS[:4]))
        )
        with self._database.reading() as connection:
            found = connection.execute(wanted).all()
        rows = []
        for at, source, *totals in found:
            when = some_time(at)
            facts = {"at": when, "day": when.date(), "source": source}
            rows.append({**facts, **dict(zip(_TOTALS, totals, strict=True))})
        return pa.Table.from_pylist(rows, HISTORY_SCHEMA)


def _scanned(row: Mapping[Any, Any]) -> Scanned:
    facts = dict(row)
    facts["at"] = some_time(facts["at"])
    facts["seconds"] = facts.pop("milliseconds") / 1000
    facts["findings"] = tuple(Finding(**one) for one in json.loads(facts["findings"]))
    return Scanned(**facts)
