"""A scope's clips as a table: filtered, in order, a page at a time; or as columns, all of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.model.listening import ReviewRow
from storage.model.review import RISKS, Order, ReviewState
from storage.review.snapshot import GONE, STATES, Snapshot

ROWS_MAX = 1_000


def page_of(
    snapshot: Snapshot,
    order: Order,
    *,
    state: ReviewState | None,
    text: str,
    offset: int,
    limit: int,
) -> tuple[tuple[ReviewRow, ...], int]:
    """The rows from `offset` on, and how many fit. Raises InvalidInput for more than 1,000."""
    if not 1 <= limit <= ROWS_MAX or offset < 0:
        raise InvalidInput(f"A page cannot have {limit} rows.", f"Ask for 1 to {ROWS_MAX:,}.")
    rows = snapshot.in_order(order)
    codes = snapshot.states[rows]
    rows = rows[codes != GONE if state is None else codes == STATES.index(state)]
    if wanted := text.strip():
        rows = rows[snapshot.holding(wanted)[rows]]
    found = rows.tolist()
    risk = snapshot.risk()
    return tuple(
        _row(snapshot, row, int(risk[row])) for row in found[offset : offset + limit]
    ), len(found)


def columns_of(snapshot: Snapshot) -> pa.Table:
    """Every clip that is there: key, duration_s, loudness_lufs, digest (of its sound), phrase,
    characters and off_pace, as `paces` tells it. Null where nothing is known.
    """
    sheet, measured, texts = snapshot.sheet, snapshot.measured, snapshot.sheet.texts
    at = pa.array(sheet.text_rows)
    none = np.zeros(len(sheet), np.int64)
    table = pa.table(
        {
            "key": pa.array(sheet.keys, pa.string()),
            "duration_s": pa.array(measured.duration_s, from_pandas=True),
            "loudness_lufs": pa.array(measured.loudness, from_pandas=True),
            "digest": pc.if_else(pa.array(measured.known), measured.digest, None),
            "phrase": pa.array(texts.phrases if texts else [""], pa.string()).take(at),
            "characters": texts.letters[sheet.text_rows] if texts else none,
            "off_pace": measured.off_pace,
        }
    )
    return table.filter(pa.array(snapshot.states != GONE))


def _row(snapshot: Snapshot, row: int, risk: int) -> ReviewRow:
    sheet, texts = snapshot.sheet, snapshot.sheet.texts
    text_row = int(sheet.text_rows[row])
    current, _ = snapshot.told(row)
    loudness = float(snapshot.measured.loudness[row])
    return ReviewRow(
        key=sheet.keys[row],
        content=snapshot.content(row),
        id=texts.ids[text_row].as_py() if texts else "",
        phrase=texts.phrases[text_row] if texts else "",
        role=texts.roles[text_row] if texts else "",
        cadence=texts.cadences[text_row] if texts else "",
        state=snapshot.state(row) or "new",
        risk=RISKS[risk],
        short=sheet.short(row),
        measured=bool(snapshot.measured.known[row]),
        loudness_lufs=None if np.isnan(loudness) else round(loudness, 1),
        heard_by=tuple(f"{one.by_name}: {one.decision}" for one in current.values()),
        findings=snapshot.measured.course.get(row, ()),
    )
