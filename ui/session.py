"""What a person is looking at: the project, kept in the address and from page to page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from storage.access import allowed
from storage.layout.profile import Layout
from storage.model.people import Actor, Can
from ui import gate
from ui.text import plain_markdown

_PROJECT = "session:project"


def project(layouts: Mapping[str, Layout]) -> Layout:
    """The project of the address, else the one looked at last, else the first."""
    wanted = st.query_params.get("project", "")
    last = layouts.get(st.session_state.get(_PROJECT, ""))
    chosen = layouts.get(wanted) or last or next(iter(layouts.values()))
    if wanted and wanted != chosen.name:
        shown = plain_markdown(f"There is no project {wanted} here, so this is {chosen.title}.")
        st.info(shown, icon="ℹ️")
    st.session_state[_PROJECT] = chosen.name
    return chosen


def visible_buckets(actor: Actor, layout: Layout) -> list[str]:
    """The roles of the buckets this person may list."""
    return [
        bucket.role
        for bucket in layout.buckets
        if allowed(actor, Can.OBJECT_LIST, layout, bucket.role)
    ]


def go(params: Mapping[str, str]) -> None:
    """Makes `params` the address; who is looked at stays."""
    role = gate.viewed_role()
    st.query_params.from_dict({**params, **({"as": role.value} if role else {})})


def title(words: str) -> None:
    """The top row of a page that is about no project: its title and who looks."""
    left, right = st.columns([3.4, 1], vertical_alignment="center")
    left.subheader(words, anchor=False)
    with right:
        gate.account()


def header(title: str, layouts: Mapping[str, Layout]) -> Layout:
    """The top row every page has: its title, the project and who looks. Returns the project."""
    current = project(layouts)
    left, middle, right = st.columns([2.4, 1, 1], vertical_alignment="center")
    left.subheader(title, anchor=False)
    with middle:
        chosen = st.selectbox(
            "Project",
            list(layouts),
            index=list(layouts).index(current.name),
            format_func=lambda name: layouts[name].title,
            key=f"session:project:{current.name}",
            label_visibility="collapsed",
        )
    with right:
        gate.account()
    if chosen != current.name:
        go({"project": chosen})
        st.rerun()
    return current
