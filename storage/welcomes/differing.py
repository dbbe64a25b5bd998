"""Which way a thing moves that differs between a local copy and the store. Pure.

By content and by what both were when they were last the same; never by existence or date. Nothing
is removed from the store because it is missing here: a copy may hold a part only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from storage.courses.registry import Entry
from storage.model.welcome_sync import (
    Change,
    Digests,
    Direction,
    SyncAction,
    SyncConflict,
    What,
)

Side = Literal["local", "remote"]
BOTH_CHANGED = "It was changed here and in the store since both were the same."
UNKNOWN = "Here it is another one than in the store, and nobody knows which is newer."
GONE = "It was changed here, and removed from the store."


def entry_digest(entry: Entry) -> str:
    """What an entry says, whatever its formatting."""
    text = json.dumps(dict(entry.fields), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def decided(
    local: str | None, remote: str | None, base: str | None, taken: Side | None = None
) -> Direction | str | None:
    """ "push" or "pull", None where both are the same, else why it is a conflict. `taken` settles a
    conflict for one side."""
    clear: tuple[tuple[bool, Direction | None], ...] = (
        (local == remote, None),
        (local is None, "pull"),
        (remote is None and base is None, "push"),
        (local == base, "pull"),
        (remote == base, "push"),
    )
    for is_so, way in clear:
        if is_so:
            return way
    if taken is not None:
        return "push" if taken == "local" else "pull"
    return GONE if remote is None else UNKNOWN if base is None else BOTH_CHANGED


def compared(
    local: Digests,
    remote: Digests,
    base: Digests,
    courses: Mapping[tuple[What, str], tuple[str, ...]],
    take: Mapping[str, Side],
) -> tuple[tuple[SyncAction, ...], tuple[SyncConflict, ...]]:
    """What moves and what cannot; `courses` of each thing, `take` by course or file name."""
    actions, conflicts = [], []
    for item in dict.fromkeys((*remote, *local)):
        what, name = item
        of = courses.get(item, ())
        taken = next((take[one] for one in (name, *of) if one in take), None)
        three = (local.get(item), remote.get(item), base.get(item))
        way = decided(*three, taken)
        settled = taken is not None and decided(*three) not in ("push", "pull", None)
        course = of[0] if of else name
        if way in ("push", "pull"):
            to, source = (remote, local) if way == "push" else (local, remote)
            change: Change = "add" if item not in to else "replace" if item in source else "remove"
            direction: Direction = "push" if way == "push" else "pull"
            actions.append(SyncAction(what, name, course, direction, change, settled))
        elif way is not None:
            conflicts.append(SyncConflict(what, name, course, way))
    return tuple(actions), tuple(conflicts)
