"""What so many recordings cost to keep and to play, and why an old estimate was wrong. Pure.

The old estimate of the speech-coach bucket said: 1,000 recordings of 1 MB cost "about 1 USD" to
store and "5 to 10 USD" a month in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storage.costs.estimate import price
from storage.costs.pricebook import ANY, PriceBook
from storage.model.money import GB, Estimate, Quantity, plain

OLD_STORE = Decimal(1)
OLD_LOW, OLD_HIGH = Decimal(5), Decimal(10)
OLD_COUNT = 1000
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Recordings:
    """A month of so many recordings; `plays` is how often each is played in it."""

    count: int
    bytes_each: int
    plays: int
    estimate: Estimate
    why: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form of `costs forecast --recordings --json`."""
        return {
            "recordings": self.count,
            "bytes_each": self.bytes_each,
            "plays": self.plays,
            "total": plain(self.estimate.total),
            "lines": [line.as_json() for line in self.estimate.lines],
            "why_the_old_estimate_was_wrong": list(self.why),
            "price_book": self.estimate.book.as_json(),
        }


def recordings(
    count: int, book: PriceBook, region: str, *, bytes_each: int = MIB, plays: int = 1
) -> Recordings:
    """What `count` recordings cost in a month in which all of them are uploaded and played
    `plays` times over the internet."""
    stored = count * bytes_each
    quantities = [
        Quantity("storage", "", region, "storage", "STANDARD", stored),
        Quantity("put", "", region, "put", "STANDARD", count),
        Quantity("get", "", region, "get", "STANDARD", count * plays),
        Quantity("out", "", region, "out", ANY, stored * plays),
    ]
    made = price(quantities, book)
    why = _why(count, bytes_each, book, region) if count == OLD_COUNT else ()
    return Recordings(count, bytes_each, plays, made, why)


def _why(count: int, bytes_each: int, book: PriceBook, region: str) -> tuple[str, ...]:
    """The old figures beside those that follow from the prices."""
    stored, sent = book.tiers(region, "storage", "STANDARD"), book.tiers(region, "out", ANY)
    if not stored or not sent:
        return ()
    storage, out = stored[0].price, sent[0].price
    currency = book.name.currency
    gb = Decimal(count * bytes_each) / GB
    low, high = OLD_LOW / out, OLD_HIGH / out
    played = low * GB / (count * bytes_each)
    storing = (
        f"Storing them costs {gb * storage:.4f} {currency} a month, not {OLD_STORE} USD: "
        f"{gb:.2f} GB at {plain(storage)} a GB. The old figure is {OLD_STORE / (gb * storage):.0f} "
        "times too high."
    )
    playing = (
        f"{OLD_LOW} to {OLD_HIGH} USD a month would need {low:.0f} to {high:.0f} GB sent out at "
        f"{plain(out)} a GB, all of it paid: each recording played {played:.0f} to "
        f"{played * 2:.0f} times a month."
    )
    free = f"And the first {book.free_out_gb} GB that an account sends out in a month are free."
    return (storing, playing, free)
