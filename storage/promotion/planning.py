"""A promotion's plan, frozen. Pure: made from tables, by whoever has them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from storage.layout.profile import Layout
from storage.layout.promoting import PromotionRules
from storage.model.promotion import (
    COPIED,
    STATES,
    WRITTEN,
    Gate,
    Header,
    Plan,
    State,
)
from storage.promotion.gates import Said, is_any, promotion_gates
from storage.promotion.hashing import plan_hash

_READS_EACH = 2  # of a copy: it is listed and asked by HEAD when it is verified


def planned(
    layout: Layout,
    rules: PromotionRules,
    header: Header,
    rows: pa.Table,
    said: Said,
    *,
    notes: Sequence[str] = (),
) -> Plan:
    """The plan of rows that were compared (PLAN_SCHEMA), under what is said of them."""
    return frozen(header, rows, promotion_gates(layout, rules, header, rows, said), notes=notes)


def frozen(
    header: Header, rows: pa.Table, gates: Sequence[Gate], *, notes: Sequence[str] = ()
) -> Plan:
    """A plan with its counts and hash."""
    counted = pc.value_counts(rows["state"]).to_pylist()
    counts: dict[State, int] = {STATES[row["values"]]: row["counts"] for row in counted}
    copied = rows.filter(is_any(rows, *COPIED))
    written = sum(counts.get(state, 0) for state in WRITTEN)
    return Plan(
        header=header,
        rows=rows,
        gates=tuple(gates),
        counts=counts,
        newer_in_prod=pc.sum(rows["newer_in_prod"]).as_py() or 0,
        bytes=pc.sum(copied["size"]).as_py() or 0,
        requests=written * (1 + _READS_EACH),
        hash=plan_hash(header, gates, rows),
        notes=tuple(notes),
    )
