"""The people's services over a database of each kind, on a clock that tests set."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from tampering import Clock, Log

from storage.config import LoginConfig, RoleLine, load_config
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.model.audit import AuditFilter, AuditRow
from storage.model.people import Actor, Can, Role, local_actor
from storage.people.login import Login
from storage.people.tokens import ApiTokens, NewToken
from storage.people.users import Users
from storage.sessions import Sessions
from storage.settings import Settings
from storage.switches import Switches

CONFIG = LoginConfig(
    "https://console.example.org",
    (
        RoleLine("claim", "admins", frozenset({Role.ADMIN}), "groups"),
        RoleLine("claim", "editors", frozenset({Role.EDITOR, Role.QA}), "groups"),
    ),
    contact="Ada, ada@example.org",
)
ANN = "id.example.org/ann"
ADMIN = local_actor(via="cli")


class Office:
    """Login, tokens and users, and the audit log they write to."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self.clock = clock
        self.log = log
        self.people, self.kept = People(log.database), Tokens(log.database)
        self.sessions = Sessions(self.people, self.kept, clock)
        layouts = load_layouts(Settings(), load_config(None), {})
        switches = Switches(SwitchRows(log.database), clock, always=False)

        def no_store(*_: Any) -> Any:
            raise AssertionError("nothing of people touches a store")

        gate = Gate(layouts, no_store, log.audit, self.sessions, switches)
        numbers = itertools.count(1)
        self.login = Login(CONFIG, self.people, self.sessions, log.audit, clock)
        self.tokens = ApiTokens(
            gate,
            self.kept,
            self.people,
            layouts,
            clock=clock,
            random=lambda size: f"{next(numbers):0{size * 2}x}",
        )
        self.users = Users(gate, self.people, clock)

    def claims(self, *groups: str, sub: str = "ann", **more: Any) -> dict[str, Any]:
        """Claims of a sign-in of this second."""
        return {
            "iss": "https://id.example.org",
            "sub": sub,
            "name": sub.title(),
            "iat": int(self.clock.now.timestamp()),
            "groups": list(groups),
            **more,
        }

    def actor(self, claims: dict[str, Any]) -> Actor:
        """The actor of these claims now."""
        return self.login.actor(claims, address="192.0.2.1", request_id="r1")

    def token(self, actor: Actor = ADMIN, **changed: Any) -> NewToken:
        """A token that may list in every project for a day, but for what is `changed`."""
        wanted: dict[str, Any] = {
            "name": "nightly",
            "roles": {Role.EDITOR},
            "permissions": {Can.OBJECT_LIST},
            "layouts": set(),
            "expires_s": 86_400,
        }
        return self.tokens.create(actor, **{**wanted, **changed})

    def by_token(self, secret: str) -> Actor:
        """The actor of a secret now."""
        return self.tokens.actor_of(secret, address="192.0.2.1", request_id="r1")

    def wait(self, **time: float) -> None:
        """Moves the clock."""
        self.clock.now += timedelta(**time)

    def rows(self, **filters: Any) -> list[AuditRow]:
        """What the audit log says, oldest first."""
        return list(self.log.audit.stream(AuditFilter(**filters)))
