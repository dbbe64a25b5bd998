"""What no token is made of, in SQLite and in PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from people_rig import ADMIN, Office
from tampering import Clock, Log

from storage.errors import InvalidInput
from storage.model.people import Can, Role


@pytest.fixture
def office(log: Log, clock: Clock) -> Office:
    return Office(log, clock)


NEVER = {Can.TOKEN_MANAGE, Can.USER_MANAGE, Can.CONSOLE_MANAGE}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "no name"),
        ({"name": "\u200b\n\x00"}, "no name"),
        ({"expires_s": 3_599}, "cannot live"),
        ({"expires_s": 365 * 86_400 + 1}, "cannot live"),
        ({"expires_s": 0}, "cannot live"),
        ({"expires_s": -1}, "cannot live"),
        ({"roles": set()}, "none of its roles"),
        ({"permissions": set()}, "none of its roles"),
        ({"layouts": {"nowhere"}}, "no project"),
        ({"permissions": {Can.AUDIT_READ}}, "none of its roles"),
        (
            {"permissions": {Can.AUDIT_READ}, "roles": {Role.ADMIN}, "layouts": {"ssi"}},
            "all projects",
        ),
        ({"permissions": {Can.PREFIX_DELETE}, "roles": {Role.VIEWER}}, "none of its roles"),
        *(({"permissions": {can}, "roles": set(Role)}, "No token can have") for can in NEVER),
    ],
)
def test_what_makes_no_token_is_said(office: Office, changed: dict[str, Any], words: str) -> None:
    """Name, life, roles, permissions and projects are checked before anything is kept."""
    with pytest.raises(InvalidInput) as caught:
        office.token(**changed)
    assert words in f"{caught.value.what} {caught.value.remedy}"
    assert office.tokens.list(ADMIN) == []
