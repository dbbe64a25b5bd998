"""Costs, down to the clip: the dearest objects, what is there twice, what each course costs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from storage.costs.gathering import Gathered
from storage.model.money import money
from storage.units import human_bytes
from ui import errors
from ui.costs import Scene
from ui.text import CLASS_TITLES, visible


def show(scene: Scene, found: Gathered) -> None:
    """Down to the clip: the objects that cost most, what is there twice, what each course costs.

    Every row is asked, so only when somebody wants it.
    """
    asked = {"dearest": "The dearest objects", "twice": "There more than once"}
    if scene.services.costs.knows_courses(scene.layout.name):
        asked["courses"] = "By course, and orphans"
    with st.container(border=True, key="costs:closer"):
        st.markdown("##### Down to the clip")
        roles = {one.role: one.title for one in found.measured}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            what = st.segmented_control(
                "What",
                list(asked),
                format_func=lambda one: asked[one],
                key="costs:closer:what",
                label_visibility="collapsed",
            )
            role = st.selectbox(
                "Bucket",
                list(roles),
                format_func=lambda one: roles[one],
                key="costs:closer:role",
                label_visibility="collapsed",
                width=240,
            )
        if what and role:
            rows = errors.tried(lambda: _rows(scene, found, what, role))
            if rows:
                st.dataframe(pd.DataFrame(rows), hide_index=True, key="costs:closer:table")
            elif rows is not None:
                st.caption("Nothing of the kind is there.")


def _rows(scene: Scene, found: Gathered, what: str, role: str) -> list[dict[str, str]]:
    ask, where = scene.services.costs, (scene.actor, scene.layout.name, role)
    currency = found.month.book.name.currency
    if what == "courses":
        return [
            {
                "Course": visible(one.name),
                "Clips": f"{one.clips:,}",
                "Size": human_bytes(one.bytes),
                "A month": money(one.amount, currency),
            }
            for one in ask.by_course(*where)
        ]
    if what == "twice":
        return [
            {
                "Content": visible(" = ".join(one.keys)),
                "Copies": f"{one.copies:,}",
                "Too much": human_bytes(one.wasted),
                "A month": money(one.amount, currency),
            }
            for one in ask.duplicates(*where)
        ]
    return [
        {
            "Object": visible(one.key),
            "Size": human_bytes(one.size),
            "Class": CLASS_TITLES.get(one.storage_class, one.storage_class),
            "State": one.state,
            "A month": money(one.amount, currency),
        }
        for one in ask.dearest(*where, scene.view.prefix)
    ]
