"""Who of several listers does which range of keys; ranges are cut where somebody has nothing to do.

Nothing is known of the keys beforehand. A range whose end is open is measured first, by a few
requests for one key each; after that each cut is made from what its last page showed, so names of
any form are shared out, and a cut that turns out badly costs one request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from storage.inventory.ranges import LAST, Order, alphabet_of, fraction, middle, shared

PAGE_KEYS = 1_000  # ListObjectsV2, ListObjectVersions: max-keys ceiling
_WORTH_CUTTING = 4  # pages that must be left in a range
_LOOK_AGAIN = 8  # pages after which an alphabet is taken anew


@dataclass(slots=True)
class Shard:
    """A range of places: listed behind `after`, up to `cursor`, to go on to `until` (None: the
    end). `first` is its first key, and `top` where its names seem to end.
    """

    after: str
    until: str | None
    cursor: str = ""
    first: str = ""
    top: str | None = None
    rows: int = 0
    pages: int = 0
    expected: float = 0.0  # rows, when it was cut off from another
    sample: list[str] = field(default_factory=list)
    alphabet: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.cursor = self.after
        self.top = self.until if self.until is not None else self.top

    def saw(self, keys: Any, order: Order) -> None:
        """Notes the keys of a page that are the range's."""
        if len(keys):
            self.cursor = order.place(keys[-1].as_py())
            self.first = self.first or order.place(keys[0].as_py())
        if self.pages % _LOOK_AGAIN == 0:
            self.sample, self.alphabet = order.sample(keys), ()
        self.rows += len(keys)
        self.pages += 1

    def left(self) -> float:
        """How many rows are still to come, by what was seen; what was expected before the first."""
        if self.top is None or not self.pages:
            return self.expected
        done = fraction(self.cursor, self.first, self.top, self.letters(self.top))
        return self.rows * (1 - done) / done if done else self.expected

    def cut(self) -> Shard | None:
        """The further half, which is no longer this range's; None where it cannot be cut."""
        if self.top is None:
            return None
        at = middle(self.cursor, self.top, self.letters(self.top))
        if at is None:
            return None
        other = Shard(at, self.until, top=self.top, expected=self.left() / 2)
        self.until = self.top = at
        self.alphabet = ()
        return other

    def letters(self, top: str) -> tuple[str, ...]:
        """The characters its names differ by."""
        if not self.alphabet:
            self.alphabet = alphabet_of(self.sample, shared(self.first, top))
        return self.alphabet


class Shards:
    """All ranges of one scan. Not thread-safe: the scan holds its lock."""

    def __init__(self, todo: list[tuple[str, str | None]], page_keys: int = PAGE_KEYS) -> None:
        self._worth = _WORTH_CUTTING * page_keys
        self.waiting = [Shard(after, until) for after, until in todo]
        self.active: list[Shard] = []

    def take(self) -> Shard | None:
        """A range to list, None where there is none to be had now."""
        shard = self.waiting.pop(0) if self.waiting else self._cut()
        if shard is not None:
            self.active.append(shard)
        return shard

    def to_measure(self) -> Shard | None:
        """A range whose end is open, after its first page; nobody else measures it."""
        for shard in self.active:
            if shard.top is None and shard.pages:
                return shard
        return None

    def left(self) -> float:
        """How many rows are still to come."""
        return sum(shard.left() for shard in [*self.waiting, *self.active])

    def _cut(self) -> Shard | None:
        worth = [one for one in self.active if one.left() >= self._worth]
        for shard in sorted(worth, key=Shard.left, reverse=True):
            if (other := shard.cut()) is not None:
                return other
        return None


def measure(shard: Shard, order: Order, floor: int, has_more: Callable[[str], bool]) -> str:
    """Where the names of a range with an open end seem to end: behind the longest beginning (of at
    least `floor` characters) that all keys from its cursor on have. Asks whether there is a key
    after a place, once for each halving of the cursor's length.
    """
    cursor = shard.cursor
    short, long = floor, len(cursor)
    while short < long:
        half = (short + long + 1) // 2
        if has_more(order.key(cursor[:half] + LAST)):
            long = half - 1
        else:
            short = half
    return cursor[:short] + LAST
