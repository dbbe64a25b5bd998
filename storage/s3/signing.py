"""Signature Version 4 in the headers of a request whose body, if any, has a known digest.

botocore's own signer builds a request's model first, which takes longer than a small object takes
to be copied. A test compares the two, signature by signature.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.credentials import Credentials

_NOTHING = hashlib.sha256(b"").hexdigest()


def utc_now() -> datetime:
    """The time that a signature bears."""
    return datetime.now(UTC)


class Signer:
    """Signs for S3 in `region`. Credentials that renew themselves do so here, too."""

    def __init__(
        self, region: str, credentials: Credentials, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._region = region
        self._credentials = credentials
        self._clock = clock
        self._key: tuple[str, str, bytes] = ("", "", b"")  # of a secret and a day

    def signed(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str],
        *,
        payload: str = _NOTHING,
    ) -> dict[str, str]:
        """`headers` (names in lower case, values without spaces around) and those that sign them;
        `path` as it is sent, without a query; `payload` the SHA-256 of the body, in hex.
        """
        frozen = self._credentials.get_frozen_credentials()
        time = self._clock().strftime("%Y%m%dT%H%M%SZ")
        every = {
            **headers,
            "host": host,
            "x-amz-content-sha256": payload,
            "x-amz-date": time,
        }
        if frozen.token:
            every["x-amz-security-token"] = frozen.token
        names = sorted(every)
        listed = ";".join(names)
        canonical = "\n".join(
            (method, path, "", *(f"{name}:{every[name]}" for name in names), "", listed, payload)
        )
        scope = f"{time[:8]}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}"
        signature = hmac.digest(
            self._day_key(frozen.secret_key or "", time[:8]), text.encode(), "sha256"
        ).hex()
        every["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={frozen.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        return every

    def _day_key(self, secret: str, day: str) -> bytes:
        kept = self._key
        if kept[:2] != (secret, day):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            kept = self._key = (secret, day, key)
        return kept[2]
