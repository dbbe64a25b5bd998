"""The page a person asked for before they had to sign in: kept in a cookie, and never elsewhere.

Pure. Whatever comes in (an address, a cookie) may be anybody's: what comes out is a page of this
site, written anew from its parts.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl, quote, urlencode

COOKIE = "soundstage_next"
COOKIE_LIFE_S = 3600  # as long as the sign-in itself may take
HOME = "/"
REASON = "sign-in"
"""The query parameter that tells the sign-in page how the last attempt ended."""

# One segment and nothing encoded in it: no "//", no "\", no "..", and no address of ours that acts.
_PAGE = re.compile(r"/(?!(?:sign-in|oauth2callback|api|auth|media|static)\Z)[a-z0-9_-]*")
_MAX_CHARS = 2_700  # 3,600 bytes as the cookie's value; browsers keep 4,096 with its attributes


def safe_target(raw: str) -> str:
    """`raw` as a page of this site with its query, `HOME` for anything that is none.

    A query too long for a cookie is left out.
    """
    path, _, query = raw.partition("#")[0].partition("?")
    if not _PAGE.fullmatch(path):
        return HOME
    try:
        pairs = parse_qsl(query, keep_blank_values=True)
    except ValueError:  # more fields than anybody means
        return path
    return _with_query(path, [(name, value) for name, value in pairs if name != REASON])


def with_reason(target: str, reason: str) -> str:
    """`target`, saying how signing in ended."""
    safe = safe_target(target)
    return f"{safe}{'&' if '?' in safe else '?'}{REASON}={quote(reason)}"


def to_cookie(target: str) -> str:
    """A cookie's value for `target`: letters, digits, "-" and "_" only."""
    return base64.urlsafe_b64encode(safe_target(target).encode()).decode().rstrip("=")


def from_cookie(value: str) -> str:
    """The target in a cookie's value, `HOME` for a value that is not ours."""
    try:
        padded = value + "=" * (-len(value) % 4)
        return safe_target(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        return HOME


def _with_query(path: str, pairs: list[tuple[str, str]]) -> str:
    # a lone surrogate, which no address can hold, is written as "?"
    query = urlencode(pairs, errors="replace")
    whole = f"{path}?{query}" if query else path
    return whole if len(whole) <= _MAX_CHARS else path
