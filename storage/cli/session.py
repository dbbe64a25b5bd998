"""What commands work with: the configuration, or the services for as long as the command runs."""

from __future__ import annotations

import argparse
import platform
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from storage.configuration import Configuration, configure
from storage.errors import ConfigError
from storage.layout.profile import Layout
from storage.model.people import Actor, local_actor
from storage.office import Footing, Office, office, open_footing
from storage.settings import Settings, environment

if TYPE_CHECKING:
    from storage.services import Services


def configured(args: argparse.Namespace) -> Configuration:
    """The configuration alone; nothing is started."""
    return configure(environment(), args.config)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Services]:
    """The services; afterwards connections are closed and the embedded store is let go."""
    from storage import bootstrap  # noqa: PLC0415  half a second, which others do not wait for

    try:
        yield bootstrap.services(args.config)
    finally:
        bootstrap.close()


def opened_office(args: argparse.Namespace) -> AbstractContextManager[Office]:
    """What needs no store; none is started."""
    return office(environment(), args.config)


@contextmanager
def opened_footing(args: argparse.Namespace) -> Iterator[Footing]:
    """What a service of the command's own stands on; closed afterwards as by `opened`."""
    with ExitStack() as kept:
        yield open_footing(kept, environment(), args.config)


def local() -> Actor:
    """Whoever may read the console's own files on this machine: nothing is hidden from them."""
    return local_actor(via="cli", address=platform.node(), request_id=_request_id())


def _request_id() -> str:
    return secrets.token_hex(8)  # for the audit log: one each time somebody asks for something


def actor_of(who: Office) -> Actor:
    """Whom a command acts for: the owner of the API token, and without a login the local person.

    Raises ConfigError when there is a login and no token, NotSignedIn for one that is not valid.
    """
    if token := who.settings.token:
        return who.tokens.actor_of(token, address=platform.node(), request_id=_request_id())
    if who.login is not None:
        raise ConfigError(
            "This console has a login, so commands need an API token in SOUNDSTAGE_TOKEN.",
            "An admin makes one in the console, under Settings, or on the server by "
            "`python -m storage tokens create --as-local`.",
        )
    return local()


def chosen_layout(
    args: argparse.Namespace, settings: Settings, layouts: Mapping[str, Layout]
) -> Layout:
    """The layout of --layout, else of STORAGE_LAYOUT, else the first. Raises ConfigError."""
    name = args.layout or settings.layout or next(iter(layouts))
    if name not in layouts:
        raise ConfigError(f"There is no project {name!r}.", f"Choose one of {', '.join(layouts)}.")
    return layouts[name]
