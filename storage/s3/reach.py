"""What the credentials in use can read that the console never needs. GET requests only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from storage.errors import AccessDenied, NotFound, Unsupported
from storage.s3.client import Store, translating
from storage.s3.failures import not_s3

# Allowed, but nothing is set: the answer of a store that would have shown it.
_NOTHING_SET = ("NoSuchBucketPolicy", "NoSuchLifecycleConfiguration")


def buckets_shown(store: Store) -> tuple[str, ...]:
    """Names of all buckets these credentials are shown; none where listing them is refused."""
    try:
        with translating("s3:ListAllMyBuckets", ""):
            answer = store.client.list_buckets()
    except (AccessDenied, Unsupported):
        return ()
    if "Buckets" not in answer:
        raise not_s3()
    return tuple(bucket["Name"] for bucket in answer["Buckets"])


def readable_settings(store: Store, bucket: str) -> tuple[str, ...]:
    """Which settings of `bucket` may be read, by the name of their permission."""
    client = store.client_for(bucket)
    asked: dict[str, Callable[..., Any]] = {
        "s3:GetBucketPolicy": client.get_bucket_policy,
        "s3:GetBucketAcl": client.get_bucket_acl,
        "s3:GetLifecycleConfiguration": client.get_bucket_lifecycle_configuration,
    }
    return tuple(action for action, ask in asked.items() if _answers(action, bucket, ask))


def _answers(action: str, bucket: str, ask: Callable[..., Any]) -> bool:
    try:
        with translating(action, bucket):
            return _allowed(ask, bucket)
    except (AccessDenied, Unsupported, NotFound):
        return False


def _allowed(ask: Callable[..., Any], bucket: str) -> bool:
    try:
        ask(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"].get("Code") in _NOTHING_SET:
            return True
        raise
    return True


def caller_arn(store: Store) -> str:
    """Who AWS takes these credentials for; "" on other stores and where it cannot be told."""
    credentials = store.credentials()
    if store.connection.endpoint_url or credentials is None:
        return ""
    frozen = credentials.get_frozen_credentials()
    client = boto3.client(
        "sts",
        region_name=store.client.meta.region_name,
        aws_access_key_id=frozen.access_key,
        aws_secret_access_key=frozen.secret_key,
        aws_session_token=frozen.token,
    )
    try:
        with translating("sts:GetCallerIdentity", ""):
            return str(client.get_caller_identity()["Arn"])
    finally:
        client.close()
