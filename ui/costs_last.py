"""Costs, last month: the closed month's estimate beside the real bill, each difference named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import streamlit as st

from storage.costs.comparing import FAMILIES
from storage.costs.estimate import METERS
from storage.costs.gathering import Gathered
from storage.costs.service import LastMonth
from storage.model.money import added, money
from ui import costs, errors, session
from ui.costs import Scene
from ui.recent import forget, recent
from ui.text import CLASS_TITLES, plain_markdown

_BASIS = {
    "scans": "Estimated from the scans of that month.",
    "dates": "There was no scan in that month: it is rebuilt from the dates of what is there now. "
    "What was deleted since is not in it.",
    "none": "Nothing was measured, so nothing can be estimated.",
}
_MONTHS = 12


def show(scene: Scene, _found: Gathered) -> None:
    """The month, its estimate and its bill."""
    who, name, month = scene.actor, scene.layout.name, scene.view.month
    made = errors.tried(
        lambda: recent(
            "last", (who, name, month), lambda: scene.services.costs.last_month(who, name, month)
        )
    )
    if made is None:
        return
    _choice(scene, made)
    st.caption(_BASIS[made.basis])
    currency = made.estimate.book.currency
    left, middle, right = st.columns(3)
    left.metric("Estimated", money(made.estimate.total, currency), border=True)
    if made.bill is None:
        middle.metric("Billed", "no bill yet", border=True)
        if made.estimate.lines:
            st.dataframe(_estimated(made), hide_index=True, key="costs:last:lines")
    else:
        billed = added(one.billed for one in made.differences)
        middle.metric("Billed", money(billed, made.bill.currency), border=True)
        right.metric("Difference", money(billed - made.estimate.total, currency), border=True)
        st.dataframe(_table(made), hide_index=True, key="costs:last:table")
        other = money(made.bill.other, made.bill.currency)
        st.caption(plain_markdown(f"{made.bill.source}. Other services in it: {other}."))
        if scene.may_manage:
            _assume(scene, made.period.name)
    costs.notes(made.estimate.notes)
    if scene.may_manage:
        _take(scene)


def _choice(scene: Scene, made: LastMonth) -> None:
    key, state = "costs:last:month", st.session_state
    months, at = [], datetime.now(UTC).replace(day=1)
    for _ in range(_MONTHS):
        at = (at - timedelta(days=1)).replace(day=1)
        months.append(f"{at:%Y-%m}")
    if made.period.name not in months:
        months.append(made.period.name)
    state[key] = made.period.name
    st.selectbox(
        "Month",
        months,
        key=key,
        width=180,
        on_change=lambda: session.go(scene.view.with_(month=state[key]).params()),
    )


def _table(made: LastMonth) -> pd.DataFrame:
    currency = made.estimate.book.currency
    rows = made.differences
    return pd.DataFrame(
        {
            "Line": [FAMILIES[one.family] for one in rows],
            "Estimated": [money(one.estimated, currency) for one in rows],
            "Billed": [money(one.billed, currency) for one in rows],
            "Difference": [money(one.difference, currency) for one in rows],
            "Why": [one.why or "agrees" for one in rows],
        }
    )


def _estimated(made: LastMonth) -> pd.DataFrame:
    sums = made.estimate.by("meter", "storage_class")
    return pd.DataFrame(
        {
            "Line": [METERS[meter] for meter, _ in sums],
            "Class": [CLASS_TITLES.get(name, name) for _, name in sums],
            "Estimated": [money(amount, made.estimate.book.currency) for amount in sums.values()],
        }
    )


def _assume(scene: Scene, period: str) -> None:
    """The bill's traffic as what Now assumes, in one click."""
    ledger, name = scene.services.ledger, scene.layout.name
    values = errors.tried(lambda: ledger.bill_traffic(scene.actor, name, period))
    if not values:
        return
    words = ", ".join(f"{one} {_grouped(value)}" for one, value in values.items())
    if st.button(
        f"Assume {period}'s requests and data out in Now",
        key="costs:last:assume",
        help="Each can be changed under Assumptions in Now, or emptied to go back.",
    ) and costs.acted(lambda: ledger.assume(scene.actor, name, values)):
        session.go(scene.view.with_(part="", month="").params())
        st.rerun()
    st.caption(plain_markdown(words))


def _grouped(value: str) -> str:
    return f"{Decimal(value):,}"


def _take(scene: Scene) -> None:
    with st.expander("Take in a bill", key="costs:bill"):
        st.caption(
            "AWS's Cost and Usage Report (CSV, also packed by gzip, or Parquet; old or 2.0), or "
            "Cost Explorer's CSV by usage type. It stays in the console's own database."
        )
        file = st.file_uploader(
            "Report", ["csv", "gz", "parquet"], key="costs:bill:file", label_visibility="collapsed"
        )
        if file is None or not st.button("Take it in", type="primary", key="costs:bill:take"):
            return
        name = scene.layout.name
        taken = errors.tried(
            lambda: scene.services.ledger.take_bills(scene.actor, name, file.getvalue(), file.name)
        )
        if taken:
            forget()
            session.go(scene.view.with_(month=taken[-1].period).params())
            st.rerun()
