"""Costs, now: what a month costs, of what that is made, and what of it is for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

import pandas as pd
import streamlit as st

from storage.costs.assumed import ACCOUNT
from storage.costs.breakdown import DIMENSIONS, Share, Waste, breakdown, wasted
from storage.costs.estimate import METERS
from storage.costs.gathering import Gathered
from storage.model.money import Estimate, added, money
from storage.units import human_bytes
from ui import costs, costs_charts, costs_closer, costs_export, session
from ui.costs import Scene
from ui.text import CLASS_TITLES, visible

_TRAFFIC = frozenset({"put", "list", "get", "kms", "out", "replication", "replication-put"})
_TABLE_ROWS, _TABLE_PX = 7, 300
_PRESETS = {"versions": "versions", "uploads": "uploads", "markers": "versions", "small": "delete"}


def show(scene: Scene, found: Gathered) -> None:
    """All of the part."""
    estimate = found.month.estimate()
    _figures(found, estimate)
    left, right = st.columns([2.1, 1], gap="medium")
    with left:
        _by(scene, found, estimate)
    with right:
        _made_of(estimate)
        _for_nothing(scene, found, estimate)
    _side_by_side(found, estimate)
    costs.notes((*estimate.notes, *found.notes))
    _assumptions(scene, found, estimate)
    costs_closer.show(scene, found)
    costs_export.show(scene, found, estimate)


def _figures(found: Gathered, estimate: Estimate) -> None:
    currency = estimate.book.currency
    storing = added(line.amount for line in estimate.lines if line.meter not in _TRAFFIC)
    traffic = added(line.amount for line in estimate.lines if line.meter in _TRAFFIC)
    waste = added(one.amount for one in wasted(found.month, estimate))
    rows = sum(one.scanned.rows for one in found.measured if one.scanned)
    stored = sum(one.scanned.bytes for one in found.measured if one.scanned)
    for place, (label, value, words) in zip(
        st.columns(4),
        (
            ("A month, as things are", money(estimate.total, currency), costs.size(rows, stored)),
            ("Storing", money(storing, currency), _percent(storing, estimate.total)),
            ("Requests and data out", money(traffic, currency), _percent(traffic, estimate.total)),
            ("Paid for nothing", money(waste, currency), _percent(waste, estimate.total)),
        ),
        strict=True,
    ):
        place.metric(
            label, value, words, delta_color="off", delta_arrow="off", border=True, height="stretch"
        )


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:.0f} % of it" if whole else "nothing yet"


def _by(scene: Scene, found: Gathered, estimate: Estimate) -> None:
    """The treemap, and the same as a table."""
    key, state, view = "costs:by", st.session_state, scene.view
    state[key] = view.by
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### Storing, by")
        st.segmented_control(
            "By",
            list(DIMENSIONS),
            format_func=lambda name: DIMENSIONS[name],
            key=key,
            on_change=lambda: session.go(view.with_(by=state[key] or view.by).params()),
            label_visibility="collapsed",
        )
    shares = breakdown(found.month, found.folders, view.by, costs.on(found))
    titles = {one.bucket: one.title for one in found.sources}
    named = [_named(scene, view.by, share) for share in shares]
    if not added(share.amount for share in shares):
        st.info("Storing this costs nothing that can be drawn.")
        return
    currency = estimate.book.currency
    costs_charts.treemap(named, currency, titles, key=f"costs:map:{view.by}")
    _shares_table(named, currency, titles, DIMENSIONS[view.by])


def _named(scene: Scene, by: str, share: Share) -> Share:
    """With the name people know a kind or class by."""
    titles = {kind.kind: kind.title for kind in scene.layout.kinds}
    name = share.name
    if by == "kind":
        name = titles.get(name, "no known kind")
    elif by == "storage_class":
        name = CLASS_TITLES.get(name, name)
    return Share(share.bucket, name, share.objects, share.bytes, share.amount)


def _shares_table(
    shares: Sequence[Share], currency: str, titles: dict[str, str], label: str
) -> None:
    whole = added(share.amount for share in shares)
    frame = pd.DataFrame(
        {
            "Bucket": [titles.get(one.bucket, one.bucket) for one in shares],
            label: [visible(one.name) or "(top level)" for one in shares],
            "Objects": [one.objects for one in shares],
            "Size": [human_bytes(one.bytes) for one in shares],
            "A month": [money(one.amount, currency) for one in shares],
            "Share": [float(one.amount / whole) if whole else 0.0 for one in shares],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        height=_TABLE_PX if len(frame) > _TABLE_ROWS else "auto",
        key="costs:shares",
        column_config={
            "Objects": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
    )


def _made_of(estimate: Estimate) -> None:
    with st.container(border=True, key="costs:made-of"):
        st.markdown("##### Made of")
        sums = sorted(estimate.by("meter").items(), key=lambda one: -one[1])
        rows = [(METERS[meter], amount) for (meter,), amount in sums if amount]
        if rows:
            costs_charts.bars(rows, estimate.book.currency, key="costs:bars")
        else:
            st.caption("Nothing is billed.")


def _for_nothing(scene: Scene, found: Gathered, estimate: Estimate) -> None:
    with st.container(border=True, key="costs:waste"):
        st.markdown("##### Paid for nothing")
        waste = wasted(found.month, estimate)
        if not waste:
            st.caption("No earlier versions, unfinished uploads or padded small objects.")
        for one in waste:
            _waste(scene, one, estimate.book.currency)


def _waste(scene: Scene, one: Waste, currency: str) -> None:
    what = scene.view.with_(part="whatif", what=_PRESETS[one.code], older="0")
    counted = costs.size(one.objects, one.bytes) if one.objects else ""
    st.markdown(f"**{one.title}: {money(one.amount, currency)}**  \n:gray[{counted}]")
    st.html(f'<a href="{escape(costs.href(what))}">What if they went?</a>')


def _side_by_side(found: Gathered, estimate: Estimate) -> None:
    """A row a line of the bill, a column a bucket: stage and prod side by side."""
    st.markdown("##### Line by line")
    sums = estimate.by("meter", "storage_class", "tier", "group")
    rows = sorted({key[:3] for key in sums}, key=lambda key: (list(METERS).index(key[0]), key[1:]))
    currency = estimate.book.currency
    buckets = {one.bucket: one.title for one in found.measured}
    data: dict[str, list[str]] = {
        "Line": [METERS[meter] for meter, _, _ in rows],
        "Class": [CLASS_TITLES.get(name, name) for _, name, _ in rows],
        "Tier": [tier for _, _, tier in rows],
    }
    zero = Decimal(0)
    for bucket, title in buckets.items():
        data[title] = [money(sums.get((*row, bucket), zero), currency) for row in rows]
    data["All"] = [
        money(added(sums.get((*row, bucket), zero) for bucket in buckets), currency) for row in rows
    ]
    totals = estimate.by("group")
    data["Line"].append("Total a month")
    data["Class"].append("")
    data["Tier"].append("")
    for bucket, title in buckets.items():
        data[title].append(money(totals.get((bucket,), zero), currency))
    data["All"].append(money(estimate.total, currency))
    st.dataframe(pd.DataFrame(data), hide_index=True, key="costs:lines")


def _assumptions(scene: Scene, found: Gathered, estimate: Estimate) -> None:
    """What is taken for granted, to be changed in place."""
    with st.expander(f"Assumptions ({len(estimate.assumptions)})", key="costs:assumptions"):
        st.caption(
            "What nobody measured is assumed. Type a value to change it; empty it to let what is "
            "measured or usual count again. Objects deleted before their class's minimum days are "
            "never measured: once gone they are in no list. Enter a share of the young ones; a "
            "bill tells it afterwards."
        )
        editable = [one for one in estimate.assumptions if one.name != "month_days"]
        frame = pd.DataFrame(
            {
                "Assumption": [_about(found, one.name) for one in editable],
                "Meaning": [one.text for one in editable],
                "Value": [one.value for one in editable],
                "Unit": [one.unit for one in editable],
                "From": [one.by for one in editable],
            }
        )
        edited = st.data_editor(
            frame,
            hide_index=True,
            key="costs:assume",
            disabled=True if not scene.may_manage else ["Assumption", "Meaning", "Unit", "From"],
        )
        changed = {
            one.name: str(value or "").strip()
            for one, value in zip(editable, edited["Value"], strict=True)
            if str(value or "").strip() != one.value
        }
        if changed and st.button("Save assumptions", type="primary", key="costs:assume:save"):
            ledger, name = scene.services.ledger, scene.layout.name
            if costs.acted(lambda: ledger.assume(scene.actor, name, changed)):
                st.rerun()


def _about(found: Gathered, name: str) -> str:
    role, _, short = name.rpartition(".")
    source = found.source(role)
    where = source.title if source else "Account"
    return (
        f"{where}: {short.replace('_', ' ')}"
        if short not in ACCOUNT
        else f"Account: {short.replace('_', ' ')}"
    )
