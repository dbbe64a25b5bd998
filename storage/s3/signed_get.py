"""GET requests of one bucket, signed by botocore but sent and read without the SDK's model.

Only for reads that the SDK repeats when the answer here is anything but a plain 200: retries,
redirects, proxies and errors stay its business. Sent by http.client itself: urllib3 spends as long
on encoding the signed address once more as a page takes to be parsed.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.utils import get_environ_proxies

from storage.s3.connections import Connections

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

_LIFE_S = 60  # a signed URL is used at once


class SignedGet:
    """A bucket's address as the SDK resolves it, what signs for it, and kept-alive connections."""

    def __init__(
        self, base_url: str, region: str, credentials: Credentials, connections: Connections
    ) -> None:
        self._base_url = base_url
        self.region = region
        self.credentials = credentials
        self.connections = connections
        self._start = len(base_url) - len(urlsplit(base_url).path)
        self._refused = False  # its certificate: the SDK may know of another authority

    @property
    def path(self) -> str:
        """What the path of every request to the bucket begins with; without / at its end."""
        return self._base_url[self._start :].rstrip("/")

    def fetch(self, query: Mapping[str, str]) -> bytes | None:
        """The body of GET base_url?query, None for anything but a whole answer with status 200."""
        if self._refused:
            return None
        request = AWSRequest("GET", self._base_url, params=dict(query))
        try:
            frozen = self.credentials.get_frozen_credentials()
            S3SigV4QueryAuth(frozen, "s3", self.region, _LIFE_S).add_auth(request)
            answer = self.connections.exchange("GET", str(request.url)[self._start :], {})
        except ssl.SSLCertVerificationError:
            self._refused = True
            return None
        except (OSError, HTTPException, BotoCoreError):
            return None  # the SDK's own attempt tells what is wrong
        return answer.body if answer.status == 200 else None

    def close(self) -> None:
        """Closes the idle connections."""
        self.connections.close()


def signed_get(
    client: S3Client,
    credentials: Credentials | None,
    bucket: str,
    *,
    connect_timeout_s: float,
    read_timeout_s: float,
    connections: int,
) -> SignedGet | None:
    """How to GET from `bucket` directly, None where only the SDK knows how."""
    if credentials is None:
        return None
    template = urlsplit(client.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket}))
    signature = parse_qs(template.query)
    scope = signature.get("X-Amz-Credential", [""])[0].split("/")
    plain = signature.get("X-Amz-Algorithm") == ["AWS4-HMAC-SHA256"] and scope[3:4] == ["s3"]
    base_url = f"{template.scheme}://{template.netloc}{template.path}"
    # S3 Express, access points of several regions and proxies stay with the SDK
    if not plain or get_environ_proxies(base_url):
        return None
    opened = Connections(
        base_url,
        connect_timeout_s=connect_timeout_s,
        read_timeout_s=read_timeout_s,
        kept=connections,
    )
    return SignedGet(base_url, scope[2], credentials, opened)
