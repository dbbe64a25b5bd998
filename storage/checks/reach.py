"""Whether the credentials in use can do far more than the console needs."""

from __future__ import annotations

from collections.abc import Collection

from storage.model.findings import Finding
from storage.s3.client import Store
from storage.s3.reach import buckets_shown, caller_arn, readable_settings

_REMEDY = (
    "Give the console credentials with the least policy only: `python -m storage policy ROLE`."
)
_NAMES_SHOWN = 3


def check_reach(store: Store, bucket: str, ours: Collection[str]) -> tuple[Finding, ...]:
    """Findings on what no least policy grants: the root user, other buckets than `ours`, settings
    of `bucket`. Reads only; nothing found proves nothing. Raises Unavailable and ConfigError.
    """
    found: list[Finding] = []
    if caller_arn(store).endswith(":root"):
        found.append(
            Finding(
                "reach-root",
                bucket,
                "",
                "error",
                "These are the keys of the account's root user: they can do everything, also "
                "delete all buckets and close the account.",
                "Delete these keys in the AWS console, and make a role with the least policy.",
            )
        )
    others = [name for name in buckets_shown(store) if name not in ours]
    if others:
        more = f" and {len(others) - _NAMES_SHOWN} more" if len(others) > _NAMES_SHOWN else ""
        text = (
            "These credentials see buckets that belong to no project: "
            f"{', '.join(others[:_NAMES_SHOWN])}{more}."
        )
        found.append(Finding("reach-buckets", bucket, "", "warning", text, _REMEDY))
    settings = readable_settings(store, bucket)
    if settings:
        text = f"These credentials may read the settings of {bucket} ({', '.join(settings)})."
        found.append(Finding("reach-settings", bucket, "", "warning", text, _REMEDY))
    return tuple(found)
