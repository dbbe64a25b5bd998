"""The content security policy as text."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
import streamlit

from server import VERSION
from server.headers import STREAMLIT_INLINE_SCRIPT, content_security_policy

ROOT = Path(__file__).parents[2]


def directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split("; ")]
    return {name: sources for name, *sources in parts}


def test_media_comes_from_the_store_and_scripts_never_do() -> None:
    """The store's origins may be fetched and played; nothing else may come from them."""
    origins = ["http://127.0.0.1:9000", "https://b.s3.eu-west-1.amazonaws.com", "http://[::1]:9"]
    policy = directives(content_security_policy(origins))
    assert policy["connect-src"] == policy["media-src"] == ["'self'", *origins, "blob:"]
    naming_store = {name for name, sources in policy.items() if set(origins) & set(sources)}
    assert naming_store == {"connect-src", "media-src"}
    assert policy["frame-ancestors"] == ["'none'"]


@pytest.mark.parametrize(
    "odd",
    [
        "*",
        "http://*",
        "http://a; script-src *",
        "http://a b",
        "javascript:x",
        "http://a/path",
        "'none'",
        "",
    ],
)
def test_an_odd_origin_cannot_widen_the_policy(odd: str) -> None:
    """A configured address that is no plain origin is left out."""
    assert content_security_policy([odd]) == content_security_policy([])


def test_scripts_are_ours_alone() -> None:
    """No inline script and no eval; the one exception is named by its hash."""
    scripts = directives(content_security_policy([]))["script-src"]
    assert scripts == ["'self'", "'wasm-unsafe-eval'", "blob:", STREAMLIT_INLINE_SCRIPT]


def test_the_inline_script_is_streamlits_own() -> None:
    """The allowed hash is that of the one inline script in the installed Streamlit's page."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    inline = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    assert [f"'sha256-{one}'" for one in hashes] == [STREAMLIT_INLINE_SCRIPT]


def test_the_version_is_that_of_the_project() -> None:
    """`/api/health` reports what pyproject.toml says."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
