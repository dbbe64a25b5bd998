"""`demo serve` and `demo seed`: the embedded store, by hand."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from typing import Any

import psutil

from storage import bootstrap
from storage.cli import show
from storage.cli.session import opened
from storage.demo.seed import seed as seed_samples
from storage.errors import ConfigError, Unavailable
from storage.s3.embedded import acquire
from storage.settings import load_settings

_LOOK_AGAIN_S = 1.0


def serve(args: argparse.Namespace) -> int:
    """One JSON line with address and credentials, then the store until Ctrl-C or SIGTERM."""
    settings = load_settings(bootstrap.environment())
    data = args.data.expanduser().resolve() if args.data else settings.data_path
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with acquire(data, kind=settings.embedded, port=args.port) as lease:
        store = lease.store
        facts = {
            "endpoint_url": store.endpoint_url,
            "region": store.region,
            "access_key_id": store.access_key_id,
            "secret_access_key": str(store.secret_access_key),
            "kind": store.kind,
            "pid": store.pid,
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        show.note("The store runs until Ctrl-C.")
        try:
            while not ended.wait(_LOOK_AGAIN_S):
                if not psutil.pid_exists(store.pid):
                    raise Unavailable(
                        "The store has ended by itself.", f"Its log is in {data}. Start it again."
                    )
        except KeyboardInterrupt:
            pass  # the way to end it
    return 0


def seed(args: argparse.Namespace) -> int:
    """Fills the embedded store with the samples. Raises ConfigError on the user's own S3."""
    if bootstrap.configure(bootstrap.environment(), args.config).own:
        raise ConfigError(
            "The samples are for the embedded store, and this is your own S3.",
            "Set STORAGE=embedded to use the embedded store.",
        )
    with opened(args) as services:
        progress = _Progress()
        seed_samples(services.store_for, services.layouts, scale=args.scale, progress=progress.show)
        result: dict[str, Any] = {"steps": progress.total, "kind": services.mode}
    if services.mode == "moto":
        show.note("The stand-in is in memory: the samples last as long as it runs.")
    if args.json:
        show.document(result)
    return 0


class _Progress:
    """A line for each new step, not for each object."""

    def __init__(self) -> None:
        self.total = 0
        self._said = ""

    def show(self, done: int, total: int, text: str) -> None:
        self.total = total
        if text != self._said or done == total:
            show.note(f"{done:>7,} of {total:,}  {text}")
            self._said = text
