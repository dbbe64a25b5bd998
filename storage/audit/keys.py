"""The key of the chain. It lies beside the database, never in it, or comes from a setting."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from storage.errors import ConfigError
from storage.settings import Secret

KEY_FILE = "audit.key"
KEY_MIN_CHARACTERS = 32  # 32 hex digits are 128 bits


def load_key(setting: Secret, folder: Path, log_is_empty: Callable[[], bool]) -> bytes:
    """The key of `setting`, else of `audit.key` in `folder`, which is made for an empty log.

    Raises ConfigError when it is too short, cannot be read or written, or is gone while there are
    rows made with it.
    """
    if setting:
        return _checked(setting, "AUDIT_KEY")
    file = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            if not file.exists():
                _make(file, log_is_empty)
            return _checked(file.read_text("ascii").strip(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The audit log's key {str(file)!r} cannot be read or made.",
            "Let the console's user read and write it, or set AUDIT_KEY.",
        ) from error


def _make(file: Path, log_is_empty: Callable[[], bool]) -> None:
    if not log_is_empty():
        raise ConfigError(
            f"The audit log has rows, but its key {str(file)!r} is gone.",
            "Put the key back from a backup or from the other console, or set AUDIT_KEY to it: "
            "with another key the log could neither be checked nor continued.",
        )
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # of a start that was interrupted here
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def _checked(key: str, where: str) -> bytes:
    if len(key) < KEY_MIN_CHARACTERS:
        raise ConfigError(
            f"The audit log's key in {where} is too short ({len(key)} characters).",
            f"Give it at least {KEY_MIN_CHARACTERS}, such as `openssl rand -hex 32` prints.",
        )
    return key.encode()
