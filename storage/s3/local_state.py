"""What the embedded store remembers on disk: credentials, ports, and how to reach its supervisor.

One folder a kind of server (`store`, `store-moto`) in the data folder. `state.json` in it has mode
0600, is replaced in one step and outlives the server: credentials and ports stay the same from
start to start, so that addresses and signed links do.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from storage.settings import Secret

HOMES: Mapping[str, str] = {"seaweedfs": "store", "moto": "store-moto"}
STATE_FILE = "state.json"
SERVER_LOG = "server.log"
SUPERVISOR_LOG = "supervisor.log"
GREETING = b"soundstage store\n"  # tells a supervisor from whoever has its port after its death
NO_TOKEN = Secret("")
_LOG_BYTES = 1 << 20  # of the end of a log; a dump of threads has some 100 KiB


@dataclass(frozen=True, slots=True)
class State:
    """The content of `state.json`. Zeros and "" where nothing runs."""

    access_key_id: str
    secret_access_key: Secret
    ports: Mapping[str, int] = field(default_factory=dict)  # "s3", "master" … -> TCP port
    server_pid: int = 0
    control_port: int = 0  # the supervisor's, on loopback
    token: Secret = NO_TOKEN  # what a lease shows to the supervisor


def new_state() -> State:
    """Fresh random credentials, nothing running."""
    return State(secrets.token_hex(10).upper(), Secret(secrets.token_hex(20)))


def read_state(home: Path) -> State | None:
    """The state kept in `home`; None where there is none, or it was damaged by hand."""
    try:
        raw = json.loads((home / STATE_FILE).read_text("utf-8"))
        return State(
            access_key_id=str(raw["access_key_id"]),
            secret_access_key=Secret(raw["secret_access_key"]),
            ports={str(name): int(port) for name, port in raw["ports"].items()},
            server_pid=int(raw["server_pid"]),
            control_port=int(raw["control_port"]),
            token=Secret(raw["token"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_state(home: Path, state: State) -> None:
    """Replace the state kept in `home`, readable by its owner alone."""
    write_private(home / STATE_FILE, json.dumps(asdict(state), indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, with mode 0600 from its first byte on."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def last_words(log: Path) -> str:
    """The last lines that a program wrote before it ended, without Go's dump of its threads."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(re.split(r"(?m)^goroutine \d+ ", text)[0].splitlines()[-6:])
