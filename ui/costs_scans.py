"""Costs, scans: what the figures are from, what it took, and other ways to learn of a bucket."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from storage.costs.gathering import Gathered, Source
from storage.inventory.query import Inventory
from storage.units import human_bytes
from ui import costs, errors, times
from ui.costs import Scene
from ui.text import visible

_SOURCES = {
    "listing": "Listed by the console",
    "s3-inventory": "AWS inventory report",
    "cloudwatch": "CloudWatch's daily sizes",
}
_MANIFEST = "s3://reports/my-bucket/all/2026-11-27T01-00Z/manifest.json"


def show(scene: Scene, found: Gathered) -> None:
    """All inventories of the project's buckets, and taking in what others counted."""
    ask, name = scene.services.inventories, scene.layout.name
    made: list[tuple[Source, Inventory]] = []
    for source in found.sources:
        kept = errors.tried(lambda role=source.role: ask.kept(scene.actor, name, role))  # type: ignore[misc]
        made += [(source, one) for one in kept or ()]
    made.sort(key=lambda pair: pair[1].at, reverse=True)
    st.caption(
        "Every figure of this page is from the newest inventory of each bucket; the earlier ones "
        "are the history that Forecast and Last month go by. Single keys are kept of the newest "
        "of a whole bucket, so that names can be searched; of the others their totals."
    )
    if made:
        _table(scene, made)
    else:
        st.info("No inventory was made yet.")
    mine = [one for one in found.sources if scene.may_measure(one.role)]
    if mine:
        left, right = st.columns(2, gap="medium")
        with left, st.container(border=True, height="stretch", key="costs:scans:report"):
            _report(scene, mine)
        with right, st.container(border=True, height="stretch", key="costs:scans:sizes"):
            _sizes(scene, mine)


def _table(scene: Scene, made: Sequence[tuple[Source, Inventory]]) -> None:
    frame = pd.DataFrame([_row(source, one) for source, one in made])
    event = st.dataframe(
        frame,
        hide_index=True,
        key="costs:scans:table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Rows": st.column_config.NumberColumn(format="localized"),
            "Requests": st.column_config.NumberColumn(format="localized"),
        },
    )
    chosen = [number for number in event.selection.rows if number < len(made)]
    if not chosen:
        st.caption("Choose a row to remove that inventory.")
        return
    source, one = made[chosen[0]]
    if not scene.may_measure(source.role):
        st.caption("Removing needs the permission inventory:scan: ask an operator.")
        return
    newest = all(other.at <= one.at for where, other in made if where == source)
    with st.popover("Remove this inventory", key="costs:scans:remove"):
        st.text(
            f"{visible(source.title)}, {times.local(one.at)}: {one.rows:,} rows. The bucket itself "
            "is not touched."
            + (
                " Figures then go by the one before it."
                if newest
                else " The history loses a point."
            )
        )
        if st.button("Remove", type="primary", key=f"costs:scans:remove:{one.id}"):
            ask, place = scene.services.inventories, (scene.layout.name, source.role)
            if costs.acted(lambda: ask.remove(scene.actor, *place, one.id)):
                st.rerun()


def _row(source: Source, one: Inventory) -> dict[str, object]:
    scanned = one.scanned
    extra = [
        name for name, there in (("versions", one.versions), ("uploads", one.uploads)) if there
    ]
    return {
        "Bucket": visible(source.title),
        "Below": visible(one.prefix) or "all of it",
        "From": _SOURCES[one.source],
        "When": times.local(one.at),
        "Age": costs.age(one.at),
        "Rows": one.rows,
        "Size": human_bytes(one.bytes),
        "Requests": scanned.requests,
        "Took": f"{scanned.seconds:.1f} s",
        "With": " and ".join(extra) or "what is there now",
        "Kept": "single keys" if one.has_rows else "totals",
    }


def _bucket(mine: Sequence[Source], key: str) -> str:
    titles = {one.role: one.title for one in mine}
    role: str = st.selectbox("Bucket", list(titles), format_func=lambda one: titles[one], key=key)
    return role


def _report(scene: Scene, mine: Sequence[Source]) -> None:
    """An AWS S3 Inventory report, by its manifest."""
    st.markdown("##### Import an AWS report")
    st.caption(
        "For buckets too large to list: AWS writes S3 Inventory reports daily or weekly. "
        "The console needs s3:GetObject where they lie. CSV and Parquet are read."
    )
    role = _bucket(mine, "costs:scans:report:bucket")
    place = st.text_input("Its manifest", placeholder=_MANIFEST, key="costs:scans:manifest")
    if st.button("Import", disabled=not place.strip(), key="costs:scans:import"):
        ask, name = scene.services.inventories, scene.layout.name
        job = errors.tried(lambda: ask.import_report(scene.actor, name, role, place.strip()))
        if job is not None:
            costs.began(job)
            st.rerun()


def _sizes(scene: Scene, mine: Sequence[Source]) -> None:
    """CloudWatch's sizes: totals alone."""
    st.markdown("##### Read CloudWatch's sizes")
    st.caption(
        "AWS counts each bucket once a day: bytes by storage class and the number of objects, "
        "nothing by folder, age or version. A few requests; needs cloudwatch:ListMetrics and "
        "cloudwatch:GetMetricStatistics."
    )
    role = _bucket(mine, "costs:scans:sizes:bucket")
    if st.button("Read them", key="costs:scans:cloudwatch"):
        ask, name = scene.services.inventories, scene.layout.name
        if costs.acted(lambda: ask.take_cloudwatch(scene.actor, name, role)):
            st.rerun()
