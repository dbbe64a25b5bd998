"""`demo serve` and `demo seed`: the embedded store, by hand."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from dataclasses import asdict
from urllib.parse import urlsplit

import psutil

from storage.cli import show
from storage.cli.session import opened
from storage.configuration import configure
from storage.demo.seed import seed as seed_samples
from storage.errors import ConfigError
from storage.s3.embedded import EmbeddedStore, acquire
from storage.settings import environment, load_settings

_LOOK_AGAIN_S = 1.0


def serve(args: argparse.Namespace) -> int:
    """One JSON line with address and credentials, then the store until Ctrl-C or SIGTERM."""
    settings = load_settings(environment())
    data = args.data.expanduser().resolve() if args.data else settings.data_path
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    lease = acquire(data, kind=settings.embedded, port=args.port)
    try:
        sys.stdout.write(json.dumps(_facts(lease.store)) + "\n")
        sys.stdout.flush()
        show.note("The store runs until Ctrl-C.")
        while not ended.wait(_LOOK_AGAIN_S):
            if not psutil.pid_exists(lease.store.pid):
                lease.release()
                lease = acquire(data, kind=lease.store.kind, port=_port(lease.store))
                show.note("The store had ended and was started again.")
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        lease.release()
    return 0


def _facts(store: EmbeddedStore) -> dict[str, str | int]:
    return {
        "endpoint_url": store.endpoint_url,
        "region": store.region,
        "access_key_id": store.access_key_id,
        "secret_access_key": str(store.secret_access_key),
        "kind": store.kind,
        "pid": store.pid,
    }


def _port(store: EmbeddedStore) -> int:
    return urlsplit(store.endpoint_url).port or 0


def seed(args: argparse.Namespace) -> int:
    """Fills the embedded store with the samples. Raises ConfigError on the user's own S3,
    ReadOnly while nothing may be written.
    """
    if configure(environment(), args.config).own:
        raise ConfigError(
            "The samples are for the embedded store, and this is your own S3.",
            "Set STORAGE=embedded to use the embedded store.",
        )
    with opened(args) as services:
        services.switches.check_writing()  # samples are nobody's act, but they are written
        done = seed_samples(
            services.store_for, services.layouts, scale=args.scale, progress=_Progress().tell
        )
        kind = services.mode
    if kind == "moto":
        show.note("The stand-in is in memory: the samples last as long as it runs.")
    if args.json:
        show.document({**asdict(done), "kind": kind})
    else:
        show.note(f"{done.written:,} objects were added; {done.kept:,} were there already.")
    return 0


class _Progress:
    """A line for each new step and each twentieth of the way, not for each object."""

    def __init__(self) -> None:
        self._said = ("", -1)

    def tell(self, done: int, total: int, text: str) -> None:
        part = done * 20 // max(total, 1)
        if (text, part) != self._said:
            show.note(f"{done:>7,} of {total:,}  {text}")
            self._said = (text, part)
