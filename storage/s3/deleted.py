"""What was deleted below a prefix and is still there behind its delete marker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from storage.model.deleted import DeletedObject, DeletedPage
from storage.s3.client import Store, translating

VERSIONS_LISTED = 1_000  # ListObjectVersions: max-keys ceiling


@dataclass(slots=True)
class _Found:
    """By key: markers that hide it now, and its newest version with bytes."""

    markers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    newest: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    looked_at: int = 0

    def take(self, answer: Mapping[str, Any]) -> None:
        for marker in answer.get("DeleteMarkers", ()):
            self.looked_at += 1
            if marker["IsLatest"]:
                self.markers[marker["Key"]] = marker
        for version in answer.get("Versions", ()):
            self.looked_at += 1
            known = self.newest.get(version["Key"])
            if known is None or known["LastModified"] < version["LastModified"]:
                self.newest[version["Key"]] = version

    def rows(self) -> Iterator[DeletedObject]:
        for key, marker in self.markers.items():
            version = self.newest.get(key)
            if version is not None:  # a marker over nothing: there is nothing to bring back
                yield DeletedObject(
                    key=key,
                    deleted_at=marker["LastModified"].astimezone(UTC),
                    version_id=version["VersionId"],
                    size=version["Size"],
                    etag=version["ETag"].strip('"'),
                    modified=version["LastModified"].astimezone(UTC),
                )


def list_deleted(store: Store, bucket: str, prefix: str, *, requests: int = 10) -> DeletedPage:
    """The deleted objects anywhere below `prefix`, by at most `requests` requests of 1,000 rows.

    Where it stops early, the last key's rows may be on the page that was not asked for, so that
    key is left out. Raises as other reads do; nothing is found in a bucket that keeps no versions.
    """
    found = _Found()
    marker: dict[str, Any] = {}
    last = ""
    with translating("s3:ListBucketVersions", bucket, prefix):
        for _ in range(requests):
            answer = store.client_for(bucket).list_object_versions(
                Bucket=bucket, Prefix=prefix, MaxKeys=VERSIONS_LISTED, **marker
            )
            found.take(answer)
            last = answer.get("NextKeyMarker", "") if answer.get("IsTruncated") else ""
            if not last:
                break
            marker = {"KeyMarker": last, "VersionIdMarker": answer.get("NextVersionIdMarker", "")}
    rows = [row for row in found.rows() if row.key != last]
    rows.sort(key=lambda row: (row.deleted_at, row.key), reverse=True)
    return DeletedPage(tuple(rows), complete=not last, looked_at=found.looked_at)
