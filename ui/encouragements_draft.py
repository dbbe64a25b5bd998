"""What an editor has changed in a list of encouragements and not saved yet; kept for this tab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import streamlit as st

from storage.model.encouragements import EncouragementList, Kind, Line, Lines, LinesPlan

_DRAFTS = "encouragements:drafts"


@dataclass(slots=True)
class Row:
    """One encouragement as it stands in the draft; `name` is part of its widgets' keys."""

    id: str
    text: str
    name: str = field(default_factory=lambda: uuid4().hex[:8])


@dataclass(slots=True)
class Draft:
    """The rows of one list, upon what was seen when they were begun. `theirs` is what somebody
    else saved meanwhile, where a choice is waited for."""

    base: Lines
    rows: list[Row]
    planned: tuple[Lines, LinesPlan] | None = None
    theirs: Lines | None = None

    @property
    def lines(self) -> Lines:
        """The rows as they would be saved."""
        return tuple(Line(row.id, row.text) for row in self.rows)

    @property
    def dirty(self) -> bool:
        """Whether there is anything to save."""
        return self.lines != self.base

    def move(self, name: str, by: int) -> None:
        """Moves a row up (-1) or down (1), not beyond an end."""
        at = self._place(name)
        to = at + by
        if 0 <= to < len(self.rows):
            self.rows[at], self.rows[to] = self.rows[to], self.rows[at]

    def remove(self, name: str) -> None:
        """Takes a row out."""
        del self.rows[self._place(name)]

    def add(self, text: str) -> None:
        """Puts a new one behind all others."""
        self.rows.append(Row("", text))

    def upon(self, theirs: Lines) -> None:
        """Goes on as it is, over what somebody else saved: with what is there now as its base."""
        known = {one.id for one in theirs}
        for row in self.rows:
            row.id = row.id if row.id in known else ""
        self.base, self.theirs, self.planned = theirs, None, None

    def _place(self, name: str) -> int:
        return next(at for at, row in enumerate(self.rows) if row.name == name)


def of(found: EncouragementList, kind: Kind) -> Draft:
    """The draft of that list. One without changes follows what is stored meanwhile."""
    place, lines = (found.layout, found.key, kind), found.lines.get(kind, ())
    kept = _drafts().get(place)
    if kept is None or not (kept.dirty or kept.base == lines):
        kept = _drafts()[place] = Draft(lines, list(_rows(lines)))
    return kept


def is_unsaved(found: EncouragementList, kind: Kind) -> bool:
    """Whether that list has changes that are not saved yet."""
    kept = _drafts().get((found.layout, found.key, kind))
    return kept is not None and kept.dirty


def end(layout: str, key: str, kind: Kind) -> None:
    """Throws the draft away."""
    _drafts().pop((layout, key, kind), None)


def _rows(lines: Lines) -> Iterator[Row]:
    return (Row(one.id, one.text) for one in lines)


def _drafts() -> dict[tuple[str, str, Kind], Draft]:
    found: dict[tuple[str, str, Kind], Draft] = st.session_state.setdefault(_DRAFTS, {})
    return found
