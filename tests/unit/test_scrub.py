"""The quick look at a text for the log passes over none that the patterns would find something in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.audit.scrub import Scrub, _cleaned

NAMES = (
    "X-Amz-Signature", "x-amz-credential", "x-amz-security-token", "signature", "AWSAccessKeyId",
    "aws_secret_access_key", "secretaccesskey", "session_token", "access_token", "refresh_token",
    "id_token", "client_secret", "PASSWORD", "passwd", "Authorization", "\u017fignature",
)  # fmt: skip
SIGNS = ("=", ":", "%3d", "%253D", '"', "'", " ", "/", "@", "\0", "\ud800", "&")
VALUES = (
    "hunter22",
    "Bearer " + "a" * 24,
    "sst_" + "0" * 16 + "_" + "f" * 20,
    "https://ann:pw@e.org",
)


@pytest.mark.property
@given(st.lists(st.sampled_from([*NAMES, *SIGNS, *VALUES, "clips/", "Fáilte"]), max_size=8))
def test_the_quick_look_misses_nothing(parts: list[str]) -> None:
    """With it and without it the same is removed."""
    text = "".join(parts)
    assert Scrub([])(text, 10_000) == _cleaned(text)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_found(name: str) -> None:
    """In whatever case it is written."""
    for written in (name, name.lower(), name.upper()):
        assert "hunter22" not in Scrub([])(f"{written}=hunter22", 1_000)
