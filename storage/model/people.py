"""Who asks: roles of person, permissions by name, and the actor that every service call carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """The kinds of person a layout grants permissions to."""

    VIEWER = "viewer"
    EDITOR = "editor"
    QA = "qa"
    OPERATOR = "operator"
    ADMIN = "admin"


class Can(StrEnum):
    """Permissions, `noun:verb`. A layout's `[access.ROLE]` lists those on buckets by bucket role;
    those on the console as a whole (`CONSOLE_CANS`) are granted in `storage/access.py`.
    """

    OBJECT_LIST = "object:list"
    """See names, sizes and dates."""
    OBJECT_READ = "object:read"
    """Open one object: facts, preview, play, download."""
    OBJECT_LINK = "object:link"
    """Give out a presigned link that works outside the console."""
    OBJECT_ARCHIVE = "object:archive"
    """Take many objects at once as a ZIP."""
    OBJECT_WRITE = "object:write"
    """Upload, replace, copy to here, edit metadata and tags, restore a version."""
    OBJECT_DELETE = "object:delete"
    """Delete, or move away from here."""
    OBJECT_RECEIVE = "object:receive"
    """Give out a presigned link by which somebody else uploads one object."""
    PREFIX_DELETE = "prefix:delete"
    """Delete everything below a prefix."""
    WELCOME_PUBLISH = "welcome:publish"
    """Make a welcome's MP3 here from its recording, and ask for it to go live."""
    INVENTORY_SCAN = "inventory:scan"
    """Have the whole bucket listed, which costs requests, or an inventory read in or removed."""
    CLIP_MEASURE = "clip:measure"
    """Have recordings measured, many at once."""
    COURSE_PUT = "course:put"
    """Give the console a course's manifest as a file."""
    REVIEW_VERDICT = "review:verdict"
    """Listen to clips in turn, and approve or reject them."""
    PROMOTE_PLAN = "promote:plan"
    """Plan what would go live here, or back."""
    PROMOTE_APPROVE = "promote:approve"
    """Approve a release that somebody else planned."""
    PROMOTE_RUN = "promote:run"
    """Run an approved release: the one way in which objects are written here."""
    PROMOTE_ROLLBACK = "promote:rollback"
    """Run an approved rollback."""

    AUDIT_READ = "audit:read"
    """See what others did."""
    JOB_MANAGE = "job:manage"
    """See, cancel and resume the jobs of others."""
    TOKEN_MANAGE = "token:manage"  # noqa: S105  a permission's name
    """Create, list and revoke API tokens."""
    USER_MANAGE = "user:manage"
    """See who signs in, and end their sessions."""
    CONSOLE_MANAGE = "console:manage"
    """Switch the console to reading only; see its configuration."""
    COST_READ = "cost:read"
    """See what storing costs, what would change it, bills and budgets."""
    COST_MANAGE = "cost:manage"
    """Set budgets and assumptions, take in price lists and bills."""


CONSOLE_CANS = frozenset(
    {
        Can.AUDIT_READ,
        Can.JOB_MANAGE,
        Can.TOKEN_MANAGE,
        Can.USER_MANAGE,
        Can.CONSOLE_MANAGE,
        Can.COST_READ,
        Can.COST_MANAGE,
    }
)
BUCKET_CANS = frozenset(Can) - CONSOLE_CANS
WRITING_CANS = frozenset(
    {
        Can.OBJECT_WRITE,
        Can.OBJECT_DELETE,
        Can.OBJECT_RECEIVE,
        Can.PREFIX_DELETE,
        Can.WELCOME_PUBLISH,
        Can.COURSE_PUT,
        Can.REVIEW_VERDICT,
        Can.PROMOTE_RUN,
        Can.PROMOTE_ROLLBACK,
    }
)
"""What a console that is switched to reading only refuses to everybody."""


@dataclass(frozen=True, slots=True)
class Session:
    """Since when a person is signed in, or a token or job acts for them, and until when.

    A job goes on when its person signs out, but not when an admin revokes them.
    """

    issued_at: datetime
    expires_at: datetime | None
    kind: Literal["login", "token", "job"]
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is limited to, besides its roles. No `layouts`: all of them."""

    permissions: frozenset[Can]
    layouts: frozenset[str] = frozenset()

    def covers(self, can: Can, layout: str) -> bool:
        """Whether the token may use `can` in that layout."""
        return can in self.permissions and (not self.layouts or layout in self.layouts)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or token) a call is made for. `via` is "local", "session", "token", "job" or
    "cli". Without a session it is the local person, or the system's own user on the command line.

    `address` and `request_id` say where this one call comes from, for the audit log; they and the
    session make no other person of the same one.
    """

    id: str
    name: str
    roles: frozenset[Role]
    via: str = "local"
    address: str = field(default="", compare=False)
    request_id: str = field(default="", compare=False)
    session: Session | None = field(default=None, compare=False)
    scope: Scope | None = None


def local_actor(
    roles: frozenset[Role] = frozenset(Role),
    via: str = "local",
    *,
    address: str = "",
    request_id: str = "",
) -> Actor:
    """The one person of a console without login: all roles, or fewer under "View as"."""
    return Actor("local", "You (local)", roles, via, address, request_id)
