"""Connections to an S3 store: one client for each endpoint, region and set of credentials."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session

from storage.errors import ConfigError
from storage.s3.failures import note_doubt, refuse_half_head, region_of, translating
from storage.s3.signed_get import SignedGet, signed_get
from storage.settings import Secret

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.model import OperationModel
    from mypy_boto3_s3 import S3Client

    from storage.s3.capabilities import Capabilities

__all__ = ["Connection", "Store", "connect", "translating"]

# A page whose store is down must say so in a few seconds: three attempts at most, each short.
CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 10
ATTEMPTS = 3
POOL_CONNECTIONS = 32
DIRECT_CONNECTIONS = 96  # of requests that are sent in volleys
_NO_SECRET = Secret("")
_ELSEWHERE = frozenset({301, 302, 307, 400})  # how AWS answers for a bucket of another region


@dataclass(frozen=True)
class Connection:
    """Where a store is and who asks. All empty: AWS, with its usual chain of credentials."""

    endpoint_url: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: Secret = _NO_SECRET
    session_token: Secret = _NO_SECRET
    profile: str = ""
    addressing: str = ""  # "path", "virtual" or "auto"; "" is path, on AWS virtual


class Store:
    """A connected store; thread-safe. Calls for a bucket go through `client_for(bucket)`."""

    def __init__(self, connection: Connection, session: Session) -> None:
        self.connection = connection
        self._session = session
        self._lock = threading.Lock()
        self._clients: dict[str, S3Client] = {}
        self._moved: dict[str, str] = {}
        self._direct: dict[tuple[str, str], SignedGet | None] = {}
        self._capabilities: Capabilities | None = None
        self.client = self._client("")

    @property
    def moved(self) -> Mapping[str, str]:
        """Buckets found in another region than configured, with that region."""
        return MappingProxyType(self._moved)

    @property
    def capabilities(self) -> Capabilities:
        """What this store can do; asked once, by GET and HEAD only."""
        from storage.s3 import capabilities  # noqa: PLC0415  it asks through this module

        with self._lock:
            if self._capabilities is None:
                self._capabilities = capabilities.probe(self.client)
            return self._capabilities

    def client_for(self, bucket: str) -> S3Client:
        """The client of the region where `bucket` was last found."""
        region = self._moved.get(bucket)
        return self.client if region is None else self._client(region)

    def signed_get(self, bucket: str) -> SignedGet | None:
        """How to GET from `bucket` without the SDK's model, None where only the SDK can."""
        place = (bucket, self._moved.get(bucket, ""))
        if place not in self._direct:
            self._direct[place] = signed_get(
                self.client_for(bucket),
                self._session.get_credentials(),
                bucket,
                connect_timeout_s=CONNECT_TIMEOUT_S,
                read_timeout_s=READ_TIMEOUT_S,
                connections=DIRECT_CONNECTIONS,
            )
        return self._direct[place]

    def credentials(self) -> Credentials | None:
        """The credentials that sign, None when there are none. They may renew themselves."""
        with translating("s3:ListBucket", ""):
            return self._session.get_credentials()

    def service_of(self, name: str, bucket: str) -> Any:
        """A client of another service of AWS, such as "cloudwatch", in the bucket's region."""
        region = self.client_for(bucket).meta.region_name
        endpoint = self.connection.endpoint_url or None
        config = Config(connect_timeout=CONNECT_TIMEOUT_S, read_timeout=READ_TIMEOUT_S)
        with self._lock:  # sessions make one client at a time
            return self._session.create_client(
                name, region_name=region, endpoint_url=endpoint, config=config
            )

    def close(self) -> None:
        """Closes the connections. The store is of no use afterwards."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            for direct in self._direct.values():
                if direct is not None:
                    direct.close()
            self._clients.clear()
            self._direct.clear()

    def _client(self, region: str) -> S3Client:
        """Clients share the session, and with it credentials that renew themselves."""
        with self._lock:
            client = self._clients.get(region)
            if client is None:
                client = _new_client(self._session, self.connection, region)
                client.meta.events.register("before-parameter-build.s3", _remember_bucket)
                client.meta.events.register("needs-retry.s3", self._note_region)
                client.meta.events.register("needs-retry.s3", note_doubt)
                client.meta.events.register("before-parse.s3", refuse_half_head)
                client.meta.events.register_first("needs-retry.s3", _region_or_nothing)
                self._clients[region] = client
            return client

    def _note_region(
        self, response: tuple[Any, dict[str, Any]] | None, request_dict: dict[str, Any], **_: Any
    ) -> None:
        """Botocore follows a redirect to another region once; this keeps where it led to."""
        if response is None or response[1].get("ResponseMetadata") is None:
            return
        answer = response[1]
        region = region_of(answer)
        context = request_dict.get("context", {})
        bucket, asked = context.get("soundstage_bucket", ""), context.get("client_region", "")
        status = answer["ResponseMetadata"].get("HTTPStatusCode")
        if bucket and region and region != asked and status in _ELSEWHERE:
            self._moved[bucket] = region


def _remember_bucket(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["soundstage_bucket"] = params.get("Bucket", "")


def _region_or_nothing(
    response: tuple[Any, dict[str, Any]] | None,
    request_dict: dict[str, Any],
    operation: OperationModel,
    **_: Any,
) -> None:
    """Botocore asks HEAD where a redirected bucket is. Where there is no bucket to ask about, or
    that HEAD is itself redirected without a region (by a proxy to https, say), it would fail or
    ask without end: then the redirect is the answer.
    """
    if response is None or region_of(response[1]):
        return
    context = request_dict["context"]
    if operation.name == "HeadBucket" or not context.get("soundstage_bucket"):
        context.setdefault("s3_redirect", {})["redirected"] = True


def connect(connection: Connection) -> Store:
    """A store for `connection`; nothing is sent yet. Raises ConfigError for unusable settings."""
    with translating("s3:ListBucket", ""):
        # boto3's session is this one and what uploads files, which takes 0.1 s to load
        session = Session(profile=connection.profile or None)
        models = _models(session.get_config_variable("data_path"))
        session.register_component("data_loader", models)
        keys: list[Any] = [
            connection.access_key_id or None,
            str(connection.secret_access_key) or None,
            str(connection.session_token) or None,
        ]
        if any(keys):
            session.set_credentials(*keys)
        try:
            return Store(connection, session)
        except ValueError as error:  # botocore's answer to an address without a scheme or host
            raise ConfigError(
                f"{connection.endpoint_url!r} is not the address of a store.",
                "Write it like https://s3.example.org.",
            ) from error


@cache
def _models(folders: str | None) -> Loader:
    """What describes the services of AWS: sessions of their own would each read two megabytes."""
    return create_loader(folders)


def _new_client(session: Session, connection: Connection, region: str) -> S3Client:
    endpoint = connection.endpoint_url or None
    # On AWS "auto" signs links for the global host, which redirects new buckets of other regions
    # and breaks the signature; "virtual" signs for the region's own (dotted names stay paths).
    # What a person wrote is checked by botocore.
    addressing: Any = connection.addressing or ("path" if endpoint else "virtual")
    config = Config(
        signature_version="s3v4",
        retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=POOL_CONNECTIONS,
        tcp_keepalive=True,
        user_agent_extra="soundstage",
        # R2, Ceph and other servers refuse or mistake the checksums newer SDKs send unasked
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": addressing},
    )
    # without a region of its own or the profile's, AWS is asked where its global endpoint is
    chosen = region or connection.region or session.get_config_variable("region") or "us-east-1"
    made = session.create_client("s3", region_name=chosen, endpoint_url=endpoint, config=config)
    return cast("S3Client", made)
