"""Whether a plan is made from what the buckets hold now, or from their inventories."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from storage.inventory.query import Inventory
from storage.layout.profile import Bucket
from storage.model.promotion import Scope
from storage.promotion.stored import age, covering
from storage.promotion.wanting import prefixes_of
from ui import errors, times
from ui.promoting import Scene
from ui.text import plain_markdown

_NOW, _STORED = "What both buckets hold now", "What they held when they were last measured"
_HELP = (
    "Listing a bucket of millions takes minutes. From inventories a plan takes seconds; what was "
    "written since is not in it, and the run does not touch what is another by then."
)


def choose(scene: Scene, scope: Scope | None) -> bool:
    """The choice, with the age of each inventory; whether it is for the inventories. Only offered
    where both buckets have one that holds what is named.
    """
    both = [(one, _kept(scene, one, scope)) for one in (scene.source, scene.target)]
    told = [f"{one.title}: {_told(found)}" for one, found in both]
    if not any(found for _, found in both):
        return False
    lacks = not all(found for _, found in both)
    chosen = st.radio(
        "Compare",
        (_NOW, _STORED),
        captions=("Both are listed, or asked object by object.", plain_markdown(" · ".join(told))),
        key="promoting:compare",
        help=_HELP,
        disabled=lacks,
    )
    return chosen == _STORED and not lacks


def _kept(scene: Scene, bucket: Bucket, scope: Scope | None) -> Inventory | None:
    kept = scene.services.inventories.kept(scene.actor, scene.layout.name, bucket.role)
    prefixes = errors.tried(lambda: prefixes_of(scene.layout, scene.rules, scope)) if scope else ()
    return covering(kept, bucket, prefixes or ())


def _told(found: Inventory | None) -> str:
    if found is None:
        return "not measured yet, see Costs"
    return f"{age(found.at, datetime.now(UTC))}, of {times.local(found.at)}"
