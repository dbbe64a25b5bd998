"""`layouts` and `policy`: what the configuration says; no store is started for them."""

from __future__ import annotations

import argparse

from storage.checks.policies import policy_for_all
from storage.checks.reach import check_reach
from storage.cli import show
from storage.cli.session import chosen_layout, configured, opened
from storage.configuration import Configuration
from storage.errors import InvalidInput, StorageError
from storage.model.people import Role


def layouts(args: argparse.Namespace) -> int:
    """The layouts, roles and buckets."""
    found = configured(args).layouts.values()
    if args.json:
        show.document(
            [
                {
                    "name": layout.name,
                    "title": layout.title,
                    "description": layout.description,
                    "personal_data": layout.personal_data,
                    "buckets": [
                        {
                            "role": bucket.role,
                            "title": bucket.title,
                            "bucket": bucket.bucket,
                            "region": bucket.region,
                            "live": bucket.live,
                        }
                        for bucket in layout.buckets
                    ],
                }
                for layout in found
            ]
        )
        return 0
    for layout in found:
        show.line(f"{layout.name}: {layout.title}")
        for bucket in layout.buckets:
            show.line(f"  {bucket.role:<12} {bucket.bucket:<40} {bucket.region}")
    return 0


def policy(args: argparse.Namespace) -> int:
    """The least IAM policy for the project of --layout, else for all that are configured; on the
    user's own S3 a warning when the credentials can do more.
    """
    try:
        role = Role(args.role)
    except ValueError as error:
        raise InvalidInput(
            f"There is no role {args.role!r}.", f"Choose one of {', '.join(Role)}."
        ) from error
    configuration = configured(args)
    named = [chosen_layout(args, configuration.settings, configuration.layouts)]
    show.document(policy_for_all(named if args.layout else configuration.layouts.values(), role))
    if configuration.own:
        _warn_of_reach(args, configuration)
    return 0


def _warn_of_reach(args: argparse.Namespace, configuration: Configuration) -> None:
    """The policy is out already: what goes wrong here is said, and changes nothing."""
    layout = chosen_layout(args, configuration.settings, configuration.layouts)
    ours = {bucket.bucket for one in configuration.layouts.values() for bucket in one.buckets}
    try:
        with opened(args) as services:
            bucket = layout.buckets[0]
            findings = check_reach(services.store_for(layout, bucket), bucket.bucket, ours)
    except StorageError as error:
        show.note(f"What your credentials can do beyond this could not be checked: {error.what}")
        return
    for finding in findings:
        show.note(f"{finding.severity.capitalize()}: {finding.text} {finding.remedy}")
