"""API tokens, in SQLite and in PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from contextlib import suppress
from datetime import timedelta

import pytest
from people_rig import ADMIN, ANN, Office
from sqlalchemy import text
from tampering import Clock, Log

from storage.errors import AccessDenied, NotFound, NotSignedIn
from storage.model.people import Actor, Can, Role, Scope
from storage.people import tokens as module
from storage.people.tokens import ApiTokens


@pytest.fixture
def office(log: Log, clock: Clock) -> Office:
    return Office(log, clock)


def test_a_token_is_its_owner_within_its_limits(office: Office) -> None:
    """Owner's id, the token's roles and scope, `token`; its name and id in the shown name."""
    ann = office.actor(office.claims("admins"))
    made = office.token(ann, roles={Role.ADMIN}, layouts={"ssi"})
    actor = office.by_token(made.secret)
    assert (actor.id, actor.roles, actor.via) == (ANN, {Role.ADMIN}, "token")
    assert actor.name == f"Ann (token nightly, {made.token.id})"
    assert actor.scope == Scope(frozenset({Can.OBJECT_LIST}), frozenset({"ssi"}))
    assert (actor.address, actor.request_id) == ("192.0.2.1", "r1")
    assert actor.session
    assert (actor.session.kind, actor.session.token_id) == ("token", made.token.id)
    assert actor.session.expires_at == office.clock.now + timedelta(days=1)


def test_only_a_hash_of_the_secret_is_kept(office: Office) -> None:
    """Neither tables nor audit log hold the secret; it is `sst_`, id, `_` and 256 bits."""
    made = office.token()
    assert re.fullmatch(rf"sst_{made.token.id}_[0-9a-f]{{64}}", made.secret)
    assert made.secret not in repr(made)
    with office.log.database.reading() as connection:
        kept = [str(row) for row in connection.execute(text("SELECT * FROM tokens"))]
        told = [str(row) for row in connection.execute(text("SELECT * FROM audit_events"))]
    random = made.secret.rpartition("_")[2]
    assert random not in str(kept) + str(told)
    assert hashlib.sha256(made.secret.encode()).hexdigest() in str(kept)


def test_real_secrets_are_random(office: Office) -> None:
    """Without a `random` of a test's own, two tokens have nothing in common."""
    tokens = ApiTokens(
        office.tokens._gate, office.kept, office.people, office.tokens._layouts, clock=office.clock
    )
    office.tokens = tokens
    one, other = office.token(), office.token()
    assert one.token.id != other.token.id
    assert one.secret[-64:] != other.secret[-64:]
    assert office.by_token(one.secret).id == "local"


def wrong_secrets(secret: str, other: str) -> dict[str, str]:
    return {
        "empty": "",
        "cut": secret[:-1],
        "longer": secret + "0",
        "upper": secret.upper(),
        "last letter": secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        "another id": "sst_" + "f" * 16 + secret[20:],
        "another token's secret": secret[:20] + other[20:],
        "id alone": secret[4:20],
        "new line": secret + "\n",
        "surrogate": "sst_\ud800",
        "other digits": secret[:-1] + "\u0661",
        "endless": "sst_" + "0" * 1_000_000,
    }


@pytest.mark.parametrize("kind", wrong_secrets("x", "y"))
def test_any_other_secret_is_refused_with_the_same_words(office: Office, kind: str) -> None:
    """Nothing tells whether the id exists; no wrong secret is repeated."""
    secret = wrong_secrets(office.token().secret, office.token().secret)[kind]
    with pytest.raises(NotSignedIn) as caught:
        office.by_token(secret)
    assert caught.value.what == "This API token is not valid."


def test_an_unknown_id_costs_the_same_comparison(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One constant-time comparison of two hashes, for known and unknown ids alike."""
    compared: list[int] = []

    def counted(one: str, other: str) -> bool:
        compared.append(len(one) + len(other))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr(module.hmac, "compare_digest", counted)
    known = office.token().secret
    for secret in (known, known[:-1] + "f", "sst_" + "e" * 16 + known[20:]):
        compared.clear()
        with suppress(NotSignedIn):
            office.by_token(secret)
        assert compared == [128]


def test_a_token_ends_by_time_and_by_an_admin(office: Office) -> None:
    """At its expiry, and at once when revoked, also for an actor that was made before."""
    made, other = office.token(expires_s=3_600), office.token()
    actor, revoked = office.by_token(made.secret), office.by_token(other.secret)
    office.tokens.revoke(ADMIN, other.token.id, "leaked")
    with pytest.raises(NotSignedIn, match="revoked"):
        office.sessions.check(revoked)
    with pytest.raises(NotSignedIn, match="revoked"):
        office.by_token(other.secret)
    office.wait(seconds=3_599)
    office.sessions.check(actor)
    office.wait(seconds=1)
    with pytest.raises(NotSignedIn, match="expired"):
        office.sessions.check(actor)
    with pytest.raises(NotSignedIn, match="expired"):
        office.by_token(made.secret)


def test_who_goes_on_using_a_token_that_is_over_is_in_the_log(office: Office) -> None:
    """Revoked because it leaked: once in 12 hours for each token, and nothing of unknown ones."""
    made, other = office.token(), office.token()
    for one in (made, other):
        office.tokens.revoke(ADMIN, one.token.id, "leaked")
    for secret in (made.secret, made.secret, other.secret, f"sst_{'f' * 16}_{'0' * 64}"):
        with pytest.raises(NotSignedIn):
            office.by_token(secret)
    rows = office.rows(action="token:use")
    assert [row.event.detail["token"] for row in rows] == [made.token.id, other.token.id]
    (event, *_) = (row.event for row in rows)
    assert (event.result, event.actor_id, event.via) == ("refused", ADMIN.id, "token")
    assert (event.address, event.request_id) == ("192.0.2.1", "r1")
    office.wait(hours=13)
    with pytest.raises(NotSignedIn):
        office.by_token(made.secret)
    assert len(office.rows(action="token:use")) == 3


def test_a_token_that_is_gone_from_the_database_is_over(office: Office) -> None:
    """Fails closed: an actor of a deleted row may do nothing."""
    actor = office.by_token(office.token().secret)
    office.log.run("DELETE FROM tokens")
    with pytest.raises(NotSignedIn):
        office.sessions.check(actor)


def test_revoking_the_owner_ends_the_tokens_made_before(office: Office) -> None:
    """And not one that the owner makes afterwards. Signing out ends none."""
    ann = office.actor(office.claims("admins"))
    before = office.token(ann, roles={Role.ADMIN})
    office.wait(seconds=10)
    office.sessions.end(ann)
    office.by_token(before.secret)
    office.users.revoke(ADMIN, ANN)
    with pytest.raises(NotSignedIn, match="ended"):
        office.by_token(before.secret)
    office.wait(seconds=10)
    after = office.token(office.actor(office.claims("admins")), roles={Role.ADMIN})
    assert office.by_token(after.secret).id == ANN


def test_a_token_loses_the_roles_its_owner_has_lost(office: Office) -> None:
    """As soon as the owner is seen with fewer."""
    ann = office.actor(office.claims("admins", "editors"))
    made = office.token(ann, roles={Role.ADMIN, Role.EDITOR})
    assert office.by_token(made.secret).roles == {Role.ADMIN, Role.EDITOR}
    office.wait(minutes=5)
    office.actor(office.claims("editors"))
    assert office.by_token(made.secret).roles == {Role.EDITOR}
    with pytest.raises(AccessDenied):
        office.actor(office.claims())
    assert office.by_token(made.secret).roles == set()


def test_when_it_was_used_is_kept_once_a_minute(office: Office) -> None:
    """A busy script does not write for every request."""
    made, first = office.token(), office.clock.now
    assert office.tokens.list(ADMIN)[0].last_used_at is None
    office.by_token(made.secret)
    office.wait(seconds=59)
    office.by_token(made.secret)
    assert office.tokens.list(ADMIN)[0].last_used_at == first
    office.wait(seconds=1)
    office.by_token(made.secret)
    assert office.tokens.list(ADMIN)[0].last_used_at == office.clock.now


def test_nobody_gives_a_token_more_than_they_have(office: Office) -> None:
    """A role of someone else's is refused, and the attempt is in the log."""
    ann = office.actor(office.claims("admins"))
    with pytest.raises(AccessDenied, match="role you do not have: operator"):
        office.token(ann, roles={Role.OPERATOR})
    assert [row.event.result for row in office.rows(action="token:manage")] == ["refused"]
    assert office.tokens.list(ADMIN) == []


def test_a_token_manages_nothing(office: Office) -> None:
    """Even one with every permission a token can have, of an admin: no tokens, people, switches."""
    everything = module.TOKEN_CANS
    bot = office.by_token(office.token(roles=set(Role), permissions=set(everything)).secret)
    for refused in (
        lambda: office.tokens.list(bot),
        lambda: office.token(bot, roles={Role.VIEWER}),
        lambda: office.tokens.revoke(bot, "0" * 16),
        lambda: office.users.list(bot),
        lambda: office.users.revoke(bot, ANN),
    ):
        with pytest.raises(AccessDenied):
            refused()
    assert {row.event.result for row in office.rows() if row.event.via == "token"} == {"refused"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_tokens_are_an_admins_business(office: Office, role: Role) -> None:
    """Nobody else makes, sees or revokes them."""
    made = office.token()
    other = Actor("x/y", "X", frozenset({role}), "session")
    for refused in (
        lambda: office.tokens.list(other),
        lambda: office.token(other, roles={role}),
        lambda: office.tokens.revoke(other, made.token.id),
    ):
        with pytest.raises(AccessDenied):
            refused()
    assert len(office.tokens.list(ADMIN)) == 1


def test_making_and_revoking_is_audited(office: Office) -> None:
    """`allowed` and `done`, what the token may do and until when, why; and no secret."""
    made = office.token(note="for the nightly copy", layouts={"ssi", "yoto"})
    office.tokens.revoke(ADMIN, made.token.id, "no longer needed")
    rows = office.rows(action="token:manage")
    assert [(row.event.detail["call"], row.event.result) for row in rows] == [
        ("tokens.create", "allowed"),
        ("tokens.create", "done"),
        ("tokens.revoke", "allowed"),
        ("tokens.revoke", "done"),
    ]
    assert [row.event.note for row in rows[1:3]] == ["for the nightly copy", "no longer needed"]
    detail = rows[0].event.detail
    assert (detail["token"], detail["layouts"]) == (made.token.id, "ssi,yoto")
    assert (detail["roles"], detail["permissions"]) == ("editor", "object:list")
    assert made.secret[-64:] not in json.dumps([row.as_json() for row in rows])


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "**x** <script>", "\x1b[31mred", "a" * 10_000])
def test_a_name_is_any_text_on_one_line(office: Office, name: str) -> None:
    """Kept as text, without control characters, of at most 80 letters."""
    made = office.token(name=name)
    assert made.token.name == module.shown_name(name)
    assert len(made.token.name) <= 80
    assert office.tokens.list(ADMIN)[0].name == made.token.name


@pytest.mark.parametrize("token_id", ["", "0" * 16, "a\x00", "\ud800", "' OR 1=1"])
def test_an_unknown_token_is_not_revoked(office: Office, token_id: str) -> None:
    """An id mistyped is said."""
    office.token(name="another")
    with pytest.raises(NotFound):
        office.tokens.revoke(ADMIN, token_id)


def test_revoking_twice_keeps_the_first_time(office: Office) -> None:
    """When a token ended does not change any more."""
    made, first = office.token(), office.clock.now
    office.tokens.revoke(ADMIN, made.token.id)
    office.wait(hours=1)
    assert office.tokens.revoke(ADMIN, made.token.id).revoked_at == first


def test_what_another_version_granted_is_nothing_here(office: Office) -> None:
    """Unknown roles and permissions in the table are left out; the rest stands."""
    made = office.token()
    office.log.run(
        "UPDATE tokens SET roles = :roles, permissions = :cans",
        roles='["editor", "emperor"]',
        cans='["object:list", "world:rule", "token:manage"]',
    )
    actor = office.by_token(made.secret)
    assert actor.roles == {Role.EDITOR}
    assert actor.scope == Scope(frozenset({Can.OBJECT_LIST}))
