"""Where people stopped listening, and the selections they saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Row, and_, delete, insert, select

from storage.db.engine import LEASES_LOCK, Database
from storage.db.schema import review_positions, review_selections
from storage.model.review import Position, Scope, Selection


class ReviewDesk:
    """What is kept for listeners in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, layout: str, by_id: str) -> Position | None:
        """Where the person stopped in that project; None for who never listened."""
        with self._database.reading() as connection:
            row = connection.execute(select(review_positions).where(_of(layout, by_id))).first()
        if row is None:
            return None
        return Position(
            layout=row.layout,
            by_id=row.by_id,
            role=row.role,
            scope=Scope(row.scope_kind, row.scope_name),
            order=row.sequence,
            key=row.key,
            at=row.at,
        )

    def put_position(self, position: Position) -> None:
        """Keeps it in the place of the one before."""
        row = {
            "layout": position.layout,
            "by_id": position.by_id,
            "role": position.role,
            "scope_kind": position.scope.kind,
            "scope_name": position.scope.name,
            "sequence": position.order,
            "key": position.key,
            "at": position.at,
        }
        with self._database.writing(LEASES_LOCK) as connection:
            mine = _of(position.layout, position.by_id)
            connection.execute(delete(review_positions).where(mine))
            connection.execute(insert(review_positions).values(row))

    def selections(self, layout: str, role: str) -> Sequence[Selection]:
        """All of a bucket, the newest first."""
        c = review_selections.c
        wanted = select(review_selections).where(c.layout == layout, c.role == role)
        with self._database.reading() as connection:
            return [_selection(row) for row in connection.execute(wanted.order_by(c.at.desc()))]

    def selection(self, layout: str, role: str, selection_id: str) -> Selection | None:
        """One of them; None for one that is not there."""
        found = self.selections(layout, role)
        return next((one for one in found if one.id == selection_id), None)

    def put_selection(self, selection: Selection) -> None:
        """Keeps a new one."""
        row = {
            "id": selection.id,
            "layout": selection.layout,
            "role": selection.role,
            "name": selection.name,
            "keys": json.dumps(selection.keys, ensure_ascii=False),
            "by_id": selection.by_id,
            "by_name": selection.by_name,
            "at": selection.at,
        }
        with self._database.writing(LEASES_LOCK) as connection:
            connection.execute(insert(review_selections).values(row))

    def remove_selection(self, layout: str, role: str, selection_id: str) -> bool:
        """Removes it; False where there is none."""
        c = review_selections.c
        this = and_(c.id == selection_id, c.layout == layout, c.role == role)
        with self._database.writing(LEASES_LOCK) as connection:
            return connection.execute(delete(review_selections).where(this)).rowcount > 0


def _of(layout: str, by_id: str) -> Any:
    return and_(review_positions.c.layout == layout, review_positions.c.by_id == by_id)


def _selection(row: Row[Any]) -> Selection:
    return Selection(
        id=row.id,
        layout=row.layout,
        role=row.role,
        name=row.name,
        keys=tuple(cast("list[str]", json.loads(row.keys))),
        by_id=row.by_id,
        by_name=row.by_name,
        at=row.at,
    )
