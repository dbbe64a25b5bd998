"""Searching a whole bucket from Browse: by its newest inventory, never by listing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import streamlit as st

from storage.inventory.query import Found, Inventory
from storage.model.inventory import Source
from storage.model.listings import OBJECT_SCHEMA, ListPage
from storage.model.people import Can
from ui import errors, session, times, working
from ui.browse import Scene
from ui.listing import Listing, arrange
from ui.recent import recent

SHOWN = 1_000  # rows of the table
_SOURCES: dict[Source, str] = {
    "listing": "measured by the console",
    "s3-inventory": "from an S3 Inventory report",
    "cloudwatch": "from CloudWatch",
}
_ESTIMATED = "whole:estimated"


def is_searched(scene: Scene) -> bool:
    """Whether the view is of the whole bucket, and not of a folder."""
    return bool(scene.view.whole and scene.view.find)


def load(scene: Scene) -> Listing:
    """What the newest inventory has under names that hold the text; nothing without one."""
    asked = _asked(scene)
    empty = pa.RecordBatch.from_pylist([], OBJECT_SCHEMA)
    rows = asked[1].rows if asked else None
    found = rows.select(OBJECT_SCHEMA.names).combine_chunks().to_batches() if rows else []
    page = ListPage(
        scene.bucket.bucket, "", (), found[0] if found else empty, complete=True, next=None
    )
    return arrange(page, rows["kind"].to_pylist() if rows else [], scene.view)


def line(scene: Scene) -> None:
    """Above the table, once something is searched for: what was searched, or the offer to."""
    if not scene.view.find:
        return
    with (
        errors.shown(),
        st.container(horizontal=True, vertical_alignment="center", key="browse:whole"),
    ):
        if is_searched(scene):
            asked = _asked(scene)
            if asked:
                _told(*asked)
            else:
                st.text("Nothing is known of this bucket as a whole any more.")
            _go(scene, "Back to one page", whole="")
        elif _newest(scene) is not None:
            _go(scene, "Search the whole bucket", whole="1", prefix="", starts="")
        elif scene.may(Can.INVENTORY_SCAN):
            _offer(scene)


def _newest(scene: Scene) -> Inventory | None:
    view, inventories = scene.view, scene.services.inventories
    place = (scene.actor, view.project, view.bucket)
    found = recent("inventory", place, lambda: inventories.newest(*place))
    return found if found is not None and found.has_rows else None


def _asked(scene: Scene) -> tuple[Inventory, Found] | None:
    inventory = _newest(scene)
    if inventory is None:
        return None
    text = scene.view.find
    return inventory, recent(
        "whole", (inventory.id, text), lambda: inventory.search(text, limit=SHOWN)
    )


def _told(inventory: Inventory, found: Found) -> None:
    age = _age(datetime.now(UTC) - inventory.at)
    few = {0: "No name holds", 1: "1 name holds"}
    names = few.get(found.total, f"{found.total:,} names hold")
    first = f" The first {SHOWN:,} are shown." if found.total > SHOWN else ""
    st.text(
        f"{names} this in the whole bucket, as it was at {times.local(inventory.at)}, {age} ago "
        f"({_SOURCES[inventory.source]}, {inventory.rows:,} rows).{first}"
    )


def _age(since: timedelta) -> str:
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(since.total_seconds() // length)
        if count:
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def _go(scene: Scene, label: str, **changes: str) -> None:
    view = scene.view.with_(**changes)
    st.button(label, key="browse:everywhere", on_click=lambda: session.go(view.params()))


def _offer(scene: Scene) -> None:
    """Two steps, because measuring costs requests: first it says how many."""
    view, inventories = scene.view, scene.services.inventories
    place = (scene.actor, view.project, view.bucket)
    if st.session_state.get(_ESTIMATED) != place[1:]:
        if st.button("Search the whole bucket …", key="browse:everywhere"):
            st.session_state[_ESTIMATED] = place[1:]
            st.rerun()
        return
    estimate = recent("estimate", place, lambda: inventories.estimate(*place))
    st.text(f"This bucket is not measured yet. {estimate.basis}")
    requests = "1 request" if estimate.requests == 1 else f"{estimate.requests:,} requests"
    if st.button(f"Measure now (about {requests})", key="browse:measure"):
        job = inventories.start(*place)
        st.session_state.pop(_ESTIMATED)
        working.watch(view.project, job.id)
        st.rerun()
