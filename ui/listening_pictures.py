"""Pictures of all clips together: how loud they are, and how long for their text. What stands out
can be clicked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from storage.measurements.pace import OUTLIER
from storage.model.audio import AudioLimits
from ui import listening, listening_same
from ui.listening import Scene
from ui.listening_words import plain_plotly

Select = Literal["rerun", "ignore"] | Callable[[], None]

_STEP_LU = 0.5
_QUIETEST, _LOUDEST = -40.0, 0.0  # LUFS; what is beyond is drawn at the edge
_CLOUD = 2_000  # points that stand for the clips that do not stand out
_STAND_OUT = 300
_HEIGHT_PX = 230
_INSIDE, _OUTSIDE = "#5C86E0", "#DD8548"


def show(scene: Scene) -> None:
    """Both pictures side by side, once anything was measured."""
    table = scene.services.review.columns(*scene.place, scene.scope)
    if not table.num_rows:
        return
    known = table["loudness_lufs"].length() - table["loudness_lufs"].null_count
    measured = table["duration_s"].length() - table["duration_s"].null_count
    if not measured:
        st.info("Nothing is measured here yet. “Measure these clips” under More begins it.")
        return
    if measured < table.num_rows:
        st.caption(f"{measured:,} of {table.num_rows:,} clips are measured.")
    left, right = st.columns(2, gap="medium")
    with left:
        if known:
            _loudness(scene, table)
    with right:
        if measured:
            _lengths(scene, table)
    listening_same.show(scene, table)


# -- loudness -------------------------------------------------------------------------------------


def _loudness(scene: Scene, table: pa.Table) -> None:
    st.markdown("###### Loudness")
    levels = np.asarray(table["loudness_lufs"].to_numpy(), dtype=float)
    limits = scene.layout.audio
    edges = np.arange(_QUIETEST, _LOUDEST + _STEP_LU, _STEP_LU)
    bars = np.clip(((levels - _QUIETEST) / _STEP_LU), 0, len(edges) - 2)
    counts = np.bincount(bars[~np.isnan(levels)].astype(int), minlength=len(edges) - 1)
    used = np.flatnonzero(counts)
    figure = _bars(edges, counts, used, limits)
    picked = _clicked(_drawn(figure, "listening:picture:loudness", "rerun"))
    if picked is None:
        st.caption("Click on a bar to see its clips. Orange is outside of what the project allows.")
        return
    inside = np.flatnonzero(~np.isnan(levels) & (bars.astype(int) == int(picked)))
    listening_same.named(scene, table, inside)


def _bars(
    edges: np.ndarray[Any, Any],
    counts: np.ndarray[Any, Any],
    used: np.ndarray[Any, Any],
    limits: AudioLimits,
) -> go.Figure:
    first, last = int(used.min()), int(used.max()) + 1
    middles = edges[first:last] + _STEP_LU / 2
    fine = np.abs(middles - limits.target_lufs) <= limits.tolerance_lu
    figure = go.Figure(
        go.Bar(
            x=middles,
            y=counts[first:last],
            width=_STEP_LU * 0.92,
            customdata=np.arange(first, last),
            marker_color=np.where(fine, _INSIDE, _OUTSIDE),
            hovertemplate="%{x:.1f} LUFS: %{y:,}<extra></extra>",
        )
    )
    figure.add_vrect(
        x0=limits.target_lufs - limits.tolerance_lu,
        x1=limits.target_lufs + limits.tolerance_lu,
        fillcolor=_INSIDE,
        opacity=0.08,
        line_width=0,
    )
    figure.update_layout(xaxis_title="LUFS", yaxis={"tickformat": ",d"})
    return figure


# -- length ---------------------------------------------------------------------------------------


def _lengths(scene: Scene, table: pa.Table) -> None:
    st.markdown("###### Length")
    seconds = np.asarray(table["duration_s"].to_numpy(), dtype=float)
    characters = table["characters"].to_numpy()
    there = np.flatnonzero(~np.isnan(seconds) & (characters > 0))
    if not len(there):
        _plain_lengths(seconds)
        return
    off = np.nan_to_num(np.abs(np.asarray(table["off_pace"].to_numpy(), dtype=float)))
    odd = np.argsort(-off, kind="stable")[:_STAND_OUT]
    odd = odd[off[odd] >= OUTLIER]
    # beside another clip it is drawn anew, with nothing clicked
    key = f"listening:picture:length:{scene.view.at}"

    def opened() -> None:
        if (clicked := _clicked(st.session_state[key])) is not None:
            listening.go(scene.view.with_(at=str(clicked)))

    _drawn(_cloud(table, characters, seconds, there, odd), key, opened)
    st.caption("Click on a point to open its clip. Orange is long or short for its text.")


def _cloud(
    table: pa.Table,
    characters: np.ndarray[Any, Any],
    seconds: np.ndarray[Any, Any],
    there: np.ndarray[Any, Any],
    odd: np.ndarray[Any, Any],
) -> go.Figure:
    rest = np.setdiff1d(there, odd)
    drawn = rest[:: max(1, -(-len(rest) // _CLOUD))]
    figure = go.Figure()
    for name, at, color, size in (("as most", drawn, _INSIDE, 4), ("far off", odd, _OUTSIDE, 9)):
        texts = table["phrase"].take(pa.array(at)).to_pylist()
        figure.add_scatter(
            x=characters[at],
            y=seconds[at],
            mode="markers",
            name=name,
            customdata=table["key"].take(pa.array(at)).to_pylist(),
            text=[plain_plotly(text or "") for text in texts],
            marker={"color": color, "size": size, "opacity": 0.55 if size == 4 else 0.95},
            hovertemplate="%{text}<br>%{x} characters, %{y:.2f} s<extra></extra>",
        )
    figure.update_layout(xaxis_title="Characters", yaxis_title="Seconds", showlegend=False)
    return figure


def _plain_lengths(seconds: np.ndarray[Any, Any]) -> None:
    known = seconds[~np.isnan(seconds)]
    counts, edges = np.histogram(known, bins=min(60, max(10, len(known) // 20)))
    figure = go.Figure(go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, marker_color=_INSIDE))
    figure.update_layout(xaxis_title="Seconds", bargap=0.05, yaxis={"tickformat": ",d"})
    _drawn(figure, "listening:picture:plain-length", "ignore")


# -- both -----------------------------------------------------------------------------------------


def _drawn(figure: go.Figure, key: str, on_select: Select) -> Any:
    """Draws it; what is selected in it."""
    figure.update_layout(
        height=_HEIGHT_PX, margin={"l": 0, "r": 0, "t": 4, "b": 0}, clickmode="event+select"
    )
    return st.plotly_chart(
        figure,
        key=key,
        on_select=on_select,
        selection_mode="points",
        config={"displayModeBar": False},
    )


def _clicked(chosen: Any) -> Any:
    """The customdata of the point that was clicked, else None."""
    points = chosen["selection"]["points"]
    return points[0].get("customdata") if points else None
