"""Who is it, and what may they do. Without a login there is one local person with all roles.

`enter` is the first thing of every run of the script. A fragment's run skips the script: there the
library asks again, by the session that the page's actor carries.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import NoReturn

import streamlit as st

from storage import bootstrap
from storage.errors import AccessDenied, ConfigError, NotSignedIn, StorageError
from storage.model.people import Actor, Role, local_actor
from ui import errors, login, startup
from ui.text import plain_markdown

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
_WHO = "gate:who"


def enter() -> Actor:
    """The person of this run. For anybody else it shows the sign-in, or why not, and ends the run:
    before a service or a page is asked for anything.
    """
    given = login.claims()
    if (given is not None) != _began_with_login():
        _refuse(_changed())
    if given is None:
        return _narrowed(_local())
    if not given or login.over():
        login.sign_in(login.over())
        st.stop()
    startup.ready_services()
    who = actor()
    st.query_params.pop(login.REASON, None)  # a failure that somebody who is in has got over
    return who


@st.cache_resource(show_spinner=False)
def _began_with_login() -> bool:
    """Whether there was a login when the first tab of this process opened. Streamlit reads its
    secrets anew when they change: taken away on an open address, all would be the local person.
    """
    return login.claims() is not None


def actor() -> Actor:
    """The person of this session, with the roles they look at the console with.

    Once the session is over, or for a person without a role, it ends the run as `enter` does.
    """
    try:
        return _narrowed(_asked())
    except StorageError as error:
        _refuse(error)


def _changed() -> ConfigError:
    return ConfigError("The login was changed while the console runs.", "Start the console again.")


def _refuse(error: StorageError) -> NoReturn:
    if isinstance(error, NotSignedIn):
        login.leave(error)
    if isinstance(error, AccessDenied):
        login.stranger(error)
    else:
        errors.show(error)
    st.stop()


def _asked() -> Actor:
    given, configured = login.claims(), bootstrap.services().login
    if (given is None) != (configured is None):
        raise _changed()
    if given is None or configured is None:
        return _local()
    return configured.actor(given, address=_address(), request_id=_request_id())


def _local() -> Actor:
    return local_actor(address=_address(), request_id=_request_id())


def _address() -> str:
    return st.context.ip_address or "127.0.0.1"  # None on this machine itself


def _request_id() -> str:
    return secrets.token_hex(8)  # one a run, which is what a press of a button is here


def _narrowed(who: Actor) -> Actor:
    st.session_state[_WHO] = who
    role = viewed_role()
    return replace(who, roles=frozenset({role})) if role else who


def viewed_role() -> Role | None:
    """The one role chosen under "View as", None for all of them: the address's, else the last.

    Only ever one of the person's own: looking as somebody else gives nobody a right.
    """
    raw = st.query_params.get("as", st.session_state.get(_KEPT, ""))
    role = next((own for own in _own_roles() if own == raw), None)
    st.session_state[_KEPT] = role.value if role else ""
    return role


def _own_roles() -> list[Role]:
    who: Actor | None = st.session_state.get(_WHO)
    return [role for role in ROLE_TITLES if who is None or role in who.roles]


def account() -> None:
    """For the page's header: who this is, the way out, and "View as" for who has several roles."""
    who: Actor | None = st.session_state.get(_WHO)
    if who is None or who.session is None:
        _view_as()
        return
    with st.popover(plain_markdown(who.name), icon=":material/person:", width="stretch"):
        st.text(who.name)
        st.caption(", ".join(ROLE_TITLES[role] for role in _own_roles()))
        if len(who.roles) > 1:
            _view_as()
        st.button("Sign out", key="gate:out", width="stretch", on_click=st.logout)
        st.caption("Signs you out in every tab and browser.")


def _view_as() -> None:
    """The switch; the choice holds for this browser tab."""
    st.session_state[_CHOICE] = viewed_role() or ""
    everything = EVERYTHING if len(_own_roles()) == len(ROLE_TITLES) else "all my roles"
    st.selectbox(
        "View as",
        ["", *_own_roles()],
        key=_CHOICE,
        format_func=lambda role: f"View as: {ROLE_TITLES[role] if role else everything}",
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
