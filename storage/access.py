"""Roles and permissions, pure. `storage/gate.py` asks here in every service function's first line;
pages ask `allowed` to hide what would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storage.errors import AccessDenied
from storage.layout.profile import Layout
from storage.model.people import Actor, Can, Role

CONSOLE_GRANTS: Mapping[Role, frozenset[Can]] = {
    Role.VIEWER: frozenset(),
    Role.EDITOR: frozenset(),
    Role.QA: frozenset(),
    Role.OPERATOR: frozenset({Can.AUDIT_READ, Can.JOB_MANAGE, Can.COST_READ, Can.COST_MANAGE}),
    Role.ADMIN: frozenset(
        {
            Can.AUDIT_READ,
            Can.JOB_MANAGE,
            Can.TOKEN_MANAGE,
            Can.USER_MANAGE,
            Can.CONSOLE_MANAGE,
            Can.COST_READ,
            Can.COST_MANAGE,
        }
    ),
}
"""What each role may do with the console as a whole. What it may do in a bucket says the layout."""


def allowed(actor: Actor, can: Can, layout: Layout, bucket_role: str) -> bool:
    """Whether any of the actor's roles has `can` on that bucket, and a token's scope covers it."""
    if actor.scope and not actor.scope.covers(can, layout.name):
        return False
    return any(can in layout.grants(role, bucket_role) for role in actor.roles)


def allowed_console(actor: Actor, can: Can) -> bool:
    """Whether any of the actor's roles has `can` on the console, and a token's scope covers it."""
    if actor.scope and (can not in actor.scope.permissions or actor.scope.layouts):
        return False  # who is limited to some projects does not see what happens in all of them
    return any(can in CONSOLE_GRANTS[role] for role in actor.roles)


def require(actor: Actor, can: Can, layout: Layout, bucket_role: str) -> None:
    """Raises AccessDenied, naming the permission and the roles that have it."""
    if allowed(actor, can, layout, bucket_role):
        return
    bucket = layout.bucket(bucket_role)
    having = [role for role in Role if can in layout.grants(role, bucket_role)]
    raise AccessDenied(
        f"You may not do that in {bucket.title} (permission {can.value}).",
        _remedy(actor, having, "No role of this project may do that here."),
        bucket=bucket.bucket,
    )


def require_console(actor: Actor, can: Can) -> None:
    """Raises AccessDenied, naming the permission and the roles that have it."""
    if allowed_console(actor, can):
        return
    having = [role for role in Role if can in CONSOLE_GRANTS[role]]
    raise AccessDenied(
        f"You may not do that (permission {can.value}).",
        _remedy(actor, having, "No role may do that."),
    )


def _remedy(actor: Actor, having: Iterable[Role], nobody: str) -> str:
    roles = list(having)
    if not roles:
        return nobody
    if actor.scope and actor.roles & set(roles):
        return "The API token's scope does not cover it: an admin can create another."
    return f"It needs the role {' or '.join(roles)}."
