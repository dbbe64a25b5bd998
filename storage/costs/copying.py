"""What copying objects from one bucket to another costs, once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from storage.costs.classes import STANDARD, rules_of
from storage.costs.pricebook import ANY
from storage.layout.profile import Bucket
from storage.model.money import Quantity

_LOOKS_EACH = 2  # a HEAD when it is planned, and one when it is verified

ByClass = Mapping[str, tuple[int, int]]
"""By storage class, "" for Standard: how many objects, and their bytes."""


def copying(source: Bucket, target: Bucket, copies: ByClass, provider: str) -> Iterator[Quantity]:
    """Requests of every copy, at the price of the class that it is written in; what its class bills
    for reading; and the way between regions.
    """

    def so_much(meter: str, figure: str, storage_class: str, amount: int) -> Quantity:
        return Quantity(meter, target.bucket, target.region, figure, storage_class, amount)

    for name, (objects, held) in copies.items():
        storage_class = name or STANDARD
        yield so_much("put", "put", storage_class, objects)
        yield so_much("get", "get", storage_class, objects * _LOOKS_EACH)
        if rules_of(storage_class, provider).min_days:  # those that bill reading have minimum days
            yield so_much("retrieval", "retrieval", storage_class, held)
    if source.region != target.region:
        held = sum(held for _, held in copies.values())
        yield Quantity("replication", source.bucket, source.region, "between", ANY, held)
