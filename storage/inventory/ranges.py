"""The names of a bucket as a line that can be cut: pure arithmetic on keys, in a store's order.

A place is a key in a form that sorts as the store lists: the key itself where the order is that of
UTF-8 bytes, which is also that of Python's strings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

LAST = "\U0010ffff"
"""What sorts after all that follows a beginning."""
_DIGITS = 6  # of a place that are looked at behind what two places have in common
_SAMPLE = 40  # keys of a page from which an alphabet is taken


@dataclass(frozen=True, slots=True)
class Order:
    """The order a store lists in: by bytes, or as a `tree` of folders: a slash sorts first."""

    tree: bool = False

    def place(self, key: str) -> str:
        """Where the key stands."""
        return key.replace("/", "\0") if self.tree else key

    def key(self, place: str) -> str:
        """The key that stands there."""
        return place.replace("\0", "/") if self.tree else place

    def ascends(self, keys: Any, *, strictly: bool) -> bool:
        """Whether an array of keys is in this order."""
        places = pc.replace_substring(keys, "/", "\0") if self.tree else keys
        compare = pc.less if strictly else pc.less_equal
        in_order = pc.all(compare(places[:-1], places[1:])).as_py()
        return bool(in_order is not False)  # None: fewer than two keys

    def count_until(self, keys: Any, until: str) -> int:
        """How many of the keys, which are in this order, do not come after that place."""

        def is_behind(number: int) -> bool:
            return self.place(keys[number].as_py()) > until

        return bisect_left(range(len(keys)), True, key=is_behind)

    def sample(self, keys: Any) -> list[str]:
        """The places of some of the keys, evenly taken."""
        step = max(len(keys) // _SAMPLE, 1)
        return [self.place(keys[number].as_py()) for number in range(0, len(keys), step)]


def shared(one: str, another: str) -> int:
    """How many characters both begin with."""
    for number, (left, right) in enumerate(zip(one, another, strict=False)):
        if left != right:
            return number
    return min(len(one), len(another))


def alphabet_of(places: Sequence[str], start: int) -> tuple[str, ...]:
    """What stands at the one of the next characters behind `start` by which most places differ."""
    columns = zip(*(place[start : start + _DIGITS] for place in places), strict=False)
    letters: set[str] = set()
    for column in columns:
        letters = max(letters, set(column), key=len)
    return tuple(sorted(letters))


def fraction(place: str, low: str, high: str, alphabet: Sequence[str]) -> float:
    """How far `place` is from `low` to `high`, 0 to 1, if names were spread evenly."""
    start = shared(low, high)
    first, last = (_value(end, start, alphabet) for end in (low, high))
    at = _value(place, start, alphabet)
    return min(max((at - first) / (last - first), 0.0), 1.0) if last > first else 0.0


def middle(low: str, high: str, alphabet: Sequence[str]) -> str | None:
    """A place between the two, about half way; None where there is none to be found."""
    if not alphabet:
        return None
    start = shared(low, high)
    value = (_value(low, start, alphabet) + _value(high, start, alphabet)) / 2
    found = high[:start]
    for _ in range(_DIGITS):
        value *= len(alphabet)
        digit = min(int(value), len(alphabet) - 1)
        value -= digit
        found += alphabet[digit]
        if low < found < high:
            return found
    return None


def _value(place: str, start: int, alphabet: Sequence[str]) -> float:
    """The place as a number in [0, 1], digit by digit behind `start`."""
    value, scale = 0.0, 1.0
    for letter in place[start : start + _DIGITS]:
        digit = bisect_left(alphabet, letter)
        scale /= max(len(alphabet), 1)
        value += digit * scale
        if digit == len(alphabet) or alphabet[digit] != letter:
            break
    return value


def gaps(done: Sequence[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """What is left of all places when these ranges are done; None is the end."""
    left: list[tuple[str, str | None]] = []
    at: str | None = ""
    for after, until in sorted(done, key=lambda one: one[0]):
        if at is not None and after > at:
            left.append((at, after))
        if until is None:
            at = None
        elif at is not None:
            at = max(at, until)
    if at is not None:
        left.append((at, None))
    return left
