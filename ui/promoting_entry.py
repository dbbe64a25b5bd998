"""The ways to Promote from other pages: what is looked at there goes along."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from storage.access import allowed
from storage.layout.profile import Layout
from storage.model.people import Actor, Can
from storage.model.review import Scope
from ui import gate, promoting, promoting_new
from ui.promoting_view import PromoteView


def may_plan(actor: Actor, layout: Layout, role: str = "") -> bool:
    """Whether to offer planning a release of what the bucket of `role` holds."""
    rules = layout.promotion
    return (
        rules is not None
        and role in ("", rules.source)
        and allowed(actor, Can.PROMOTE_PLAN, layout, rules.target)
    )


def plan_href(layout: str, *, course: str = "", prefix: str = "", selection: str = "") -> str:
    """The address of a plan that is begun with that scope; several courses have commas between."""
    view = PromoteView(layout, "plan", course=course, prefix=prefix, selection=selection)
    return promoting.href(view)


def selection(actor: Actor, layout: Layout, role: str, keys: Sequence[str]) -> None:
    """The press that takes ticked objects along."""
    if not may_plan(actor, layout, role):
        return
    if st.button("Promote", key="promoting:from-browse", type="tertiary"):
        promoting_new.hand_over(layout.name, keys)
        who = gate.viewed_role()
        shown = {"as": who.value} if who else {}
        view = PromoteView(layout.name, "plan", kind="keys").params()
        st.switch_page("../pages/promote.py", query_params={**view, **shown})


def folder(actor: Actor, layout: Layout, role: str, prefix: str) -> None:
    """The link that takes a folder along."""
    if prefix and may_plan(actor, layout, role):
        promoting.link("Promote this folder", plan_href(layout.name, prefix=prefix))


def heard(actor: Actor, layout: Layout, role: str, scope: Scope) -> None:
    """The link that takes along what is listened to."""
    if scope.name and may_plan(actor, layout, role):
        promoting.link("Promote these clips", plan_href(layout.name, **{scope.kind: scope.name}))
