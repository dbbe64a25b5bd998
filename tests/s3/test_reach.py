"""What credentials can do beyond the console's need is found by reading alone."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber
from scripted_server import Answer, ScriptedServer, s3_error

from storage.checks import reach
from storage.checks.reach import check_reach
from storage.errors import ConfigError, Unavailable
from storage.s3.client import Connection, Store, connect
from storage.settings import Secret


@pytest.fixture
def aws() -> Store:
    """A connection to AWS itself, whose answers a test stubs."""
    return connect(Connection(region="eu-west-1", access_key_id="k", secret_access_key=Secret("s")))


def test_credentials_with_everything_are_found_out(moto_store: Store, moto_bucket: str) -> None:
    """Foreign buckets and readable settings are named, also where nothing is set in them."""
    moto_store.client.create_bucket(Bucket="someone-elses")
    found = {item.rule: item for item in check_reach(moto_store, moto_bucket, {moto_bucket})}
    assert set(found) == {"reach-buckets", "reach-settings"}
    assert "someone-elses" in found["reach-buckets"].text
    assert moto_bucket not in found["reach-buckets"].text
    for action in ("s3:GetBucketPolicy", "s3:GetBucketAcl", "s3:GetLifecycleConfiguration"):
        assert action in found["reach-settings"].text


def test_seeing_only_the_projects_buckets_is_fine(moto_store: Store, moto_bucket: str) -> None:
    """A list that shows nothing foreign is no finding."""
    rules = {item.rule for item in check_reach(moto_store, moto_bucket, {moto_bucket, "b"})}
    assert "reach-buckets" not in rules


def test_least_credentials_have_no_findings(aws: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything refused means nothing to say; only reading calls are made."""
    monkeypatch.setattr(reach, "caller_arn", lambda _store: "arn:aws:iam::1:user/console")
    with Stubber(aws.client) as stub:
        for call in (
            "list_buckets",
            "get_bucket_policy",
            "get_bucket_acl",
            "get_bucket_lifecycle_configuration",
        ):
            stub.add_client_error(call, "AccessDenied", http_status_code=403)
        assert check_reach(aws, "b", {"b"}) == ()
        stub.assert_no_pending_responses()


def test_the_root_user_is_an_error(aws: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the account itself are told first."""
    monkeypatch.setattr(reach, "caller_arn", lambda _store: "arn:aws:iam::123456789012:root")
    monkeypatch.setattr(reach, "buckets_shown", lambda _store: tuple(f"x{n}" for n in range(9)))
    monkeypatch.setattr(reach, "readable_settings", lambda _store, _bucket: ())
    root, buckets = check_reach(aws, "b", {"b"})
    assert (root.rule, root.severity) == ("reach-root", "error")
    assert "x0, x1, x2 and 6 more" in buckets.text


@pytest.mark.parametrize(
    "answer",
    [s3_error("PermanentRedirect", "m", 301), Answer(200, b"<html><body>Hi</body></html>")],
)
def test_a_store_that_is_none_is_told(
    scripted: ScriptedServer, scripted_store: Store, answer: Answer
) -> None:
    """A proxy's redirect or login page is a typed error, not a finding."""
    scripted.answer = lambda _asked: answer
    with pytest.raises((ConfigError, Unavailable)):
        check_reach(scripted_store, "bucket", {"bucket"})
