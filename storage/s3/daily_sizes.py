"""What CloudWatch keeps of a bucket: its bytes by storage class and its objects, once a day.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.errors import NotFound, Unsupported
from storage.s3.client import Store, translating

_HAVE_IT = ("Amazon S3", "moto (in memory)")
_DAY_S = 86_400
_LOOK_BACK = timedelta(days=4)  # figures appear a day or two late
# Its names for classes, and what else it counts in a class: minimum sizes and index entries, which
# follow from the objects and are no bytes of theirs.
_CLASSES = {
    "StandardStorage": "STANDARD",
    "IntelligentTieringFAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringIAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringAAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringAIAStorage": "INTELLIGENT_TIERING",
    "IntelligentTieringDAAStorage": "INTELLIGENT_TIERING",
    "StandardIAStorage": "STANDARD_IA",
    "OneZoneIAStorage": "ONEZONE_IA",
    "ReducedRedundancyStorage": "REDUCED_REDUNDANCY",
    "GlacierInstantRetrievalStorage": "GLACIER_IR",
    "GlacierStorage": "GLACIER",
    "GlacierStagingStorage": "STANDARD",
    "DeepArchiveStorage": "DEEP_ARCHIVE",
    "DeepArchiveStagingStorage": "STANDARD",
    "ExpressOneZone": "EXPRESS_ONEZONE",
}
_OVERHEAD = "Overhead"


@dataclass(frozen=True, slots=True)
class DailySizes:
    """Bytes by storage class and the number of objects, old versions and parts of unfinished
    uploads included; the day they are of, and the requests it took to ask.
    """

    at: datetime
    bytes: Mapping[str, int]
    objects: int
    requests: int


def daily_sizes(store: Store, bucket: str, now: datetime) -> DailySizes:
    """The newest figures of the last days. Raises Unsupported where there is no CloudWatch,
    NotFound without any, AccessDenied (cloudwatch:ListMetrics, cloudwatch:GetMetricStatistics).
    """
    if store.capabilities.server not in _HAVE_IT:
        raise Unsupported(
            f"{store.capabilities.server} keeps no daily sizes.", "Measure the bucket instead."
        )
    client = store.service_of("cloudwatch", bucket)
    kinds, requests = _kinds(client, bucket)
    newest, sizes, objects = datetime.min.replace(tzinfo=UTC), Counter[str](), 0
    for name, kind in sorted(kinds):
        found = _newest(client, bucket, name, kind, now)
        requests += 1
        if found is None:
            continue
        newest = max(newest, found[0])
        if name == "NumberOfObjects":
            objects = found[1]
        else:
            sizes[_CLASSES.get(kind, kind)] += found[1]
    if not sizes and not objects:
        raise NotFound(
            "CloudWatch has no sizes of this bucket from the last days.",
            "They appear a day or two after a bucket is made. Measure it instead.",
        )
    return DailySizes(newest, sizes, objects, requests)


def _kinds(client: Any, bucket: str) -> tuple[set[tuple[str, str]], int]:
    """The metrics there are of the bucket, by name and storage type; and the requests made."""
    kinds: set[tuple[str, str]] = set()
    requests = 0
    with translating("cloudwatch:ListMetrics", bucket):
        dimensions = [{"Name": "BucketName", "Value": bucket}]
        pages = client.get_paginator("list_metrics")
        for page in pages.paginate(Namespace="AWS/S3", Dimensions=dimensions):
            requests += 1
            kinds |= {_kind(metric) for metric in page["Metrics"]}
    return {
        (name, kind)
        for name, kind in kinds
        if name in ("BucketSizeBytes", "NumberOfObjects") and not kind.endswith(_OVERHEAD)
    }, requests


def _kind(metric: Mapping[str, Any]) -> tuple[str, str]:
    by_name = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    return metric["MetricName"], by_name.get("StorageType", "")


def _newest(
    client: Any, bucket: str, name: str, kind: str, now: datetime
) -> tuple[datetime, int] | None:
    with translating("cloudwatch:GetMetricStatistics", bucket):
        answer = client.get_metric_statistics(
            Namespace="AWS/S3",
            MetricName=name,
            Dimensions=[
                {"Name": "BucketName", "Value": bucket},
                {"Name": "StorageType", "Value": kind},
            ],
            StartTime=now - _LOOK_BACK,
            EndTime=now,
            Period=_DAY_S,
            Statistics=["Average"],
        )
    points = answer["Datapoints"]
    if not points:
        return None
    last = max(points, key=lambda point: point["Timestamp"])
    return last["Timestamp"].astimezone(UTC), round(last["Average"])
