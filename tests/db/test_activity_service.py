"""Who sees which rows of the audit log, what they find in it, and what they take along."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tampering import Clock, Log

from storage.activity.service import Activity
from storage.console.service import Console
from storage.console.setup import Setup
from storage.db.engine import Database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.errors import (
    AccessDenied,
    Cancelled,
    Conflict,
    InvalidInput,
    NotSignedIn,
    StorageError,
)
from storage.gate import Gate
from storage.model.audit import AuditEvent, AuditFilter
from storage.model.people import Actor, Can, Role, Scope, Session
from storage.sessions import Sessions
from storage.switches import Switches

ANN = Actor("id/ann", "Ann", frozenset({Role.VIEWER, Role.EDITOR, Role.QA}), "session")
BOB = Actor("id/bob", "Bob", frozenset({Role.OPERATOR}), "session")
ADA = Actor("id/ada", "Ada", frozenset({Role.ADMIN}), "session")
HOSTILE = ["=HYPERLINK(1)", "<img src=x onerror=alert(1)>", "\x1b]0;x\x07\u202e", "a%_\\'b", "Ünï"]


class Rig:
    """The services over a log with a few rows of Ann and Bob."""

    def __init__(self, log: Log, database: Database, clock: Clock) -> None:
        self.log, self.clock = log, clock
        sessions = Sessions(People(database), Tokens(database), clock)
        self.switches = Switches(SwitchRows(database), clock, always=False)
        self.gate = Gate({}, _no_store, log.audit, sessions, self.switches)
        self.activity = Activity(self.gate, log.audit)
        self.add(ANN, key="mastered/a.mp3")
        self.add(BOB, key="mastered/b.mp3", note="Wrong Voice")
        self.add(ANN, key="canonical/c.wav", bucket="other", result="done")

    def add(self, actor: Actor, **facts: Any) -> None:
        """One row."""
        given = {"result": "allowed", "bucket": "b", "layout": "ssi", **facts}
        self.log.audit.append(AuditEvent.by(actor, "object:link", **given))

    def seqs(self, actor: Actor, **filters: Any) -> list[int]:
        """The numbers of the rows the person finds."""
        return [row.seq for row in self.activity.search(actor, AuditFilter(**filters)).rows]

    def last(self) -> AuditEvent:
        """The newest row."""
        return self.log.audit.search(AuditFilter(), limit=1).rows[0].event


def _no_store(*_: Any) -> Any:
    raise AssertionError("nothing of the log touches a store")


@pytest.fixture
def rig(log: Log, database: Database, clock: Clock) -> Rig:
    return Rig(log, database, clock)


def test_operators_and_admins_see_every_row(rig: Rig) -> None:
    """Newest first, and what they saw is not itself written there."""
    assert rig.seqs(BOB) == rig.seqs(ADA) == [3, 2, 1]
    assert rig.activity.people(ADA) == [("id/ann", "Ann"), ("id/bob", "Bob")]
    assert len(rig.log.rows()) == 3


def test_others_see_their_own_rows_and_no_more(rig: Rig) -> None:
    """Whatever they filter by; asking for another's rows is refused, and that is in the log."""
    assert rig.seqs(ANN) == [3, 1]
    assert rig.seqs(ANN, prefix="mastered/") == [1]
    assert rig.seqs(ANN, actor_id="id/ann", text="voice") == []
    with pytest.raises(AccessDenied, match="audit:read"):
        rig.seqs(ANN, actor_id="id/bob")
    assert (rig.last().action, rig.last().result) == ("audit:read", "refused")
    for refused in (rig.activity.people, rig.activity.verify, rig.activity.far_heads):
        with pytest.raises(AccessDenied):
            refused(ANN)


def test_others_take_along_their_own_rows_only(rig: Rig) -> None:
    """The file has what the page shows, and the row that says it was taken."""
    lines = b"".join(rig.activity.export(ANN, AuditFilter(), "jsonl")).splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 3, 4]
    assert {json.loads(line)["actor"] for line in lines} == {"id/ann"}
    with pytest.raises(AccessDenied):
        rig.activity.export(ANN, AuditFilter(actor_id="id/bob"), "csv")


def test_a_token_sees_what_its_scope_names(rig: Rig) -> None:
    """Without audit:read nothing at all, not even its owner's rows."""
    blind = Actor("id/bob", "Bob", BOB.roles, "token", scope=Scope(frozenset({Can.OBJECT_LIST})))
    seeing = Actor("id/bob", "Bob", BOB.roles, "token", scope=Scope(frozenset({Can.AUDIT_READ})))
    with pytest.raises(AccessDenied, match="audit:read"):
        rig.seqs(blind)
    assert rig.seqs(seeing) == [4, 3, 2, 1]


def test_a_session_that_is_over_sees_nothing(rig: Rig) -> None:
    """Neither all rows nor its own, on the page and as a file."""
    start = rig.clock.now - timedelta(hours=13)
    over = Session(start, start + timedelta(hours=12), "login")
    for who in (ANN, BOB):
        gone = Actor(who.id, who.name, who.roles, "session", session=over)
        with pytest.raises(NotSignedIn):
            rig.seqs(gone)
        with pytest.raises(NotSignedIn):
            rig.activity.export(gone, AuditFilter(), "csv")
    assert len(rig.log.rows()) == 3


def test_filters_find_by_what_people_know(rig: Rig) -> None:
    """By the start of a key, exactly; by any text, whatever its case."""
    assert rig.seqs(ADA, prefix="mastered/") == [2, 1]
    assert rig.seqs(ADA, prefix="MASTERED/") == []
    assert rig.seqs(ADA, bucket="other", key="canonical/c.wav") == [3]
    assert rig.seqs(ADA, text="wrong v") == [2]
    assert rig.seqs(ADA, text="ID/ANN", result="done") == [3]
    assert rig.seqs(ADA, text="no such thing") == []


def test_hostile_texts_are_found_and_find_nothing_else(rig: Rig) -> None:
    """Wildcards, quotes and escapes in a filter mean themselves; none breaks the question."""
    for number, text in enumerate(HOSTILE, 4):
        rig.add(ADA, key=f"x/{text}/y", note=text)
        assert rig.seqs(ADA, text=text) == [number]
        assert rig.seqs(ADA, prefix=f"x/{text}") == [number]
    for nothing in ("\x00", "\ud800", "%", "_%", "'; DROP TABLE audit_events; --"):
        assert not set(rig.seqs(ADA, text=nothing)) - {7}
        rig.seqs(ADA, prefix=nothing, key=nothing, actor_id=nothing)


def test_what_is_taken_along_is_audited_and_harmless(rig: Rig) -> None:
    """Who took what by which filter is in the log; no cell of the CSV is a formula."""
    for text in HOSTILE:
        rig.add(ADA, key=text, note=text)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    data = b"".join(rig.activity.export(BOB, AuditFilter(actor_id="id/ada", since=since), "csv"))
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(HOSTILE)
    assert rows[0]["key"] == "'=HYPERLINK(1)"
    assert b"\x1b" not in data
    told = rig.last()
    assert (told.actor_id, told.action, told.detail["call"]) == ("id/bob", "audit:read", "export")
    assert (told.detail["actor_id"], told.detail["form"]) == ("id/ada", "csv")


def test_a_copy_ends_with_what_was_there_when_it_began(rig: Rig) -> None:
    """However many rows are added while it is taken, and however slowly: it holds up nobody."""
    taken = rig.log.audit.stream(AuditFilter())
    first = next(taken)
    rig.log.fill(3_000)
    assert [first.seq, *(row.seq for row in taken)] == [1, 2, 3]
    assert sum(1 for _ in rig.log.audit.stream(AuditFilter())) == 3_003


def test_checking_tells_how_far_it_is_and_can_be_stopped(rig: Rig) -> None:
    """Every thousand rows; what the listener raises ends it."""
    rig.log.fill(2_500)
    told: list[tuple[int, int]] = []
    verdict = rig.activity.verify(ADA, lambda done, total: told.append((done, total)))
    assert told == [(1_000, 2_503), (2_000, 2_503)]
    assert (verdict.rows, verdict.findings) == (2_503, ())

    def stop(_done: int, _total: int) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        rig.activity.verify(ADA, stop)


# -- the switch ---------------------------------------------------------------------------------


def _console(rig: Rig, switches: Switches) -> Console:
    setup = Setup((), None, None, "sqlite", {}, _no_store)  # type: ignore[arg-type]
    return Console(rig.gate, switches, setup)


def test_an_admin_switches_to_reading_only_and_back(rig: Rig) -> None:
    """With a reason that everybody is told; both are in the log, before and after."""
    console = _console(rig, rig.switches)
    console.set_read_only(ADA, "  Buckets are moved  ")
    state = rig.switches.read_only()
    assert state is not None
    assert (state.by, state.why, state.since) == ("Ada", "Buckets are moved", rig.clock.now)
    console.clear_read_only(ADA, "Done")
    assert rig.switches.read_only() is None
    told = [(row["action"], row["result"], row["note"]) for row in rig.log.rows()[3:]]
    assert told == [
        ("console:manage", "allowed", "Buckets are moved"),
        ("console:manage", "done", "Buckets are moved"),
        ("console:manage", "allowed", "Done"),
        ("console:manage", "done", "Done"),
    ]


@pytest.mark.parametrize("who", [ANN, BOB])
def test_nobody_else_switches(rig: Rig, who: Actor) -> None:
    """Neither on nor off, nor looks at the setup."""
    console = _console(rig, rig.switches)
    for act in (
        lambda: console.set_read_only(who, "x"),
        lambda: console.clear_read_only(who),
        lambda: console.setup(who),
    ):
        with pytest.raises(AccessDenied, match="console:manage"):
            act()
    assert rig.switches.read_only() is None
    assert rig.last().result == "refused"


@pytest.mark.parametrize("why", ["", "  \n ", "x" * 501])
def test_a_switch_needs_a_reason(rig: Rig, why: str) -> None:
    """A sentence, not none and not a novel."""
    with pytest.raises(InvalidInput):
        _console(rig, rig.switches).set_read_only(ADA, why)
    assert rig.switches.read_only() is None


def test_the_setting_wins(rig: Rig, database: Database) -> None:
    """READ_ONLY=1 cannot be switched off on a page, and says so."""
    always = Switches(SwitchRows(database), rig.clock, always=True)
    with pytest.raises(Conflict, match="READ_ONLY=1") as told:
        _console(rig, always).clear_read_only(ADA)
    assert "environment" in told.value.remedy
    assert always.read_only() is not None


def test_nothing_is_switched_that_the_log_cannot_take(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log first."""

    def full(*_events: AuditEvent) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(rig.log.audit, "append", full)
    with pytest.raises(StorageError, match="full"):
        _console(rig, rig.switches).set_read_only(ADA, "x")
    assert rig.switches.read_only() is None
