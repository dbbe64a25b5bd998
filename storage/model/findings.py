"""What a check found: one broken rule at one key."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one key, with what to do about it, in words for people."""

    rule: str
    bucket: str
    key: str
    severity: Severity
    text: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """The JSON form of `check --json`."""
        return asdict(self)
