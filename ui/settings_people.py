"""Settings, people: who signed in, and ending their access."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from storage.bootstrap import Services
from storage.model.accounts import KnownPerson
from storage.model.people import Actor
from ui import errors, times
from ui.gate import ROLE_TITLES
from ui.text import plain_markdown, visible

_NOTE_MAX = 500


def show(services: Services, actor: Actor) -> None:
    """The list, and below it the way to end somebody's sessions."""
    with errors.shown():
        people = services.users.list(actor)
    if not people:
        _nobody(services)
        return
    st.dataframe([_row(person) for person in people], hide_index=True, width="stretch")
    st.caption(
        "Roles come from the console's config file, each time somebody signs in. Who is taken out "
        "of it there can go on until their session ends: end it here."
    )
    _revoke(services, actor, {person.id: person for person in people})


def _nobody(services: Services) -> None:
    if services.login is None:
        st.info(
            "Nobody signs in here: this console serves this computer alone. To let a team in, "
            "set up a login, as the documentation says."
        )
    else:
        st.info("Nobody signed in yet. People appear here once they do.")


def _row(person: KnownPerson) -> dict[str, str]:
    return {
        "Name": visible(person.name),
        "E-mail": visible(person.email),
        "Roles": ", ".join(ROLE_TITLES[role] for role in ROLE_TITLES if role in person.roles),
        "Last seen": times.local(person.last_seen),
        "First seen": times.local(person.first_seen),
        "Access ended": _when(person.revoked_before),
        "Id": visible(person.id),
    }


def _when(moment: datetime | None) -> str:
    return times.local(moment) if moment else ""


def _revoke(services: Services, actor: Actor, people: dict[str, KnownPerson]) -> None:
    st.markdown("##### End somebody's access")
    with st.form("settings:revoke-person", width=640, clear_on_submit=True):
        chosen = st.selectbox(
            "Person",
            list(people),
            index=None,
            format_func=lambda one: visible(f"{people[one].name} ({one})"),
            key="settings:person",
            placeholder="Choose a person",
        )
        why = st.text_input("Why", key="settings:person-why", max_chars=_NOTE_MAX)
        st.caption("Ends every session, API token and running job of theirs, at once.")
        pressed = st.form_submit_button(
            "End their access", type="primary", key="danger:settings:person"
        )
    if not pressed:
        return
    if chosen is None:
        st.warning("Choose a person first.")
        return
    ended = errors.tried(lambda: services.users.revoke(actor, chosen, (why or "").strip()))
    if ended is not None:
        name = plain_markdown(ended.name)
        st.success(f"The access of {name} has ended. While they have a role they can sign in anew.")
