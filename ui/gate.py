"""Who is it, and what may they do. Without login there is one local person, who may "view as"."""

from __future__ import annotations

import secrets

import streamlit as st

from storage.model.people import Actor, Role, local_actor

ROLE_TITLES = {
    Role.EDITOR: "Content editor",
    Role.QA: "QA listener",
    Role.OPERATOR: "Operator",
    Role.VIEWER: "Viewer",
    Role.ADMIN: "Admin",
}
EVERYTHING = "everyone"
_CHOICE = "gate:view-as"
_KEPT = "gate:role"


def actor() -> Actor:
    """The person of this session, with the roles they look at the console with."""
    role = viewed_role()
    return local_actor(
        frozenset({role}) if role else frozenset(Role),
        # None on this machine itself; one id a run, which is what a press of a button is here
        address=st.context.ip_address or "127.0.0.1",
        request_id=secrets.token_hex(8),
    )


def viewed_role() -> Role | None:
    """The one role chosen under "View as", None for all of them: the address's, else the last."""
    raw = st.query_params.get("as", st.session_state.get(_KEPT, ""))
    role = Role(raw) if raw in Role.__members__.values() else None
    st.session_state[_KEPT] = role.value if role else ""
    return role


def view_as() -> None:
    """The switch, for the page's header; the choice holds for this browser tab."""
    st.session_state[_CHOICE] = viewed_role() or ""
    st.selectbox(
        "View as",
        ["", *ROLE_TITLES],
        key=_CHOICE,
        format_func=lambda role: f"View as: {ROLE_TITLES[role] if role else EVERYTHING}",
        help="See the console as this kind of person sees it.",
        label_visibility="collapsed",
        on_change=_keep,
    )


def _keep() -> None:
    # the menu's links carry no query string, so the choice is kept beside the address as well
    st.session_state[_KEPT] = st.session_state[_CHOICE]
    if st.session_state[_CHOICE]:
        st.query_params["as"] = st.session_state[_CHOICE]
    else:
        st.query_params.pop("as", None)
