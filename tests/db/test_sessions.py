"""Sessions and the door: who may no longer act is refused, whatever an old page still carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.audit.log import Audit, open_audit
from storage.config import Config
from storage.db.engine import Database
from storage.db.failures import LOCKED
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.errors import (
    AccessDenied,
    NotSignedIn,
    ReadOnly,
    StorageError,
    Unavailable,
    Unconfirmed,
)
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.model.audit import AuditFilter
from storage.model.people import Actor, Can, Role, Session
from storage.sessions import Sessions
from storage.settings import Secret, Settings
from storage.switches import Switches

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class _Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def audit(database: Database, tmp_path: Path, clock: _Clock) -> Audit:
    return open_audit(database, tmp_path, Secret(""), clock, [])


@pytest.fixture
def gate(database: Database, audit: Audit, clock: _Clock) -> Gate:
    sessions = Sessions(People(database), Tokens(database), clock)
    switches = Switches(SwitchRows(database), clock, always=False)

    def no_store(*_: object) -> Any:
        return None

    return Gate(load_layouts(Settings(), Config(), {}), no_store, audit, sessions, switches)


@pytest.fixture
def ann(database: Database, clock: _Clock) -> Actor:
    """An operator, signed in an hour ago for twelve hours."""
    hour_ago = clock.now - timedelta(hours=1)
    People(database).seen("x/ann", "Ann", "ann@x", frozenset({Role.OPERATOR}), hour_ago)
    session = Session(hour_ago, hour_ago + timedelta(hours=12), "login")
    return Actor("x/ann", "Ann", frozenset({Role.OPERATOR}), "session", session=session)


def _told(audit: Audit) -> list[tuple[str, str]]:
    return [(row.event.result, row.event.action) for row in audit.stream(AuditFilter())]


def test_a_session_lasts_until_its_end(gate: Gate, ann: Actor, clock: _Clock) -> None:
    """The moment it expires nothing more passes; a moment before it does."""
    clock.now = NOON + timedelta(hours=11, microseconds=-1)
    gate.enter(ann, Can.OBJECT_WRITE, "ssi", "stage")
    clock.now = NOON + timedelta(hours=11)
    with pytest.raises(NotSignedIn, match="expired"):
        gate.enter(ann, Can.OBJECT_WRITE, "ssi", "stage")


@pytest.mark.parametrize("kind", ["login", "token", "job"])
def test_a_revoked_person_is_refused_in_every_way_they_act(
    gate: Gate, ann: Actor, database: Database, kind: Any
) -> None:
    """An admin's revocation ends logins, tokens and running jobs."""
    People(database).revoke(ann.id, NOON)
    acting = replace(ann, session=replace(ann.session, kind=kind))
    with pytest.raises(NotSignedIn):
        gate.enter(acting, Can.OBJECT_READ, "ssi", "stage")


def test_signing_out_ends_logins_but_not_jobs(gate: Gate, ann: Actor, database: Database) -> None:
    """Another tab may do nothing more; what was started goes on."""
    People(database).sign_out(ann.id, NOON)
    with pytest.raises(NotSignedIn, match="signed out"):
        gate.enter(ann, Can.OBJECT_READ, "ssi", "stage")
    job = replace(ann, session=Session(NOON - timedelta(hours=1), None, "job"))
    gate.enter(job, Can.OBJECT_WRITE, "ssi", "stage")


def test_a_later_login_counts_again(gate: Gate, ann: Actor, database: Database) -> None:
    """Signing out or being revoked ends what was; signing in again begins anew."""
    People(database).revoke(ann.id, NOON - timedelta(minutes=1))
    later = Session(NOON - timedelta(seconds=1), NOON + timedelta(hours=1), "login")
    gate.enter(replace(ann, session=later), Can.OBJECT_READ, "ssi", "stage")


def test_revoking_a_token_ends_the_jobs_it_began(gate: Gate, ann: Actor) -> None:
    """A job of a token that is revoked (or gone) stops; one of a login knows no token."""
    began = replace(ann, session=Session(NOON, None, "job", "nothere"))
    with pytest.raises(NotSignedIn, match="revoked"):
        gate.enter(began, Can.OBJECT_WRITE, "ssi", "stage")


def test_a_token_that_is_not_in_the_database_is_over(gate: Gate, ann: Actor) -> None:
    """A token is what the database says of it, not what an actor claims."""
    claimed = replace(ann, session=Session(NOON, NOON + timedelta(hours=1), "token", "nothere"))
    with pytest.raises(NotSignedIn, match="revoked"):
        gate.enter(claimed, Can.OBJECT_READ, "ssi", "stage")


def test_an_ended_session_that_only_looks_is_not_told(
    gate: Gate, ann: Actor, audit: Audit, clock: _Clock
) -> None:
    """A page left open asks by itself and would fill the log; an attempt to change is told."""
    clock.now = NOON + timedelta(hours=12)
    for can in (Can.OBJECT_LIST, Can.OBJECT_READ, Can.OBJECT_DELETE):
        with pytest.raises(NotSignedIn):
            gate.enter(ann, can, "ssi", "stage")
    with pytest.raises(NotSignedIn):
        gate.enter_console(ann, Can.JOB_MANAGE)
    assert _told(audit) == [("refused", "object:delete")]


@pytest.mark.parametrize("can", [Can.OBJECT_WRITE, Can.OBJECT_DELETE, Can.PREFIX_DELETE])
def test_reading_only_refuses_every_write(
    gate: Gate, ann: Actor, database: Database, audit: Audit, can: Can
) -> None:
    """It says who switched and why; looking goes on; switched back, writing does too."""
    switches = Switches(SwitchRows(database), _Clock(), always=False)
    switches.set_read_only(ann, "moving house")
    with pytest.raises(ReadOnly, match=r"\(Ann\): moving house"):
        gate.enter(ann, can, "ssi", "stage")
    gate.enter(ann, Can.OBJECT_READ, "ssi", "stage")
    assert _told(audit) == [("refused", can.value)]
    switches.clear_read_only()
    gate.enter(ann, can, "ssi", "stage")


def test_the_setting_is_not_overridden_by_a_switch(database: Database, clock: _Clock) -> None:
    """READ_ONLY=1 stays, whatever the database says."""
    switches = Switches(SwitchRows(database), clock, always=True)
    switches.clear_read_only()
    state = switches.read_only()
    assert state is not None
    assert "READ_ONLY=1" in state.why


def test_what_the_console_may_not_is_told(gate: Gate, ann: Actor, audit: Audit) -> None:
    """An operator who asks for an admin's right is refused and in the log."""
    with pytest.raises(AccessDenied, match="token:manage"):
        gate.enter_console(ann, Can.TOKEN_MANAGE)
    assert _told(audit) == [("refused", "token:manage")]


def test_a_change_is_announced_before_and_told_after(gate: Gate, ann: Actor, audit: Audit) -> None:
    """`allowed` first, then `done` with the new version; one that fails leaves `failed`."""
    where = gate.enter(ann, Can.OBJECT_WRITE, "ssi", "stage", "a")
    with where.changing("put", "a", version_before="1", note="why") as change:
        assert _told(audit) == [("allowed", "object:write")]
        change.version_after = "2"
    with pytest.raises(Unavailable), where.changing("put", "b"):
        raise Unavailable("gone")
    rows = [row.event for row in audit.stream(AuditFilter())]
    assert [event.result for event in rows] == ["allowed", "done", "allowed", "failed"]
    assert (rows[1].version_before, rows[1].version_after, rows[1].note) == ("1", "2", "why")


def test_a_change_that_the_log_cannot_take_does_not_begin(
    gate: Gate, ann: Actor, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one whose end it cannot take says that it was done all the same."""
    where = gate.enter(ann, Can.OBJECT_WRITE, "ssi", "stage", "a")
    begun = []

    def change() -> None:
        with where.changing("put", "a"):
            begun.append(1)

    full = _failing_from(1, audit.append)
    monkeypatch.setattr(audit, "append", full)
    with pytest.raises(StorageError, match="It was done, but"):
        change()
    monkeypatch.setattr(audit, "append", _failing_from(0, audit.append))
    with pytest.raises(Unavailable):
        change()
    assert begun == [1]


def test_a_log_that_fails_afterwards_does_not_deny_what_happened(
    gate: Gate, ann: Actor, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Done is not called undone, and what became of a failed change is told by its own error."""
    where = gate.enter(ann, Can.OBJECT_WRITE, "ssi", "stage", "a")
    locked = LOCKED.raised()

    def change(error: StorageError | None) -> None:
        with where.changing("put", "a"):
            if error:
                raise error

    for error, told in ((None, "It was done, but"), (Unconfirmed("Lost."), "Lost.")):
        with monkeypatch.context() as patch:
            patch.setattr(audit, "append", _failing_from(1, audit.append, locked))
            with pytest.raises(StorageError, match=told) as raised:
                change(error)
        assert "nothing was done" not in str(raised.value)


def _failing_from(
    count: int, append: Callable[..., None], error: StorageError | None = None
) -> Callable[..., None]:
    left = [count]

    def limited(*events: Any) -> None:
        if left[0] <= 0:
            raise error or Unavailable("The disk is full.")
        left[0] -= 1
        append(*events)

    return limited
