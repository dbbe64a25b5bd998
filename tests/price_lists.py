"""AWS's price list in its two forms, as the Price List API and the offer files have it."""

from __future__ import annotations

import json
from typing import Any

Tiers = list[tuple[str, str, str]]  # begin, end, USD


def product(
    usage_type: str, *tiers: tuple[str, str, str] | str, unit: str = "GB-Mo", **attributes: str
) -> dict[str, Any]:
    """One product with its terms, of the form that get_products lists (as text)."""
    sku = f"SKU{abs(hash((usage_type, *sorted(attributes.items())))) % 10**12:012d}"
    rows = [("0", "Inf", one) if isinstance(one, str) else one for one in tiers]
    dimensions = {
        f"{sku}.JRTCKXETXF.{at}": {
            "unit": unit,
            "beginRange": begin,
            "endRange": end,
            "description": f"${usd} per {unit}",
            "appliesTo": [],
            "rateCode": f"{sku}.JRTCKXETXF.{at}",
            "pricePerUnit": {"USD": usd},
        }
        # the API lists them in no order
        for at, (begin, end, usd) in reversed(list(enumerate(rows)))
    }
    term = {
        "priceDimensions": dimensions,
        "sku": sku,
        "effectiveDate": "2026-11-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    return {
        "product": {
            "productFamily": "Storage",
            "attributes": {"servicecode": "AmazonS3", "usagetype": usage_type, **attributes},
            "sku": sku,
        },
        "serviceCode": "AmazonS3",
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": term}},
        "version": "20261120",
        "publicationDate": "2026-11-20T17:00:00Z",
    }


def offer_file(*products: dict[str, Any]) -> str:
    """The same as a whole file."""
    return json.dumps(
        {
            "formatVersion": "v1.0",
            "offerCode": "AmazonS3",
            "version": "20261120",
            "publicationDate": "2026-11-20T17:00:00Z",
            "products": {one["product"]["sku"]: one["product"] for one in products},
            "terms": {
                "OnDemand": {one["product"]["sku"]: one["terms"]["OnDemand"] for one in products},
                "Reserved": {},
            },
        }
    )


OUT = {"transferType": "AWS Outbound", "fromLocation": "EU (Ireland)", "toLocation": "External"}

IRELAND = [
    product(
        "EU-TimedStorage-ByteHrs",
        ("0", "51200", "0.0240000000"),
        ("51200", "512000", "0.0230000000"),
        ("512000", "Inf", "0.0220000000"),
        volumeType="Standard",
        storageClass="General Purpose",
        regionCode="eu-west-1",
    ),
    # these end or read alike and are something else
    product("EU-Tables-TimedStorage-ByteHrs", "0.0265"),
    product(
        "EU-TimedStorage-ByteHrs",
        "0.0241",
        volumeType="Intelligent-Tiering Archive Access",
        operation="INTAAS3ObjectOverhead",
    ),
    product("EU-TimedStorage-SIA-ByteHrs", "0.0125000000"),
    product("EU-TimedStorage-GDA-Staging", "0.021"),
    product("EU-Requests-Tier1", "0.0000050000", unit="Requests"),
    product("EU-Requests-SIA-Tier2", "0.0000010000", unit="Requests"),
    product("EU-Requests-Tier3", "0.000055", unit="Requests", operation="RestoreObject"),
    product("EU-Requests-Tier3", "0.000033", unit="Requests", operation="S3-GlacierTransition"),
    product("EU-Requests-Tier3", "0.000055", unit="Requests", operation="S3-GDATransition"),
    product("EU-Requests-Tier4", "0.00001", unit="Requests"),
    product("EU-Standard-Retrieval-Bytes", "0.01", unit="GB", operation="RestoreObject"),
    product("EU-Standard-Retrieval-Bytes", "0.02", unit="GB", operation="DeepArchiveRestoreObject"),
    product("EU-Monitoring-Automation-INT", "0.0000025", unit="Objects"),
    product(
        "EU-DataTransfer-Out-Bytes",
        ("0", "10240", "0.09"),
        ("10240", "51200", "0.085"),
        ("51200", "153600", "0.07"),
        ("153600", "Inf", "0.05"),
        unit="GB",
        **OUT,
    ),
    product("EU-DataTransfer-Out-Bytes", "0.0000000000", unit="GB", operation="Free", **OUT),
    product("Global-DataTransfer-Out-Bytes", ("0", "100", "0.0"), unit="GB", **OUT),
    product("EU-EUC1-AWS-Out-Bytes", "0.02", unit="GB", transferType="InterRegion Outbound"),
    product("EU-APS1-AWS-Out-Bytes", "0.09", unit="GB", transferType="InterRegion Outbound"),
]
