"""Links that work without credentials: signed here, for one object and a limited life."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from storage.errors import AccessDenied, InvalidInput
from storage.model.objects import PresignedPost, PresignedUrl
from storage.s3.client import Store, translating
from storage.s3.conditions import refuse_unholdable

if TYPE_CHECKING:
    from botocore.credentials import Credentials

MAX_LIFE_S = 604_800  # Signature Version 4: a presigned URL lives at most 7 days
MAX_POST_BYTES = 5_000_000_000  # PutObject and POST: 5 GB at most
FILE_NAME_CHARACTERS = 200  # of 255 that common file systems take, with room for " (1)"


def presign_get(
    store: Store,
    bucket: str,
    key: str,
    *,
    expires_s: int,
    now: datetime,
    download_name: str | None = None,
    content_type: str | None = None,
    version_id: str | None = None,
) -> PresignedUrl:
    """A link to read one object for `expires_s` seconds (1 to 604,800) from `now`. Sends nothing.

    It ends earlier with the credentials, and says so, where their end is known. A browser saves
    it as `download_name`. Raises InvalidInput, AccessDenied (ended credentials), ConfigError.
    """
    _check_life(expires_s)
    chosen = {
        "ResponseContentDisposition": None if download_name is None else attachment(download_name),
        "ResponseContentType": content_type,
        "VersionId": version_id,
    }
    params: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    credentials = store.credentials()
    with translating("s3:GetObject", bucket, key):
        token = credentials.get_frozen_credentials().token if credentials else None
        end = _end_of(credentials)  # read after what may just have renewed them
        life_s, shortened = _life(expires_s, now, end)
        url = store.client_for(bucket).generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key, **params}, ExpiresIn=life_s
        )
    return PresignedUrl(
        url=url,
        # the signature counts from a whole second: never promise the part that is cut off
        expires_at=now.replace(microsecond=0) + timedelta(seconds=life_s),
        shortened=shortened,
        end_is_certain=end is not None or not token,
    )


def presign_post(
    store: Store,
    bucket: str,
    key: str,
    *,
    content_type: str,
    min_bytes: int,
    max_bytes: int,
    expires_s: int,
    now: datetime,
) -> PresignedPost:
    """A form to upload one object as exactly `key` and `content_type`, of `min_bytes` to
    `max_bytes`, for `expires_s` seconds (1 to 604,800) from `now`. Sends nothing.

    S3 knows no precondition for it: what is there when the upload arrives is replaced. It ends
    with the credentials where that is earlier. Raises InvalidInput, Unsupported, AccessDenied
    (ended credentials). Whoever uploads needs nothing; who signs needs s3:PutObject.
    """
    _check_life(expires_s)
    _check_post(key, min_bytes, max_bytes)
    refuse_unholdable(store, bucket, key)
    credentials = store.credentials()
    with translating("s3:PutObject", bucket, key):
        if credentials:
            credentials.get_frozen_credentials()  # renews those that are about to end
        life_s, shortened = _life(expires_s, now, _end_of(credentials))
        form = store.client_for(bucket).generate_presigned_post(
            bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", min_bytes, max_bytes],
            ],
            ExpiresIn=life_s,
        )
    signed = form["fields"]
    ordered = {"key": key, "Content-Type": content_type}
    return PresignedPost(
        url=form["url"],
        fields={**ordered, **{name: signed[name] for name in sorted(signed.keys() - ordered)}},
        expires_at=now.replace(microsecond=0) + timedelta(seconds=life_s),
        shortened=shortened,
    )


def _check_life(expires_s: int) -> None:
    if not 1 <= expires_s <= MAX_LIFE_S:
        raise InvalidInput(f"A link cannot last {expires_s} seconds.", "Choose 1 second to 7 days.")


def _check_post(key: str, min_bytes: int, max_bytes: int) -> None:
    if "${filename}" in key:  # S3 would put the name of the uploaded file there
        raise InvalidInput("A name with ${filename} in it cannot be uploaded to by a link.")
    if not 0 <= min_bytes <= max_bytes <= MAX_POST_BYTES:
        raise InvalidInput(
            f"An upload link cannot take {min_bytes} to {max_bytes} bytes.",
            "Choose up to 5 GB; larger files go in parts, by the command line.",
        )


def origin(store: Store, bucket: str) -> str:
    """scheme://host[:port] that browsers fetch objects of `bucket` from. Sends nothing."""
    with translating("s3:GetObject", bucket):
        url = store.client_for(bucket).generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": "key"}
        )
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def attachment(name: str) -> str:
    """A Content-Disposition that saves under `name` (RFC 6266): ASCII, and UTF-8 beside it."""
    clean = _file_name(name)
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode()
    # a "%" or a backslash in the quoted form is read differently by different browsers
    plain = re.sub(r'["\\%;]', "_", plain).strip(" .") or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def _file_name(name: str) -> str:
    """`name` without folders, control and direction characters, which could disguise its ending."""
    shown = "".join(
        character for character in name if unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    last = re.split(r"[/\\]", shown)[-1].strip(" .")
    if len(last) > FILE_NAME_CHARACTERS:
        stem, dot, ending = last.rpartition(".")
        tail = dot + ending if stem and len(ending) <= 10 else ""
        last = last[: FILE_NAME_CHARACTERS - len(tail)] + tail
    return last or "download"


def _end_of(credentials: Credentials | None) -> datetime | None:
    """When these credentials end, None when unknown; botocore keeps it only under this name."""
    end: datetime | None = getattr(credentials, "_expiry_time", None)
    return end


def _life(expires_s: int, now: datetime, end: datetime | None) -> tuple[int, str]:
    if end is None or now + timedelta(seconds=expires_s) <= end:
        return expires_s, ""
    left_s = int((end - now).total_seconds())
    if left_s < 1:
        raise AccessDenied(
            "The credentials of this console have expired.", "Sign in again and reload the page."
        )
    at = end.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return left_s, f"The link ends at {at}, when the credentials that sign it end."
