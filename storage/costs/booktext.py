"""A price book as a TOML file, one merged with a newer list, and what differs of two. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from storage.costs.estimate import tier_titles
from storage.costs.pricebook import PriceBook
from storage.costs.pricelist import PriceList
from storage.model.money import Origin, Tier, plain


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One figure that is not what it was; None where there was, or is, none."""

    region: str
    figure: str
    storage_class: str
    tier: str
    before: Decimal | None
    after: Decimal | None

    def as_json(self) -> dict[str, Any]:
        """The form of `costs prices update --json`."""
        return {
            "region": self.region,
            "figure": self.figure,
            "storage_class": self.storage_class,
            "tier": self.tier,
            "before": None if self.before is None else plain(self.before),
            "after": None if self.after is None else plain(self.after),
        }


def merged(book: PriceBook, new: PriceList) -> PriceBook:
    """The book with every figure that the list has; the others stay as they are."""
    origin = next(iter(new.figures.values()))[0].origin
    regions = {**book.regions}
    for region, _, _ in new.figures:
        regions.setdefault(region, region)
    return replace(
        book,
        name=replace(book.name, source=origin.title, date=new.published or book.name.date),
        regions=regions,
        figures={**book.figures, **new.figures},
        free_out_gb=book.free_out_gb if new.free_out_gb is None else new.free_out_gb,
    )


def differences(before: PriceBook, after: PriceBook) -> list[PriceChange]:
    """What changed in price, in the order of regions and figures; sources alone are no change."""
    found: list[PriceChange] = []
    for key in sorted({*before.figures, *after.figures}):
        old, new = _rows(before, key), _rows(after, key)
        tiers = [*new, *(one for one in old if one not in new)]
        found += [
            PriceChange(*key, tier, old.get(tier), new.get(tier))
            for tier in tiers
            if old.get(tier) != new.get(tier)
        ]
    return found


def _rows(book: PriceBook, key: tuple[str, str, str]) -> dict[str, Decimal]:
    tiers = book.figures.get(key, ())
    return {title: tier.price for title, tier in zip(tier_titles(tiers), tiers, strict=True)}


def as_toml(book: PriceBook) -> str:
    """The book as a file that `read_book` reads to the same one."""
    return "\n".join(_lines(book)) + "\n"


def _lines(book: PriceBook) -> Iterator[str]:
    origins = _origins(book)
    yield f"name = {_text(book.name.name)}"
    yield f"provider = {_text(book.provider)}"
    yield f"currency = {_text(book.name.currency)}"
    yield f"date = {_text(book.name.date)}"
    yield f"source = {_text(book.name.source)}"
    if book.free_out_gb:
        yield f"free_out_gb = {book.free_out_gb}"
    for at, origin in enumerate(origins):
        yield f"\n[sources.s{at}]"
        yield f"title = {_text(origin.title)}"
        yield f"date = {_text(origin.date)}"
        yield f"sourced = {'true' if origin.sourced else 'false'}"
        yield f"quoted = {'true' if origin.quoted else 'false'}"
    for region, title in book.regions.items():
        yield f"\n[regions.{_text(region)}]"
        yield f"title = {_text(title)}"
        figures = dict.fromkeys(figure for place, figure, _ in book.figures if place == region)
        for figure in figures:
            yield f"\n[regions.{_text(region)}.{figure}]"
            for (place, name, storage_class), tiers in book.figures.items():
                if (place, name) == (region, figure):
                    yield f"{_text(storage_class)} = {_array(tiers, origins)}"


def _origins(book: PriceBook) -> list[Origin]:
    return list(dict.fromkeys(tier.origin for tiers in book.figures.values() for tier in tiers))


def _array(tiers: Sequence[Tier], origins: list[Origin]) -> str:
    rows = []
    for tier in tiers:
        edge = "" if tier.to_gb is None else f"to_gb = {tier.to_gb}, "
        source = origins.index(tier.origin)
        rows.append(f'{{ {edge}price = "{plain(tier.price)}", source = "s{source}" }}')
    return f"[{', '.join(rows)}]"


def _text(value: str) -> str:
    """A basic string of TOML: JSON's escapes are its own."""
    return json.dumps(value)
