"""Taking an estimate along: CSV, Parquet, and a page to print."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from storage.costs.gathering import Gathered
from storage.costs.report import as_csv, as_page, as_parquet
from storage.model.money import Estimate
from ui import times
from ui.costs import Scene


def show(scene: Scene, found: Gathered, estimate: Estimate) -> None:
    """The buttons; what they give is made when the page is shown: it is small."""
    now = datetime.now(UTC)
    name = f"costs-{scene.layout.name}-{now:%Y-%m-%d}"
    sources = [
        f"{one.title} ({one.bucket}, {one.region}): {one.scanned.rows:,} rows, "
        f"{one.scanned.source}, {times.local(one.scanned.at)}"
        for one in found.measured
        if one.scanned
    ]
    page = as_page(
        estimate, f"Costs of {scene.layout.title}", sources, (*estimate.notes, *found.notes), now
    )
    with st.container(horizontal=True, key="costs:export"):
        st.download_button("CSV", as_csv(estimate), f"{name}.csv", "text/csv", key="costs:csv")
        st.download_button(
            "Parquet",
            as_parquet(estimate),
            f"{name}.parquet",
            "application/vnd.apache.parquet",
            key="costs:parquet",
        )
        st.download_button("Report to print", page, f"{name}.html", "text/html", key="costs:report")
