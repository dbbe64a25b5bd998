"""The parts of the Settings page: reading only, people, API tokens, the audit log, the setup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from storage.access import allowed_console
from storage.bootstrap import Services
from storage.console.service import WHY_MAX
from storage.errors import StorageError
from storage.model.people import Actor, Can
from ui import (
    errors,
    session,
    settings_log,
    settings_people,
    settings_setup,
    settings_tokens,
    times,
)
from ui.text import plain_markdown

_NEEDS = "Settings are for admins."


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page: its title, the permission it needs, and what shows it."""

    title: str
    can: Can
    show: Callable[[Services, Actor], None]


def open_to(actor: Actor) -> bool:
    """Whether there is anything here for this person."""
    return any(allowed_console(actor, part.can) for part in parts().values())


def parts() -> Mapping[str, Part]:
    """All parts by their name in the address, in the order of the page."""
    return {
        "writing": Part("Reading only", Can.CONSOLE_MANAGE, writing),
        "tokens": Part("API tokens", Can.TOKEN_MANAGE, settings_tokens.show),
        "people": Part("People", Can.USER_MANAGE, settings_people.show),
        "audit": Part("Audit log", Can.CONSOLE_MANAGE, settings_log.show),
        "setup": Part("Setup", Can.CONSOLE_MANAGE, settings_setup.show),
    }


def choice(actor: Actor) -> Part:
    """The part of the address, or the first; ends the page for who may see none."""
    mine = {name: part for name, part in parts().items() if allowed_console(actor, part.can)}
    if not mine:
        st.info(f"{_NEEDS} Ask one to make you an admin in the console's config file.")
        st.stop()
    key, state = "settings:part", st.session_state
    wanted = st.query_params.get("part", "")
    current = state[key] = wanted if wanted in mine else next(iter(mine))
    st.segmented_control(
        "Part",
        list(mine),
        format_func=lambda name: mine[name].title,
        key=key,
        # a second press on the chosen one leaves nothing chosen: stay there
        on_change=lambda: session.go({"part": state[key] or current}),
        label_visibility="collapsed",
    )
    return mine[current]


def writing(services: Services, actor: Actor) -> None:
    """The switch: what it is now, and the other way."""
    with errors.shown():
        state = services.switches.read_only()
    if state is None:
        st.markdown("**Everybody writes as their role allows.**")
        st.caption(
            "Switched to reading only, the console refuses every upload, edit, move and delete, "
            "on pages, over HTTP and on the command line. Looking, playing and downloading go on."
        )
        _switch(services, actor)
        return
    since = f" since {times.local(state.since)}" if state.since else ""
    st.markdown(f"**Reading only{since}.** {plain_markdown(state.by)}: {plain_markdown(state.why)}")
    if state.since is None:
        st.caption("Take READ_ONLY out of the console's environment or .env, and start it again.")
        return
    _switch_back(services, actor)


def _switch(services: Services, actor: Actor) -> None:
    with st.form("settings:read-only", width=640):
        why = st.text_area(
            "Why",
            key="settings:why",
            max_chars=WHY_MAX,
            placeholder="Such as: buckets are being moved, until 14:00",
            help="A banner on every page shows it.",
            height=80,
        )
        pressed = st.form_submit_button(
            "Switch to reading only", type="primary", key="danger:settings:read-only"
        )
    if pressed:
        _act(lambda: services.console.set_read_only(actor, why or ""))


def _switch_back(services: Services, actor: Actor) -> None:
    with st.form("settings:writing", width=640):
        why = st.text_input(
            "Why", key="settings:why-writing", max_chars=WHY_MAX, placeholder="Optional"
        )
        pressed = st.form_submit_button(
            "Allow writing again", type="primary", key="settings:allow-writing"
        )
    if pressed:
        _act(lambda: services.console.clear_read_only(actor, why or ""))


def _act(act: Callable[[], None]) -> None:
    """Does it; what was typed stays when it fails."""
    try:
        act()
    except StorageError as error:
        errors.box(error)
    else:
        st.rerun()
