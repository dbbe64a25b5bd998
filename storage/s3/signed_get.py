"""GET requests of one bucket, signed by botocore but sent and read without the SDK's model.

Only for reads that the SDK repeats when the answer here is anything but a plain 200: retries,
redirects, proxies and errors stay its business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import urllib3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

_LIFE_S = 60  # a signed URL is used at once


@dataclass
class SignedGet:
    """A bucket's address as the SDK resolves it, and what is needed to sign for it."""

    base_url: str
    region: str
    credentials: Credentials
    pool: urllib3.HTTPConnectionPool
    trusted: bool = True  # False once a certificate was refused: the SDK may know one's own CA

    def fetch(self, query: Mapping[str, str]) -> bytes | None:
        """The body of GET base_url?query, None for anything but a whole answer with status 200."""
        if not self.trusted:
            return None
        request = AWSRequest("GET", self.base_url, params=dict(query))
        try:
            frozen = self.credentials.get_frozen_credentials()
            S3SigV4QueryAuth(frozen, "s3", self.region, _LIFE_S).add_auth(request)
            signed = urlsplit(str(request.url))
            response = self.pool.request(
                "GET", f"{signed.path}?{signed.query}", retries=False, redirect=False
            )
        except urllib3.exceptions.SSLError:
            self.trusted = False
            return None
        except (urllib3.exceptions.HTTPError, BotoCoreError):
            return None  # the SDK's own attempt tells what is wrong
        return response.data if response.status == 200 else None


def signed_get(
    client: S3Client,
    credentials: Credentials | None,
    bucket: str,
    *,
    connect_timeout_s: int,
    read_timeout_s: int,
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
    options = {} if template.scheme == "http" else {"ca_certs": get_cert_path(True)}
    pool = urllib3.connection_from_url(
        base_url,
        maxsize=connections,
        timeout=urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s),
        **options,
    )
    return SignedGet(base_url, scope[2], credentials, pool)
