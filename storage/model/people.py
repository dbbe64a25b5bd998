"""Who asks: roles of person, permissions by name, and the actor that every service call carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """The kinds of person a layout grants permissions to."""

    VIEWER = "viewer"
    EDITOR = "editor"
    QA = "qa"
    OPERATOR = "operator"
    ADMIN = "admin"


class Can(StrEnum):
    """Permissions, `noun:verb`. A layout's `[access.ROLE]` lists them by bucket role."""

    OBJECT_LIST = "object:list"
    """See names, sizes and dates."""
    OBJECT_READ = "object:read"
    """Open one object: facts, preview, play, download."""
    OBJECT_LINK = "object:link"
    """Give out a presigned link that works outside the console."""
    OBJECT_ARCHIVE = "object:archive"
    """Take many objects at once as a ZIP."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or token) a call is made for. `via` is "local", "session", "token" or "cli".

    `address` and `request_id` say where this one call comes from, for the audit log; they make no
    other person of the same one.
    """

    id: str
    name: str
    roles: frozenset[Role]
    via: str = "local"
    address: str = field(default="", compare=False)
    request_id: str = field(default="", compare=False)


def local_actor(
    roles: frozenset[Role] = frozenset(Role),
    via: str = "local",
    *,
    address: str = "",
    request_id: str = "",
) -> Actor:
    """The one person of a console without login: all roles, or fewer under "View as"."""
    return Actor("local", "You (local)", roles, via, address, request_id)
