"""A bill beside the estimate of its month: what agrees, and a name for each difference. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from storage.costs.bill import Bill
from storage.costs.pricelist import PREFIXES
from storage.model.money import EXACT, Estimate, plain

SAME = Decimal("0.005")
"""Of money: less is a matter of rounding."""

FAMILIES: Mapping[str, str] = {
    "storage": "Storage",
    "minimum-size": "Minimum size of small objects",
    "early-deletion": "Deleted before the minimum days",
    "monitoring": "Intelligent-Tiering monitoring",
    "put": "Requests: PUT, COPY, POST, LIST",
    "get": "Requests: GET and others",
    "kms": "Requests to KMS",
    "transition": "Lifecycle transitions and restores",
    "retrieval": "Data retrieved",
    "out": "Data out to the internet",
    "between": "Data to other regions",
    "free": "Billed at nothing",
    "unknown": "Usage types that are not known here",
    "elsewhere": "Other buckets",
    "tax": "Tax",
}
"""What lines of a bill and of an estimate are compared by."""

_OF_METER: Mapping[str, str] = {
    "storage-noncurrent": "storage",
    "storage-parts": "storage",
    "storage-markers": "storage",
    "archive-index": "storage",
    "archive-names": "storage",
    "list": "put",
    "replication-put": "put",
    "replication": "between",
}
# how usage types begin behind their region's prefix; the first that fits
_OF_USAGE: tuple[tuple[str, str], ...] = (
    ("TimedStorage-SIA-SmObjects", "minimum-size"),
    ("TimedStorage-ZIA-SmObjects", "minimum-size"),
    ("TimedStorage-GIR-SmObjects", "minimum-size"),
    ("TimedStorage", "storage"),
    ("EarlyDelete", "early-deletion"),
    ("Monitoring-Automation", "monitoring"),
    ("Requests-Tier3", "transition"),
    ("Requests-Tier4", "transition"),
    ("Requests-Tier5", "transition"),
    ("Requests-Tier6", "transition"),
    ("Requests-GDA-Tier3", "transition"),
    ("Requests-GDA-Tier5", "transition"),
    ("Retrieval-", "retrieval"),
    ("Standard-Retrieval", "retrieval"),
    ("Bulk-Retrieval", "retrieval"),
    ("Expedited-Retrieval", "retrieval"),
    ("DataTransfer-Out-Bytes", "out"),
    ("DataTransfer-In", "free"),
    ("C3DataTransfer", "free"),
    ("KMS-Requests", "kms"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One family on both sides, and why they differ; "" where they agree."""

    family: str
    estimated: Decimal
    billed: Decimal
    why: str

    @property
    def difference(self) -> Decimal:
        """What was billed more than estimated."""
        with localcontext(EXACT):
            return self.billed - self.estimated

    def as_json(self) -> dict[str, Any]:
        """The form of `costs bill --json`."""
        return {
            "family": self.family,
            "title": FAMILIES[self.family],
            "estimated": plain(self.estimated),
            "billed": plain(self.billed),
            "difference": plain(self.difference),
            "why": self.why,
        }


def compare(estimate: Estimate, bill: Bill, buckets: Collection[str]) -> tuple[Difference, ...]:
    """Every family that either side has; their sums are the two totals."""
    estimated: dict[str, Decimal] = {}
    billed: dict[str, Decimal] = {"tax": bill.tax} if bill.tax else {}
    with localcontext(EXACT):
        for line in estimate.lines:
            family = _OF_METER.get(line.meter, line.meter)
            estimated[family] = estimated.get(family, Decimal(0)) + line.amount
        for row in bill.rows:
            ours = not row.bucket or row.bucket in buckets
            family = family_of(row.usage_type) if ours else "elsewhere"
            billed[family] = billed.get(family, Decimal(0)) + row.amount
    zero = Decimal(0)
    return tuple(
        Difference(
            family,
            estimated.get(family, zero),
            billed.get(family, zero),
            _why(family, estimated.get(family, zero), billed.get(family, zero)),
        )
        for family in FAMILIES
        if family in estimated or family in billed
    )


def family_of(usage_type: str) -> str:
    """The family of a usage type, whatever its region."""
    found = next(
        (one for one in sorted(PREFIXES, key=len, reverse=True) if usage_type.startswith(one)), ""
    )
    rest = usage_type[len(found) :]
    if rest.endswith("-AWS-Out-Bytes"):
        return "between"
    if rest.endswith("-AWS-In-Bytes"):
        return "free"
    for begins, family in _OF_USAGE:
        if rest.startswith(begins):
            return family
    if rest.startswith("Requests-"):
        return "put" if rest.endswith("Tier1") else "get" if rest.endswith("Tier2") else "unknown"
    return "unknown"


_UNKNOWN_TO_US: Mapping[str, str] = {
    "put": "Other programs write and list too; the console counts only what arrived and its own.",
    "get": "Listeners and other programs read; enter their requests under Assumptions.",
    "out": "What listeners download goes past the console; enter it under Assumptions.",
    "between": "Something copies to another region; enter it under Assumptions.",
    "retrieval": "Objects were read from a class that bills reading; enter it under Assumptions.",
    "kms": "Objects are encrypted by KMS; enter the requests under Assumptions.",
    "transition": "Lifecycle rules moved objects, or some were restored; enter it as assumed.",
    "early-deletion": "Objects were deleted or replaced before their class's minimum days.",
    "monitoring": "Objects are in Intelligent-Tiering that no scan has seen.",
    "minimum-size": "Small objects are in a class with a minimum size that no scan has seen.",
    "storage": "Nothing of it was scanned: measure the buckets.",
    "unknown": "The console does not reckon these; the bill names them.",
    "elsewhere": "Buckets of the account that are in no project here.",
    "tax": "Estimates are without tax.",
    "free": "",
}


def _why(family: str, estimated: Decimal, billed: Decimal) -> str:
    if abs(billed - estimated) < SAME:
        return ""
    if family in ("tax", "elsewhere", "unknown") or not estimated:
        return _UNKNOWN_TO_US[family]
    if not billed:
        return "Not billed: entered too high, within a free tier, or paid by a credit."
    if family != "storage":
        more = "Less was entered or measured than happened." if billed > estimated else ""
        return more or "More was entered or measured than happened, or a free tier took some of it."
    if billed > estimated:
        return (
            "More was stored than the scans saw: other buckets of the account, earlier versions or "
            "unfinished uploads that were not scanned, or what was deleted between scans."
        )
    return (
        "Less was stored over the month than on the day of the scan, or the account has a discount "
        "or a free tier."
    )
