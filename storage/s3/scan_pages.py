"""Pages of a bucket as rows of an inventory, each by one list request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import NotFound
from storage.model.inventory import LISTED_SCHEMA
from storage.s3.client import Store, translating
from storage.s3.failures import not_s3, retries_of
from storage.s3.list_request import LIST_PAGE_KEYS
from storage.s3.scan_parse import ParsedRows, parse_rows
from storage.s3.xml_rows import NO_STORAGE_CLASS


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Rows in the store's order (`LISTED_SCHEMA`), and the requests that were made for them.

    A listing of versions goes on after `marker`, one of objects after its last key.
    """

    rows: pa.RecordBatch
    truncated: bool
    marker: tuple[str, str]
    requests: int


def list_objects(
    store: Store, bucket: str, prefix: str, after: str, limit: int = LIST_PAGE_KEYS
) -> RowsPage:
    """The first `limit` objects below `prefix` that come after `after` in the store's own order.

    Raises NotFound, AccessDenied, Unavailable.
    """
    # A tree passes over the whole folder it is to start after; nothing lies between the two names.
    if store.capabilities.lists_as_tree and after and not after.endswith("/"):
        after += "/"
    asked = {
        "list-type": "2",
        "encoding-type": "url",
        "max-keys": str(limit),
        "prefix": prefix,
        "start-after": after,
    }
    with translating("s3:ListBucket", bucket):
        found, tries = _direct(store, bucket, asked, versions=False)
        if found is not None:
            return RowsPage(found.rows, found.truncated, found.marker, tries)
        answer = store.client_for(bucket).list_objects_v2(
            Bucket=bucket,
            MaxKeys=limit,
            **_named(Prefix=prefix, StartAfter=after),
        )
        _check_is_s3(answer)
        rows = _batch(answer.get("Contents", ()))
        return RowsPage(rows, answer["IsTruncated"], ("", ""), tries + 1 + retries_of(answer))


def list_versions(
    store: Store, bucket: str, prefix: str, after: tuple[str, str], limit: int = LIST_PAGE_KEYS
) -> RowsPage:
    """The first `limit` versions and delete markers that come after this key and version ("": all
    of the key). Raises as `list_objects`.
    """
    key, version = after
    asked = {
        "versions": "",
        "encoding-type": "url",
        "max-keys": str(limit),
        "prefix": prefix,
        "key-marker": key,
        "version-id-marker": version,
    }
    with translating("s3:ListBucketVersions", bucket):
        found, tries = _direct(store, bucket, asked, versions=True)
        if found is not None:
            return RowsPage(_by_keys(found.rows), found.truncated, found.marker, tries)
        answer = store.client_for(bucket).list_object_versions(
            Bucket=bucket,
            MaxKeys=limit,
            **_named(Prefix=prefix, KeyMarker=key, VersionIdMarker=version),
        )
        _check_is_s3(answer)
        marker = (answer.get("NextKeyMarker", ""), answer.get("NextVersionIdMarker", ""))
        markers = ({**row, "IsDeleteMarker": True} for row in answer.get("DeleteMarkers", ()))
        rows = _by_keys(_batch([*answer.get("Versions", ()), *markers]))
        return RowsPage(rows, answer["IsTruncated"], marker, tries + 1 + retries_of(answer))


def list_unfinished(store: Store, bucket: str, prefix: str) -> Iterator[RowsPage]:
    """The parts of all unfinished uploads below `prefix`, an upload at a time, in order of keys.

    Needs s3:ListBucketMultipartUploads and s3:ListMultipartUploadParts.
    """
    with translating("s3:ListBucketMultipartUploads", bucket):
        client = store.client_for(bucket)
        pages = client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield RowsPage(_batch(()), True, ("", ""), 1 + retries_of(page))
            for upload in page.get("Uploads", ()):
                yield _parts(store, bucket, upload)


def _parts(store: Store, bucket: str, upload: Mapping[str, Any]) -> RowsPage:
    key, upload_id = upload["Key"], upload["UploadId"]
    rows: list[dict[str, Any]] = []
    requests = 0
    try:
        with translating("s3:ListMultipartUploadParts", bucket, key):
            pages = store.client_for(bucket).get_paginator("list_parts")
            for page in pages.paginate(Bucket=bucket, Key=key, UploadId=upload_id):
                requests += 1 + retries_of(page)
                same = {
                    "Key": key,
                    "IsLatest": False,
                    "UploadId": upload_id,
                    "StorageClass": page.get("StorageClass", NO_STORAGE_CLASS),
                }
                rows += [{**same, **part} for part in page.get("Parts", ())]
    except NotFound:  # it has ended since
        return RowsPage(_batch(()), True, ("", ""), requests + 1)
    return RowsPage(_batch(rows), True, ("", ""), requests)


def _direct(
    store: Store, bucket: str, asked: Mapping[str, str], *, versions: bool
) -> tuple[ParsedRows | None, int]:
    """What a plain answer holds, None where only the SDK can read it; and the requests made."""
    direct = store.signed_get(bucket)
    if direct is None:
        return None, 0
    # an empty parameter is left out, but "versions" says what is asked for
    query = {name: value for name, value in asked.items() if value or name == "versions"}
    body = direct.fetch(query)
    return (parse_rows(body, versions=versions) if body else None), 1


def _named(**options: str) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}


def _check_is_s3(answer: Mapping[str, Any]) -> None:
    if "IsTruncated" not in answer:  # any XML with status 200 reads as a listing without rows
        raise not_s3()


def _by_keys(rows: pa.RecordBatch) -> pa.RecordBatch:
    """In the order of keys, newest first: some servers, and the SDK, tell versions and delete
    markers apart from each other.
    """
    keys = rows["key"]
    if pc.all(pc.less_equal(keys[:-1], keys[1:])).as_py() is not False:
        return rows
    newest_first = [("key", "ascending"), ("is_latest", "descending"), ("modified", "descending")]
    return rows.take(pc.sort_indices(rows, newest_first))


def _batch(rows: Any) -> pa.RecordBatch:
    columns = [
        [row["Key"] for row in rows],
        [row.get("VersionId", "") for row in rows],
        [row.get("IsLatest", True) for row in rows],
        [row.get("IsDeleteMarker", False) for row in rows],
        [row.get("Size", 0) for row in rows],
        [row.get("ETag", "").strip('"') for row in rows],
        [row["LastModified"].astimezone(UTC) for row in rows],
        [row.get("StorageClass", NO_STORAGE_CLASS) for row in rows],
        [",".join(row.get("ChecksumAlgorithm", ())) for row in rows],
        [row.get("UploadId", "") for row in rows],
    ]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(column, field.type)
            for column, field in zip(columns, LISTED_SCHEMA, strict=True)
        ],
        schema=LISTED_SCHEMA,
    )
