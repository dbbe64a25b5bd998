"""Money as it is passed between rooms: what is billed, what a unit costs, and the lines of it.

Quantities are whole numbers of what S3 counts (bytes, requests, objects; bytes times days where a
charge is by the day), so that parts add up to their whole; amounts are Decimals that are rounded
only when they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, localcontext
from typing import Any

GB = 1 << 30
"""Bytes of the GB that S3 bills by."""
_CENT = Decimal("0.01")
EXACT = Context(prec=96)
"""Enough digits: a quantity has 18, a rate 12, one byte of a GB 30."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure of a price book comes from. Not `sourced`: no list was found that says it;
    `quoted`: by somebody else than the provider, whose list says it.
    """

    title: str
    date: str
    sourced: bool = True
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """One price, up to `to_gb` of the month's quantity (None: without end), a unit of its meter."""

    price: Decimal
    origin: Origin
    to_gb: int | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """So much of one meter, for one group (a bucket, unless asked by something else).

    `meter` names the line people read; `figure` and `storage_class` which figure of the price book
    it is billed by: several meters may share the tiers of one figure.
    """

    meter: str
    group: str
    region: str
    figure: str
    storage_class: str
    amount: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an estimate: `amount` = `quantity` times `rate`. `tier` is "" where there is one
    price only; `sourced` says whether the rate comes from a list."""

    meter: str
    group: str
    region: str
    storage_class: str
    tier: str
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    sourced: bool = True

    def as_json(self) -> dict[str, Any]:
        """The form of `costs estimate --json`."""
        return {
            "meter": self.meter,
            "bucket": self.group,
            "region": self.region,
            "storage_class": self.storage_class,
            "tier": self.tier,
            "quantity": plain(self.quantity),
            "unit": self.unit,
            "rate": plain(self.rate),
            "amount": plain(self.amount),
            "sourced": self.sourced,
        }


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something an estimate takes for granted: `by` says who does (default, entered, measured)."""

    name: str
    value: str
    unit: str
    text: str
    by: str = "default"

    def as_json(self) -> dict[str, str]:
        """The form of `costs estimate --json`."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "text": self.text,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True)
class BookName:
    """A price book by what every figure must be shown with."""

    name: str
    source: str
    date: str
    currency: str

    def as_json(self) -> dict[str, str]:
        """The form of `costs estimate --json`."""
        return {
            "name": self.name,
            "source": self.source,
            "date": self.date,
            "currency": self.currency,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a month costs, line by line. `missing` are the quantities that the book has no price
    for: they are in no line, and an estimate with some of them is not complete."""

    lines: tuple[Line, ...]
    missing: tuple[Quantity, ...]
    book: BookName
    assumptions: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of the lines, not rounded."""
        return added(line.amount for line in self.lines)

    def by(self, *names: str) -> Mapping[tuple[str, ...], Decimal]:
        """Sums of the lines by some of their fields, such as `by("group", "meter")`."""
        found: dict[tuple[str, ...], list[Decimal]] = {}
        for line in self.lines:
            key = tuple(str(getattr(line, name)) for name in names)
            found.setdefault(key, []).append(line.amount)
        return {key: added(amounts) for key, amounts in found.items()}

    def as_json(self) -> dict[str, Any]:
        """The form of `costs estimate --json`."""
        return {
            "currency": self.book.currency,
            "total": plain(self.total),
            "lines": [line.as_json() for line in self.lines],
            "missing": [
                {"meter": one.meter, "bucket": one.group, "storage_class": one.storage_class}
                for one in self.missing
            ],
            "price_book": self.book.as_json(),
            "assumptions": [one.as_json() for one in self.assumptions],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Budget:
    """What a project, or one bucket of it, may cost a month. `role` "" is the whole project;
    `thresholds` are per cent of `amount`, told when the month reaches or will reach them."""

    id: str
    layout: str
    role: str
    amount: Decimal
    currency: str
    thresholds: tuple[int, ...]
    by_id: str
    by_name: str
    at: datetime


def added(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 of none."""
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def plain(value: Decimal) -> str:
    """`0.0225`: never with an exponent, without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(amount: Decimal, currency: str = "USD") -> str:
    """`12.30 USD`; under 1 to four places, `0.0225 USD`; under a cent to two figures, and `0 USD`
    only where it is none.
    """
    size = abs(amount)
    if size >= 1:
        shown = f"{amount:,.2f}"
    elif size >= _CENT:
        whole, _, part = f"{amount:.4f}".partition(".")
        shown = f"{whole}.{part.rstrip('0'):0<2}"
    else:
        shown = f"{amount:.{min(1 - size.adjusted(), 12)}f}" if size else "0"
    return f"{shown} {currency}"
