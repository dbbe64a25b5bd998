"""Links: how long they live, what a browser saves them as, where they lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import Message
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from hypothesis import given
from hypothesis import strategies as st
from odd_keys import HELD_EVERYWHERE, ONLY_FLAT_STORES

from storage.errors import AccessDenied, ConfigError, InvalidInput
from storage.s3.client import Connection, Store, connect
from storage.s3.presign import attachment, origin, presign_get
from storage.settings import Secret

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def _aws(**more: str) -> Store:
    secrets = {"session_token": Secret(more.pop("token", ""))}
    return connect(
        Connection(
            region=more.pop("region", "eu-west-1"),
            access_key_id="AKID",
            secret_access_key=Secret("s"),
            **secrets,
            **more,
        )
    )


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_link_lives_as_asked_and_is_signed_the_new_way() -> None:
    """Signature Version 4, the life asked for, nothing shortened for lasting credentials."""
    link = presign_get(_aws(), "b-ucket", "k.mp3", expires_s=900, now=NOW)
    query = _query(link.url)
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Expires"] == "900"
    assert (link.expires_at, link.shortened, link.end_is_certain) == (
        NOW + timedelta(minutes=15),
        "",
        True,
    )
    assert link.url not in repr(link)


@pytest.mark.parametrize("expires_s", [0, -1, 604_801])
def test_a_life_s3_would_refuse_is_refused(expires_s: int) -> None:
    """More than 7 days cannot be signed; silently less would be a lie."""
    with pytest.raises(InvalidInput):
        presign_get(_aws(), "bucket", "k", expires_s=expires_s, now=NOW)


def test_a_session_of_unknown_end_is_said_to_be() -> None:
    """A session token has an end that nobody here knows."""
    link = presign_get(_aws(token="t"), "bucket", "k", expires_s=900, now=NOW)
    assert not link.end_is_certain
    assert link.expires_at == NOW + timedelta(minutes=15)


class _Renewing:
    """Credentials that end after 20 minutes and renew themselves; a role's, as botocore keeps them."""

    def __init__(self) -> None:
        self.end = datetime.now(UTC) + timedelta(minutes=20)
        self.renewals = 0

    def store(self) -> Store:
        store = _aws()
        credentials = RefreshableCredentials(
            "AK0", "s0", "t0", self.end, self._renew, "assume-role", advisory_timeout=0
        )
        store._session._credentials = credentials
        store.client._request_signer._credentials = credentials
        return store

    def _renew(self) -> dict[str, str]:
        self.renewals += 1
        self.end = datetime.now(UTC) + timedelta(hours=1)
        return {
            "access_key": f"AK{self.renewals}",
            "secret_key": "s",
            "token": f"t{self.renewals}",
            "expiry_time": self.end.isoformat(),
        }


def test_a_link_never_outlives_credentials_of_known_end() -> None:
    """It ends with them, says when and why, and its end is then certain."""
    role = _Renewing()
    link = presign_get(role.store(), "bucket", "k", expires_s=7200, now=datetime.now(UTC))
    assert abs(link.expires_at - role.end) < timedelta(seconds=2)
    assert int(_query(link.url)["X-Amz-Expires"]) <= 20 * 60
    assert role.end.strftime("%H:%M UTC") in link.shortened
    assert link.end_is_certain
    short = presign_get(role.store(), "bucket", "k", expires_s=60, now=datetime.now(UTC))
    assert short.shortened == ""


def test_a_link_is_made_again_after_credentials_renewed() -> None:
    """Credentials that ran out are renewed at the next link, which has their new end."""
    role = _Renewing()
    role.end = datetime.now(UTC) - timedelta(seconds=1)
    link = presign_get(role.store(), "bucket", "k", expires_s=1800, now=datetime.now(UTC))
    assert role.renewals == 1
    assert "AK1/" in _query(link.url)["X-Amz-Credential"]
    assert link.shortened == ""


def test_ended_credentials_make_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that is dead at birth is an error that says what to do."""
    store = _aws()
    ended = Credentials("AK", "s", "t")
    ended._expiry_time = NOW - timedelta(seconds=1)
    monkeypatch.setattr(store, "credentials", lambda: ended)
    with pytest.raises(AccessDenied, match="expired"):
        presign_get(store, "bucket", "k", expires_s=60, now=NOW)


def test_without_credentials_the_setting_is_named() -> None:
    """ConfigError that names the variables."""
    with pytest.raises(ConfigError, match="no credentials") as told:
        presign_get(connect(Connection(region="eu-west-1")), "bucket", "k", expires_s=60, now=NOW)
    assert "AWS_ACCESS_KEY_ID" in told.value.remedy


@pytest.mark.parametrize("key", HELD_EVERYWHERE + ONLY_FLAT_STORES)
def test_every_key_keeps_its_bytes_in_the_address(key: str) -> None:
    """The path of the URL, decoded, is the key: nothing is folded, resolved or cut."""
    link = presign_get(_aws(), "b-ucket", key, expires_s=60, now=NOW)
    assert unquote(urlsplit(link.url).path) == "/" + key
    assert link.url.isascii()
    assert not any(character in link.url for character in " \"'<>\\^`{}|\r\n")


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_any_download_name_is_a_safe_header(name: str) -> None:
    """One ASCII line that says attachment; no folder, control or direction mark in the name."""
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    parsed = Message()
    parsed["content-disposition"] = header
    assert parsed.get_content_disposition() == "attachment"
    assert header.count('"') == 2
    wanted = unquote(header.rpartition("UTF-8''")[2])
    assert wanted
    assert not set(wanted) & set("/\\\r\n\0\u202e\u200f")
    assert len(wanted) <= 200


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("ita.wav", "attachment; filename=\"ita.wav\"; filename*=UTF-8''ita.wav"),
        (
            'canonical/welcomes/perché "no".wav',
            "attachment; filename=\"perche _no_.wav\"; filename*=UTF-8''perch%C3%A9%20%22no%22.wav",
        ),
        ("日本.mp3", "attachment; filename=\"mp3\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.mp3"),
        ("../..", "attachment; filename=\"download\"; filename*=UTF-8''download"),
        ("gpj.\u202e3pm", "attachment; filename=\"gpj.3pm\"; filename*=UTF-8''gpj.3pm"),
    ],
)
def test_download_names_as_people_see_them(name: str, header: str) -> None:
    """Accents stay in the UTF-8 name, the ASCII one is what is left."""
    assert attachment(name) == header


def test_a_given_type_and_version_are_signed_in() -> None:
    """The browser gets the type we vouch for, and the version that was looked at."""
    link = presign_get(
        _aws(), "bucket", "k", expires_s=60, now=NOW, content_type="audio/mp4", version_id="v1"
    )
    query = _query(link.url)
    assert (query["response-content-type"], query["versionId"]) == ("audio/mp4", "v1")


@pytest.mark.parametrize(
    ("connection", "bucket", "expected"),
    [
        ({}, "ssi-audio-stage", "https://ssi-audio-stage.s3.eu-west-1.amazonaws.com"),
        ({"region": "us-east-1"}, "plain", "https://plain.s3.amazonaws.com"),
        ({}, "dotted.name", "https://s3.eu-west-1.amazonaws.com"),
        ({"addressing": "path"}, "plain", "https://s3.eu-west-1.amazonaws.com"),
        ({"endpoint_url": "http://127.0.0.1:8333"}, "plain", "http://127.0.0.1:8333"),
        (
            {"endpoint_url": "https://s3.example.org", "addressing": "virtual"},
            "plain",
            "https://plain.s3.example.org",
        ),
        ({"endpoint_url": "https://[::1]:9000"}, "plain", "https://[::1]:9000"),
    ],
)
def test_origin_is_where_links_lead(connection: dict[str, str], bucket: str, expected: str) -> None:
    """What the page's policy lets a browser fetch from is the very host of the links."""
    store = _aws(**connection)
    assert origin(store, bucket) == expected
    link = presign_get(store, bucket, "k", expires_s=60, now=NOW)
    assert link.url.startswith(expected + "/")


@pytest.mark.parametrize("endpoint", ["s3.example.org", "http://", "nonsense"])
def test_an_address_that_is_none_is_a_configuration_error(endpoint: str) -> None:
    """Told when connecting, with how to write it."""
    with pytest.raises(ConfigError, match="not the address"):
        _aws(endpoint_url=endpoint)


def test_an_unknown_profile_is_a_configuration_error() -> None:
    """Named, with how to see the ones there are."""
    with pytest.raises(ConfigError, match="'nobody'"):
        connect(Connection(profile="nobody"))
