"""Settings, API tokens: making one, seeing it once, ending it."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from storage.bootstrap import Services
from storage.model.accounts import TOKEN_CANS, Token
from storage.model.people import Actor, Can
from storage.people.tokens import NewToken
from storage.units import human_seconds
from ui import errors, times
from ui.gate import ROLE_TITLES
from ui.log_rows import ACTION_TITLES
from ui.text import plain_markdown, visible

_FRESH = "settings:fresh-token"  # the secret, until its maker has it
_LIVES_S = tuple(days * 86_400 for days in (1, 7, 30, 90, 365))
_NOTE_MAX = 500


def show(services: Services, actor: Actor) -> None:
    """A fresh token's secret, the list, and the ways to make and to end one."""
    with errors.shown():
        tokens = services.tokens.list(actor)
    if _fresh():
        return  # nothing else until they have it; the form forgets what was typed
    if tokens:
        st.dataframe([_row(services, token) for token in tokens], hide_index=True, width="stretch")
    else:
        st.info("There is no API token yet. Scripts and the command line sign in with one.")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### New token")
        _create(services, actor)
    working = {token.id: token for token in tokens if _state(token) == "works"}
    if working:
        with right:
            st.markdown("##### End a token")
            _revoke(services, actor, working)


def _fresh() -> bool:
    made: NewToken | None = st.session_state.get(_FRESH)
    if made is None:
        return False
    with st.container(border=True, key="settings:fresh"):
        st.markdown(f"**{plain_markdown(made.token.name)}** is made. Copy it now:")
        st.code(str(made.secret), language=None)
        st.caption(
            "It is shown this once and kept nowhere. For the command line set it as "
            "SOUNDSTAGE_TOKEN; over HTTP send it as Authorization: Bearer."
        )
        st.button("I have it", key="settings:have-it", on_click=_had)
    return True


def _had() -> None:
    st.session_state.pop(_FRESH, None)  # the second press of a double click finds it gone


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return "ended"
    return "works" if token.expires_at > datetime.now(UTC) else "expired"


def _row(services: Services, token: Token) -> dict[str, str]:
    scope, layouts = token.scope, services.layouts
    used = token.last_used_at
    return {
        "Name": visible(token.name),
        "State": _state(token),
        "Acts for": visible(token.owner_name),
        "As": ", ".join(ROLE_TITLES[role] for role in ROLE_TITLES if role in token.roles),
        "May": ", ".join(can for can in Can if can in scope.permissions),
        "In": ", ".join(
            visible(layouts[name].title if name in layouts else name)
            for name in sorted(scope.layouts)
        )
        or "every project",
        "Until": times.local(token.expires_at),
        "Last used": times.local(used) if used else "never",
        "Made": times.local(token.created_at),
        "Id": token.id,
    }


def _create(services: Services, actor: Actor) -> None:
    with st.form("settings:new-token"):
        name = st.text_input("Name", key="settings:token-name", placeholder="Such as: nightly copy")
        roles = st.multiselect(
            "Acts with these of your roles",
            [role for role in ROLE_TITLES if role in actor.roles],
            format_func=ROLE_TITLES.__getitem__,
            key="settings:token-roles",
        )
        cans = st.multiselect(
            "May do",
            [can for can in Can if can in TOKEN_CANS],
            format_func=lambda can: f"{ACTION_TITLES[can]} ({can})",
            key="settings:token-cans",
        )
        layouts = st.multiselect(
            "In these projects",
            list(services.layouts),
            format_func=lambda one: services.layouts[one].title,
            key="settings:token-layouts",
            placeholder="Every project",
        )
        life = st.selectbox(
            "Works for", _LIVES_S, index=2, format_func=human_seconds, key="settings:token-life"
        )
        why = st.text_input("Why", key="settings:token-why", max_chars=_NOTE_MAX)
        pressed = st.form_submit_button("Make the token", type="primary", key="settings:make-token")
    if not pressed:
        return
    made = errors.tried(
        lambda: services.tokens.create(
            actor,
            name=name or "",
            roles=frozenset(roles),
            permissions=frozenset(cans),
            layouts=frozenset(layouts),
            expires_s=life,
            note=(why or "").strip(),
        )
    )
    if made is not None:
        st.session_state[_FRESH] = made
        st.rerun()


def _revoke(services: Services, actor: Actor, working: dict[str, Token]) -> None:
    with st.form("settings:revoke-token", clear_on_submit=True):
        chosen = st.selectbox(
            "Token",
            list(working),
            index=None,
            format_func=lambda one: visible(f"{working[one].name} ({one})"),
            key="settings:token",
            placeholder="Choose a token",
        )
        why = st.text_input("Why", key="settings:token-end-why", max_chars=_NOTE_MAX)
        st.caption("Whatever uses it is refused from then on. It cannot be undone.")
        pressed = st.form_submit_button(
            "End the token", type="primary", key="danger:settings:token"
        )
    if not pressed:
        return
    if chosen is None:
        st.warning("Choose a token first.")
        return
    if errors.tried(lambda: services.tokens.revoke(actor, chosen, (why or "").strip())):
        st.rerun()
