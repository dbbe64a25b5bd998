"""Who somebody is and what they are here, by the claims of their ID token; pure.

Claims come from the provider, who signed them, but what is in them people wrote themselves: a
name, often an address. Only issuer and subject say who it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from storage.config import LoginConfig, RoleLine
from storage.errors import NotSignedIn
from storage.model.people import Role

Claims = Mapping[str, object]

NAME_MAX = 80  # characters shown of a name
_ID_MAX = 255  # OpenID Connect Core 2: a subject's length; issuers are no longer in practice
_EMAIL_MAX = 254  # RFC 5321
_TIME_MAX = 32_503_680_000  # the year 3000: dates beyond some year are no dates to Python
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Control and format characters (direction marks among them), surrogates, line separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# str.lower() takes the Kelvin sign for a "k": to a mail server it is another letter
_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in. `id` is the issuer without https://, "/", and the subject.

    `name` and `email` are theirs to choose: to show, and never to tell people apart by.
    """

    id: str
    name: str
    email: str
    issued_at: datetime


def person_of(claims: Claims) -> Person:
    """The person of the claims. Raises NotSignedIn when issuer, subject or time are missing or
    wrong.
    """
    issuer, subject = _identifier(claims, "iss"), _identifier(claims, "sub")
    if not _is_issuer(issuer):
        raise _malformed("who vouches for you (iss)")
    # quoted, so that the last "/" ends the issuer: no other issuer and subject make the same id
    person_id = f"{issuer.partition('://')[2]}/{quote(subject, safe='@:|.+')}"
    email = _email(claims) or ""
    names = (claims.get("name"), claims.get("preferred_username"), email)
    shown = (shown_name(name) for name in names if isinstance(name, str))
    return Person(person_id, next(filter(None, shown), person_id), email, _issued_at(claims))


def roles_of(claims: Claims, login: LoginConfig) -> frozenset[Role]:
    """The roles of every line of the table that fits; empty for a person nobody gave one."""
    return frozenset(
        role for line in login.people if _fits(line, claims, login) for role in line.roles
    )


def shown_name(text: str, limit: int = NAME_MAX) -> str:
    """`text` on one line of at most `limit` characters, without what nobody sees."""
    visible = (
        " " if unicodedata.category(letter) in _HIDDEN else letter for letter in text[: limit * 10]
    )
    line = " ".join("".join(visible).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _fits(line: RoleLine, claims: Claims, login: LoginConfig) -> bool:
    if line.by == "claim":
        value = claims.get(line.claim)
        if isinstance(value, list | tuple):
            return any(isinstance(item, str) and item == line.value for item in value)
        return isinstance(value, str) and value == line.value
    # nOAuth: some providers let people (or the admin of another tenant) write any address here
    if claims.get("email_verified") is not True and not login.email_is_verified:
        return False
    email = _email(claims)
    if email is None:
        return False
    mine = email if line.by == "email" else email.partition("@")[2]
    return mine.translate(_TO_LOWER) == line.value.translate(_TO_LOWER)


def _email(claims: Claims) -> str | None:
    """The address, if it is plainly one: with a single "@" it cannot be read in two ways."""
    value = claims.get("email")
    if not isinstance(value, str) or len(value) > _EMAIL_MAX or value.count("@") != 1:
        return None
    plain = value.isprintable() and " " not in value and value[0] != "@" and value[-1] != "@"
    return value if plain else None


def _identifier(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if isinstance(value, str) and 0 < len(value) <= _ID_MAX and value.isprintable():
        return value
    raise _malformed(f"who you are ({name})")


def _is_issuer(issuer: str) -> bool:
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return safe and bool(parts.hostname) and not set(issuer) & set("@?# ")


def _issued_at(claims: Claims) -> datetime:
    seconds = claims.get("iat")
    if not isinstance(seconds, int | float) or not 0 < seconds < _TIME_MAX:
        raise _malformed("when you signed in (iat)")
    return datetime.fromtimestamp(seconds, UTC)


def _malformed(what: str) -> NotSignedIn:
    return NotSignedIn(
        f"The sign-in does not say {what}.",
        "Sign in again. If it happens again, an admin must look at the provider's settings.",
    )
