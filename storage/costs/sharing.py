"""Sharing whole numbers out, so that every part is whole and the parts add up exactly. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` shared out by `weights`; none gets above its weight while `amount` is within their
    sum.

    What is left over by rounding down goes to those who lost most by it, the first of equals.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    found = [amount * weight // whole for weight in weights]
    lost = sorted(range(len(weights)), key=lambda at: -(amount * weights[at] % whole))
    for at in lost[: amount - sum(found)]:
        found[at] += 1
    return found


def fill(amount: int, edges: Sequence[int | None], start: int = 0) -> list[int]:
    """How much of `amount` lies between the `edges` (the last is None) when `start` is used up
    before it."""
    found, at, left = [], start, amount
    for edge in edges:
        here = left if edge is None else max(0, min(left, edge - at))
        found.append(here)
        at, left = at + here, left - here
    return found


def spread(rows: Sequence[int], columns: Sequence[int]) -> list[list[int]]:
    """A table whose rows and columns add up to these, which have one sum: each row is shared out
    over the columns as the whole is."""
    left = list(rows)
    table: list[list[int]] = [[] for _ in rows]
    for column in columns[:-1]:
        given = shares(column, left)
        for at, amount in enumerate(given):
            table[at].append(amount)
            left[at] -= amount
    for at, amount in enumerate(left):
        table[at].append(amount)
    return table
