"""Costs, forecast: the months to come, and what so many recordings cost."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from storage.costs.forecast import SURE, rounded
from storage.costs.gathering import Gathered
from storage.costs.recordings import Recordings
from storage.model.money import money, plain
from ui import costs_charts, errors, session
from ui.costs import Scene
from ui.recent import recent
from ui.text import plain_markdown

_COUNTS = (1000, 10_000)


def show(scene: Scene, found: Gathered) -> None:
    """History and what follows from it; then the calculator."""
    _ahead(scene, found)
    _recordings(scene)


def _ahead(scene: Scene, found: Gathered) -> None:
    who, name = scene.actor, scene.layout.name
    made = errors.tried(
        lambda: recent("forecast", (who, name), lambda: scene.services.costs.forecast(who, name))
    )
    if made is None:
        return
    st.markdown("##### Storing, in the months to come")
    if made.why:
        st.info(plain_markdown(made.why))
    if not made.points:
        return
    currency = found.month.book.name.currency
    if len(made.points) > 1:
        costs_charts.ahead(made, currency, key="costs:ahead")
    if made.months:
        frame = pd.DataFrame(
            {
                "Month": [f"{one.day:%Y-%m}" for one in made.months],
                "Expected": [
                    f"{plain(rounded(one.amount, one))} {currency}" for one in made.months
                ],
                f"Within this {SURE} of 100 times": [
                    f"{plain(rounded(one.low, one))} to {plain(rounded(one.high, one))} {currency}"
                    for one in made.months
                ],
            }
        )
    else:
        frame = pd.DataFrame(
            {
                "Day": [f"{one.day}" for one in made.points],
                "A month": [money(one.amount, currency) for one in made.points],
            }
        )
    st.dataframe(frame, hide_index=True, key="costs:ahead:table")


def _recordings(scene: Scene) -> None:
    """1,000 and 10,000 recordings, and any other number."""
    st.markdown("##### What do recordings cost?")
    view, state = scene.view, st.session_state

    def go(name: str) -> None:
        session.go(view.with_(**{name: state[f"costs:recordings:{name}"].strip()}).params())

    with st.container(horizontal=True):
        for name, label in (
            ("count", "Recordings"),
            ("mib", "MiB each"),
            ("plays", "Times each is played a month"),
        ):
            key = f"costs:recordings:{name}"
            state[key] = getattr(view, name)
            st.text_input(label, key=key, width=200, on_change=lambda name=name: go(name))
    size = view.number("mib", 1, 10_000) << 20
    plays = view.number("plays", 0, 10_000)
    counts = sorted({*_COUNTS, view.number("count", 1, 1_000_000_000)})
    found = errors.tried(
        lambda: [
            scene.services.costs.recordings(
                scene.actor, scene.layout.name, count, bytes_each=size, plays=plays
            )
            for count in counts
        ]
    )
    if not found:
        return
    st.dataframe(_table(found), hide_index=True, key="costs:recordings:table")
    for one in found:
        if one.why:
            with st.container(border=True, key="costs:recordings:why"):
                st.markdown(
                    "**Why an old estimate was wrong** (1,000 recordings: 1 USD, 5 to 10 in all)"
                )
                for why in one.why:
                    st.markdown(f"- {plain_markdown(why)}")


def _table(found: list[Recordings]) -> pd.DataFrame:
    meters = ("storage", "put", "get", "out")
    rows = []
    for one in found:
        sums, currency = one.estimate.by("meter"), one.estimate.book.currency
        row = {"Recordings": f"{one.count:,}"}
        for meter, label in zip(meters, ("Storing", "Uploading", "Asking", "Sending"), strict=True):
            row[label] = money(sums[meter,], currency) if (meter,) in sums else "0"
        rows.append({**row, "A month in all": money(one.estimate.total, currency)})
    return pd.DataFrame(rows)
