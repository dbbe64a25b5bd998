"""The Progress tab: how far the listening is, as a whole, by role, by slice and by person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import plotly.graph_objects as go
import streamlit as st

from storage.model.review_progress import Part, PersonPart, Progress
from ui import listening, listening_gate, pace, times
from ui.listening import Scene
from ui.listening_words import VOICES, plain_plotly
from ui.text import visible

# As the player shows verdicts; middle tones, which both themes can carry.
SHADES = {
    "Approved": "#2C9C6E",
    "Rejected": "#D2545F",
    "Second ear": "#8F6FE0",
    "Disputed": "#C79A2B",
    "Changed since": "#DD8548",
    "To hear": "#9AA5B8",
}
_PEOPLE = "By person"  # shown also of one
_NO_SLICE = "-1"  # the introduction's
_ROLES = {**VOICES, "": "Without a role"}
_ROW_PX, _AXIS_PX, _LEGEND_PX, _LEGEND_GAP_PX = 34, 30, 34, 2


def show(scene: Scene) -> None:
    """Figures, then a picture of each division that has more than one part."""
    progress = scene.services.review.progress(*scene.place, scene.scope, since=_midnight())
    if progress.listing.state == "building":
        listening.being_listed(progress.listing)
        return
    _figures(progress)
    if not progress.whole.total:
        st.info("There is nothing to hear here: no clip lies in this bucket for it.")
        return
    listening_gate.show(scene)
    slices = [part for part in progress.by_slice if part.name != _NO_SLICE]
    pictures = [
        ("By slice", _of_parts(slices, _slice)),  # many: a column of its own
        ("By voice", _of_parts(progress.by_role, lambda name: _ROLES.get(name, visible(name)))),
        (_PEOPLE, _of_people(progress.by_person)),
    ]
    shown = [(title, bars) for title, bars in pictures if len(bars.names) > 1 or title == _PEOPLE]
    left, right = st.columns(2, gap="medium")
    for at, (title, bars) in enumerate(one for one in shown if one[1].names):
        with right if at == 0 and len(shown) > 1 else left:
            _draw(title, bars)


def _midnight() -> datetime:
    """When the day of who looks began."""
    return datetime.combine(datetime.now(times.zone()).date(), time(), times.zone())


def _figures(progress: Progress) -> None:
    whole = progress.whole
    figures = [
        ("To hear", whole.left),
        ("Approved", whole.approved),
        ("Rejected", whole.rejected),
        ("Second ear", whole.second_ear),
        ("Disputed", whole.disputed),
        ("Changed since", whole.void),
        ("By you today", progress.today),
    ]
    for column, (title, number) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(title, f"{number:,}", border=True)
    words = [f"{whole.heard:,} of {whole.total:,} clips heard"]
    if progress.missing:
        words.append(f"{progress.missing:,} more are in the course and not in the bucket")
    if progress.pace_per_hour:
        words.append(f"{progress.pace_per_hour:,.0f} an hour")
    if progress.minutes_left:
        words.append(pace.time_left(progress.minutes_left * 60, 1.0))
    st.caption(" · ".join(words))


@dataclass(frozen=True, slots=True)
class _Bars:
    """Names from the top down, and for each kind of clip as many numbers."""

    names: Sequence[str]
    counts: Mapping[str, Sequence[int]]


def _of_parts(parts: Sequence[Part], named: Callable[[str], str]) -> _Bars:
    counts = {
        "Approved": [part.approved for part in parts],
        "Rejected": [part.rejected for part in parts],
        "Disputed": [part.disputed for part in parts],
        "Second ear": [part.second_ear for part in parts],
        "Changed since": [part.void for part in parts],
        "To hear": [_unheard(part) for part in parts],
    }
    return _Bars([named(part.name) for part in parts], counts)


def _slice(name: str) -> str:
    """Slices are counted from 0 in manifests."""
    return f"Slice {int(name) + 1}" if name.isdigit() else visible(name)


def _unheard(part: Part) -> int:
    return part.total - part.approved - part.rejected - part.disputed - part.second_ear - part.void


def _of_people(people: Sequence[PersonPart]) -> _Bars:
    counts = {
        "Approved": [one.approved for one in people],
        "Rejected": [one.rejected for one in people],
        "Second ear": [one.second_ear for one in people],
    }
    return _Bars([visible(one.name) for one in people], counts)


def _draw(title: str, bars: _Bars) -> None:
    """Stacked, one bar a name, from the first name down; kinds that nobody has are left out."""
    st.markdown(f"###### {title}")
    names = bars.names
    figure = go.Figure()
    for kind, numbers in bars.counts.items():
        if any(numbers):
            figure.add_bar(
                name=kind,
                y=list(range(len(names))),
                x=numbers,
                orientation="h",
                marker_color=SHADES[kind],
                customdata=names,
                hovertemplate="%{customdata}: %{x:,}<extra>" + kind + "</extra>",
            )
    figure.update_layout(
        barmode="stack",
        height=_LEGEND_PX + _AXIS_PX + _ROW_PX * len(names),
        margin={"l": 0, "r": 0, "t": _LEGEND_PX, "b": 0},
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1 + _LEGEND_GAP_PX / (_ROW_PX * len(names)),  # in heights of what is drawn
            "traceorder": "normal",
        },
        # numbered, and the names put beside: equal names are still two bars
        yaxis={
            "autorange": "reversed",
            "tickvals": list(range(len(names))),
            "ticktext": [plain_plotly(name) for name in names],
        },
        xaxis={"tickformat": ",d", "rangemode": "tozero"},
    )
    st.plotly_chart(figure, key=f"listening:{title}", config={"displayModeBar": False})
