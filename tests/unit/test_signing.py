"""Requests signed by hand bear the signature that botocore would give them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote

import pytest
from botocore import auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from storage.s3.signing import Signer

NOW = datetime(2026, 11, 27, 11, 30, 5, tzinfo=UTC)


def by_botocore(
    method: str,
    path: str,
    headers: dict[str, str],
    credentials: Credentials,
    body: bytes | None = None,
) -> str:
    url = f"https://store.example.org:8333{path}"
    request = AWSRequest(method, url, headers=headers, data=body)
    with patch.object(auth, "get_current_datetime", lambda **_: NOW.replace(tzinfo=None)):
        S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("token", [None, "a-session-token"])
@given(
    st.text(min_size=1, max_size=20).filter(lambda key: "\ud800" not in key),
    st.sampled_from(["HEAD", "PUT"]),
)
def test_like_botocore(token: str | None, key: str, method: str) -> None:
    """For whatever key, method and session token."""
    credentials = Credentials("AKID", "very-secret", token)
    path = "/bucket/" + quote(key, safe="/-_.~")
    headers = {
        "x-amz-copy-source": "/bucket/" + quote(key),
        "if-none-match": "*",
        "x-amz-copy-source-if-match": '"abc"',
    }
    signer = Signer("eu-west-1", credentials, lambda: NOW)
    signed = signer.signed(method, "store.example.org:8333", path, headers)
    sent = {**headers, "X-Amz-Content-SHA256": signed["x-amz-content-sha256"]}
    assert signed["authorization"] == by_botocore(method, path, sent, credentials)
    assert signed.get("x-amz-security-token") == token


def test_a_body_is_signed_by_its_digest() -> None:
    """As botocore signs it, which reads the bytes."""
    credentials, body = Credentials("AKID", "very-secret"), b"a recording"
    headers = {"if-none-match": "*", "content-type": "audio/wav"}
    signed = Signer("eu-west-1", credentials, lambda: NOW).signed(
        "PUT", "store.example.org:8333", "/b/k", headers, payload=hashlib.sha256(body).hexdigest()
    )
    expected = by_botocore("PUT", "/b/k", headers, credentials, body)
    assert signed["authorization"] == expected


def test_new_credentials_and_days_are_followed() -> None:
    """A renewed secret, or another day, signs from then on."""
    credentials, times = Credentials("AKID", "one"), [NOW]
    signer = Signer("eu-west-1", credentials, lambda: times[-1])
    first = signer.signed("HEAD", "h", "/b/k", {})["authorization"]
    credentials.secret_key = "two"
    second = signer.signed("HEAD", "h", "/b/k", {})["authorization"]
    times.append(datetime(2026, 11, 28, tzinfo=UTC))
    third = signer.signed("HEAD", "h", "/b/k", {})["authorization"]
    assert len({first, second, third}) == 3
    credentials.secret_key = "one"
    times.append(NOW)
    assert signer.signed("HEAD", "h", "/b/k", {})["authorization"] == first
