"""The page of somebody who is not signed in: it holds no data, and one button."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st

from storage.errors import NotSignedIn, StorageError
from storage.people.providers import DEFAULT, providers
from ui.text import plain_markdown, visible

SENTENCE = "Find, hear and look after your teams’ audio."
REASON = "sign-in"  # server/deep_link.py puts it into the address
# How the last attempt ended, as server/sign_in.py calls it.
REASONS = {
    "denied": "The sign-in was not completed: the sign-in service says it was declined or stopped.",
    "provider": "The sign-in service did not complete the sign-in. Try again; if it goes on, "
    "tell whoever looks after this console, whose log has the cause.",
    "unreachable": "The sign-in service cannot be reached, or does not answer as it should. "
    "Try again in a minute; if it goes on, tell whoever looks after this console.",
    "stale": "That sign-in was used before, or took too long. Nothing is wrong: sign in again.",
    "ended": "You are signed out, here and in every other tab.",
}
_OVER = "login:over"

# Streamlit's own way to leave the page knows only its own addresses.
_go = st.components.v2.component(
    "soundstage.go", js="export default ({ data }) => window.location.assign(data.url);"
)


def claims() -> dict[str, Any] | None:
    """What the provider said of this tab's person; empty for nobody, None without a login."""
    given: dict[str, Any] = st.user.to_dict()
    if "is_logged_in" not in given:
        return None
    return given if given["is_logged_in"] is True else {}


def leave(error: NotSignedIn) -> NoReturn:
    """Takes everything off this tab and shows the sign-in with why, also from within a fragment,
    a dialog or a callback. The run ends here.
    """
    st.session_state[_OVER] = error
    st.rerun()


def over() -> NotSignedIn | None:
    """Why this tab was left, None for one that was not. Only a new sign-in ends that."""
    found: NotSignedIn | None = st.session_state.get(_OVER)
    return found


def sign_in(error: NotSignedIn | None = None) -> None:
    """The page: why the person is here, if there is anything to say, and the way in."""
    with st.container(key="login", border=True):
        _name(SENTENCE)
        if error is not None:
            st.info(plain_markdown(f"{error.what} {error.remedy}"))
        elif reason := REASONS.get(st.query_params.get(REASON, "")):
            st.info(reason)
        names = providers(st.secrets.get("auth", {}))
        for name in names:
            _way_in(name, first=name == names[0])


def stranger(error: StorageError) -> None:
    """The page of somebody who signed in and has no role: who they are here, and the way out."""
    with st.container(key="login", border=True):
        _name("There is nothing for you here yet.")
        # as text, because it is to be copied: labels have invisible characters in addresses
        st.text(visible(error.what))
        st.text(visible(error.remedy))
        st.button(
            "Sign in as somebody else",
            key="login:other",
            type="primary",
            width="stretch",
            on_click=st.logout,
        )


def _name(sentence: str) -> None:
    st.title(":primary[:material/graphic_eq:] Soundstage", anchor=False)
    st.caption(sentence)


def _way_in(provider: str, *, first: bool) -> None:
    label = "Sign in" if provider == DEFAULT else f"Sign in with {provider.capitalize()}"
    pressed = st.button(
        plain_markdown(label),
        key=f"login:{provider}",
        type="primary" if first else "secondary",
        width="stretch",
    )
    if pressed:
        asked = urlencode({"provider": provider, "next": _here()})
        _go(data={"url": f"/sign-in?{asked}"}, key="login:go")


def _here() -> str:
    """The page and query of this tab's address, to come back to."""
    path = urlsplit(st.context.url or "").path or "/"
    params = st.query_params
    pairs = [(name, one) for name in params if name != REASON for one in params.get_all(name)]
    return f"{path}?{urlencode(pairs)}" if pairs else path
