"""A plan as a JSON document that leaves the console and comes back; two plans compared. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.model.promotion import CODE, PLAN_SCHEMA, STATES, Gate, Header, Plan
from storage.promotion.planning import frozen

FORMAT = "soundstage-plan/1"
_CHANGE_LISTED = 1_000  # keys of a comparison in each list


def step_rows(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON has them: the state by its name, times in ISO-8601."""
    return [
        {**row, "state": STATES[row["state"]], "modified": row["modified"].isoformat()}
        for row in rows.to_pylist()
    ]


def written(plan: Plan) -> bytes:
    """The whole plan as JSON."""
    value = {"format": FORMAT, **plan.as_json(), "steps": step_rows(plan.rows)}
    return (json.dumps(value, indent=1) + "\n").encode()


def read(data: bytes) -> Plan:
    """The plan in `data`. Raises InvalidInput where it is none, or not as it was written."""
    try:
        value = json.loads(data)
        if value["format"] != FORMAT:
            raise _not_a_plan(f"its format is {str(value['format'])[:40]!r}")
        names = list(Header.__dataclass_fields__)
        header = Header.from_json({name: value[name] for name in names})
        gates = tuple(Gate(**{**one, "examples": tuple(one["examples"])}) for one in value["gates"])
        plan = frozen(header, _rows(value["steps"]), gates, notes=value["notes"])
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        if isinstance(error, InvalidInput):
            raise
        raise _not_a_plan("something is missing or of another type") from error
    if plan.hash != value["hash"]:
        raise _not_a_plan("it was changed after it was written: its hash does not fit")
    return plan


def _rows(steps: Any) -> pa.Table:
    columns = {
        field.name: [row[field.name] for row in steps]
        for field in PLAN_SCHEMA
        if field.name not in ("state", "modified")
    }
    columns["state"] = [CODE[row["state"]] for row in steps]
    columns["modified"] = [datetime.fromisoformat(row["modified"]).astimezone(UTC) for row in steps]
    table = pa.table({field.name: columns[field.name] for field in PLAN_SCHEMA}, schema=PLAN_SCHEMA)
    if any(column.null_count for column in table.columns):
        raise _not_a_plan("a value is missing")
    return table


def _not_a_plan(why: str) -> InvalidInput:
    return InvalidInput(
        f"This is no plan of a promotion: {why}.", "Give a file that `promote show --json` wrote."
    )


def compared_plans(old: Plan, new: Plan) -> dict[str, Any]:
    """What `new` does otherwise than `old`: keys that only one of them has, keys of another state,
    and keys whose source or destination is another one. `same`: nothing of all that.
    """
    left, right = old.rows, new.rows
    at = pc.index_in(right["key"], value_set=left["key"].combine_chunks())
    known = at.is_valid()
    added = right.filter(pc.invert(known))
    gone = left.filter(pc.invert(pc.is_in(left["key"], value_set=right["key"].combine_chunks())))
    both, before = right.filter(known), left.take(at.filter(known))
    moved = pc.not_equal(both["state"], before["state"])
    sources = _differs(both, before, "etag", "size")
    targets = _differs(both, before, "prod_etag", "prod_size")
    return {
        "old": old.hash,
        "new": new.hash,
        "same": old.hash == new.hash,
        "added": _listed(added),
        "gone": _listed(gone),
        "state": [
            {"key": key, "old": STATES[a], "new": STATES[b]}
            for key, a, b in _triples(both.filter(moved), before.filter(moved))
        ],
        "source": _listed(both.filter(sources)),
        "destination": _listed(both.filter(targets)),
        "counts": {
            "added": added.num_rows,
            "gone": gone.num_rows,
            "state": pc.sum(moved).as_py() or 0,
            "source": pc.sum(sources).as_py() or 0,
            "destination": pc.sum(targets).as_py() or 0,
        },
    }


def _differs(rows: pa.Table, others: pa.Table, *names: str) -> Any:
    first, second = (pc.not_equal(rows[name], others[name]) for name in names)
    return pc.or_(first, second)


def _triples(rows: pa.Table, others: pa.Table) -> list[tuple[str, int, int]]:
    few = rows.slice(0, _CHANGE_LISTED)
    return list(
        zip(
            few["key"].to_pylist(),
            others["state"].slice(0, _CHANGE_LISTED).to_pylist(),
            few["state"].to_pylist(),
            strict=True,
        )
    )


def _listed(rows: pa.Table) -> list[str]:
    listed: list[str] = rows["key"].slice(0, _CHANGE_LISTED).to_pylist()
    return listed
