"""A promotion as data: what is wanted, what the two buckets hold, and the plan that follows.

Rows travel as Arrow tables: a course has 35,000 clips, a bucket a million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

State = Literal[
    "same", "new", "changed", "missing", "only-prod", "unread", "restored", "removed", "left"
]
STATES: tuple[State, ...] = (
    "same",  # prod holds these bytes
    "new",  # prod holds nothing there
    "changed",  # prod holds other bytes
    "missing",  # wanted, and not there to be copied
    "only-prod",  # live, and not there to be copied: never touched
    "unread",  # neither ETags nor checksums tell: both must be read
    "restored",  # rollback: earlier bytes come back
    "removed",  # rollback: what was new goes
    "left",  # rollback: another by now, so not touched
)
"""A row's `state` is its place here: never reorder."""
CODE: Mapping[State, int] = {state: code for code, state in enumerate(STATES)}
COPIED: frozenset[State] = frozenset({"new", "changed", "restored"})
WRITTEN: frozenset[State] = COPIED | {"removed"}
BLOCKING: frozenset[State] = frozenset({"missing", "unread", "left"})

ROWS_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("etag", pa.string()),  # without quotes
        ("size", pa.int64()),  # bytes
        ("modified", pa.timestamp("ms", tz="UTC")),
        ("storage_class", pa.string()),
        ("checksum", pa.string()),  # "SHA256:base64" of the whole object, "" where not known
    ]
)
"""What a bucket holds. Keys are distinct."""

PLAN_SCHEMA = pa.schema(
    [
        ("key", pa.string()),  # in prod
        ("state", pa.int8()),  # its place in STATES
        ("size", pa.int64()),
        ("etag", pa.string()),  # of the source
        ("checksum", pa.string()),
        ("storage_class", pa.string()),
        ("modified", pa.timestamp("ms", tz="UTC")),  # of the source; 1970 where there is none
        ("source_key", pa.string()),
        ("source_version", pa.string()),  # "" for the newest
        ("prod_etag", pa.string()),  # what must be there when it is written, "" for nothing
        ("prod_size", pa.int64()),
        ("newer_in_prod", pa.bool_()),
        ("facts", pa.string()),  # JSON of what HEAD says of the source, "" where it was not asked
    ]
)
"""A plan's rows: first what is to be done, then the rest, each by key. No nulls."""

Kind = Literal["promotion", "rollback"]
ScopeKind = Literal["course", "prefix", "keys"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be promoted: `names` are course codes, one prefix, or keys."""

    kind: ScopeKind
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people: `ita_for_eng`, `mastered/…`, `3 objects`; also what is typed at Run."""
        if self.kind == "keys":
            return f"{len(self.names):,} objects" if len(self.names) != 1 else self.names[0]
        return ", ".join(self.names)

    def as_json(self) -> dict[str, Any]:
        """`{kind, names}`."""
        return {"kind": self.kind, "names": list(self.names)}


@dataclass(frozen=True, slots=True)
class Origin:
    """A course manifest that a plan was made from: which one, by its digest; and where it lies, ""
    where it was given as a file.
    """

    course: str
    digest: str
    role: str = ""
    key: str = ""
    etag: str = ""

    def as_json(self) -> dict[str, str]:
        """All fields."""
        return {
            "course": self.course,
            "digest": self.digest,
            "role": self.role,
            "key": self.key,
            "etag": self.etag,
        }


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a plan. A gate that the layout switches off is there and says so."""

    name: str
    ok: bool
    reason: str
    count: int = 0  # of objects in its way
    examples: tuple[str, ...] = ()  # some of their keys
    on: bool = True

    def as_json(self) -> dict[str, Any]:
        """All fields."""
        return {
            "name": self.name,
            "ok": self.ok,
            "reason": self.reason,
            "count": self.count,
            "examples": list(self.examples),
            "on": self.on,
        }


@dataclass(frozen=True, slots=True)
class Header:
    """What a plan is about, besides its rows. `of` is the release that a rollback undoes."""

    kind: Kind
    layout: str
    source_role: str
    source_bucket: str
    target_role: str
    target_bucket: str
    scope: Scope
    origins: tuple[Origin, ...] = ()
    of: str = ""

    def as_json(self) -> dict[str, Any]:
        """All fields: what the plan's hash covers besides the rows and gates."""
        return {
            "kind": self.kind,
            "layout": self.layout,
            "source_role": self.source_role,
            "source_bucket": self.source_bucket,
            "target_role": self.target_role,
            "target_bucket": self.target_bucket,
            "scope": self.scope.as_json(),
            "origins": [one.as_json() for one in self.origins],
            "of": self.of,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Header:
        """The header that `as_json` gave."""
        scope = Scope(value["scope"]["kind"], tuple(value["scope"]["names"]))
        origins = tuple(Origin(**one) for one in value["origins"])
        return cls(**{**value, "scope": scope, "origins": origins})


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """A promotion or rollback, frozen: `hash` (hex SHA-256) stands for all of it."""

    header: Header
    rows: pa.Table = field(repr=False)  # PLAN_SCHEMA
    gates: tuple[Gate, ...]
    counts: Mapping[State, int]
    newer_in_prod: int  # of the changed ones: prod's was written after the source
    bytes: int  # to be copied
    requests: int  # about how many that takes: copies, and two reads of each copy
    hash: str
    notes: tuple[str, ...] = ()  # what to know of it, no part of the hash

    @property
    def todo(self) -> int:
        """How many objects will be written."""
        return sum(self.counts.get(state, 0) for state in WRITTEN)

    @property
    def blocked(self) -> tuple[Gate, ...]:
        """The gates that are shut."""
        return tuple(gate for gate in self.gates if gate.on and not gate.ok)

    def as_json(self) -> dict[str, Any]:
        """Without the rows."""
        return {
            **self.header.as_json(),
            "hash": self.hash,
            "counts": {
                **{name: self.counts.get(name, 0) for name in STATES[:6]},
                **{name: count for name, count in self.counts.items() if count},
                "blocked": sum(self.counts.get(state, 0) for state in BLOCKING),
            },
            "newer_in_prod": self.newer_in_prod,
            "bytes": self.bytes,
            "requests": self.requests,
            "gates": [gate.as_json() for gate in self.gates],
            "notes": list(self.notes),
        }
