"""The least IAM policy for a role of person: what the console calls on its behalf, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storage.errors import InvalidInput
from storage.layout.profile import Bucket, Layout
from storage.model.people import Can, Role

POLICY_VERSION = "2012-10-17"  # the policy language's newest version, not a date of ours

# What storage/s3 calls for each permission on a bucket.
_LIST_ON_BUCKET = (
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
)
_READ_ON_OBJECTS = ("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion")
# A copy onto itself changes metadata and restores a version, so writing reads as well; where only a
# delete marker hides the version, the marker is removed.
_WRITE_ON_OBJECTS = (
    *_READ_ON_OBJECTS,
    "s3:GetObjectVersionTagging",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:DeleteObjectVersion",
)
_RELEASE_ON_BUCKET = ("s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions")
_RELEASE_ON_OBJECTS = (
    *_READ_ON_OBJECTS,
    "s3:GetObjectVersionTagging",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
)
# Whoever may not list is told 403 where nothing is, and "only where nothing is" has to be asked.
_SEE_THAT_NOTHING_IS = "s3:ListBucket"
BUCKET_ACTIONS: Mapping[Can, tuple[str, ...]] = {
    Can.OBJECT_LIST: _LIST_ON_BUCKET,
    Can.OBJECT_READ: ("s3:ListBucketVersions",),
    Can.OBJECT_LINK: (),
    Can.OBJECT_ARCHIVE: (),
    Can.OBJECT_WRITE: (
        _SEE_THAT_NOTHING_IS,
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    ),
    Can.OBJECT_DELETE: (
        _SEE_THAT_NOTHING_IS,
        "s3:GetBucketVersioning",
        "s3:ListBucketVersions",
    ),
    Can.OBJECT_RECEIVE: (_SEE_THAT_NOTHING_IS,),
    Can.PREFIX_DELETE: ("s3:GetBucketVersioning", "s3:ListBucket"),
    Can.WELCOME_PUBLISH: (_SEE_THAT_NOTHING_IS,),
    Can.INVENTORY_SCAN: (*_LIST_ON_BUCKET, "s3:ListBucketVersions"),
    Can.CLIP_MEASURE: ("s3:ListBucket",),
    Can.COURSE_PUT: (),  # the console keeps it itself
    Can.REVIEW_VERDICT: ("s3:ListBucket",),
    Can.PROMOTE_PLAN: ("s3:GetBucketVersioning", "s3:ListBucket"),
    Can.PROMOTE_APPROVE: (),  # in the console's database alone
    Can.PROMOTE_RUN: _RELEASE_ON_BUCKET,
    Can.PROMOTE_ROLLBACK: _RELEASE_ON_BUCKET,
}
OBJECT_ACTIONS: Mapping[Can, tuple[str, ...]] = {
    Can.OBJECT_LIST: (),
    Can.OBJECT_READ: _READ_ON_OBJECTS,
    Can.OBJECT_LINK: ("s3:GetObject", "s3:GetObjectVersion"),
    Can.OBJECT_ARCHIVE: ("s3:GetObject",),
    Can.OBJECT_WRITE: _WRITE_ON_OBJECTS,
    # a condition on a delete needs s3:GetObject; a version is removed only to undo: the marker
    Can.OBJECT_DELETE: ("s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    Can.OBJECT_RECEIVE: ("s3:GetObject", "s3:PutObject"),
    Can.PREFIX_DELETE: ("s3:GetObject", "s3:DeleteObject"),
    # an MP3 keeps the tags of the one it replaces
    Can.WELCOME_PUBLISH: (
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:PutObject",
        "s3:PutObjectTagging",
    ),
    Can.INVENTORY_SCAN: ("s3:ListMultipartUploadParts",),
    Can.CLIP_MEASURE: ("s3:GetObject",),
    Can.COURSE_PUT: (),
    # what was heard is looked at once more, in the very version
    Can.REVIEW_VERDICT: ("s3:GetObject", "s3:GetObjectVersion"),
    Can.PROMOTE_PLAN: _READ_ON_OBJECTS,
    Can.PROMOTE_APPROVE: (),
    Can.PROMOTE_RUN: _RELEASE_ON_OBJECTS,
    # what was new is deleted again; a version is never removed
    Can.PROMOTE_ROLLBACK: (*_RELEASE_ON_OBJECTS, "s3:DeleteObject"),
}

# Sizes that CloudWatch keeps: an alternative to listing. IAM has no resource to narrow these to.
_SIZES = ("cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics")


def policy(layout: Layout, person: Role) -> dict[str, Any]:
    """The IAM policy document that lets the console do for `person` what the layout grants.

    Raises InvalidInput where it grants nothing: such a person needs no policy.
    """
    return policy_for_all([layout], person)


def policy_for_all(layouts: Iterable[Layout], person: Role) -> dict[str, Any]:
    """One policy document over several layouts; those that grant nothing are left out.

    Listing is not narrowed by `s3:prefix`: grants are by bucket, and browsing begins at its root.
    Where AWS writes inventory reports is no bucket of a layout: reading them is to be added.
    Raises InvalidInput where no layout grants anything.
    """
    granted = [
        (bucket, layout.grants(person, bucket.role))
        for layout in layouts
        for bucket in layout.buckets
    ]
    statements = [
        *_statements("Buckets", "", BUCKET_ACTIONS, granted),
        *_statements("Objects", "/*", OBJECT_ACTIONS, granted),
    ]
    if any(Can.INVENTORY_SCAN in cans for _, cans in granted):
        statements.append(
            {"Sid": "Sizes1", "Effect": "Allow", "Action": list(_SIZES), "Resource": ["*"]}
        )
    if not statements:
        raise InvalidInput(
            f"The role {person.value} may do nothing here, so it needs no policy.",
            "Choose another role or project, or grant it something in the layout's [access].",
        )
    return {"Version": POLICY_VERSION, "Statement": statements}


def _statements(
    name: str,
    below: str,
    table: Mapping[Can, tuple[str, ...]],
    granted: Iterable[tuple[Bucket, frozenset[Can]]],
) -> list[dict[str, Any]]:
    """A statement for each set of actions, with every bucket that has exactly this set."""
    resources: dict[tuple[str, ...], list[str]] = {}
    for bucket, cans in granted:
        actions = tuple(sorted({action for can in cans for action in table[can]}))
        if actions:
            resources.setdefault(actions, []).append(_arn(bucket) + below)
    return [
        {
            "Sid": f"{name}{number}",
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": list(dict.fromkeys(arns)),
        }
        for number, (actions, arns) in enumerate(resources.items(), 1)
    ]


def _arn(bucket: Bucket) -> str:
    partition = "aws"
    if bucket.region.startswith("cn-"):
        partition = "aws-cn"
    elif bucket.region.startswith("us-gov-"):
        partition = "aws-us-gov"
    return f"arn:{partition}:s3:::{bucket.bucket}"
