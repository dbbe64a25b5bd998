"""Roles and permissions: `require()` is the first line of every service function."""

from __future__ import annotations

from storage.errors import AccessDenied
from storage.layout.profile import Layout
from storage.model.people import Actor, Can, Role


def allowed(actor: Actor, can: Can, layout: Layout, bucket_role: str) -> bool:
    """Whether any of the actor's roles has `can` on that bucket of the layout."""
    return any(can in layout.grants(role, bucket_role) for role in actor.roles)


def require(actor: Actor, can: Can, layout: Layout, bucket_role: str) -> None:
    """Raises AccessDenied, naming the permission and the roles that have it."""
    if allowed(actor, can, layout, bucket_role):
        return
    bucket = layout.bucket(bucket_role)
    having = [role for role in Role if can in layout.grants(role, bucket_role)]
    remedy = (
        f"It needs the role {' or '.join(having)}."
        if having
        else "No role of this project may do that here."
    )
    raise AccessDenied(
        f"You may not do that in {bucket.title} (permission {can.value}).",
        remedy,
        bucket=bucket.bucket,
    )
