"""Texts fit for the audit log: without secrets, of a length it takes, of characters it can keep."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

REMOVED = "[removed]"
SECRET_MIN_CHARACTERS = 8  # shorter ones ("test") would blacken innocent words
# What credentials are called in addresses, headers, JSON and settings; "=" may be percent-encoded.
_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|signature|awsaccesskeyid|"
    r"(?:aws_?)?(?:secret_?access_?key|session_?token)|access_token|refresh_token|id_token|"
    r"client_secret|password|passwd"
)
_NAMED = re.compile(
    rf"(?P<name>(?:{_NAMES})[\"']?\s*(?:=|:|%3d|%253d)\s*[\"']?)[^&\s\"'<>,;]+", re.IGNORECASE
)
_HEADER = re.compile(
    r"(?P<name>\bauthorization[\"']?\s*[:=]\s*[\"']?(?:[\w-]+\s+)?)[^\s\"',;]+", re.IGNORECASE
)
_BEARER = re.compile(r"(?P<name>\bbearer\s+)[A-Za-z0-9._~+/=-]{20,}", re.IGNORECASE)
_API_TOKEN = re.compile(r"(?P<name>sst_[0-9a-f]{16}_)[0-9a-f]+", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?P<name>[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+(?=@)", re.IGNORECASE)
_PATTERNS = (_NAMED, _HEADER, _BEARER, _API_TOKEN, _IN_ADDRESS)
# one of these is in whatever they find
_WORDS = (
    *("signature", "credential", "awsaccesskeyid", "token", "secret", "passw"),
    *("authorization", "bearer", "sst_", "://", "\0"),
)
# NUL is no text to PostgreSQL, and half a surrogate pair is none to either database
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


class Scrub:
    """Removes `secrets` (as they are, and percent-encoded) and whatever looks like a credential."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= SECRET_MIN_CHARACTERS}
        forms = known | {quote(secret, safe="") for secret in known}
        # the longest first: a part of it must not hide the rest of it
        found = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        self._known = re.compile(found) if found else None

    def __call__(self, text: str, max_bytes: int) -> str:
        """`text` without secrets, at most `max_bytes` of UTF-8 (and a mark where it was cut)."""
        clean = self._known.sub(REMOVED, text) if self._known else text
        if _is_suspect(clean):
            clean = _cleaned(clean)
        encoded = clean.encode()
        if len(encoded) <= max_bytes:
            return clean
        return encoded[:max_bytes].decode("utf-8", "ignore") + "[cut]"


def _is_suspect(text: str) -> bool:
    """Whether any of the patterns may find something. Most texts are done with this look."""
    if not text.isascii():  # there are other letters that stand for i, k and s
        return True
    lower = text.lower()
    for word in _WORDS:  # a generator would take longer than what it looks through  # noqa: SIM110
        if word in lower:
            return True
    return False


def _cleaned(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<name>{REMOVED}", text)
    return _UNKEEPABLE.sub(lambda odd: odd[0].encode("unicode_escape").decode(), text)
