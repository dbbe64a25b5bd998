"""Taking a release along, and comparing its plan with another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from storage.errors import StorageError
from storage.model.money import Estimate
from storage.model.releases import Release
from storage.promotion.report import as_page
from ui import errors, promoting, promoting_words
from ui.promoting import Scene
from ui.promoting_view import STATE_TITLES
from ui.text import plain_markdown, visible

_REPORT_ROWS = 2_000  # some 40 printed pages
_NAMED = 50  # keys of a comparison in each list
_OTHERS = 50  # of the newest releases
_LISTS: Mapping[str, str] = {
    "added": "Only in this plan",
    "gone": "Only in the other",
    "state": "Of another state",
    "source": "With other content to copy",
    "destination": "With other content live",
}


def show(scene: Scene, release: Release, cost: Estimate | None) -> None:
    """What can be taken along; it is made when it is asked for. `cost` is None for who may not see
    money.
    """
    place = (scene.actor, scene.layout.name, release.id)
    promotions, lookback = scene.services.promotions, scene.services.lookback
    name = f"{release.kind}-{release.id}"
    with st.container(horizontal=True, vertical_alignment="center", key="promoting:export"):
        st.download_button(
            "Plan as JSON",
            lambda: promotions.export(*place),
            f"{name}.json",
            "application/json",
            key="promoting:json",
            on_click="ignore",
        )
        st.download_button(
            "Rows as CSV",
            lambda: lookback.csv(*place),
            f"{name}.csv",
            "text/csv",
            key="promoting:csv",
            on_click="ignore",
        )
        st.download_button(
            "Report to print",
            lambda: _report(scene, release, cost),
            f"{name}.html",
            "text/html",
            key="promoting:report",
            on_click="ignore",
        )
        _choose_other(scene, release)
    if scene.view.against:
        _compared(scene, release)


def _report(scene: Scene, release: Release, cost: Estimate | None) -> str:
    rows = scene.services.promotions.rows(
        scene.actor, scene.layout.name, release.id, limit=_REPORT_ROWS
    )
    costs = "" if cost is None else promoting_words.costs(cost)
    return as_page(release, promoting_words.gate_title, rows, datetime.now(UTC), cost=costs)


def _choose_other(scene: Scene, release: Release) -> None:
    found = scene.services.promotions.history(scene.actor, scene.layout.name, limit=_OTHERS)
    others = {one.id: one for one in found if one.id != release.id}
    against = scene.view.against
    ids = list(dict.fromkeys([*others, *([against] if against else [])]))
    if not ids:
        return
    state, key = st.session_state, "promoting:against"
    state[key] = against or None

    def named(one: str) -> str:
        return f"{one}  {promoting.title(others[one])}" if one in others else visible(one)

    st.selectbox(
        "Compare with",
        ids,
        key=key,
        format_func=named,
        placeholder="Compare with another plan",
        label_visibility="collapsed",
        width=340,
        on_change=lambda: promoting.go(scene.view.with_(against=state[key] or "")),
    )


def _compared(scene: Scene, release: Release) -> None:
    place = (scene.actor, scene.layout.name)
    try:
        told = scene.services.promotions.compare(*place, scene.view.against, release.id)
    except StorageError as error:
        errors.box(error)  # the release itself is there all the same
        return
    with st.container(border=True, key="promoting:compared"):
        words = "Both plans are the same." if told["same"] else "What this plan does otherwise"
        st.markdown(plain_markdown(words))
        for name, title in _LISTS.items():
            if told["counts"][name]:
                _list(f"{title}: {told['counts'][name]:,}", told[name])
        if not told["same"] and not any(told["counts"].values()):
            st.caption("Every object is the same; gates or manifests are others.")


def _list(title: str, rows: list[Any]) -> None:
    with st.expander(title):
        lines = [_line(row) for row in rows[:_NAMED]]
        if len(rows) > _NAMED:
            lines.append("… and more")
        st.code("\n".join(lines), language=None, wrap_lines=True)


def _line(row: Any) -> str:
    if isinstance(row, str):
        return visible(row)
    return f"{visible(row['key'])}: {STATE_TITLES[row['old']]} → {STATE_TITLES[row['new']]}"
