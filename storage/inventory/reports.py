"""AWS S3 Inventory reports: their manifest, and rows of their files in our columns. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from storage.errors import InvalidInput, StorageError, VerifyFailed
from storage.model.inventory import LISTED_SCHEMA

BATCH_ROWS = 50_000
# What a CSV's schema calls a column, and a Parquet file: the same without "_", in lower case.
_COLUMNS = {
    "key": "key",
    "versionid": "version_id",
    "islatest": "is_latest",
    "isdeletemarker": "is_delete_marker",
    "size": "size",
    "lastmodifieddate": "modified",
    "etag": "etag",
    "storageclass": "storage_class",
    "checksumalgorithm": "checksum_algorithm",
}
_NEEDED = {"key", "size", "modified", "storage_class"}
_ABSENT: dict[str, Any] = {
    "version_id": "",
    "is_latest": True,
    "is_delete_marker": False,
    "size": 0,
    "etag": "",
    "storage_class": "STANDARD",
    "checksum_algorithm": "",
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file of a report, by the key in the report's own bucket."""

    key: str
    size: int
    md5: str  # hexadecimal


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a report says of itself. `columns` are ours, "" for one that is not read; in order."""

    source: str
    made_at: datetime
    form: Literal["CSV", "Parquet"]
    columns: tuple[str, ...]
    files: tuple[ReportFile, ...]

    @property
    def versions(self) -> bool:
        """Whether old versions are in it."""
        return self.form == "Parquet" or "version_id" in self.columns


def parse_manifest(data: bytes) -> Manifest:
    """The manifest of a report. Raises InvalidInput for what is none, or cannot be read."""
    try:
        facts = json.loads(data)
        form = facts["fileFormat"]
        made_at = datetime.fromtimestamp(int(facts["creationTimestamp"]) / 1000, UTC)
        files = tuple(
            ReportFile(one["key"], int(one["size"]), one["MD5checksum"]) for one in facts["files"]
        )
        schema, source = str(facts["fileSchema"]), str(facts["sourceBucket"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise InvalidInput(
            "That is not the manifest of an S3 Inventory report.",
            "Give the place of a manifest.json that S3 Inventory wrote.",
        ) from error
    if form not in ("CSV", "Parquet"):
        raise InvalidInput(
            f"The report's files are {str(form)[:20]}, which are not read.",
            "Have S3 Inventory write CSV or Parquet.",
        )
    named = [name.strip() for name in schema.split(",")] if form == "CSV" else []
    columns = tuple(_ours(name) for name in named)
    if form == "CSV":
        _check_columns(set(columns))
    return Manifest(source, made_at, form, columns, files)


def _ours(name: str) -> str:
    return _COLUMNS.get(name.replace("_", "").lower(), "")


def _check_columns(columns: set[str]) -> None:
    missing = sorted(_NEEDED - columns)
    if missing:
        raise InvalidInput(
            f"The report has no column for {', '.join(missing)}.",
            "Have S3 Inventory add Size, LastModifiedDate and StorageClass.",
        )


def check_md5(what: str, expected: str, found: str) -> None:
    """Raises VerifyFailed when a file is not the one its report is about."""
    if expected.strip().lower() != found:
        raise VerifyFailed(
            f"{what} is not what the report says: its MD5 is {found}, not {expected.strip()[:40]}.",
            "Wait for the next report, or have S3 Inventory write where nobody else does.",
        )


def report_rows(manifest: Manifest, path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of one of its files (`LISTED_SCHEMA`), in the file's own order. Raises InvalidInput
    for a file that is none of such a report.
    """
    try:
        read = _from_csv if manifest.form == "CSV" else _from_parquet
        for columns in read(manifest, path):
            yield _listed(columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable() from error


def _from_csv(manifest: Manifest, path: Path) -> Iterator[dict[str, Any]]:
    names = [column or f"other {number}" for number, column in enumerate(manifest.columns)]
    wanted = [column for column in manifest.columns if column]
    with pa.input_stream(str(path), compression="gzip") as source:
        found = arrow_csv.open_csv(
            source,
            read_options=arrow_csv.ReadOptions(column_names=names),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False,
            ),
        )
        for batch in found:
            columns = dict(zip(wanted, batch.columns, strict=True))
            yield {**columns, "key": _decoded(columns["key"])}


def _decoded(keys: Any) -> Any:
    """In CSV files, and there alone, keys are in the form of a URL."""
    if not pc.any(pc.match_substring_regex(keys, "[%+]")).as_py():
        return keys
    return pa.array([unquote_plus(key, errors="strict") for key in keys.to_pylist()], pa.string())


def _from_parquet(_manifest: Manifest, path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as found:
        ours = {name: _ours(name) for name in found.schema_arrow.names}
        wanted = [name for name, column in ours.items() if column]
        _check_columns({ours[name] for name in wanted})
        for batch in found.iter_batches(BATCH_ROWS, columns=wanted):
            yield {ours[name]: batch[name] for name in batch.schema.names}


def _listed(columns: dict[str, Any]) -> pa.RecordBatch:
    """Our columns, of the types they have, with what stands for a value that is not there."""
    count = len(columns["key"])
    made = []
    for field in LISTED_SCHEMA:
        column = columns.get(field.name)
        if column is None:
            column = pa.repeat(pa.scalar(_ABSENT.get(field.name, ""), field.type), count)
        elif column.type == pa.string() and field.type != pa.string():
            column = _typed(column, field)
        column = column.cast(field.type)
        if field.name in _ABSENT:
            column = pc.fill_null(column, _ABSENT[field.name])
        if field.name == "storage_class":  # a delete marker's is empty
            column = pc.if_else(pc.equal(column, ""), _ABSENT["storage_class"], column)
        made.append(column)
    return pa.RecordBatch.from_arrays(made, schema=LISTED_SCHEMA)


def _typed(texts: Any, field: pa.Field) -> Any:
    """A delete marker has no size; the rest is written as it is read."""
    filled = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    return filled.cast(field.type)


def _unreadable() -> StorageError:
    return InvalidInput(
        "A file of the report cannot be read.",
        "It is not as its manifest says: take another report.",
    )
