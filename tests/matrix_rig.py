"""Services as they are wired for everybody, with a login, people and tokens, and without a store.

What a role may do is read here from the tables themselves, without any code of the library.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from storage import bootstrap
from storage.access import CONSOLE_GRANTS
from storage.bootstrap import Services
from storage.errors import StorageError
from storage.model.accounts import Token
from storage.model.people import CONSOLE_CANS, Actor, Can, Role, Scope, Session

KEY = "mastered/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
PUBLIC = "https://console.example.org"
COOKIE_SECRET = "c0ffee" * 8
SOMEBODY, OWNER, SIGNED_OUT, REVOKED = (
    f"id.example.org/{name}" for name in ("somebody", "owner", "out", "gone")
)
NOW = datetime.now(UTC)
BEGUN, ENDS = NOW - timedelta(hours=1), NOW + timedelta(days=1)

State = Literal["live", "revoked", "expired"]


class Touched(StorageError):
    """A call has come as far as a store."""


class NoStore:
    """In the place of every store: keeps what was asked of it, and has nothing."""

    def __init__(self) -> None:
        self.touches: list[str] = []
        self.error: type[StorageError] = Touched

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self.touches.append(name)
        raise self.error(f"the store was asked for {name}")


@dataclass
class World:
    """The services, the store that is none, and the job of somebody."""

    services: Services
    store: NoStore
    job: str
    _made: dict[Any, str] = field(default_factory=dict)

    def places(self, cans: frozenset[Can]) -> list[tuple[str, str]]:
        """Every bucket of every project; one is enough for what concerns none."""
        found = [
            (one.name, bucket.role)
            for one in self.services.layouts.values()
            for bucket in one.buckets
        ]
        return found[:1] if cans and cans <= CONSOLE_CANS else found

    def granted(self, cans: frozenset[Can], roles: Iterable[Role], place: tuple[str, str]) -> bool:
        """Whether the tables give all of `cans` to the roles there."""
        layout, bucket = place
        table = self.services.layouts[layout].access
        return all(
            any(
                can in (CONSOLE_GRANTS[r] if can in CONSOLE_CANS else table.get((r, bucket), ()))
                for r in roles
            )
            for can in cans
        )

    def token(
        self, roles: frozenset[Role], scope: Scope, state: State = "live", owner: str = OWNER
    ) -> str:
        """The secret of a token, made past the service: it would refuse some of these."""
        asked = (roles, scope, state, owner)
        if asked not in self._made:
            token_id = secrets.token_hex(8)
            secret = f"sst_{token_id}_{secrets.token_hex(32)}"
            token = Token(
                token_id,
                state,
                owner,
                "Owner",
                roles,
                scope,
                BEGUN,
                NOW if state == "expired" else ENDS,
            )
            token = replace(token, revoked_at=NOW if state == "revoked" else None)
            hashed = hashlib.sha256(secret.encode()).hexdigest()
            self.services.tokens._tokens.add(token, hashed)
            self._made[asked] = secret
        return self._made[asked]

    def tokens(
        self, cans: frozenset[Can], roles: frozenset[Role], layout: str
    ) -> Iterator[tuple[str, str, int]]:
        """(in words, secret, 401 for nobody, 403 for who may not, 200 for whom the tables decide)."""
        whole = Scope(cans)
        decided = 403 if cans <= CONSOLE_CANS else 200  # a token of projects has none of these
        yield "token of this project", self.token(roles, Scope(cans, frozenset({layout}))), decided
        elsewhere = Scope(frozenset(Can), frozenset({"another"}))
        yield "token of another project", self.token(roles, elsewhere), 403
        for can in cans:
            lacking = Scope(frozenset(Can) - {can})
            yield f"token without {can}", self.token(roles, lacking), 403
        yield "revoked token", self.token(roles, whole, "revoked"), 401
        yield "expired token", self.token(roles, whole, "expired"), 401
        yield "token of a revoked person", self.token(roles, whole, owner=REVOKED), 401
        yield "token that is not there", f"sst_{'0' * 16}_{'0' * 64}", 401


@contextmanager
def matrix_world(folder: Path) -> Iterator[World]:
    """The process's services, over S3 of one's own that is never asked."""
    lines = "".join(
        f'[[login.people]]\nclaim = "groups"\nvalue = "{role}"\nroles = ["{role}"]\n'
        for role in Role
    )
    (folder / "soundstage.toml").write_text(f'[login]\npublic_url = "{PUBLIC}"\n{lines}')
    own = {
        "STORAGE_CONFIG": str(folder / "soundstage.toml"),
        "STORAGE_DATA": str(folder / "data"),
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "never-used",
    }
    services, store = bootstrap.build(own), NoStore()
    auth = {"redirect_uri": f"{PUBLIC}/oauth2callback", "cookie_secret": COOKIE_SECRET}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets_singleton, "_secrets", {"auth": auth})
        patch.setattr(services.objects._gate, "_store_for", lambda *_: store)
        patch.setattr(services.jobs._pool, "submit", services.jobs._over)  # nothing runs behind us
        people = services.users._people
        for person in (SOMEBODY, OWNER, SIGNED_OUT, REVOKED):
            people.seen(person, person, "", frozenset(Role), BEGUN)
        people.sign_out(SIGNED_OUT, NOW)
        people.revoke(REVOKED, NOW)
        someone = Actor(
            SOMEBODY, "", frozenset(Role), "session", session=Session(BEGUN, ENDS, "login")
        )
        job = services.activity.begin_verify(someone, services.jobs)
        # the real log commits to disk row by row, for thousands of rows
        patch.setattr(services.audit, "append", lambda *_: None)
        patch.setattr(services.audit, "append_once", lambda *_: None)
        bootstrap.install(services)
        yield World(services, store, job.id)
    bootstrap.close()


def cookie(person: str, groups: Iterable[str], age: timedelta = timedelta(minutes=5)) -> str:
    """A session cookie as Streamlit makes it at a sign-in `age` ago; a Cookie header."""
    claims = {
        "iss": "https://id.example.org",
        "sub": person.rpartition("/")[2],
        "name": "Ann",
        "groups": list(groups),
        "iat": int(time.time() - age.total_seconds()),
        "origin": PUBLIC,
        "is_logged_in": True,
        "provider": "default",
    }
    value = create_signed_value(COOKIE_SECRET, USER_COOKIE_NAME, json.dumps(claims))
    return f"{USER_COOKIE_NAME}={value.decode()}"
