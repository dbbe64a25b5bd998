"""What botocore raises, told as StorageErrors: the one place that knows the SDK's exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore import exceptions as sdk
from botocore.parsers import ResponseParserError

from storage.errors import AccessDenied, ConfigError, InvalidInput, StorageError, Unavailable
from storage.s3.codes import translate


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


# Refusals after which nothing was done; any other answer of 500 and more may come from a proxy,
# or from a store that failed after the deed.
_NOT_DONE = frozenset(
    {"SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
)
_NEVER_SENT = (sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError)
_DOUBT = "soundstage_doubt"


def note_doubt(
    response: tuple[Any, dict[str, Any]] | None,
    request_dict: dict[str, Any],
    caught_exception: Exception | None = None,
    **_: Any,
) -> None:
    """After each try of a call, keeps with its outcome whether any may have been carried out
    unseen: the SDK raises the last one only. A handler of botocore's event needs-retry.
    """
    context = request_dict["context"]
    if response is None:
        unseen = not _never_sent(caught_exception)
    else:
        status = response[1].get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = response[1].get("Error", {}).get("Code", "")
        unseen = status >= 500 and code not in _NOT_DONE
    context[_DOUBT] = context.get(_DOUBT, False) or unseen
    if response is not None:
        response[1].setdefault("ResponseMetadata", {})[_DOUBT] = context[_DOUBT]
    elif isinstance(caught_exception, sdk.BotoCoreError):
        caught_exception.kwargs = {**caught_exception.kwargs, _DOUBT: context[_DOUBT]}


def refuse_half_head(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raises where an answer breaks off in its head: http.client takes what came for all of it.

    S3 always says how long a body is, or that it comes in chunks. A handler of botocore's event
    before-parse.
    """
    headers = response_dict["headers"]
    measured = "content-length" in headers or "transfer-encoding" in headers
    if response_dict["status_code"] in (200, 206) and not measured:
        raise sdk.ConnectionClosedError(endpoint_url="", **{_DOUBT: True})


def _never_sent(error: Exception | None) -> bool:
    # TLS may break at any time; only a certificate is looked at before anything is sent
    distrusted = isinstance(error, sdk.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
    return distrusted or isinstance(error, _NEVER_SENT)


def in_doubt(error: StorageError) -> bool:
    """Whether a call that ended in `error` may have been carried out all the same."""
    cause = error.__cause__
    if isinstance(cause, sdk.ClientError):
        return lost_a_try(cause.response)
    if isinstance(cause, sdk.BotoCoreError):
        return bool(cause.kwargs.get(_DOUBT, False))
    return isinstance(cause, ResponseParserError)


def lost_a_try(answer: Mapping[str, Any]) -> bool:
    """Whether a try before this answer may have been carried out, and only its answer was lost."""
    return bool(answer.get("ResponseMetadata", {}).get(_DOUBT, False))


def was_retried(error: StorageError) -> bool:
    """Whether the SDK had tried before it got the answer that is `error`."""
    cause = error.__cause__
    return isinstance(cause, sdk.ClientError) and retries_of(cause.response) > 0


def retries_of(answer: Mapping[str, Any]) -> int:
    """How often the SDK tried in vain before this answer."""
    return int(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))


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
