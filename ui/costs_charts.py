"""Charts of money. Each has a table of the same figures under it; colours are the theme's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import plotly.graph_objects as go
import streamlit as st

from storage.costs.breakdown import Share
from storage.costs.forecast import SURE, Forecast
from storage.costs.whatif import WhatIf
from storage.model.money import money
from storage.units import human_bytes
from ui.text import visible

_MOST = 400  # boxes: smaller ones cannot be seen anyway
_MONTHS = 24
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def treemap(shares: Sequence[Share], currency: str, titles: dict[str, str], *, key: str) -> None:
    """Buckets, and in them what they are broken down by: areas are money."""
    ids, labels, parents, values, texts = [], [], [], [], []
    for node in _nodes(shares, titles):
        ids.append(node[0])
        parents.append(node[1])
        labels.append(node[2])
        values.append(float(node[3]))
        texts.append(f"{money(node[3], currency)}<br>{node[4]:,} objects, {human_bytes(node[5])}")
    figure = go.Figure(
        go.Treemap(
            ids=ids,
            labels=labels,
            parents=parents,
            values=values,
            text=texts,
            branchvalues="total",
            texttemplate="<b>%{label}</b><br>%{text}",
            hovertemplate="<b>%{label}</b><br>%{text}<extra></extra>",
            tiling={"pad": 2},
            marker={"cornerradius": 4, "depthfade": False},
            pathbar={"visible": False},
            maxdepth=3,
        )
    )
    figure.update_layout(margin={"t": 4, "l": 0, "r": 0, "b": 0}, height=340)
    st.plotly_chart(figure, key=key, config=_CONFIG, alt="Costs by area")


_Node = tuple[str, str, str, Decimal, int, int]


def _nodes(shares: Sequence[Share], titles: dict[str, str]) -> Iterator[_Node]:
    """(id, parent, label, amount, objects, bytes): buckets, folders in them, folders in those."""
    sums: dict[tuple[str, ...], list[Decimal | int]] = {}
    for share in shares[:_MOST]:
        path = (share.bucket, *_steps(share.name))
        for depth in range(1, len(path) + 1):
            found = sums.setdefault(path[:depth], [Decimal(0), 0, 0])
            found[0] += share.amount
            found[1] += share.objects
            found[2] += share.bytes
    for path, (amount, objects, stored) in sums.items():
        name = titles.get(path[0], path[0]) if len(path) == 1 else path[-1]
        label = visible(name).replace("<", "‹").replace(">", "›")  # plotly reads tags in labels
        yield "\0".join(path), "\0".join(path[:-1]), label, amount, objects, stored  # type: ignore[misc]


def _steps(name: str) -> list[str]:
    """`users/ann/` in two steps; what has no folder in one."""
    if not name.endswith("/"):
        return [name or "(top level)"]
    return [f"{step}/" for step in name.removesuffix("/").split("/")]


def bars(rows: Sequence[tuple[str, Decimal]], currency: str, *, key: str) -> None:
    """What it is made of, the greatest on top."""
    names = [name for name, _ in rows][::-1]
    amounts = [float(amount) for _, amount in rows][::-1]
    figure = go.Figure(
        go.Bar(
            x=amounts,
            y=names,
            orientation="h",
            text=[money(amount, currency) for _, amount in rows][::-1],
            textposition="auto",
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        margin={"t": 4, "l": 0, "r": 0, "b": 0},
        height=40 + 30 * len(rows),
        xaxis={"visible": False},
        yaxis={"automargin": True, "tickfont": {"size": 12}},
    )
    st.plotly_chart(figure, key=key, config=_CONFIG, alt="Costs by meter")


def pay_back(made: WhatIf, *, key: str) -> None:
    """What is paid in all, as things are and after the change, over two years."""
    months = list(range(_MONTHS + 1))
    now = [float(made.now.total * month) for month in months]
    then = [
        float(made.once.total + made.steady.total * month) if month else 0.0 for month in months
    ]
    figure = go.Figure(
        [
            go.Scatter(x=months, y=now, name="As it is", mode="lines"),
            go.Scatter(x=months, y=then, name="After the change", mode="lines"),
        ]
    )
    figure.update_layout(
        margin={"t": 4, "l": 0, "r": 0, "b": 0},
        height=260,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.12, "x": 0},
        xaxis={"title": "months", "dtick": 6},
        yaxis={"title": f"{made.now.book.currency} in all", "rangemode": "tozero"},
    )
    st.plotly_chart(figure, key=key, config=_CONFIG, alt="Costs in all over two years")


def ahead(made: Forecast, currency: str, *, key: str) -> None:
    """What was, what will be, and between what it will lie."""
    past = [(one.day, float(one.amount)) for one in made.points]
    days = [one.day for one in made.months]
    figure = go.Figure()
    if made.months:
        band = [float(one.high) for one in made.months] + [
            float(one.low) for one in reversed(made.months)
        ]
        figure.add_scatter(
            x=[*days, *reversed(days)],
            y=band,
            fill="toself",
            line={"width": 0},
            opacity=0.25,
            name=f"{SURE} of 100 times within",
            hoverinfo="skip",
        )
        line = [float(one.amount) for one in made.months]
        figure.add_scatter(x=days, y=line, name="Expected", mode="lines", line={"dash": "dot"})
    figure.add_scatter(
        x=[day for day, _ in past],
        y=[amount for _, amount in past],
        name="Measured",
        mode="lines+markers",
    )
    figure.update_layout(
        margin={"t": 4, "l": 0, "r": 0, "b": 0},
        height=300,
        legend={"orientation": "h", "y": 1.12, "x": 0},
        yaxis={"title": f"{currency} a month", "rangemode": "tozero"},
    )
    st.plotly_chart(figure, key=key, config=_CONFIG, alt="Costs by month")
