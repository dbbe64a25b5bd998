"""A plan's rows as steps: what each copies or removes, and under which condition. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields

import pyarrow as pa

from storage.errors import InvalidInput
from storage.model.promotion import STATES, State
from storage.promotion.gates import is_any
from storage.s3.capabilities import Capabilities
from storage.s3.conditions import IfAbsent, IfMatch, Precondition
from storage.s3.direct import Task


@dataclass(frozen=True, slots=True)
class Meant:
    """One step of a plan; `seq` is its row."""

    seq: int
    key: str
    state: State
    size: int
    etag: str
    storage_class: str
    source_key: str
    source_version: str
    prod_etag: str
    facts: str

    @property
    def is_unasked(self) -> bool:
        """Whether nobody has asked yet what the source is besides its bytes."""
        return not self.facts and self.state in ("new", "changed")

    @property
    def removes(self) -> bool:
        """Whether it takes the object away."""
        return self.state == "removed"

    @property
    def precondition(self) -> Precondition:
        """What must be there."""
        return IfMatch(self.prod_etag) if self.prod_etag else IfAbsent()

    def task(self, can: Capabilities) -> Task:
        """The copy that it is."""
        return Task(
            source_key=self.source_key,
            source_version=self.source_version,
            etag=self.etag,
            size=self.size,
            storage_class=self.storage_class,
            target_key=self.key,
            precondition=self.precondition,
            plain=is_plain(self.facts, can),
        )


def is_plain(facts: str, can: Capabilities) -> bool:
    """Whether a copy carries all of these facts by itself. Of an object that HEAD was not asked
    about nobody knows.
    """
    if not facts:
        return False
    told = json.loads(facts)
    if told.get("redirect") or told.get("unreadable"):
        return False
    encryption = told.get("encryption", "")
    return not encryption or (encryption == "AES256" and can.encrypts_all)


def chosen_rows(rows: pa.Table, state: str) -> pa.Table:
    """Those in a state, "" for all. Raises InvalidInput for a state that is none."""
    if not state:
        return rows
    chosen = next((one for one in STATES if one == state), None)
    if chosen is None:
        raise InvalidInput(f"{state!r} is no state.", f"Choose one of {', '.join(STATES)}.")
    return rows.filter(is_any(rows, chosen))


def meant(rows: pa.Table, first: int, count: int) -> Iterator[Meant]:
    """The steps from row `first` on; only these become Python objects."""
    part = rows.slice(first, count).select([one.name for one in fields(Meant) if one.name != "seq"])
    for seq, row in enumerate(part.to_pylist(), first):
        yield Meant(seq=seq, **{**row, "state": STATES[row["state"]]})
