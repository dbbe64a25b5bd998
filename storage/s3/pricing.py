"""AWS's Price List API: the products of S3 and of data transfer in some regions."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from storage.errors import AccessDenied, Unavailable

ENDPOINT_REGION = "us-east-1"  # the API is in three regions only, whatever region is asked about
SERVICES = ("AmazonS3", "AmazonS3GlacierDeepArchive", "AWSDataTransfer")
_DENIED = ("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException")
_FIELD = {"AWSDataTransfer": "fromRegionCode"}  # it has no regionCode


def pricing_client() -> BaseClient:
    """A client by the usual AWS chain: the price list is public, but asked with credentials."""
    config = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 3})
    made: BaseClient = boto3.client("pricing", region_name=ENDPOINT_REGION, config=config)
    return made


def list_products(client: BaseClient, region: str) -> Iterator[str]:
    """The text of each product there, page by page. Raises AccessDenied naming the permission,
    Unavailable when AWS cannot be reached.
    """
    for service in SERVICES:
        where = {"Type": "TERM_MATCH", "Field": _FIELD.get(service, "regionCode"), "Value": region}
        try:
            pages = client.get_paginator("get_products").paginate(
                ServiceCode=service, Filters=[where], FormatVersion="aws_v1"
            )
            for page in pages:
                yield from page["PriceList"]
        except ClientError as error:
            raise _refused(error) from error
        except BotoCoreError as error:
            raise Unavailable(
                "AWS's price list could not be asked.",
                "Check the network and the credentials, or give an offer file with --file.",
            ) from error


def _refused(error: ClientError) -> AccessDenied | Unavailable:
    code = error.response.get("Error", {}).get("Code", "")
    if code in (
        "AccessDeniedException",
        "UnrecognizedClientException",
        "InvalidSignatureException",
    ):
        return AccessDenied(
            "AWS does not let these credentials read its price list.",
            'Allow the action "pricing:GetProducts", or give an offer file with --file.',
        )
    return Unavailable(f"AWS's price list answered {code}.", "Try again later.")
