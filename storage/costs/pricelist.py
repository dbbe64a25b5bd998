"""AWS's own price list, as the Price List API and its offer files have it, to figures of a book.

Pure. The rules, and why: a usage type is taken whole behind its region's prefix, since
"Tables-TimedStorage-ByteHrs" ends like Standard's; where one usage type has several prices the
operation tells them apart (Requests-Tier3 is a restore and two transitions); tiers are ordered by
`beginRange`, since JSON objects have no order; what is not ours is counted, not guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from storage.costs.pricebook import ANY, DEAREST
from storage.errors import InvalidInput
from storage.model.money import Origin, Tier

PREFIXES: Mapping[str, str] = {
    "": "us-east-1",
    "USE1-": "us-east-1",
    "USE2-": "us-east-2",
    "USW1-": "us-west-1",
    "USW2-": "us-west-2",
    "EU-": "eu-west-1",
    "EUW1-": "eu-west-1",
    "EUW2-": "eu-west-2",
    "EUW3-": "eu-west-3",
    "EUC1-": "eu-central-1",
    "EUC2-": "eu-central-2",
    "EUN1-": "eu-north-1",
    "EUS1-": "eu-south-1",
    "CAN1-": "ca-central-1",
    "APN1-": "ap-northeast-1",
    "APN2-": "ap-northeast-2",
    "APS1-": "ap-southeast-1",
    "APS2-": "ap-southeast-2",
    "APS3-": "ap-south-1",
    "SAE1-": "sa-east-1",
}
"""Regions by what usage types there begin with. Source: "Understanding your AWS billing and usage
reports for Amazon S3"."""

_IA = ("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING")
# (usage type, operation or "" for any) -> figure, storage classes
_METERS: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("TimedStorage-ByteHrs", ""): ("storage", ("STANDARD",)),
    ("TimedStorage-RRS-ByteHrs", ""): ("storage", ("REDUCED_REDUNDANCY",)),
    ("TimedStorage-SIA-ByteHrs", ""): ("storage", ("STANDARD_IA",)),
    ("TimedStorage-ZIA-ByteHrs", ""): ("storage", ("ONEZONE_IA",)),
    ("TimedStorage-GIR-ByteHrs", ""): ("storage", ("GLACIER_IR",)),
    ("TimedStorage-GlacierByteHrs", ""): ("storage", ("GLACIER",)),
    ("TimedStorage-GDA-ByteHrs", ""): ("storage", ("DEEP_ARCHIVE",)),
    ("TimedStorage-INT-FA-ByteHrs", ""): ("storage", ("INTELLIGENT_TIERING",)),
    ("TimedStorage-INT-IA-ByteHrs", ""): ("storage", ("INTELLIGENT_TIERING/INFREQUENT",)),
    ("TimedStorage-INT-AIA-ByteHrs", ""): ("storage", ("INTELLIGENT_TIERING/ARCHIVE_INSTANT",)),
    ("TimedStorage-INT-AA-ByteHrs", ""): ("storage", ("INTELLIGENT_TIERING/ARCHIVE",)),
    ("TimedStorage-INT-DAA-ByteHrs", ""): ("storage", ("INTELLIGENT_TIERING/DEEP_ARCHIVE",)),
    ("Requests-Tier1", ""): ("put", ("STANDARD", "REDUCED_REDUNDANCY")),
    ("Requests-SIA-Tier1", ""): ("put", ("STANDARD_IA",)),
    ("Requests-ZIA-Tier1", ""): ("put", ("ONEZONE_IA",)),
    ("Requests-GIR-Tier1", ""): ("put", ("GLACIER_IR",)),
    ("Requests-INT-Tier1", ""): ("put", ("INTELLIGENT_TIERING",)),
    ("Requests-GLACIER-Tier1", "PutObject"): ("put", ("GLACIER",)),
    ("Requests-GDA-Tier1", "PutObject"): ("put", ("DEEP_ARCHIVE",)),
    ("Requests-Tier2", ""): ("get", ("STANDARD", "REDUCED_REDUNDANCY")),
    ("Requests-SIA-Tier2", ""): ("get", ("STANDARD_IA",)),
    ("Requests-ZIA-Tier2", ""): ("get", ("ONEZONE_IA",)),
    ("Requests-GIR-Tier2", ""): ("get", ("GLACIER_IR",)),
    ("Requests-INT-Tier2", ""): ("get", ("INTELLIGENT_TIERING",)),
    ("Requests-GLACIER-Tier2", ""): ("get", ("GLACIER",)),
    ("Requests-GDA-Tier2", ""): ("get", ("DEEP_ARCHIVE",)),
    ("Requests-Tier4", ""): ("transition", _IA),
    ("Requests-Tier4", "S3-SIATransition"): ("transition", ("STANDARD_IA",)),
    ("Requests-Tier4", "S3-ZIATransition"): ("transition", ("ONEZONE_IA",)),
    ("Requests-Tier4", "S3-INTTransition"): ("transition", ("INTELLIGENT_TIERING",)),
    ("Requests-Tier4", "S3-GIRTransition"): ("transition", ("GLACIER_IR",)),
    ("Requests-Tier3", "S3-GlacierTransition"): ("transition", ("GLACIER",)),
    ("Requests-Tier3", "S3-GDATransition"): ("transition", ("DEEP_ARCHIVE",)),
    ("Retrieval-SIA", ""): ("retrieval", ("STANDARD_IA",)),
    ("Retrieval-ZIA", ""): ("retrieval", ("ONEZONE_IA",)),
    ("Retrieval-GIR", ""): ("retrieval", ("GLACIER_IR",)),
    ("Standard-Retrieval-Bytes", "RestoreObject"): ("retrieval", ("GLACIER",)),
    ("Standard-Retrieval-Bytes", "DeepArchiveRestoreObject"): ("retrieval", ("DEEP_ARCHIVE",)),
    ("Monitoring-Automation-INT", ""): ("monitoring", ("INTELLIGENT_TIERING",)),
}
_GLOBAL_OUT = "Global-DataTransfer-Out-Bytes"
_PER = {"put": 1000, "get": 1000, "transition": 1000, "monitoring": 1000}  # AWS prices one


@dataclass(slots=True)
class PriceList:
    """What was read: tiers as in a book, what of it could not be told apart, and how much there
    was besides."""

    published: str = ""
    figures: dict[tuple[str, str, str], tuple[Tier, ...]] = field(default_factory=dict)
    free_out_gb: int | None = None
    conflicts: list[str] = field(default_factory=list)
    others: int = 0


def read_price_list(documents: Iterable[str], source: str) -> PriceList:
    """From texts of either form: a product as `get_products` lists it, or a whole offer file.

    Raises InvalidInput for a text that is neither, and for prices that are no numbers.
    """
    found = PriceList()
    for text in documents:
        document = _parsed(text, source)
        found.published = max(found.published, str(document.get("publicationDate", ""))[:10])
        origin = Origin(f"AWS Price List ({source})", found.published)
        for product, dimensions in _products(document, source):
            _take(found, product, dimensions, origin)
    if not found.figures:
        raise InvalidInput(
            f"{source} has no price of S3.",
            "Give the offer file AmazonS3 of a region, or the answer of `aws pricing get-products "
            "--service-code AmazonS3`.",
        )
    return found


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_float=str)
    except ValueError as error:
        raise InvalidInput(f"{source} is not JSON.", "Give the file as AWS has it.") from error
    if isinstance(document, dict) and isinstance(document.get("PriceList"), list):
        raise InvalidInput(
            f"{source} is an answer of get-products as a whole.", "Give each of its PriceList."
        )
    if not isinstance(document, dict):
        raise InvalidInput(f"{source} is no price list.", "Give the file as AWS has it.")
    return document


def _products(document: dict[str, Any], source: str) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    """Each product with its on-demand price dimensions."""
    try:
        if "product" in document:
            terms = document["terms"].get("OnDemand", {})
            yield document["product"], _dimensions(terms)
            return
        on_demand = document["terms"].get("OnDemand", {})
        for sku, product in document["products"].items():
            yield product, _dimensions(on_demand.get(sku, {}))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{source} has not the form of AWS's price list.", "Give the file as AWS has it."
        ) from error


def _dimensions(terms: Mapping[str, Any]) -> list[Any]:
    return [one for term in terms.values() for one in term["priceDimensions"].values()]


def _take(
    found: PriceList, product: Mapping[str, Any], dimensions: list[Any], origin: Origin
) -> None:
    attributes = product["attributes"]
    usage_type = attributes.get("usagetype", "")
    if usage_type == _GLOBAL_OUT:
        edges = [one.get("endRange", "") for one in dimensions]
        found.free_out_gb = next((int(edge) for edge in edges if edge.isdigit()), None)
        return
    region, figure, classes = _meaning(attributes, usage_type)
    tiers = _tiers(dimensions, figure, origin) if figure else ()
    if not tiers:
        found.others += 1
        return
    for storage_class in classes:
        key = (region, figure, storage_class)
        before = found.figures.get(key)
        if before is not None and [one.price for one in before] != [one.price for one in tiers]:
            if figure != "between":
                found.conflicts.append(f"{usage_type} has two prices; the higher one is used.")
            if before[0].price >= tiers[0].price:
                continue
        found.figures[key] = tiers


def _meaning(attributes: Mapping[str, str], usage_type: str) -> tuple[str, str, tuple[str, ...]]:
    """(region, figure, storage classes) of a product; figure "" for what is not ours."""
    transfer = attributes.get("transferType", "")
    for prefix in sorted(PREFIXES, key=len, reverse=True):
        if usage_type.startswith(prefix):
            break
    region, rest = attributes.get("regionCode") or PREFIXES[prefix], usage_type[len(prefix) :]
    if transfer == "AWS Outbound" and rest == "DataTransfer-Out-Bytes":
        return region, "out", (ANY,)
    if transfer == "InterRegion Outbound" and rest.endswith("-AWS-Out-Bytes"):
        return region, "between", (ANY,)
    operation = attributes.get("operation", "")
    volume = attributes.get("volumeType", "Standard")
    if rest == "TimedStorage-ByteHrs" and (operation or volume != "Standard"):
        return region, "", ()  # the overhead of Intelligent-Tiering's archives, by another name
    figure, classes = _METERS.get((rest, operation), ("", ()))
    return region, figure, classes


def _tiers(dimensions: list[Any], figure: str, origin: Origin) -> tuple[Tier, ...]:
    rows = []
    for one in dimensions:
        usd = one.get("pricePerUnit", {}).get("USD")
        if usd is not None:
            rows.append((_number(one.get("beginRange") or "0"), _end(one), _number(usd)))
    rows.sort()
    per = _PER.get(figure, 1)
    if not rows or (figure == "out" and not any(price for _, _, price in rows)):
        return ()  # the free data out has a product of its own
    tiers = [Tier(_plain(price * per), origin, end) for _, end, price in rows]
    return (*tiers[:-1], Tier(tiers[-1].price, origin, None))


def _end(dimension: Mapping[str, Any]) -> int | None:
    end = str(dimension.get("endRange") or "Inf")
    return None if end == "Inf" else int(_number(end))


def _number(text: Any) -> Decimal:
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < DEAREST:
        raise InvalidInput(f"The price list has {text!r} for a price.", "Fetch it again.")
    return value


def _plain(price: Decimal) -> Decimal:
    """Without the zeros at the end that AWS writes."""
    return price.normalize() if price else Decimal(0)
