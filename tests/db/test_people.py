"""Signing in, out and being revoked, in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from people_rig import ADMIN, ANN, Office
from tampering import Clock, Log

from storage.errors import AccessDenied, NotFound, NotSignedIn
from storage.model.people import Role


@pytest.fixture
def office(log: Log, clock: Clock) -> Office:
    return Office(log, clock)


def test_a_person_is_who_the_claims_say_with_the_roles_of_the_table(office: Office) -> None:
    """Id, name, roles, address and request of the actor; a session of 12 hours from iat."""
    actor = office.actor(office.claims("editors"))
    assert (actor.id, actor.name, actor.via) == (ANN, "Ann", "session")
    assert actor.roles == {Role.EDITOR, Role.QA}
    assert (actor.address, actor.request_id, actor.scope) == ("192.0.2.1", "r1", None)
    assert actor.session
    assert (actor.session.kind, actor.session.issued_at) == ("login", office.clock.now)
    assert actor.session.expires_at == office.clock.now + timedelta(hours=12)


def test_a_session_ends_by_its_age(office: Office) -> None:
    """A second before twelve hours it stands, then it is over, at sign-in and in every action."""
    claims = office.claims("editors")
    actor = office.actor(claims)
    office.wait(hours=12, seconds=-1)
    office.actor(claims)
    office.sessions.check(actor)
    office.wait(seconds=1)
    with pytest.raises(NotSignedIn, match="expired"):
        office.actor(claims)
    with pytest.raises(NotSignedIn, match="expired"):
        office.sessions.check(actor)


@pytest.mark.parametrize(("ahead_s", "stands"), [(300, True), (301, False), (10**9, False)])
def test_a_session_of_the_future_is_refused(office: Office, ahead_s: int, stands: bool) -> None:
    """Clocks differ by five minutes at most; later sign-ins would outlive every revocation."""
    claims = office.claims("editors")
    claims["iat"] += ahead_s
    if stands:
        assert office.actor(claims).id == ANN
    else:
        with pytest.raises(NotSignedIn, match="future"):
            office.actor(claims)


@pytest.mark.parametrize("how", ["sign-out", "revoked"])
@pytest.mark.parametrize(("later_s", "over"), [(-60, True), (0, True), (1, False), (60, False)])
def test_whatever_began_by_then_is_over(office: Office, how: str, later_s: int, over: bool) -> None:
    """iat has whole seconds: what began in the second of the cutoff is over too."""
    office.wait(milliseconds=700)
    office.actor(office.claims("editors", iat=int(office.clock.now.timestamp()) - 90))
    claims = office.claims("editors", iat=int(office.clock.now.timestamp()) + later_s)
    if how == "revoked":
        office.users.revoke(ADMIN, ANN, "left the team")
    else:
        assert office.people.sign_out(ANN, office.clock.now)
    office.wait(minutes=2)
    if over:
        with pytest.raises(NotSignedIn, match="ended"):
            office.actor(claims)
    else:
        assert office.actor(claims).id == ANN


def test_signing_out_ends_the_other_tabs_too(office: Office) -> None:
    """An actor made before is refused at its next action; other people's go on."""
    tab, other = (
        office.actor(office.claims("editors")),
        office.actor(office.claims("editors", sub="bob")),
    )
    office.wait(seconds=5)
    office.sessions.end(tab)
    with pytest.raises(NotSignedIn, match="signed out"):
        office.sessions.check(tab)
    office.sessions.check(other)


@pytest.mark.parametrize("how", ["sign-out", "revoked"])
def test_a_provider_whose_clock_is_ahead_changes_nothing(office: Office, how: str) -> None:
    """A session dated later than the sign-out that ended it is over all the same."""
    claims = office.claims("editors", iat=int(office.clock.now.timestamp()) + 200)
    tab = office.actor(claims)
    office.wait(seconds=10)
    if how == "revoked":
        office.users.revoke(ADMIN, ANN)
    else:
        office.sessions.end(tab)
    office.wait(seconds=300)
    with pytest.raises(NotSignedIn, match="ended"):
        office.actor(claims)


def test_a_clock_set_back_brings_nothing_to_life(office: Office) -> None:
    """A later cutoff never moves an earlier one back."""
    claims = office.claims("editors")
    office.actor(claims)
    office.wait(seconds=10)
    office.users.revoke(ADMIN, ANN)
    kept = office.people.cutoffs(ANN)
    office.wait(hours=-1)
    office.users.revoke(ADMIN, ANN)
    office.people.sign_out(ANN, office.clock.now)
    assert office.people.cutoffs(ANN).revoked_before == kept.revoked_before
    office.wait(hours=1)
    with pytest.raises(NotSignedIn):
        office.actor(claims)


def test_who_has_no_role_is_told_as_whom_and_whom_to_ask(office: Office) -> None:
    """The message names person, address, id and the contact; one row in the log; not kept."""
    claims = office.claims("strangers", sub="eve", email="eve@example.org")
    for _ in range(3):
        with pytest.raises(AccessDenied) as caught:
            office.actor(claims)
    assert not isinstance(caught.value, NotSignedIn)
    assert "Eve (eve@example.org)" in caught.value.what
    assert "Ada, ada@example.org" in caught.value.remedy
    assert "id.example.org/eve" in caught.value.remedy
    (row,) = office.rows()
    assert (row.event.actor_id, row.event.result) == ("id.example.org/eve", "refused")
    assert (row.event.action, row.event.detail["email"]) == ("session:begin", "eve@example.org")
    assert office.people.list() == []


def test_who_loses_the_role_is_refused_and_known_to_have_none(office: Office) -> None:
    """So that tokens of the person lose it too."""
    office.actor(office.claims("editors"))
    office.wait(minutes=10)
    with pytest.raises(AccessDenied):
        office.actor(office.claims())
    (person,) = office.users.list(ADMIN)
    assert person.roles == set()


def test_a_sign_in_is_one_row_however_often_the_page_runs(office: Office) -> None:
    """Also for another console of the same database; the next session has its own."""
    claims = office.claims("editors")
    for _ in range(3):
        office.actor(claims)
        office.wait(minutes=5)
    Office(office.log, office.clock).actor(claims)
    assert [row.event.result for row in office.rows(action="session:begin")] == ["allowed"]
    office.actor(office.claims("editors"))
    assert len(office.rows(action="session:begin")) == 2


def test_people_are_kept_as_they_were_seen_last(office: Office) -> None:
    """First and last time, name, address and roles; written once a minute at most."""
    first, claims = office.clock.now, office.claims("editors")
    office.actor(claims)
    office.wait(seconds=59)
    office.actor(claims)
    assert office.users.list(ADMIN)[0].last_seen == first
    office.wait(seconds=1)
    office.actor(claims)
    (person,) = office.users.list(ADMIN)
    assert (person.first_seen, person.last_seen) == (first, office.clock.now)
    office.wait(minutes=1)
    office.actor(office.claims("admins", name="Ann B", email="ann@example.org"))
    office.actor(office.claims("editors", sub="bob"))
    bob, ann = sorted(office.users.list(ADMIN), key=lambda one: one.name, reverse=True)
    assert (ann.name, ann.email, ann.roles) == ("Ann B", "ann@example.org", {Role.ADMIN})
    assert ann.first_seen == first
    assert bob.name == "Bob"


def test_a_revocation_is_audited_with_its_reason(office: Office) -> None:
    """`allowed` before, `done` after, whom, and why."""
    office.actor(office.claims("editors"))
    person = office.users.revoke(ADMIN, ANN, "laptop lost")
    assert person.revoked_before == office.clock.now
    rows = office.rows(action="user:manage")
    assert [row.event.result for row in rows] == ["allowed", "done"]
    assert all(row.event.note == "laptop lost" for row in rows)
    assert all(row.event.detail["person"] == ANN for row in rows)


@pytest.mark.parametrize(
    "person_id", ["nobody", "", "x/y", "'; DROP TABLE people; --", "a\x00", "\ud800"]
)
def test_nobody_unknown_is_revoked(office: Office, person_id: str) -> None:
    """An id mistyped is said, not silently fine."""
    with pytest.raises(NotFound):
        office.users.revoke(ADMIN, person_id)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_people_are_an_admins_business(office: Office, role: Role) -> None:
    """Nobody else sees or revokes them; the attempt is in the log."""
    actor = office.actor(office.claims("editors"))
    other = type(actor)("x/y", "X", frozenset({role}), "session")
    with pytest.raises(AccessDenied):
        office.users.list(other)
    with pytest.raises(AccessDenied):
        office.users.revoke(other, ANN)
    rows = office.rows(action="user:manage")
    assert [(row.event.actor_id, row.event.result) for row in rows] == [("x/y", "refused")] * 2
    assert office.people.cutoffs(ANN) == (None, None)
