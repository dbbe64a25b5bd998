"""A change as an S3 lifecycle configuration, where one can make it. Pure.

Source: "Lifecycle configuration elements" in AWS's S3 user guide.
"""

from __future__ import annotations

from typing import Any

from storage.costs.scenarios import Change, Move, Remove, Where

_IA_DAYS = 30  # S3 refuses to move anything into the infrequent-access classes earlier


def lifecycle(change: Change) -> dict[str, Any] | None:
    """The configuration as `put-bucket-lifecycle-configuration` takes it; None where a rule cannot
    do it: it knows prefixes, sizes and ages, and no kinds."""
    match change:
        case Move(how="lifecycle") if not change.where.kind and not change.where.storage_class:
            return _rules("move", _move(change), change.where, _sizes(change))
        case Remove(percent=100) if not change.where.kind and not change.where.storage_class:
            action = _removal(change.where)
            return _rules("remove", action, change.where, {}) if action else None
        case _:
            return None


def _rules(
    what: str, action: dict[str, Any], where: Where, sizes: dict[str, int]
) -> dict[str, Any]:
    tests: dict[str, Any] = {"Prefix": where.prefix, **sizes}
    rule = {
        "ID": f"soundstage-{what}-{where.prefix.strip('/').replace('/', '-') or 'all'}",
        "Status": "Enabled",
        "Filter": {"And": tests} if len(tests) > 1 else tests,
        **action,
    }
    return {"Rules": [rule]}


def _sizes(change: Move) -> dict[str, int]:
    if change.small:  # without a size of its own, a rule skips what is under 128 KB
        return {"ObjectSizeGreaterThan": 1}
    if change.where.at_least_bytes:
        return {"ObjectSizeGreaterThan": change.where.at_least_bytes - 1}
    return {}


def _move(change: Move) -> dict[str, Any]:
    least = _IA_DAYS if change.to in ("STANDARD_IA", "ONEZONE_IA") else 0
    days = max(change.where.older_days, least)
    if change.where.states == ("noncurrent",):
        step = {"NoncurrentDays": max(days, 1), "StorageClass": change.to}
        return {"NoncurrentVersionTransitions": [step]}
    return {"Transitions": [{"Days": days, "StorageClass": change.to}]}


def _removal(where: Where) -> dict[str, Any]:
    """Days are at least one: S3 has no rule that deletes at once."""
    days, states = max(where.older_days, 1), set(where.states)
    action: dict[str, Any] = {}
    if "noncurrent" in states:
        action["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "part" in states:
        action["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    if "current" in states:
        action["Expiration"] = {"Days": days}
    elif "delete-marker" in states:
        action["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    return action
