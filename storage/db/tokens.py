"""API tokens: what each may do, until when, and the hash of its secret; never the secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from storage.db.engine import PEOPLE_LOCK, Database
from storage.db.schema import tokens
from storage.db.times import as_text, as_time, some_time
from storage.model.accounts import TOKEN_CANS, Token, TokenState
from storage.model.people import Can, Role, Scope

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_GONE = TokenState(revoked_at=_LONG_AGO, expires_at=_LONG_AGO)


class Tokens:
    """The tokens in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token, secret_hash: str) -> None:
        """Keeps a new token."""
        with self._database.writing(PEOPLE_LOCK) as connection:
            connection.execute(
                insert(tokens).values(
                    id=token.id,
                    name=token.name,
                    hash=secret_hash,
                    owner_id=token.owner_id,
                    owner_name=token.owner_name,
                    roles=json.dumps(sorted(token.roles)),
                    permissions=json.dumps(sorted(token.scope.permissions)),
                    layouts=json.dumps(sorted(token.scope.layouts)),
                    created_at=as_text(token.created_at),
                    expires_at=as_text(token.expires_at),
                    revoked_at=as_text(token.revoked_at),
                    last_used_at=as_text(token.last_used_at),
                )
            )

    def get(self, token_id: str) -> tuple[Token, str] | None:
        """The token and the hash of its secret; None for an unknown one."""
        row = self._row(token_id)
        return (_token(row), row.hash) if row else None

    def list(self) -> Sequence[Token]:
        """All tokens, also those that are over, the newest first."""
        with self._database.reading() as connection:
            found = connection.execute(select(tokens).order_by(tokens.c.created_at.desc()))
            return [_token(row) for row in found]

    def state(self, token_id: str) -> TokenState:
        """What ends the token; one that is not there is revoked since ever."""
        row = self._row(token_id)
        if row is None:
            return _GONE
        return TokenState(as_time(row.revoked_at), some_time(row.expires_at))

    def revoke(self, token_id: str, at: datetime) -> bool:
        """Ends the token, if it has not ended so already; False for an unknown one."""
        with self._database.writing(PEOPLE_LOCK) as connection:
            revoked_at = connection.execute(
                select(tokens.c.revoked_at).where(tokens.c.id == token_id)
            ).scalar()
            if revoked_at == "":
                same = tokens.c.id == token_id
                connection.execute(update(tokens).where(same).values(revoked_at=as_text(at)))
            return revoked_at is not None

    def used(self, token_id: str, at: datetime) -> None:
        """Keeps when the token was used last."""
        with self._database.writing(PEOPLE_LOCK) as connection:
            same = tokens.c.id == token_id
            connection.execute(update(tokens).where(same).values(last_used_at=as_text(at)))

    def _row(self, token_id: str) -> Row[Any] | None:
        with self._database.reading() as connection:
            return connection.execute(select(tokens).where(tokens.c.id == token_id)).first()


def _token(row: Row[Any]) -> Token:
    roles = set(Role)
    return Token(
        id=row.id,
        name=row.name,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        # what another version of the console granted, and this one does not, is nothing here
        roles=frozenset(Role(role) for role in json.loads(row.roles) if role in roles),
        scope=Scope(
            frozenset(Can(can) for can in json.loads(row.permissions) if can in TOKEN_CANS),
            frozenset(json.loads(row.layouts)),
        ),
        created_at=some_time(row.created_at),
        expires_at=some_time(row.expires_at),
        revoked_at=as_time(row.revoked_at),
        last_used_at=as_time(row.last_used_at),
    )
