"""The month after a change, and what it takes to get there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from storage.costs.classes import SMALL_BYTES
from storage.costs.early import early_deletion
from storage.costs.month import Month
from storage.costs.pricebook import ANY
from storage.costs.scenarios import (
    STORED,
    Change,
    Grow,
    Mirror,
    Move,
    Recode,
    Remove,
    count_small,
    put,
    resized,
    scaled,
    split,
    with_class,
)
from storage.costs.traffic import Role, arrived
from storage.errors import InvalidInput
from storage.model.money import Quantity

_COUNTS = ("objects", "bytes", "key_bytes")
_OLD_STAY = (
    "Where versions are kept, the old recordings stay as earlier versions until they are deleted: "
    "the saving begins then."
)
_LOSSY = (
    "Each recording is decoded and encoded again: it loses quality, and a verdict on it no longer "
    "counts."
)


@dataclass(frozen=True, slots=True)
class After:
    """`once` is billed besides in the first month, `monthly` in every one."""

    month: Month
    title: str
    touched: pa.Table  # the cells that the change is about, as they are now
    once: tuple[Quantity, ...] = ()
    monthly: tuple[Quantity, ...] = ()
    notes: tuple[str, ...] = ()


def after(month: Month, change: Change) -> After:
    """What `change` makes of `month`. Raises InvalidInput for one that makes no sense."""
    match change:
        case Move():
            return _moved(month, change)
        case Remove():
            return _removed(month, change)
        case Recode():
            return _recoded(month, change)
        case Mirror():
            return _mirrored(month, change)
        case Grow():
            return _grown(month, change)


def _moved(month: Month, change: Move) -> After:
    fits, rest = split(month.cells, change.where.mask(month.cells, _on(month)))
    there = pc.equal(fits["storage_class"], change.to)
    fits, rest = fits.filter(pc.invert(there)), pa.concat_tables([rest, fits.filter(there)])
    notes = []
    if change.how == "lifecycle" and not change.small:
        small = pc.less(fits["size_class"], SMALL_BYTES)
        skipped = count_small(fits)
        fits, rest = fits.filter(pc.invert(small)), pa.concat_tables([rest, fits.filter(small)])
        if skipped:
            notes.append(
                f"{skipped:,} objects under 128 KB stay where they are: lifecycle rules skip them "
                "unless they are told otherwise."
            )
    meter = "transition" if change.how == "lifecycle" else "put"
    once = _requests(month, fits, meter, change.to)
    return After(
        month.with_cells(pa.concat_tables([rest, with_class(fits, change.to)])),
        f"Move {change.where.words()} to {change.to}",
        fits,
        (*once, *_early(month, fits)),
        notes=tuple(notes),
    )


def _removed(month: Month, change: Remove) -> After:
    fits, rest = split(month.cells, change.where.mask(month.cells, _on(month)))
    gone = scaled(fits, change.percent, 100, _COUNTS) if change.percent < 100 else fits
    left = _minus(fits, gone)
    return After(
        month.with_cells(pa.concat_tables([rest, left])),
        f"Delete {change.where.words()}"
        + (f", {change.percent} % of it" if change.percent < 100 else ""),
        gone,
        _early(month, gone),
    )


def _recoded(month: Month, change: Recode) -> After:
    if not 0 < change.to_kbps < change.from_kbps:
        raise InvalidInput(
            f"{change.from_kbps} to {change.to_kbps} kbit/s makes nothing smaller.",
            "Give a lower bitrate than the recordings have.",
        )
    fits, rest = split(month.cells, change.where.mask(month.cells, _on(month)))
    smaller = resized(fits, change.to_kbps, change.from_kbps)
    written = [
        one for name in _classes_of(fits) for one in _requests(month, _of(fits, name), "put", name)
    ]
    return After(
        month.with_cells(pa.concat_tables([rest, smaller])),
        f"Compress {change.where.words()} from {change.from_kbps} to {change.to_kbps} kbit/s",
        fits,
        (*written, *_early(month, fits)),
        notes=(_OLD_STAY, _LOSSY),
    )


def _mirrored(month: Month, change: Mirror) -> After:
    if month.book.region(change.region) is None:
        known = ", ".join(month.book.regions)
        raise InvalidInput(
            f"The price book has no region {change.region!r}.", f"Choose one of {known}."
        )
    fits = month.cells.filter(change.where.mask(month.cells, _on(month)))
    copies, roles = fits, []
    if change.storage_class:
        copies = with_class(copies, change.storage_class)
    names = [f"{name} in {change.region}" for name in copies["bucket"].to_pylist()]
    copies = put(copies, "bucket", pa.array(names, pa.string()))
    once: list[Quantity] = []
    monthly: list[Quantity] = []
    for one in month.roles:
        mine = fits.filter(pc.equal(fits["bucket"], one.bucket))
        if not len(mine):
            continue
        bucket = f"{one.bucket} in {change.region}"
        roles.append(Role(f"{one.role}-copy", bucket, change.region, one.on))
        once += _copied(one, change.region, mine, _sum(mine, "objects"), _sum(mine, "bytes"))
        fresh, stored = arrived(mine, one.on), _sum(mine, "bytes")
        share = stored * fresh // max(1, _sum(mine, "objects"))
        monthly += _copied(one, change.region, mine, fresh, share)
    quiet = tuple(replace(one, quiet=True) for one in roles)
    return After(
        month.with_cells(pa.concat_tables([month.cells, copies]), *quiet),
        f"Keep a copy of {change.where.words()} in {change.region}",
        fits,
        tuple(once),
        tuple(monthly),
    )


def _copied(
    one: Role, region: str, cells: pa.Table, objects: int, stored: int
) -> Iterable[Quantity]:
    """What copying to another region is billed by: the way there, and a PUT each over there."""
    bucket = f"{one.bucket} in {region}"
    yield Quantity("replication", one.bucket, one.region, "between", ANY, stored)
    yield Quantity("replication-put", bucket, region, "put", _classes_of(cells)[0], objects)


def _grown(month: Month, change: Grow) -> After:
    if not 1 <= change.factor <= 1000:
        raise InvalidInput(f"{change.factor} times is too much.", "Give 1 to 1000.")
    fits, rest = split(month.cells, change.where.mask(month.cells, _on(month)))
    many = scaled(fits, change.factor, 1, _COUNTS)
    grown = month.times(Decimal(change.factor), pa.concat_tables([rest, many]))
    return After(
        grown,
        f"{change.factor} times {change.where.words()}",
        fits,
        notes=("Traffic grows as the objects do: what was entered or measured times the same.",),
    )


# -- what is counted ------------------------------------------------------------------------------


def _requests(month: Month, cells: pa.Table, meter: str, to: str) -> list[Quantity]:
    """A request an object."""
    found = []
    for one in month.roles:
        count = _sum(cells.filter(pc.equal(cells["bucket"], one.bucket)), "objects")
        if count:
            found.append(Quantity(meter, one.bucket, one.region, meter, to, count))
    return found


def _early(month: Month, cells: pa.Table) -> tuple[Quantity, ...]:
    return tuple(early_deletion(cells, month.bills, _on(month)))


def _minus(cells: pa.Table, gone: pa.Table) -> pa.Table:
    for name in _COUNTS:
        cells = put(cells, name, pc.subtract(cells[name], gone[name]))
    return cells


def _sum(cells: pa.Table, column: str) -> int:
    return int(pc.sum(cells[column]).as_py() or 0)


def _classes_of(cells: pa.Table) -> list[str]:
    stored = cells.filter(pc.is_in(cells["state"], pa.array(list(STORED), pa.string())))
    return sorted(set(stored["storage_class"].to_pylist())) or ["STANDARD"]


def _of(cells: pa.Table, storage_class: str) -> pa.Table:
    return cells.filter(pc.equal(cells["storage_class"], storage_class))


def _on(month: Month) -> date:
    """The day the newest of the inventories is of."""
    return max(one.on for one in month.roles)
