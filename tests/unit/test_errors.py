"""The table of AWS errors: every code reads well, names the place and hides what is secret."""

from __future__ import annotations

import re

import pytest
from botocore import exceptions as sdk

from storage import errors
from storage.errors import (
    AccessDenied,
    ConfigError,
    InvalidInput,
    NotFound,
    StorageError,
    Unavailable,
)
from storage.s3.codes import AWS_CODES, translate
from storage.s3.failures import translating


@pytest.mark.parametrize("code", AWS_CODES)
def test_every_code_has_a_whole_sentence(code: str) -> None:
    """No placeholder is left, what happened ends as a sentence, and the place travels along."""
    error = translate(code, "m", action="s3:GetObject", bucket="b", key="k", region="eu-west-1")
    assert isinstance(error, StorageError)
    assert error.what.endswith(".")
    assert not re.search(r"\{[a-z_]+\}", error.what + error.remedy)
    assert (error.bucket, error.key) == ("b", "k")


def test_refused_means_denied_and_absent_means_not_found() -> None:
    """403 and 404 are never mixed up, and each is the builtin a script would catch."""
    for code in ("403", "AccessDenied", "Forbidden", "AllAccessDisabled"):
        error = translate(code, "", action="s3:GetObject", bucket="b", key="k")
        assert isinstance(error, AccessDenied)
        assert isinstance(error, PermissionError)
        assert not isinstance(error, NotFound)
    assert isinstance(translate("404", "", action="s3:GetObject", bucket="b"), FileNotFoundError)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ListBucket", "arn:aws:s3:::b"),
        ("s3:ListBucketVersions", "arn:aws:s3:::b"),
        ("s3:ListBucketMultipartUploads", "arn:aws:s3:::b"),
        ("s3:GetBucketVersioning", "arn:aws:s3:::b"),
        ("s3:PutBucketCORS", "arn:aws:s3:::b"),
        ("s3:GetObject", "arn:aws:s3:::b/*"),
        ("s3:GetObjectTagging", "arn:aws:s3:::b/*"),
        ("s3:GetObjectVersion", "arn:aws:s3:::b/*"),
        ("s3:PutObject", "arn:aws:s3:::b/*"),
        ("s3:ListAllMyBuckets", "*"),
        ("kms:Decrypt", "*"),
    ],
)
def test_denied_names_the_action_and_the_policy_line(action: str, resource: str) -> None:
    """The line can be pasted: action and the resource that action works on."""
    error = translate("AccessDenied", "", action=action, bucket="b", key="k")
    assert action in error.what
    line = f'{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}'
    assert line in error.remedy


def test_an_unknown_code_passes_through_by_name() -> None:
    """The code and the store's words are kept; with a 5xx it is the store that is unwell."""
    error = translate("TeapotError", "short and stout", action="s3:GetObject", bucket="b")
    assert type(error) is StorageError
    assert "TeapotError" in error.what
    assert "short and stout" in error.what
    busy = translate("TeapotError", "", action="s3:GetObject", bucket="b", status=503)
    assert isinstance(busy, Unavailable)
    assert "TeapotError" in busy.what


def test_braces_in_names_do_no_harm() -> None:
    """A key or bucket with braces is text, not a placeholder."""
    error = translate("NoSuchBucket", "", action="s3:ListBucket", bucket="{action}", key="{0}")
    assert "'{action}'" in error.what


def test_codes_are_unique_names() -> None:
    """Each error's code, in JSON and exit tables, belongs to one class."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, StorageError)
    ]
    codes = [kind.code for kind in kinds]
    assert len(codes) == len(set(codes))


URL = "http://10.0.0.5:9000/b/secret-key?X-Amz-Signature=abc&X-Amz-Security-Token=def"


@pytest.mark.parametrize(
    ("raised", "kind", "said"),
    [
        (sdk.NoCredentialsError(), ConfigError, "no credentials"),
        (
            sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            ConfigError,
            "AWS_SECRET_ACCESS_KEY",
        ),
        (sdk.ProfileNotFound(profile="nobody"), ConfigError, "'nobody'"),
        (sdk.UnauthorizedSSOTokenError(), AccessDenied, "expired"),
        (sdk.SSOTokenLoadError(error_msg="x"), AccessDenied, "expired"),
        (sdk.TokenRetrievalError(provider="sso", error_msg="x"), AccessDenied, "expired"),
        (sdk.LoginRefreshRequired(), AccessDenied, "expired"),
        (
            sdk.CredentialRetrievalError(provider="custom-process", error_msg="hunter2"),
            ConfigError,
            "custom-process",
        ),
        (sdk.EndpointConnectionError(endpoint_url=URL), Unavailable, "http://10.0.0.5:9000"),
        (sdk.ConnectTimeoutError(endpoint_url=URL), Unavailable, "http://10.0.0.5:9000"),
        (sdk.ReadTimeoutError(endpoint_url=URL), Unavailable, "too long"),
        (sdk.SSLError(endpoint_url=URL, error="x"), Unavailable, "certificate"),
        (sdk.ConnectionClosedError(endpoint_url=URL), Unavailable, "broke"),
        (sdk.ResponseStreamingError(error="x"), Unavailable, "broke"),
        (sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2), Unavailable, "broke"),
        (sdk.HTTPClientError(error="x"), Unavailable, "cannot be reached"),
        (
            sdk.ParamValidationError(report='Invalid bucket name "B": Bucket name must match'),
            ConfigError,
            "bucket name",
        ),
        (sdk.ParamValidationError(report="Invalid length for Key"), InvalidInput, "Key"),
        (sdk.InvalidRegionError(region_name="no such"), ConfigError, "no such"),
    ],
)
def test_what_the_sdk_raises_is_told(
    raised: Exception, kind: type[StorageError], said: str
) -> None:
    """Each failure before an answer has its own words, and none shows a URL's path or signature."""
    with pytest.raises(kind, match=said) as told, translating("s3:GetObject", "b", "k"):
        raise raised
    text = told.value.what + told.value.remedy
    assert not any(word in text for word in ("Signature", "secret-key", "Token", "hunter2"))
    assert (told.value.bucket, told.value.key) == ("b", "k")


def test_other_exceptions_stay_what_they_are() -> None:
    """A bug of ours is no store's failure."""
    with pytest.raises(KeyError), translating("s3:GetObject", "b"):
        raise KeyError("bug")
    with pytest.raises(InvalidInput), translating("s3:GetObject", "b"):
        raise InvalidInput("already told")
