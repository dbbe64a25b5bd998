"""Who makes an HTTP request: an API token's owner, the person of the session cookie, or nobody.

The one place that knows Streamlit's own cookies and addresses of a sign-in. They are internal, so
Streamlit is pinned and `tests/server/test_who_asks.py` holds them to what is used here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from server.loopback import is_this_machine
from server.ready import services_now
from storage.errors import NotSignedIn
from storage.model.people import Actor, local_actor

USER_COOKIE = USER_COOKIE_NAME


def auth_section() -> Mapping[str, Any]:
    """`[auth]` of Streamlit's secrets, empty when there is none."""
    found: dict[str, Any] = get_secrets_auth_section().to_dict()
    return found


def provider_address(provider: str) -> str:
    """Where Streamlit begins a sign-in with `provider`; good for two minutes."""
    return generate_login_redirect_url(provider)


async def actor_of(connection: HTTPConnection) -> Actor:
    """Who asks. An `Authorization` header decides alone; without it the session cookie does.

    Without a login configured it is the one local person. Raises NotSignedIn for anybody who is
    not, or no longer, signed in; AccessDenied for a person without a role; Unavailable while the
    console starts.
    """
    return await run_in_threadpool(_actor_of, connection)


def _actor_of(connection: HTTPConnection) -> Actor:
    services = services_now()
    origin = {
        "address": connection.client.host if connection.client else "",
        "request_id": connection.scope.get("state", {}).get("request_id", ""),
    }
    given = connection.headers.getlist("authorization")
    if given:
        actor = services.tokens.actor_of(_bearer(given), **origin)
    elif services.login is None:
        if not is_this_machine(connection.headers.get("host", "")):
            raise NotSignedIn("Nobody can sign in here any more.", "Start the console again.")
        return local_actor(**origin)
    else:
        claims = session_claims(connection)
        if not claims:
            raise NotSignedIn("Nobody is signed in.", "Sign in, or send an API token.")
        actor = services.login.actor(claims, **origin)
    services.sessions.check(actor)
    return actor


def _bearer(given: list[str]) -> str:
    scheme, _, secret = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "bearer":
        raise NotSignedIn(
            "The Authorization header is not one this console knows.",
            "Send it once, as: Authorization: Bearer sst_…",
        )
    return secret.strip()


def session_claims(connection: HTTPConnection) -> dict[str, Any]:
    """What the provider said of the person, from the signed cookie; empty for nobody.

    Not a cookie that another secret signed, nor one that was made for another address.
    """
    auth = auth_section()
    raw = get_cookie_with_chunks(
        lambda name: _signed(connection.cookies.get(name, ""), name), USER_COOKIE_NAME
    )
    if not auth or raw is None:
        return {}
    try:
        claims: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(claims, dict) or claims.pop("is_logged_in", None) is not True:
        return {}
    made_for = str(claims.pop("origin", ""))
    return claims if auth.get("redirect_uri") == f"{made_for}/oauth2callback" else {}


def _signed(value: str, name: str) -> bytes | None:
    # the name is part of the signature, so no other cookie of ours can stand in for this one
    return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1", "replace"))
