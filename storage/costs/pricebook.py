"""Price books: what a unit of each meter costs in each region, with the source of every figure.

A book is a TOML file. The shipped one has AWS's list prices; a flat-rate S3 of one's own needs a
dozen lines: `[regions.ANY]` with `storage = "0.01"`, `get = "0"` and what else is charged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from storage.errors import ConfigError
from storage.model.money import BookName, Origin, Tier
from storage.tomlfile import Field, Node, parse_toml, read_toml

ANY = "ANY"
"""In the place of a region or storage class: every one that has no figure of its own."""

UNITS: Mapping[str, tuple[str, int]] = {
    "storage": ("GB-month", 1 << 30),
    "put": ("1,000 requests", 1000),
    "get": ("1,000 requests", 1000),
    "transition": ("1,000 objects", 1000),
    "retrieval": ("GB", 1 << 30),
    "monitoring": ("1,000 objects", 1000),
    "out": ("GB", 1 << 30),
    "between": ("GB", 1 << 30),
    "kms": ("1,000 requests", 1000),
}
"""The figures a book may have: the unit of the price, and how much of what is counted that is."""

DEAREST = Decimal(10) ** 9
"""No price is as high: what is comes from a mistake, and would need more digits than are kept."""

_ROOT = {
    "name": Field("text", required=True),
    "provider": Field("text"),
    "currency": Field("text", required=True),
    "date": Field("text", required=True),
    "source": Field("text", required=True),
    "free_out_gb": Field("number"),
    "free_out_source": Field("text"),
    "sources": Field("table"),
    "regions": Field("table", required=True),
}
_SOURCE = {
    "title": Field("text", required=True),
    "date": Field("text"),
    "sourced": Field("flag"),
    "quoted": Field("flag"),
}
_SHIPPED = Path(__file__).with_name("prices.toml")

Figures = Mapping[tuple[str, str, str], tuple[Tier, ...]]
"""Tiers by region, figure and storage class."""


@dataclass(frozen=True, slots=True)
class PriceBook:
    """A book as it was read. `provider` "aws" has AWS's minimums besides its prices."""

    name: BookName
    provider: str
    regions: Mapping[str, str]  # title by region
    figures: Figures
    free_out_gb: int = 0

    def tiers(self, region: str, figure: str, storage_class: str) -> tuple[Tier, ...]:
        """The prices of a meter there, () where the book has none."""
        for place in (region, ANY):
            for kind in (storage_class, ANY):
                if found := self.figures.get((place, figure, kind)):
                    return found
        return ()

    def region(self, wanted: str) -> str | None:
        """The region to reckon `wanted` by: itself, or ANY; None where the book has neither."""
        return wanted if wanted in self.regions else ANY if ANY in self.regions else None


def shipped() -> PriceBook:
    """AWS's list prices, as they came with this version."""
    return parse_book(_SHIPPED.read_text(encoding="utf-8"), "prices.toml (built in)")


def read_book(path: Path) -> PriceBook:
    """A price book of one's own. Raises ConfigError naming file, line and what is allowed."""
    return _book(read_toml(path))


def parse_book(text: str, source: str) -> PriceBook:
    """As `read_book`, of a text."""
    return _book(parse_toml(text, source))


def _book(root: Node) -> PriceBook:
    root.check(_ROOT)
    origins = _origins(root)
    titles: dict[str, str] = {}
    figures: dict[tuple[str, str, str], tuple[Tier, ...]] = {}
    for region, node in root.table("regions").children().items():
        titles[region] = node.text("title") or region
        for figure, storage_class, tiers in _figures(node, origins):
            figures[region, figure, storage_class] = tiers
    source = origins[""].title
    name = BookName(root.text("name"), source, root.text("date"), root.text("currency"))
    return PriceBook(
        name, root.text("provider") or "other", titles, figures, root.number("free_out_gb") or 0
    )


def _origins(root: Node) -> dict[str, Origin]:
    """By name; "" is the one of figures that name none."""
    found = {}
    for name, node in root.table("sources").children().items():
        node.check(_SOURCE)
        sourced = node.flag("sourced") if "sourced" in node.values else True
        quoted = node.flag("quoted") if "quoted" in node.values else False
        found[name] = Origin(node.text("title"), node.text("date"), sourced, quoted)
    default = root.text("source")
    found[""] = found.get(default) or Origin(default, root.text("date"))
    return found


def _figures(
    node: Node, origins: Mapping[str, Origin]
) -> Iterator[tuple[str, str, tuple[Tier, ...]]]:
    for figure, value in node.values.items():
        if figure == "title":
            continue
        if figure not in UNITS:
            raise node.wrong("is no meter.", f"Allowed: title, {', '.join(UNITS)}.", figure)
        if not isinstance(value, dict) or "price" in value:  # one price, whatever the class
            yield figure, ANY, _tiers(node, figure, value, origins)
            continue
        inner = node.table(figure)
        for storage_class, price in value.items():
            yield figure, storage_class, _tiers(inner, storage_class, price, origins)


def _tiers(node: Node, name: str, value: Any, origins: Mapping[str, Origin]) -> tuple[Tier, ...]:
    rows: Sequence[Any] = value if isinstance(value, list) else [value]
    tiers = tuple(_tier(node, name, row, origins) for row in rows)
    edges = [tier.to_gb for tier in tiers]
    rising = [edge for edge in edges[:-1] if edge is not None]
    ended = bool(tiers) and edges[-1] is None and len(rising) == len(edges) - 1
    if not ended or rising != sorted(set(rising)):
        raise node.wrong(
            "has tiers that do not follow one another.",
            "Give each but the last its to_gb, from small to large, and the last none.",
            name,
        )
    return tiers


def _tier(node: Node, name: str, row: Any, origins: Mapping[str, Origin]) -> Tier:
    table = row if isinstance(row, dict) else {"price": row}
    unknown = table.keys() - {"price", "to_gb", "source"}
    source, edge = table.get("source", ""), table.get("to_gb")
    if unknown or source not in origins or (edge is not None and type(edge) is not int):
        raise node.wrong(
            "is no price.",
            'Write a price in quotes, or { price = "0.02", to_gb = 51200, source = "…" } with a '
            f"source of {', '.join(name for name in origins if name) or '[sources]'}.",
            name,
        )
    return Tier(_price(node, name, table.get("price")), origins[source], edge)


def _price(node: Node, name: str, text: Any) -> Decimal:
    """Only from text: a number of TOML would have been rounded to binary already."""
    try:
        price = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        price = None
    if price is None or not price.is_finite() or not 0 <= price < DEAREST:
        raise node.wrong("is no price.", 'Write it in quotes, like "0.023".', name)
    return price


def check_currency(books: Sequence[PriceBook]) -> None:
    """Raises ConfigError where books of two currencies would be added up."""
    found = {book.name.currency for book in books}
    if len(found) > 1:
        raise ConfigError(
            f"The price books are in {' and '.join(sorted(found))}.",
            "Use books of one currency, or look at one at a time.",
        )
