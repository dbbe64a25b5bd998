"""What S3's storage classes bill besides the bytes themselves. Pure.

Source: "Amazon S3 storage classes" in AWS's user guide, and the notes under its price list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SMALL_BYTES = 128 * 1024
"""Under this lifecycle rules move nothing by themselves, and nothing is monitored or tiered."""
INDEX_BYTES = 32 * 1024
"""Index of an archived object, at the rate of its class."""
NAME_BYTES = 8 * 1024
"""Name and metadata of an archived object, at the rate of Standard."""

STANDARD = "STANDARD"
INTELLIGENT = "INTELLIGENT_TIERING"


@dataclass(frozen=True, slots=True)
class ClassRules:
    """What an object of the class is billed for at least. 0: no such minimum."""

    min_bytes: int = 0
    min_days: int = 0
    archived: bool = False  # must be restored before it is read; carries index and name
    monitored: bool = False


RULES: Mapping[str, ClassRules] = {
    STANDARD: ClassRules(),
    "REDUCED_REDUNDANCY": ClassRules(),
    INTELLIGENT: ClassRules(monitored=True),
    "STANDARD_IA": ClassRules(min_bytes=SMALL_BYTES, min_days=30),
    "ONEZONE_IA": ClassRules(min_bytes=SMALL_BYTES, min_days=30),
    "GLACIER_IR": ClassRules(min_bytes=SMALL_BYTES, min_days=90),
    "GLACIER": ClassRules(min_days=90, archived=True),
    "DEEP_ARCHIVE": ClassRules(min_days=180, archived=True),
}
_NONE = ClassRules()


def rules_of(storage_class: str, provider: str) -> ClassRules:
    """The minimums of a class; none where the provider is not AWS."""
    return RULES.get(storage_class, _NONE) if provider == "aws" else _NONE


def part_class(storage_class: str) -> str:
    """The class by which parts of an upload that never finished are billed: what is to be archived
    is so only once it is whole."""
    rules = RULES.get(storage_class, _NONE)
    return STANDARD if rules.archived else storage_class
