"""What operators are told about the store behind the pages, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from page_rig import Console, own_s3
from scripted_server import Answer, Asked, ScriptedServer, s3_error

from storage import bootstrap
from storage.errors import StorageError, Unavailable
from storage.model.findings import Finding
from storage.s3.client import Store
from ui import notices

COMMAND = "python -m storage policy ROLE"


@pytest.fixture
def own(stocked: Store, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A tab of a console on one's own S3, whose credentials may do everything."""
    stocked.client.create_bucket(Bucket="of-another-team")
    bootstrap.install(own_s3(stocked.connection.endpoint_url))
    return Console(monkeypatch)


def _reach_boxes(console: Console) -> list[str]:
    return [str(box.value) for box in console.app.warning if COMMAND in str(box.value)]


@pytest.mark.parametrize("role", ["", "operator", "admin"])
def test_too_much_power_is_told_to_those_who_can_change_it(own: Console, role: str) -> None:
    """One box with what was found and the command that prints the least policy."""
    (box,) = _reach_boxes(own.open(**{"as": role}))
    assert "of\\-another" in box
    assert "GetBucketPolicy" in box
    assert "home:buckets" in own.shown


@pytest.mark.parametrize("role", ["editor", "qa", "viewer"])
def test_others_are_not_bothered(own: Console, role: str) -> None:
    """Nothing is said, and nothing is asked of the store for it."""
    own.open(**{"as": role})
    assert not _reach_boxes(own)
    assert not [asked for asked in own.requests if "?policy" in asked or "?acl" in asked]


def test_it_is_asked_once(own: Console) -> None:
    """A second visit shows the same without asking; Browse does not ask at all."""
    own.open()
    assert [asked for asked in own.requests if "?policy" in asked]
    own.again()
    assert _reach_boxes(own)
    assert not [asked for asked in own.requests if "?policy" in asked]
    assert not _reach_boxes(own.open("browse"))


def test_the_embedded_store_is_never_asked(console: Console) -> None:
    """Its credentials may do everything by design."""
    console.open()
    assert not _reach_boxes(console)
    assert not [asked for asked in console.requests if "?policy" in asked]


@pytest.mark.parametrize(
    "failing", [Unavailable("Down.", "Wait."), StorageError("The store answered Odd.", "")]
)
def test_a_probe_that_fails_is_silent(
    own: Console, monkeypatch: pytest.MonkeyPatch, failing: StorageError
) -> None:
    """Home stands as it is; the failure of the question is nobody's trouble."""

    def fail(*_args: object) -> tuple[Finding, ...]:
        raise failing

    monkeypatch.setattr(notices, "check_reach", fail)
    own.open()
    assert "home:buckets" in own.shown
    assert not own.app.warning
    assert not own.app.error


def test_least_credentials_are_not_warned_of(own: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found, nothing said."""
    monkeypatch.setattr(notices, "check_reach", lambda *_args: ())
    assert not own.open().app.warning


# -- buckets found elsewhere ---------------------------------------------------------------------

LISTING = Answer(
    200,
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name>'
    b"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated></ListBucketResult>",
)


def _in_ireland(asked: Asked) -> Answer:
    if "list-type=2" not in asked.path:
        return s3_error("AccessDenied", "no", 403)
    if asked.region == "eu-west-1" or "/ssi-audio-stage" not in asked.path:
        return LISTING
    answer = s3_error("PermanentRedirect", "m", 301)
    return replace(answer, headers={"x-amz-bucket-region": "eu-west-1"})


@pytest.mark.parametrize("page", ["home", "browse"])
def test_a_bucket_found_elsewhere_is_told_with_the_setting(
    scripted: ScriptedServer, scripted_console: Console, page: str
) -> None:
    """One line: which bucket, where it is, and what to write where; the page works."""
    scripted.answer = _in_ireland
    console = scripted_console.open(page)
    (line,) = [str(box.value).replace("\\", "") for box in console.app.info]
    assert "Stage (testing) is in region eu-west-1" in line
    assert 'region = "eu-west-1" under [layouts.ssi.buckets.stage] in soundstage.toml' in line
    assert not console.app.error
    console.open(page, **{"as": "qa"})
    assert not console.app.info


def test_the_setting_that_is_named_ends_the_line(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the line says to write is right: with it the bucket is found at once."""
    scripted.answer = _in_ireland
    file = tmp_path / "soundstage.toml"
    file.write_text('[layouts.ssi.buckets.stage]\nregion = "eu-west-1"\n')
    services = bootstrap.build(
        {
            "S3_ENDPOINT_URL": scripted.url,
            "STORAGE_CONFIG": str(file),
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        }
    )
    bootstrap.install(services)
    console = Console(monkeypatch).open("browse")
    assert not console.app.info
    assert "browse:grid" in console.shown
