"""The real bill: AWS's Cost and Usage Report (CSV or Parquet, both generations) and Cost Explorer's
export by usage type, read into one form. Pure.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from storage.errors import InvalidInput
from storage.model.money import EXACT

MAX_BYTES = 1 << 30  # of an unpacked report: more than a month of an account that is all S3
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"

# columns as CUR 2.0 and legacy Parquet have them; legacy CSV says lineItem/UsageType for the first
_USAGE, _COST = "line_item_usage_type", "line_item_unblended_cost"
_AMOUNT, _PRODUCT = "line_item_usage_amount", "line_item_product_code"
_RESOURCE, _KIND = "line_item_resource_id", "line_item_line_item_type"
_CURRENCY, _BEGIN = "line_item_currency_code", "bill_billing_period_start_date"
_WANTED = (_USAGE, _COST, _AMOUNT, _PRODUCT, _RESOURCE, _KIND, _CURRENCY, _BEGIN)
_S3 = ("AmazonS3", "AmazonS3GlacierDeepArchive", "AWSDataTransfer", "")


@dataclass(frozen=True, slots=True)
class BillRow:
    """What was billed of one usage type, for one bucket where the report says so. `quantity` is
    None in reports that have only money."""

    usage_type: str
    bucket: str
    quantity: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """One month as it was billed. `other` is what it holds besides S3, `tax` is apart."""

    period: str  # 2026-10
    currency: str
    source: str
    rows: tuple[BillRow, ...]
    tax: Decimal = Decimal(0)
    other: Decimal = Decimal(0)


@dataclass(slots=True)
class _Sums:
    source: str
    currency: str = "USD"
    rows: dict[tuple[str, str], tuple[Decimal | None, Decimal]] | None = None
    tax: Decimal = Decimal(0)
    other: Decimal = Decimal(0)

    def add(self, usage_type: str, bucket: str, quantity: Decimal | None, amount: Decimal) -> None:
        rows = self.rows = self.rows if self.rows is not None else {}
        before, paid = rows.get((usage_type, bucket), (None, Decimal(0)))
        if quantity is not None:
            before = (before or Decimal(0)) + quantity
        rows[usage_type, bucket] = (before, paid + amount)

    def bill(self, period: str) -> Bill:
        rows = [BillRow(*key, *value) for key, value in sorted((self.rows or {}).items())]
        return Bill(period, self.currency, self.source, tuple(rows), self.tax, self.other)


def read_bills(data: bytes, name: str) -> tuple[Bill, ...]:
    """The months in a report, the oldest first. Raises InvalidInput, saying what is missing."""
    with localcontext(EXACT):
        if data.startswith(_PARQUET):
            found = _usage_report(_parquet_rows(data, name), f"Cost and Usage Report {name}", name)
        else:
            text = io.StringIO(_text(_unpacked(data, name), name), newline="")
            reader = csv.reader(text)
            header = next(reader, [])
            columns = [column_name(one) for one in header]
            if _USAGE in columns:
                rows = (dict(zip(columns, row, strict=False)) for row in reader)
                found = _usage_report(rows, f"Cost and Usage Report {name}", name)
            else:
                found = _cost_explorer(header, list(reader), name)
    if not found:
        raise InvalidInput(f"{name} has no line that was billed.", "Export a month that is over.")
    return tuple(found[period].bill(period) for period in sorted(found))


def column_name(text: str) -> str:
    """`lineItem/UsageType` and `line_item_usage_type` alike."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip().lstrip("\ufeff"))
    return spaced.replace("/", "_").lower()


def _unpacked(data: bytes, name: str) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"{name} is a damaged gzip file.", "Download it again.") from error
    if len(found) > MAX_BYTES:
        raise InvalidInput(f"{name} has over 1 GiB when unpacked.", "Export one month at a time.")
    return found


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{name} is neither CSV nor Parquet.", "Give the report as AWS has it."
        ) from error


def _parquet_rows(data: bytes, name: str) -> Iterator[dict[str, Any]]:
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        names = {column_name(one): one for one in file.schema_arrow.names}
        wanted = {one: names[one] for one in _WANTED if one in names}
        for batch in file.iter_batches(columns=list(wanted.values())):
            columns = [batch[column].to_pylist() for column in wanted.values()]
            for row in zip(*columns, strict=True):
                yield dict(zip(wanted, row, strict=True))
    except pa.ArrowException as error:
        raise InvalidInput(f"{name} is a damaged Parquet file.", "Download it again.") from error


def _usage_report(rows: Iterable[Mapping[str, Any]], source: str, name: str) -> dict[str, _Sums]:
    found: dict[str, _Sums] = {}
    for row in rows:
        if _COST not in row or _BEGIN not in row:
            raise InvalidInput(
                f"{name} has no column {_COST if _COST not in row else _BEGIN}.",
                "Export it with the line item's unblended cost and the billing period.",
            )
        period = str(row[_BEGIN])[:7]
        sums = found.setdefault(period, _Sums(source))
        sums.currency = str(row.get(_CURRENCY) or sums.currency)
        amount = _number(row[_COST], name)
        if row.get(_KIND) == "Tax":
            sums.tax += amount
        elif str(row.get(_PRODUCT) or "") not in _S3:
            sums.other += amount
        else:
            resource = str(row.get(_RESOURCE) or "").removeprefix("arn:aws:s3:::")
            usage = row.get(_AMOUNT)
            quantity = None if usage in (None, "") else _number(usage, name)
            sums.add(str(row[_USAGE] or ""), resource, quantity, amount)
    return found


_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")
_TOTALS = ("total", "total costs")


def _cost_explorer(header: list[str], rows: list[list[str]], name: str) -> dict[str, _Sums]:
    """Either way round: a row a month with a column a usage type, or the other way."""
    labels = [_label(one) for one in header]
    first = labels[0].replace(" ", "") if labels else ""
    if first not in ("usagetype", "date", "start"):
        raise InvalidInput(
            f"{name} is no report that is known here.",
            "Give a Cost and Usage Report, or Cost Explorer's CSV grouped by usage type.",
        )
    found: dict[str, _Sums] = {}

    def take(period: str, usage_type: str, text: str) -> None:
        month = _MONTH.match(period)
        usage_type = _plain(usage_type)
        if month and text.strip() and not usage_type.lower().endswith(_TOTALS):
            sums = found.setdefault(f"{month[1]}-{month[2]}", _Sums(f"Cost Explorer {name}"))
            sums.add(usage_type, "", None, _number(text, name))

    for row in rows:
        for label, text in zip(header[1:], row[1:], strict=False):
            if _MONTH.match(row[0]):
                take(row[0], label, text)
            else:
                take(_plain(label), row[0], text)
    return found


def _plain(label: str) -> str:
    return re.sub(r"\s*\((?:\$|USD)\)$", "", label.strip())


def _label(label: str) -> str:
    return _plain(label.lstrip("\ufeff")).lower()


def _number(value: Any, name: str) -> Decimal:
    try:
        number = Decimal(repr(value) if isinstance(value, float) else str(value).replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise InvalidInput(f"{name} has {value!r} for an amount.", "Export it again.")
    return number
