"""What is done with a bucket in a month, as quantities: requests, data out, retrieval. Pure.

Nobody counts all requests but the store; what is entered wins over what was measured here, and
that over none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.assumed import ACCOUNT, TRAFFIC, Entered, as_assumption
from storage.costs.classes import STANDARD, rules_of
from storage.costs.early import early_deletion
from storage.costs.estimate import MONTH_DAYS, Elsewhere
from storage.costs.pricebook import ANY
from storage.costs.sharing import shares
from storage.costs.usage import Bills
from storage.model.money import GB, Assumption, Quantity

_TIERED = {"tiered_infrequent_percent": "INFREQUENT", "tiered_instant_percent": "ARCHIVE_INSTANT"}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everything besides the cells that an estimate needs."""

    quantities: tuple[Quantity, ...]
    elsewhere: Elsewhere
    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """One bucket and what was measured of it: `measured` by names of TRAFFIC."""

    role: str
    bucket: str
    region: str
    on: date  # the day its inventory is of
    measured: Mapping[str, int] = field(default_factory=dict)
    quiet: bool = False  # nobody works with it: a mere copy


def tiering(entered: Entered) -> Mapping[str, int]:
    """Per cent of Intelligent-Tiering by access tier."""
    return {tier: int(entered.account(name)) for name, tier in _TIERED.items()}


def elsewhere(entered: Entered) -> Elsewhere:
    """What the account has besides."""
    return Elsewhere(
        int(entered.account("elsewhere_storage_gb") * GB),
        int(entered.account("elsewhere_out_gb") * GB),
    )


def traffic(cells: pa.Table, bills: Bills, roles: list[Role], entered: Entered) -> Traffic:
    """The month's traffic of these buckets; `cells` say which classes they are in."""
    quantities: list[Quantity] = []
    said: list[Assumption] = []
    for one in (role for role in roles if not role.quiet):
        mine = cells.filter(pc.equal(cells["bucket"], one.bucket))
        values: dict[str, Decimal] = {}
        for name in TRAFFIC:
            value, by = _value(one, name, entered, values, mine)
            values[name] = value
            said.append(as_assumption(one.role, name, value, by))
        quantities += _quantities(one, mine, bills, values)
    said += [as_assumption("", name, entered.account(name), _by(entered, name)) for name in ACCOUNT]
    said.append(
        Assumption("month_days", str(MONTH_DAYS), "days", "of a month, for charges by the day")
    )
    return Traffic(tuple(quantities), elsewhere(entered), tuple(said))


def _by(entered: Entered, name: str) -> str:
    return "default" if entered.get("", name) is None else "entered"


def _value(
    one: Role, name: str, entered: Entered, values: Mapping[str, Decimal], mine: pa.Table
) -> tuple[Decimal, str]:
    if (value := entered.get(one.role, name)) is not None:
        return value, "entered"
    if name == "puts":
        came = one.measured.get(name, arrived(mine, one.on))
        return Decimal(came), "measured: objects that came in the month"
    if name in one.measured:
        return Decimal(one.measured[name]), "measured: by this console, in the last 30 days"
    if name == "read_gb":
        return values["out_gb"], "default: as much as goes out"
    return Decimal(0), "default"


def arrived(cells: pa.Table, on: date) -> int:
    """How many objects and versions are of the 30 days up to `on`."""
    days = cells["day"]
    begin, end = (pa.scalar(day, pa.date32()) for day in (on - timedelta(days=MONTH_DAYS), on))
    fresh = pc.and_(pc.greater(days, begin), pc.less_equal(days, end))
    fresh = pc.and_(fresh, pc.is_in(cells["state"], pa.array(["current", "noncurrent"])))
    return int(pc.sum(cells.filter(fresh)["objects"]).as_py() or 0)


def _quantities(
    one: Role, mine: pa.Table, bills: Bills, values: Mapping[str, Decimal]
) -> Iterator[Quantity]:
    def so_much(meter: str, figure: str, storage_class: str, amount: Decimal | int) -> Quantity:
        return Quantity(meter, one.bucket, one.region, figure, storage_class, int(amount))

    objects, held = _by_class(mine, "objects"), _by_class(mine, "bytes")
    for meter, figure, name in (("put", "put", "puts"), ("get", "get", "gets")):
        for storage_class, amount in _shared(values[name], objects):
            yield so_much(meter, figure, storage_class, amount)
    yield so_much("list", "put", STANDARD, values["lists"])
    yield so_much("out", "out", ANY, values["out_gb"] * GB)
    for storage_class, amount in _shared(values["read_gb"] * GB, held):
        rules = rules_of(storage_class, bills.provider)
        if rules.min_days:  # the classes that bill reading are those with minimum days
            yield so_much("retrieval", "retrieval", storage_class, amount)
    yield so_much("replication", "between", ANY, values["replicated_gb"] * GB)
    yield so_much("replication-put", "put", STANDARD, values["replicas"])
    yield so_much("kms", "kms", ANY, values["kms_requests"])
    for storage_class, amount in _shared(values["moved"], _moved_into(objects)):
        yield so_much("transition", "transition", storage_class, amount)
    percent = int(values["early_percent"])
    if percent:
        yield from early_deletion(mine, bills, one.on, percent=percent)


def _by_class(cells: pa.Table, column: str) -> dict[str, int]:
    stored = cells.filter(pc.is_in(cells["state"], pa.array(["current"])))
    rows = stored.group_by("storage_class").aggregate([(column, "sum")]).to_pylist()
    return {row["storage_class"] or STANDARD: row[f"{column}_sum"] for row in rows}


def _moved_into(objects: Mapping[str, int]) -> dict[str, int]:
    """Lifecycle rules move into every class but Standard; Standard-IA where there is none yet."""
    found = {name: count for name, count in objects.items() if name != STANDARD and count}
    return found or {"STANDARD_IA": 1}


def _shared(amount: Decimal, by: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """`amount` over the classes a bucket has, Standard where it is empty."""
    weights = by if sum(by.values()) else {STANDARD: 1}
    yield from zip(weights, shares(int(amount), list(weights.values())), strict=True)
