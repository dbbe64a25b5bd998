"""The least IAM policy for each role of person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.checks.policies import BUCKET_ACTIONS, OBJECT_ACTIONS, policy, policy_for_all
from storage.config import Config
from storage.errors import InvalidInput
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.people import BUCKET_CANS, WRITING_CANS, Can, Role
from storage.settings import Settings

LAYOUTS = load_layouts(Settings(), Config(), {})
READS = ("s3:Get", "s3:List")
# IAM's service authorization reference: these take a bucket's ARN, the others an object's
ON_BUCKETS = {
    "s3:GetBucketVersioning",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
}


def actions_on(document: dict[str, Any], resource: str) -> set[str]:
    return {
        action
        for statement in document["Statement"]
        if resource in statement["Resource"]
        for action in statement["Action"]
    }


def test_every_permission_has_its_actions() -> None:
    """A permission added to `Can` cannot be forgotten in the policy."""
    assert set(BUCKET_ACTIONS) == set(OBJECT_ACTIONS) == BUCKET_CANS
    idle = {can for can in BUCKET_CANS if not (BUCKET_ACTIONS[can] or OBJECT_ACTIONS[can])}
    assert idle == {Can.COURSE_PUT, Can.PROMOTE_APPROVE}  # in the console's database alone


@pytest.mark.parametrize("person", list(Role))
def test_a_policy_has_no_wildcard_action(person: Role) -> None:
    """No action with `*`, no resource wider than one bucket's objects."""
    document = policy_for_all(LAYOUTS.values(), person)
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            assert "*" not in action
        if statement["Sid"] == "Sizes1":  # CloudWatch's have no resource to be narrowed to
            continue
        for resource in statement["Resource"]:
            bucket, _, below = resource.removeprefix("arn:aws:s3:::").partition("/")
            assert "*" not in bucket
            assert below in ("", "*")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("person", list(Role))
def test_a_policy_only_reads_where_nothing_may_be_written(layout: Layout, person: Role) -> None:
    """Prod of the courses, and every bucket of a viewer, get no action that writes."""
    for bucket in layout.buckets:
        grants = layout.grants(person, bucket.role)
        if not grants or grants & WRITING_CANS:
            continue
        document = policy(layout, person)
        arn = f"arn:aws:s3:::{bucket.bucket}"
        for action in actions_on(document, arn) | actions_on(document, f"{arn}/*"):
            assert action.startswith(READS)


@pytest.mark.parametrize("person", list(Role))
def test_actions_stand_on_the_resource_they_apply_to(person: Role) -> None:
    """Bucket actions are on bucket ARNs and object actions on object ARNs, as IAM requires."""
    for statement in policy_for_all(LAYOUTS.values(), person)["Statement"]:
        if statement["Sid"] == "Sizes1":
            continue
        on_objects = {resource.endswith("/*") for resource in statement["Resource"]}
        about_objects = {action not in ON_BUCKETS for action in statement["Action"]}
        assert on_objects == about_objects


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("person", list(Role))
def test_a_policy_reaches_exactly_the_buckets_granted(layout: Layout, person: Role) -> None:
    """Objects are readable where object:read (or link) is granted, and nowhere else."""
    listed = {b.bucket for b in layout.buckets if layout.grants(person, b.role)}
    read = {b.bucket for b in layout.buckets if layout.grants(person, b.role) - {Can.OBJECT_LIST}}
    if not listed:
        with pytest.raises(InvalidInput, match="no policy"):
            policy(layout, person)
        return
    about_s3 = [s for s in policy(layout, person)["Statement"] if s["Sid"] != "Sizes1"]
    found = [r for s in about_s3 for r in s["Resource"]]
    assert {r.removeprefix("arn:aws:s3:::") for r in found if not r.endswith("/*")} == listed
    assert {r.removeprefix("arn:aws:s3:::")[:-2] for r in found if r.endswith("/*")} == read


def test_a_viewer_of_personal_data_reads_no_object() -> None:
    """Whoever may only list speech-coach recordings gets no action on objects."""
    document = policy(LAYOUTS["speech-coach"], Role.VIEWER)
    assert actions_on(document, "arn:aws:s3:::speech-coach-audio") == {
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
    }
    assert not actions_on(document, "arn:aws:s3:::speech-coach-audio/*")


def test_an_operator_can_do_what_browse_asks_for() -> None:
    """Listing, versions, tags and reading of stage are all in the operator's policy."""
    document = policy(LAYOUTS["ssi"], Role.OPERATOR)
    assert {"s3:ListBucket", "s3:ListBucketVersions"} <= actions_on(
        document, "arn:aws:s3:::ssi-audio-stage"
    )
    reads = {"s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"}
    assert actions_on(policy(LAYOUTS["ssi"], Role.VIEWER), "arn:aws:s3:::ssiborg-assets/*") == reads
    assert actions_on(document, "arn:aws:s3:::ssi-audio-stage/*") > reads


def test_a_policy_over_all_projects_fits_in_iam() -> None:
    """6,144 characters without white space: IAM's limit for a managed policy."""
    for person in Role:
        text = json.dumps(policy_for_all(LAYOUTS.values(), person), separators=(",", ":"))
        assert len(text) <= 6_144


def test_sids_are_unique_and_plain() -> None:
    """IAM takes letters and digits in a Sid, each once a policy."""
    sids = [s["Sid"] for s in policy_for_all(LAYOUTS.values(), Role.ADMIN)["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)


def test_buckets_in_other_partitions_have_their_arn() -> None:
    """A bucket in China is arn:aws-cn, or the policy would match nothing."""
    layouts = load_layouts(
        Settings(layout="speech-coach"), Config(), {"S3_BUCKET_REGION": "cn-north-1"}
    )
    statement = policy(layouts["speech-coach"], Role.VIEWER)["Statement"][0]
    assert statement["Resource"] == ["arn:aws-cn:s3:::speech-coach-audio"]


def test_who_may_scan_may_ask_cloudwatch_for_sizes() -> None:
    """Nobody else, and nothing of CloudWatch besides."""
    for person in Role:
        scans = any(
            Can.INVENTORY_SCAN in layout.grants(person, bucket.role)
            for layout in LAYOUTS.values()
            for bucket in layout.buckets
        )
        found = actions_on(policy_for_all(LAYOUTS.values(), person), "*")
        assert found == (
            {"cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"} if scans else set()
        )
