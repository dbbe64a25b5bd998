"""Who makes an HTTP request."""

from __future__ import annotations

from starlette.requests import Request

from storage.model.people import Actor, local_actor


def actor_of(request: Request) -> Actor:
    """The person behind a request. Without a login: the one local person, with all roles."""
    return local_actor(
        address=request.client.host if request.client else "",
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )
