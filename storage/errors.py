"""Every failure the library raises. `storage/s3/codes.py` translates AWS error codes into them.

A `StorageError` says what happened (`what`) and what the reader can do about it (`remedy`), in
words a person of the console understands. `ui/errors.py`, `server/` and `cli.py` show them.
"""

from __future__ import annotations


class StorageError(Exception):
    """Something the person must be told: `what` happened, what to do (`remedy`), where."""

    code = "storage-error"

    def __init__(self, what: str, remedy: str = "", *, bucket: str = "", key: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.bucket = bucket
        self.key = key

    def as_dict(self) -> dict[str, str]:
        """The JSON form of the command line and of HTTP: code, what, remedy."""
        return {"code": self.code, "what": self.what, "remedy": self.remedy}


class ConfigError(StorageError, ValueError):
    """Settings, a layout file or a config file are wrong."""

    code = "config"


class InvalidInput(StorageError, ValueError):
    """What a person typed, pasted or dropped cannot be used."""

    code = "invalid-input"


class NotFound(StorageError, FileNotFoundError):
    """The bucket, object or version is not there."""

    code = "not-found"


class AccessDenied(StorageError, PermissionError):
    """Refused, by our own roles or by the store."""

    code = "access-denied"


class NotSignedIn(AccessDenied):
    """Nobody is signed in, or the session or token has ended."""

    code = "not-signed-in"


class ReadOnly(AccessDenied):
    """The console is switched to reading only; nothing was changed."""

    code = "read-only"


class Conflict(StorageError):
    """Changed since it was read; nothing was written."""

    code = "conflict"


class RuleViolation(StorageError):
    """THE RULE or another rule of the layout forbids it."""

    code = "rule-violation"


class VerifyFailed(StorageError):
    """What was written is not what was meant to be written; nothing it came from was removed."""

    code = "verify-failed"


class Unsupported(StorageError):
    """This store cannot do it."""

    code = "unsupported"


class Unavailable(StorageError):
    """Throttled, timed out, unreachable or 5xx, after all retries."""

    code = "unavailable"


class Unconfirmed(Unavailable):
    """The answer to a write was lost, and no read could tell yet whether it happened."""

    code = "unconfirmed"


class Cancelled(StorageError):
    """Stopped because a person asked for it."""

    code = "cancelled"
