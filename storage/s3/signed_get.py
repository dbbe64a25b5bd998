"""GET requests of one bucket, signed by botocore but sent and read without the SDK's model.

Only for reads that the SDK repeats when the answer here is anything but a plain 200: retries,
redirects, proxies and errors stay its business. Sent by http.client itself: urllib3 spends as long
on encoding the signed address once more as a page takes to be parsed.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies
from urllib3.util import wait_for_read

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

_LIFE_S = 60  # a signed URL is used at once


class SignedGet:
    """A bucket's address as the SDK resolves it, what signs for it, and kept-alive connections."""

    def __init__(
        self,
        base_url: str,
        region: str,
        credentials: Credentials,
        *,
        connect_timeout_s: float,
        read_timeout_s: float,
        connections: int,
    ) -> None:
        self._base_url = base_url
        self._region = region
        self._credentials = credentials
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._idle: deque[HTTPConnection] = deque(maxlen=connections)
        self._origin = base_url.partition("://")[2].partition("/")[0]
        self._start = len(base_url) - len(urlsplit(base_url).path)
        self._trust = (
            ssl.create_default_context(cafile=get_cert_path(True))
            if base_url.startswith("https:")
            else None
        )
        self._refused = False  # its certificate: the SDK may know of another authority

    def fetch(self, query: Mapping[str, str]) -> bytes | None:
        """The body of GET base_url?query, None for anything but a whole answer with status 200."""
        if self._refused:
            return None
        request = AWSRequest("GET", self._base_url, params=dict(query))
        try:
            frozen = self._credentials.get_frozen_credentials()
            S3SigV4QueryAuth(frozen, "s3", self._region, _LIFE_S).add_auth(request)
            return self._get(str(request.url)[self._start :])
        except ssl.SSLCertVerificationError:
            self._refused = True
            return None
        except (OSError, HTTPException, BotoCoreError):
            return None  # the SDK's own attempt tells what is wrong

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _get(self, target: str) -> bytes | None:
        connection = self._connection()
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            body = response.read()
        except (OSError, HTTPException):
            connection.close()
            raise
        self._idle.append(connection)
        return body if response.status == 200 else None

    def _connection(self) -> HTTPConnection:
        try:
            connection = self._idle.pop()
        except IndexError:
            timeout = self._connect_timeout_s
            connection = (
                HTTPSConnection(self._origin, timeout=timeout, context=self._trust)
                if self._trust
                else HTTPConnection(self._origin, timeout=timeout)
            )
        if connection.sock is not None and wait_for_read(connection.sock, timeout=0):
            connection.close()  # the server ended it while it was idle
        if connection.sock is None:
            self._open(connection)
        return connection

    def _open(self, connection: HTTPConnection) -> None:
        connection.connect()
        connection.sock.settimeout(self._read_timeout_s)


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
    return SignedGet(
        base_url,
        scope[2],
        credentials,
        connect_timeout_s=connect_timeout_s,
        read_timeout_s=read_timeout_s,
        connections=connections,
    )
