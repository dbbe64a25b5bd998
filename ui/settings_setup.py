"""Settings, setup: how the console is configured, to look at. It is changed in its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import streamlit as st

from storage.bootstrap import Services
from storage.console.setup import Setup, StoreSetup
from storage.layout.profile import Layout
from storage.model.people import Actor
from storage.settings import Said
from ui import errors
from ui.facts.facts import Fact, Section, facts

_DATABASES = {"sqlite": "SQLite, a file in the data folder", "postgresql": "PostgreSQL"}


def show(services: Services, actor: Actor) -> None:
    """What is set and by whom, the projects, and what each store can do."""
    with errors.shown():
        setup = services.console.setup(actor)
    st.caption(
        "To look at: the environment, .env and soundstage.toml say it, and a restart reads them."
    )
    left, right = st.columns(2, gap="large")
    with left:
        facts(
            [
                Section("This console", list(_console(services, setup))),
                Section("Settings", list(_settings(setup.said))),
            ],
            key="settings:said",
        )
    with right:
        stores = [Section(_title(one), list(_store(one))) for one in setup.stores]
        projects = [_project(layout) for layout in setup.layouts.values()]
        facts([*stores, *projects], key="settings:stores")


def _console(services: Services, setup: Setup) -> Iterator[Fact]:
    yield Fact("Database", _DATABASES.get(setup.database, setup.database))
    yield Fact("Data folder", str(services.settings.data_path), mono=True)
    yield Fact("Config file", str(setup.config_file or "none"), mono=setup.config_file is not None)
    login = setup.config.login
    if login is None:
        yield Fact("Login", "None: this computer alone, one person with all roles", tone="warning")
    else:
        yield Fact("Login", f"{login.public_url}, {login.session_hours} hours")
        yield Fact("Roles", f"{len(login.people):,} lines in the config file say who has which")


def _settings(said: Sequence[Said]) -> Iterator[Fact]:
    for one in said:
        if one.by or one.value:
            value = "set, and kept secret" if one.secret else one.value
            by = f"by {one.by}" if one.by else "the default"
            yield Fact(one.variable, f"{value} ({by})", title=one.doc)
    unset = [one.variable for one in said if not one.by and not one.value]
    yield Fact("Not set", ", ".join(unset))


def _title(store: StoreSetup) -> str:
    return f"Store: {store.server}"


def _store(store: StoreSetup) -> Iterator[Fact]:
    yield Fact("Address", store.address or "AWS", mono=bool(store.address))
    yield Fact("Buckets", ", ".join(store.buckets))
    if store.error is not None:
        yield Fact("Not reached", store.error.what, tone="error")
        return
    for words in store.can:
        yield Fact("It can", words, tone="ok")
    for words in store.cannot:
        yield Fact("Not known to", words)


def _project(layout: Layout) -> Section:
    rows = [
        Fact(
            bucket.title,
            f"{bucket.bucket}{f' in {bucket.region}' if bucket.region else ''}",
        )
        for bucket in layout.buckets
    ]
    personal = [Fact("Personal data", "yes: reads are in the log")] if layout.personal_data else []
    return Section(layout.title, [*rows, *personal])
