"""How far the listening is, in numbers. Pure, over a snapshot's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from storage.model.review_progress import Part, PersonPart
from storage.review.snapshot import GONE, STATES, Snapshot

PACE_WINDOW_S = 1_800  # the last half hour says how fast somebody is now
_PAUSE_S = 120.0  # longer between two verdicts is a break
_BATCH_S = 0.3  # shorter is no listening: several clips were judged at once
_STEPS_MIN = 5


def count(name: str, states: NDArray[np.int8], open_here: NDArray[np.bool_]) -> Part:
    """One part by its states; `open_here` says which of them this person may still be given."""
    numbers = dict(zip(STATES, np.bincount(states, minlength=GONE + 1).tolist(), strict=False))
    total = len(states) - int((states == GONE).sum())
    return Part(
        name=name,
        total=total,
        heard=total - numbers["new"] - numbers["void"],
        approved=numbers["approved"],
        rejected=numbers["rejected"],
        second_ear=numbers["second-ear"],
        disputed=numbers["disputed"],
        void=numbers["void"],
        left=int(open_here.sum()),
    )


def count_by(
    snapshot: Snapshot, of: Sequence[str] | NDArray[np.str_], by_id: str
) -> tuple[Part, ...]:
    """The parts of the scope by a column of its course (role, slice), by name."""
    names = np.asarray(of)[snapshot.sheet.text_rows]
    still = snapshot.open_for(by_id)
    return tuple(
        count(str(name), snapshot.states[names == name], still[names == name])
        for name in np.unique(names)
        if str(name)
    )


def by_number(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts whose names are numbers: 2 before 11."""
    return tuple(sorted(parts, key=lambda part: int(part.name)))


def count_people(snapshot: Snapshot) -> tuple[PersonPart, ...]:
    """What each person said in the scope that holds; who said most comes first."""
    names: dict[str, str] = {}
    said: Counter[tuple[str, str]] = Counter()
    for one in snapshot.in_force():
        names[one.by_id] = one.by_name
        said[one.by_id, one.decision] += 1
    parts = [
        PersonPart(
            name=name,
            heard=sum(number for (person, _), number in said.items() if person == by_id),
            approved=said[by_id, "approved"],
            rejected=said[by_id, "rejected"],
            second_ear=said[by_id, "second-ear"],
        )
        for by_id, name in names.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.heard, part.name)))


def pace_per_hour(times: Sequence[datetime]) -> float | None:
    """Clips an hour by the times of the latest verdicts; None for too few to tell. Breaks and
    clips that were judged in one go do not count.
    """
    steps = [
        step
        for before, after in pairwise(times)
        if _BATCH_S < (step := (after - before).total_seconds()) <= _PAUSE_S
    ]
    if len(steps) < _STEPS_MIN:
        return None
    return round(3_600 * len(steps) / sum(steps), 1)
