"""AWS error codes in words for people: the one table, and what it makes of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.errors import (
    AccessDenied,
    ConfigError,
    Conflict,
    InvalidInput,
    NotFound,
    StorageError,
    Unavailable,
    Unsupported,
)


@dataclass(frozen=True, slots=True)
class Translation:
    """How one AWS error code reads to a person; `{bucket}`, `{key}`, `{action}` are filled in."""

    error: type[StorageError]
    what: str
    remedy: str = ""


_NO_BUCKET = Translation(
    NotFound,
    "There is no bucket {bucket!r} here.",
    "Check the bucket's name and region in the configuration.",
)
_NO_KEY = Translation(
    NotFound,
    "The object is no longer there.",
    "It was deleted or moved, or the address is mistyped. Reload the list.",
)
_DENIED = Translation(
    AccessDenied,
    "The store refused {action} on {bucket!r}.",
    'Add {action} to the policy: {{"Effect": "Allow", "Action": "{action}", '
    '"Resource": "{resource}"}}.',
)
_SECRET = Translation(
    AccessDenied,
    "The store does not accept these credentials: key and secret do not match.",
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY again; a secret cut short is the usual cause.",
)
_EXPIRED = Translation(
    AccessDenied,
    "The session token of these credentials has expired.",
    "Sign in again (for example `aws sso login`) and reload the page.",
)
_REGION = Translation(
    ConfigError,
    "Bucket {bucket!r} is in region {region!r}, not where it was looked for.",
    "Set the bucket's region to {region!r} in the configuration.",
)
_STALE = Translation(
    Conflict,
    "The object changed after it was read, so nothing was written.",
    "Reload, look at the newer version, and try again.",
)
_TAKEN = Translation(
    Conflict,
    "The bucket {bucket!r} exists already.",
    "Use it, or choose another name: AWS bucket names are unique over all accounts.",
)
_UNSAID = Translation(
    AccessDenied,
    "The store did not accept the request and does not say why (400).",
    "An expired session is the usual cause: sign in again and reload the page.",
)
_BUSY = Translation(
    Unavailable,
    "The store is too busy or has a fault ({code}).",
    "Wait a moment and try again; the console has already retried.",
)

AWS_CODES: Mapping[str, Translation] = {
    "NoSuchBucket": _NO_BUCKET,
    "NoSuchKey": _NO_KEY,
    "NoSuchVersion": _NO_KEY,
    "NoSuchUpload": _NO_KEY,
    "404": _NO_KEY,
    "NotFound": _NO_KEY,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "403": _DENIED,
    "Forbidden": _DENIED,
    "SignatureDoesNotMatch": _SECRET,
    "InvalidAccessKeyId": Translation(
        AccessDenied,
        "The store does not know this access key.",
        "Set AWS_ACCESS_KEY_ID to a key of this store; this one may be deleted or from elsewhere.",
    ),
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "RequestTimeTooSkewed": Translation(
        Unavailable,
        "This machine's clock differs from the store's by more than 15 minutes.",
        "Set the machine's clock (NTP), then reload.",
    ),
    "PermanentRedirect": _REGION,
    "301": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "PreconditionFailed": _STALE,
    "ConditionalRequestConflict": _STALE,
    "412": _STALE,
    "InvalidRange": Translation(
        Conflict,
        "The object is shorter than it was.",
        "Reload: it changed after this page was made.",
    ),
    "416": Translation(
        Conflict,
        "The object is shorter than it was.",
        "Reload: it changed after this page was made.",
    ),
    "InvalidObjectState": Translation(
        Unsupported,
        "The object is archived and must be restored before it can be read.",
        "Ask an operator to restore it from its storage class first.",
    ),
    "BucketAlreadyExists": _TAKEN,
    "BucketAlreadyOwnedByYou": _TAKEN,
    "InvalidBucketName": Translation(
        ConfigError,
        "{bucket!r} is not a valid bucket name.",
        "Names have 3 to 63 lower-case letters, digits, dots and hyphens.",
    ),
    "KeyTooLongError": Translation(
        InvalidInput, "The name is too long for this store.", "Keys have at most 1,024 bytes."
    ),
    "InvalidTag": Translation(
        InvalidInput,
        "The store does not take these tags.",
        "AWS allows letters, digits, spaces and + - = . _ : / @; some stores only plain ASCII.",
    ),
    "EntityTooLarge": Translation(
        InvalidInput,
        "It is larger than the store, or the upload link, allows.",
        "One upload may have at most 5 GB; larger ones go in parts.",
    ),
    "EntityTooSmall": Translation(
        InvalidInput, "It is smaller than the store, or the upload link, allows."
    ),
    "MetadataTooLarge": Translation(
        InvalidInput, "The metadata is too long.", "All of it together may have 2 KB."
    ),
    "InvalidStorageClass": Translation(
        Unsupported, "This store does not have that storage class.", "Keep the class it has."
    ),
    "BadDigest": Translation(
        Unavailable, "The bytes arrived damaged, so nothing was written.", "Try again."
    ),
    "400": _UNSAID,
    "BadRequest": _UNSAID,
    "NotImplemented": Translation(Unsupported, "This store cannot do {action}."),
    "MethodNotAllowed": Translation(Unsupported, "This store cannot do {action}."),
    "405": Translation(Unsupported, "This store cannot do {action}."),
    "SlowDown": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "ServiceUnavailable": _BUSY,
    "InternalError": _BUSY,
    "RequestTimeout": _BUSY,
    "500": _BUSY,
    "502": _BUSY,
    "503": _BUSY,
    "504": _BUSY,
}


def translate(
    code: str,
    message: str,
    *,
    action: str,
    bucket: str,
    key: str = "",
    region: str = "",
    status: int = 0,
) -> StorageError:
    """The typed error for AWS error `code` of `action` (such as "s3:GetObject").

    Unknown codes pass through as a StorageError that names the code and the store's message;
    with an HTTP `status` of 500 and more they are Unavailable.
    """
    known = AWS_CODES.get(code) or (_BUSY if status >= 500 else None)
    if known is None:
        return StorageError(
            f"The store answered {code or 'an unknown error'} to {action}: {message}",
            "Search the store's documentation for this code.",
            bucket=bucket,
            key=key,
        )
    words = {
        "bucket": bucket,
        "key": key,
        "action": action,
        "resource": _resource(action, bucket),
        "code": code,
        "region": region or "another one",
    }
    return known.error(
        known.what.format(**words), known.remedy.format(**words), bucket=bucket, key=key
    )


def _resource(action: str, bucket: str) -> str:
    """What a policy line for `action` must name: the bucket, its objects, or every bucket."""
    if not action.startswith("s3:") or action == "s3:ListAllMyBuckets":
        return "*"
    on_objects = action == "s3:ListMultipartUploadParts" or not (
        "Bucket" in action or action.startswith("s3:List")
    )
    return f"arn:aws:s3:::{bucket}" + ("/*" if on_objects else "")
