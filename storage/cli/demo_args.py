"""The arguments of `demo …`."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli.arguments import AddCommand, count


def add_demo(command: AddCommand) -> None:
    """All parts of `demo`."""
    serve = command("serve", "demo:serve", "run the store until Ctrl-C")
    serve.add_argument("--port", metavar="P", type=_port, default=0, help="of the store")
    serve.add_argument("--data", metavar="DIR", type=Path, help="where it keeps its data")
    seed = command("seed", "demo:seed", "fill it with the samples")
    seed.add_argument(
        "--scale", metavar="N", type=count, default=0, help="this many extra clips in ssi stage"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (1 to 65535)")
    return int(text)
