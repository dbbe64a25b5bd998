"""What commands work with: the configuration, or the services for as long as the command runs."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from storage import bootstrap
from storage.activity.service import Activity
from storage.errors import ConfigError
from storage.layout.profile import Layout
from storage.model.people import local_actor
from storage.settings import Settings, environment

ACTOR = local_actor(via="cli", address=platform.node())


def configured(args: argparse.Namespace) -> bootstrap.Configuration:
    """The configuration alone; nothing is started."""
    return bootstrap.configure(environment(), args.config)


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[bootstrap.Services]:
    """The services; afterwards connections are closed and the embedded store is let go."""
    try:
        yield bootstrap.services(args.config)
    finally:
        bootstrap.close()


def opened_log(args: argparse.Namespace) -> AbstractContextManager[Activity]:
    """The activity alone; no store is started."""
    return bootstrap.audit_log(environment(), args.config)


def chosen_layout(
    args: argparse.Namespace, settings: Settings, layouts: Mapping[str, Layout]
) -> Layout:
    """The layout of --layout, else of STORAGE_LAYOUT, else the first. Raises ConfigError."""
    name = args.layout or settings.layout or next(iter(layouts))
    if name not in layouts:
        raise ConfigError(f"There is no project {name!r}.", f"Choose one of {', '.join(layouts)}.")
    return layouts[name]
