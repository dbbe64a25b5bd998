"""What botocore raises, told as StorageErrors: the one place that knows the SDK's exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from storage.errors import (
    AccessDenied,
    ConfigError,
    InvalidInput,
    StorageError,
    Unavailable,
    translate,
)


@contextmanager
def translating(action: str, bucket: str, key: str = "") -> Iterator[None]:
    """Raises what the SDK raises inside as a StorageError about `action` (such as "s3:GetObject").

    No message holds a secret, a signature or a whole URL.
    """
    try:
        yield
    except sdk.ClientError as error:
        raise _refused(error, action, bucket, key) from error
    except (sdk.BotoCoreError, ResponseParserError) as error:
        raise _not_answered(error, bucket, key) from error


def status_of(error: sdk.ClientError) -> int:
    """The HTTP status of a refusal, 0 when unknown."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def region_of(response: Mapping[str, Any]) -> str:
    """The bucket's real region as AWS tells it with a redirect or refusal, "" when it does not."""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region") or "")


_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# AWS says in its messages which action was missing, which may be another one than the call's own
# (kms:Decrypt on an encrypted object); it names the principal too, which is of no use here.
_MISSING = re.compile(r"not authorized to perform: ([a-z0-9-]{2,32}:[A-Za-z]{3,64})\b")


def _refused(error: sdk.ClientError, action: str, bucket: str, key: str) -> StorageError:
    details = error.response.get("Error", {})
    message = str(details.get("Message", ""))
    if status_of(error) in _REDIRECTS and not region_of(error.response):
        return ConfigError(
            "The store sends requests on to another address, which the console does not follow.",
            "Set the store's address to where it really answers; often that is https instead of "
            "http.",
            bucket=bucket,
            key=key,
        )
    missing = _MISSING.search(message)
    return translate(
        str(details.get("Code", "")),
        message,
        action=missing[1] if missing else action,
        bucket=bucket,
        key=key,
        region=region_of(error.response),
        status=status_of(error),
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "the store"
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _unreachable(error: Any) -> StorageError:
    return Unavailable(
        f"The store at {_origin(error.kwargs.get('endpoint_url', ''))} cannot be reached.",
        "Check that it is running and that its address in the configuration is right. "
        "The page works again as soon as it answers.",
    )


def _too_slow(error: Any) -> StorageError:
    return Unavailable(
        f"The store at {_origin(error.kwargs.get('endpoint_url', ''))} took too long to answer.",
        "Wait a moment and try again; the console has already retried.",
    )


def _certificate(error: Any) -> StorageError:
    return Unavailable(
        f"The certificate of {_origin(error.kwargs.get('endpoint_url', ''))} is not trusted.",
        "Set AWS_CA_BUNDLE to your certificate authority's file, or correct the address.",
    )


def _cut_off(_error: Any) -> StorageError:
    return Unavailable(
        "The connection to the store broke before all of the answer had arrived.",
        "Try again.",
    )


def _no_credentials(_error: Any) -> StorageError:
    return ConfigError(
        "There are no credentials for the store.",
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile.",
    )


def _half_credentials(error: Any) -> StorageError:
    return ConfigError(
        f"The credentials are incomplete: {error.kwargs.get('cred_var', 'a part')} is missing.",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )


def _no_profile(error: Any) -> StorageError:
    return ConfigError(
        f"There is no AWS profile {error.kwargs.get('profile', '')!r}.",
        "Name one that `aws configure list-profiles` shows.",
    )


def _signed_out(_error: Any) -> StorageError:
    return AccessDenied(
        "The sign-in of this AWS profile has expired.",
        "Sign in again (for example `aws sso login`) and reload the page.",
    )


def _no_answer_for_credentials(error: Any) -> StorageError:
    # what the provider wrote may hold anything, also a secret: only its name is passed on
    return ConfigError(
        f"The credentials could not be fetched ({error.kwargs.get('provider', 'metadata')}).",
        "Check the profile's credential_process or role, or set the credentials directly.",
    )


def _bad_config(error: Any) -> StorageError:
    return ConfigError(
        f"The store's configuration cannot be used: {error}",
        "Check the region, the address and the AWS config file.",
    )


def _bad_parameter(error: Any) -> StorageError:
    report = str(error.kwargs.get("report", error))
    if "bucket name" in report:
        return ConfigError(
            "That is not a valid bucket name.",
            "Names have 3 to 63 lower-case letters, digits, dots and hyphens.",
        )
    return InvalidInput(f"The store cannot be asked that: {report}")


def not_s3() -> Unavailable:
    """What to say when an answer with status 200 is none that S3 gives."""
    return Unavailable(
        "What answered does not speak S3.",
        "Check the address in the configuration: a proxy or a login page may have answered.",
    )


_Told = Callable[[Any], StorageError]
_TOLD: tuple[tuple[tuple[type[Exception], ...], _Told], ...] = (
    ((sdk.NoCredentialsError, sdk.NoAuthTokenError), _no_credentials),
    ((sdk.PartialCredentialsError,), _half_credentials),
    ((sdk.ProfileNotFound,), _no_profile),
    (
        (sdk.SSOError, sdk.LoginError, sdk.TokenRetrievalError, sdk.RefreshWithMFAUnsupportedError),
        _signed_out,
    ),
    ((sdk.SSLError,), _certificate),
    (
        (sdk.ConnectTimeoutError, sdk.EndpointConnectionError, sdk.ProxyConnectionError),
        _unreachable,
    ),
    ((sdk.ReadTimeoutError,), _too_slow),
    (
        (
            sdk.ConnectionClosedError,
            sdk.ResponseStreamingError,
            sdk.IncompleteReadError,
            sdk.ChecksumError,
            sdk.FlexibleChecksumError,
        ),
        _cut_off,
    ),
    ((sdk.ParamValidationError,), _bad_parameter),
    ((ResponseParserError,), lambda _error: not_s3()),
    ((sdk.CredentialRetrievalError, sdk.MetadataRetrievalError), _no_answer_for_credentials),
    ((sdk.ConnectionError, sdk.HTTPClientError, sdk.CapacityNotAvailableError), _unreachable),
)


def _not_answered(error: Exception, bucket: str, key: str) -> StorageError:
    told = next((told for kinds, told in _TOLD if isinstance(error, kinds)), _bad_config)
    result = told(error)
    result.bucket, result.key = bucket, key
    return result
