"""Where a person goes after signing in: the page they asked for, never another site."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.deep_link import HOME, from_cookie, safe_target, to_cookie, with_reason

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%2Fevil.example",
    "/%2fevil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/browse/..//evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "HTTPS://evil.example/browse",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/@evil.example",
    "/browse\r\nSet-Cookie: a=b",
    "/browse\r\nLocation: https://evil.example",
    " //evil.example",
    "\u2028//evil.example",
    "/\u2044evil.example",
    "/\uff0fevil.example",
    "",
    "?",
]


@pytest.mark.parametrize("raw", ELSEWHERE)
def test_it_never_leaves_the_site(raw: str) -> None:
    """Another host, however it is written, and a header smuggled in: home instead."""
    assert safe_target(raw) == HOME
    assert from_cookie(to_cookie(raw)) == HOME


@pytest.mark.parametrize(
    "raw",
    ["/sign-in?next=/browse", "/oauth2callback?error=x", "/api", "/api/ui/zip", "/auth/logout"],
)
def test_only_pages(raw: str) -> None:
    """Addresses that do something are no place to come back to."""
    assert safe_target(raw) == HOME


@pytest.mark.parametrize(
    "raw",
    [
        "/",
        "/browse",
        "/browse?project=ssi&bucket=stage&at=mastered%2Fa+b.mp3",
        "/activity?person=x",
        "/?project=yoto",
    ],
)
def test_a_page_and_its_query_are_kept(raw: str) -> None:
    """As it was asked for, through the cookie too."""
    assert safe_target(raw) == raw
    assert from_cookie(to_cookie(raw)) == raw


def test_a_query_stays_a_query() -> None:
    """Line breaks, other addresses and markup in it are encoded values, and nothing more."""
    raw = "/browse?at=a%0D%0ALocation:%20https://evil.example&x=\r\n//evil&y=<script>#//evil"
    kept = safe_target(raw)
    assert not set(kept) & set("\r\n<>#\\ ")
    assert dict(parse_qsl(urlsplit(kept).query)) == {
        "at": "a\r\nLocation: https://evil.example",
        "x": "\r\n//evil",
        "y": "<script>",
    }


def test_a_query_too_long_for_a_cookie_is_left_out() -> None:
    """The page at least is the right one."""
    assert safe_target("/browse?at=" + "%C3%A4" * 1_024) == "/browse"
    assert len(to_cookie("/browse?at=" + "a" * 2_600)) < 3_700


@pytest.mark.parametrize(
    "value", ["", "***", "a", "Ly9ldmlsLmV4YW1wbGU", "\u00e9", "/browse", "_w"]
)
def test_a_cookie_that_is_not_ours(value: str) -> None:
    """Anything may be in a cookie."""
    assert from_cookie(value) == HOME


def test_a_reason_does_not_pile_up() -> None:
    """Only the last attempt is told of, and the page asked for does not keep it."""
    once = with_reason("/browse?bucket=stage", "denied")
    assert once == "/browse?bucket=stage&sign-in=denied"
    assert with_reason(once, "stale") == "/browse?bucket=stage&sign-in=stale"
    assert safe_target(once) == "/browse?bucket=stage"
    assert with_reason("//evil.example", "denied") == "/?sign-in=denied"


@pytest.mark.property
@given(st.text(), st.text())
def test_whatever_is_given(path: str, query: str) -> None:
    """The result is printable ASCII and names no host, as a browser reads it."""
    kept = safe_target(f"/{path}?{query}")
    assert kept.isascii()
    assert kept.isprintable()
    assert kept.startswith("/")
    assert not kept.startswith(("//", "/\\"))
    assert not urlsplit(kept).netloc
    assert safe_target(kept) == kept
