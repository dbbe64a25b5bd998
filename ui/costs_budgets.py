"""Budgets: set on Costs, seen on Costs, Home and Activity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

import streamlit as st

from storage.access import allowed_console
from storage.bootstrap import Services
from storage.costs.budget import BudgetState
from storage.costs.gathering import Gathered
from storage.errors import StorageError
from storage.model.money import money
from storage.model.people import Actor, Can
from ui import costs, errors
from ui.costs import Scene
from ui.costs_view import CostsView
from ui.recent import forget, recent
from ui.text import plain_markdown


def show(scene: Scene, found: Gathered) -> None:
    """All budgets of the project, and a form for another."""
    states = errors.tried(lambda: load(scene.services, scene.actor, scene.layout.name))
    if states is None:
        return
    if not states:
        st.info("There is no budget yet. Set what this project, or one bucket, may cost a month.")
    for state in states:
        _one(scene, state)
    if scene.may_manage:
        _form(scene, found)
        _telling(scene, states)


def load(services: Services, actor: Actor, layout: str = "") -> tuple[BudgetState, ...]:
    """The budgets of a project, else of all, as of a moment ago."""
    return recent(
        f"budgets:{layout}", (actor, layout), lambda: services.budgets.states(actor, layout)
    )


def crossed(services: Services, actor: Actor) -> None:
    """On Home and Activity: the budgets that are reached, for who may see costs. A failure here
    is the Costs page's to tell."""
    if not allowed_console(actor, Can.COST_READ):
        return
    try:
        states = load(services, actor)
    except StorageError:
        return
    for state in states:
        if state.crossed:
            st.warning(f"**Budget** {_words(state)}", icon="💰")
            # not within the box: a link of markdown opens another tab
            st.html(f'<a href="{escape(costs.href(_view(state)))}">Open costs</a>')


def _view(state: BudgetState) -> CostsView:
    return CostsView(state.budget.layout, "budgets")


def _words(state: BudgetState) -> str:
    top = state.crossed[-1]
    spent = "was reached" if top.measure == "actual" else "will be reached"
    return plain_markdown(f"{state.words()}: {top.threshold} % {spent}.")


def _one(scene: Scene, state: BudgetState) -> None:
    budget = state.budget
    with st.container(border=True, key=f"costs:budget:{budget.id}"):
        left, middle, right = st.columns([1.4, 2.4, 0.6], vertical_alignment="center")
        left.markdown(
            f"**{plain_markdown(state.title)}**  \n{money(budget.amount, budget.currency)} a month"
        )
        share = float(min(state.percent, Decimal(100))) / 100
        spent, expected = (
            money(state.spent, budget.currency),
            money(state.expected, budget.currency),
        )
        middle.progress(
            share, f"{spent} so far in {state.period}; {expected} expected ({state.percent:.0f} %)"
        )
        if state.crossed:
            middle.markdown(f":red[{_words(state)}]")
        marks = ", ".join(f"{one} %" for one in budget.thresholds)
        middle.caption(f"Told at {marks}. Set by {plain_markdown(budget.by_name)}.")
        if scene.may_manage and right.button("Remove", key=f"costs:budget:remove:{budget.id}"):
            ledger = scene.services.ledger
            if costs.acted(lambda: ledger.remove_budget(scene.actor, budget.id)):
                st.rerun()


def _form(scene: Scene, found: Gathered) -> None:
    titles = {"": "The whole project", **{one.role: one.title for one in found.sources}}
    with st.form("costs:budget", width=640):
        st.markdown("##### Set a budget")
        left, right = st.columns(2)
        role = left.selectbox(
            "For", list(titles), format_func=lambda one: titles[one], key="costs:budget:role"
        )
        amount = right.number_input(
            f"{found.month.book.name.currency} a month",
            min_value=0.0,
            value=20.0,
            step=1.0,
            key="costs:budget:amount",
        )
        marks = st.multiselect(
            "Tell at",
            [50, 80, 90, 100, 120],
            default=[80, 100],
            key="costs:budget:at",
            format_func=lambda one: f"{one} %",
        )
        pressed = st.form_submit_button("Set budget", type="primary", key="costs:budget:set")
    if pressed:
        ledger, name = scene.services.ledger, scene.layout.name
        wanted = Decimal(str(amount))
        if errors.tried(lambda: ledger.put_budget(scene.actor, name, role or "", wanted, marks)):
            forget()
            st.rerun()


def _telling(scene: Scene, states: Sequence[BudgetState]) -> None:
    """The webhook: each threshold is told once a month."""
    if not scene.services.budgets.tells:
        st.caption("Set COST_WEBHOOK to have a chat or another program told of what is reached.")
        return
    waiting = errors.tried(lambda: scene.services.budgets.untold(scene.actor)) or 0
    st.caption(
        "The webhook is told of each threshold once a month, by itself: after each scan and daily. "
        f"{waiting} not told yet."
    )
    if waiting and st.button("Tell it now", key="costs:budget:tell"):
        told = errors.tried(lambda: scene.services.budgets.tell(scene.actor))
        if told is not None:
            st.success(f"Told of {len(told)} of {len(states)} budgets.")
