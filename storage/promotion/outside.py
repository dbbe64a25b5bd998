"""What promotion is told by rooms beside it: wired by bootstrap, so that none imports another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from storage.errors import Unsupported
from storage.inventory.query import Inventory
from storage.model.people import Actor
from storage.model.promotion import Origin, Scope
from storage.promotion.gates import Heard, Sound


@dataclass(frozen=True, slots=True)
class Course:
    """What a course's manifest refers to: the ids of its clips (upper case, maybe repeated), and
    which manifest that is.
    """

    origin: Origin
    ids: pa.Array


CourseOf = Callable[[Actor, str, str], Course]
"""Of actor, layout and course code: its newest manifest. Raises NotFound, InvalidInput."""
HeardOf = Callable[[Actor, str, str, Scope, pa.Table], Heard | None]
"""Of actor, layout, bucket role, scope and plan rows: what QA's verdicts say of those bytes."""
SoundOf = Callable[[Actor, str, str, pa.Table], Sound | None]
"""Of actor, layout, bucket role and plan rows: what was measured of those bytes."""
KeptOf = Callable[[Actor, str, str], Sequence[Inventory]]
"""Of actor, layout and bucket role: the inventories kept of that bucket, newest first."""


def _no_courses(_actor: Actor, layout: str, _course: str) -> Course:
    raise Unsupported(
        f"The console reads no course manifests of {layout}.", "Give a prefix or keys."
    )


@dataclass(frozen=True, slots=True)
class Outside:
    """Without what a console has not, its gates say so."""

    course: CourseOf = _no_courses
    heard: HeardOf = lambda *_: None
    sound: SoundOf = lambda *_: None
    kept: KeptOf = lambda *_: ()
