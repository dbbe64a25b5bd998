"""Pictures and PDFs as a small PNG, drawn by a short-lived child process (`thumbnail`).

Decoders are where hostile files do harm, so they run in a process that knows no secret, may use
little memory and time, and dies alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

from storage.errors import InvalidInput

INPUT_MAX_BYTES = 25 * 1024 * 1024  # photographs of phones are below; both sides hold it once
TIMEOUT_S = 10
MEMORY_MAX_BYTES = 1024**3
REFUSED = 2  # the child's exit status when a reason of ours stands on stderr
_AT_ONCE = threading.BoundedSemaphore(2)  # times MEMORY_MAX_BYTES: what hostile files can occupy

Kind = Literal["picture", "pdf"]


def render_png(kind: Kind, data: bytes, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """PNG of at most 900 px an edge. Raises InvalidInput with the reason if it cannot be drawn."""
    if len(data) > INPUT_MAX_BYTES:
        raise InvalidInput("It is too large for a preview (over 25 MiB).", "Download it.")
    try:
        with _AT_ONCE:
            done = subprocess.run(  # noqa: S603 - our own module, no shell, nothing from outside
                [sys.executable, "-m", "storage.objects.thumbnail", kind],
                input=data,
                capture_output=True,
                timeout=timeout_s,
                check=False,
                cwd=Path(__file__).resolve().parents[2],  # makes `storage` importable by -m
                env=_bare_environment(),
            )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput(
            f"Drawing it took longer than {timeout_s:g} seconds.", "Download it."
        ) from error
    if done.returncode == 0 and done.stdout.startswith(b"\x89PNG"):
        return done.stdout
    reason = "It is damaged, or too complex for a preview."
    if done.returncode == REFUSED:
        reason = done.stderr.decode(errors="replace").strip()
    raise InvalidInput(reason, "Download it to look at it with another program.")


def _bare_environment() -> dict[str, str]:
    """No credentials for the child; Windows needs SYSTEMROOT to start Python at all."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}
