"""Claims to people and roles: the table, and everything a provider or a person may put in claims."""

from __future__ import annotations

import itertools
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.config import LoginConfig, RoleLine
from storage.errors import NotSignedIn
from storage.model.people import Role
from storage.people.roles import NAME_MAX, person_of, roles_of, shown_name

VIEWER, EDITOR, QA, ADMIN = (
    frozenset({role}) for role in (Role.VIEWER, Role.EDITOR, Role.QA, Role.ADMIN)
)
LINES = (
    RoleLine("email", "Ann@Example.org", ADMIN),
    RoleLine("domain", "example.org", VIEWER),
    RoleLine("claim", "editors", EDITOR, "groups"),
    RoleLine("claim", "Audio QA", QA, "department"),
)
LOGIN = LoginConfig("https://console.example.org", LINES)
WHO = {"iss": "https://id.example.org", "sub": "alice", "iat": 1_790_000_000}


def roles(email_is_verified: bool = False, **claims: Any) -> set[Role]:
    login = LoginConfig("https://console.example.org", LINES, email_is_verified=email_is_verified)
    return set(roles_of({**WHO, **claims}, login))


FITTING = {
    "email": ({"email": "ann@EXAMPLE.org", "email_verified": True}, {Role.ADMIN, Role.VIEWER}),
    "domain": ({"email": "bob@example.ORG", "email_verified": True}, {Role.VIEWER}),
    "unverified": ({"email": "ann@example.org"}, set[Role]()),
    "groups": ({"groups": ["staff", "editors"]}, {Role.EDITOR}),
    "group": ({"groups": "editors"}, {Role.EDITOR}),
    "claim": ({"department": "Audio QA"}, {Role.QA}),
    "claims": ({"department": ["Audio QA"]}, {Role.QA}),
    "nothing": ({}, set[Role]()),
}


@pytest.mark.parametrize(("one", "other"), list(itertools.product(FITTING, repeat=2)))
def test_whoever_fits_several_lines_has_the_roles_of_all(one: str, other: str) -> None:
    """Every pair of ways to fit: the union, and nothing besides."""
    (first, has), (second, more) = FITTING[one], FITTING[other]
    if {"email", "groups", "department"} & first.keys() & second.keys():
        has, first = set(), {}  # the second's claims replace the first's
    assert roles(**first, **second) == has | more


@pytest.mark.parametrize("verified", [None, False, "true", 1, "True", [True], {"a": True}])
def test_an_address_nobody_verified_gives_no_role(verified: Any) -> None:
    """Only `true` itself counts: providers let people write any address (nOAuth)."""
    claims = {"email": "ann@example.org"} | (
        {} if verified is None else {"email_verified": verified}
    )
    assert roles(**claims) == set()


def test_a_provider_known_to_verify_need_not_say_so() -> None:
    """`email_is_verified = true` in the config file."""
    assert roles(True, email="ann@example.org") == {Role.ADMIN, Role.VIEWER}
    assert roles(True, email="ann@example.org", email_verified=False) == {Role.ADMIN, Role.VIEWER}


@pytest.mark.parametrize(
    "email",
    [
        "ann@evil-example.org",
        "ann@example.org.evil.org",
        "ann@sub.example.org",
        "ann@example.org@evil.org",
        '"ann@example.org"@evil.org',
        "ann@evil.org\n@example.org",
        "ann@example.org ",
        " ann@example.org",
        "ann@example.org\x00",
        "ann@example.org\u200b",
        "@example.org",
        "example.org",
        "ann@",
        "ann@example\uff0eorg",
        "ann@e\u0445ample.org",
        "a" * 1_000_000 + "@example.org",
        ["ann@example.org"],
        {"email": "ann@example.org"},
        7,
        None,
    ],
)
def test_only_the_whole_domain_of_a_plain_address_counts(email: Any) -> None:
    """Suffixes, second @ signs, hidden and foreign look-alike letters, and what is no text."""
    assert roles(email=email, email_verified=True) == set()


def test_only_ascii_letters_have_two_cases() -> None:
    """The Kelvin sign is lower-cased to k by Unicode: another mailbox would become this one."""
    login = LoginConfig("https://c.example.org", (RoleLine("email", "kim@example.org", ADMIN),))
    assert (
        roles_of({**WHO, "email": "\u212aim@example.org", "email_verified": True}, login) == set()
    )
    assert roles_of({**WHO, "email": "KIM@example.org", "email_verified": True}, login) == ADMIN


@pytest.mark.parametrize(
    "groups",
    [
        "Editors",
        "editors,admins",
        "editors ",
        ["EDITORS"],
        [["editors"]],
        {"editors": True},
        {"editors": "editors"},
        [{"name": "editors"}],
        True,
        1,
        None,
        [None, 3, b"editors"],
        ["editors" * 100_000],
    ],
)
def test_groups_are_compared_exactly_and_in_one_level(groups: Any) -> None:
    """No case folding, no splitting of texts, no looking into nested values, no other types."""
    assert roles(groups=groups) == set()


def test_the_id_is_the_issuer_and_the_subject() -> None:
    """Issuer host, its path if any, "/", subject; name and address are only shown."""
    person = person_of({**WHO, "name": "Alice", "email": "alice@example.org"})
    assert (person.id, person.name, person.email) == (
        "id.example.org/alice",
        "Alice",
        "alice@example.org",
    )
    assert person.issued_at == datetime.fromtimestamp(1_790_000_000, UTC)
    entra = {**WHO, "iss": "https://login.microsoftonline.com/9188040d/v2.0"}
    assert person_of(entra).id == "login.microsoftonline.com/9188040d/v2.0/alice"
    assert person_of({**WHO, "iss": "http://127.0.0.1:9400"}).id == "127.0.0.1:9400/alice"
    assert person_of({**WHO, "sub": "auth0|5f:7@x"}).id == "id.example.org/auth0|5f:7@x"


parts = st.text(st.sampled_from("ab/%.|"), min_size=1, max_size=6)


@given(parts, parts, parts, parts)
def test_two_issuers_never_make_one_person(one: str, sub: str, other: str, other_sub: str) -> None:
    """Ids are equal only when issuer and subject are."""
    first = person_of({**WHO, "iss": f"https://id.org/{one}", "sub": sub})
    second = person_of({**WHO, "iss": f"https://id.org/{other}", "sub": other_sub})
    assert (first.id == second.id) == ((one, sub) == (other, other_sub))


BAD_TEXTS = [None, "", 7, True, ["a"], {"a": "b"}, "a\nb", "a\x00", "\u202ea", "\ud800", "a" * 256]


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize("value", BAD_TEXTS, ids=ascii)
def test_without_a_proper_issuer_and_subject_nobody_is_signed_in(name: str, value: Any) -> None:
    """Missing, of another type, empty, endless, or with characters nobody sees."""
    with pytest.raises(NotSignedIn):
        person_of({**WHO, name: value})


@pytest.mark.parametrize(
    "issuer",
    [
        "id.example.org",
        "http://id.example.org",
        "https://",
        "https://a@b",
        "ftp://a",
        "https://a?b",
        "https://[a",
    ],
)
def test_an_issuer_is_an_https_address(issuer: str) -> None:
    """Whom anybody on the way could play is no issuer; loopback is for trying out."""
    with pytest.raises(NotSignedIn):
        person_of({**WHO, "iss": issuer})


BAD_TIMES = [None, 0, -1, False, "1790000000", float("nan"), float("inf"), 1e300, 10**400, [1], {}]


@pytest.mark.parametrize("iat", BAD_TIMES, ids=lambda value: ascii(value)[:20])
def test_without_a_time_nobody_is_signed_in(iat: Any) -> None:
    """A session whose age nobody knows would never end."""
    with pytest.raises(NotSignedIn):
        person_of({**WHO, "iat": iat})


NAMES = {
    "Ann Example": "Ann Example",
    " Ann\n\tExample ": "Ann Example",
    "Ann\u202eelpmaxE": "Ann elpmaxE",
    "\x1b[31mAnn": "[31mAnn",
    "**Ann** <b>": "**Ann** <b>",
    "A" * 1_000_000: "A" * (NAME_MAX - 1) + "…",
    "\u200b" * 2_000: "",
    "": "",
}


@pytest.mark.parametrize("given_name", NAMES, ids=lambda text: ascii(text)[:20])
def test_a_name_is_one_short_visible_line(given_name: str) -> None:
    """Cut, on one line, without control and direction characters; markup stays text for the page."""
    assert shown_name(given_name) == NAMES[given_name]


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"name": "Ann", "preferred_username": "ann1"}, "Ann"),
        ({"name": "\u200b", "preferred_username": "ann1"}, "ann1"),
        ({"name": ["Ann"], "email": "ann@example.org"}, "ann@example.org"),
        ({"name": {"first": "Ann"}}, "id.example.org/alice"),
    ],
)
def test_the_name_shown_is_the_first_that_can_be_shown(claims: dict[str, Any], shown: str) -> None:
    """Name, user name, address; else the id."""
    assert person_of({**WHO, **claims}).name == shown


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)
CLAIMS = (
    "iss",
    "sub",
    "iat",
    "name",
    "preferred_username",
    "email",
    "email_verified",
    "groups",
    "department",
)


@given(st.dictionaries(st.sampled_from(CLAIMS), anything))
def test_no_claims_crash_or_escalate(claims: dict[str, Any]) -> None:
    """Whatever the claims hold: a person or NotSignedIn; and a role only by what equals a line."""
    try:
        person = person_of({**WHO, **claims})
    except NotSignedIn:
        pass
    else:
        assert len(person.name) <= 600
        assert not {unicodedata.category(letter) for letter in person.name} & {"Cc", "Cf", "Cs"}
    found = roles_of(claims, LOGIN)
    texts = [claims.get("groups"), claims.get("department")]
    flat = {
        item
        for value in texts
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str)
    }
    assert (Role.EDITOR in found) <= ("editors" in flat)
    assert (Role.QA in found) <= ("Audio QA" in flat)
    assert not found & {Role.ADMIN, Role.VIEWER} or claims.get("email_verified") is True


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(list(Role))), max_size=8),
    st.sets(st.sampled_from(["a", "b", "c", "d"])),
)
def test_any_table_gives_exactly_the_roles_of_the_lines_that_fit(
    table: list[tuple[str, Role]], groups: set[str]
) -> None:
    """Whatever the order and the repetitions."""
    lines = tuple(RoleLine("claim", group, frozenset({role}), "groups") for group, role in table)
    login = LoginConfig("https://c.example.org", lines)
    expected = {role for group, role in table if group in groups}
    assert roles_of({**WHO, "groups": sorted(groups)}, login) == expected
