"""The real bill in all its forms, and each difference from the estimate by name."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from costs_rig import BOOK, GB, US, cell, month

from storage.costs.bill import Bill, BillRow, column_name, read_bills
from storage.costs.bill_traffic import traffic_of
from storage.costs.comparing import compare, family_of
from storage.errors import InvalidInput
from storage.layout.profile import Bucket

LEGACY = """\
identity/LineItemId,bill/BillingPeriodStartDate,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/ResourceId,lineItem/UsageAmount,lineItem/CurrencyCode,lineItem/UnblendedCost
1,2026-10-01T00:00:00Z,Usage,AmazonS3,TimedStorage-ByteHrs,a,60,USD,1.38
2,2026-10-01T00:00:00Z,Usage,AmazonS3,TimedStorage-ByteHrs,a,40,USD,9.2E-1
3,2026-10-01T00:00:00Z,Usage,AmazonS3,Requests-Tier1,a,1000,USD,0.0050000000
4,2026-10-01T00:00:00Z,Usage,AmazonS3,Requests-Tier2,a,1000000,USD,0.4
5,2026-10-01T00:00:00Z,Usage,AmazonS3,TimedStorage-ByteHrs,somebody-elses,10,USD,0.23
6,2026-10-01T00:00:00Z,Usage,AWSDataTransfer,DataTransfer-Out-Bytes,,100,USD,9
7,2026-10-01T00:00:00Z,Usage,AmazonEC2,BoxUsage:t3.micro,i-1,720,USD,7.49
8,2026-10-01T00:00:00Z,Tax,AmazonS3,,,,USD,0.38
"""
ROWS = (
    BillRow("DataTransfer-Out-Bytes", "", Decimal(100), Decimal(9)),
    BillRow("Requests-Tier1", "a", Decimal(1000), Decimal("0.005")),
    BillRow("Requests-Tier2", "a", Decimal(1_000_000), Decimal("0.4")),
    BillRow("TimedStorage-ByteHrs", "a", Decimal(100), Decimal("2.3")),
    BillRow("TimedStorage-ByteHrs", "somebody-elses", Decimal(10), Decimal("0.23")),
)


def _parquet(*, as_text: bool) -> bytes:
    """The same as CUR 2.0 has it: snake case, amounts as doubles (or text)."""
    header, *lines = [line.split(",") for line in LEGACY.strip().split("\n")]
    columns: dict[str, list[object]] = {}
    for at, name in enumerate(header):
        values: list[object] = [line[at] for line in lines]
        if name.endswith(("Amount", "Cost")) and not as_text:
            values = [float(str(value)) if value else None for value in values]
        columns[column_name(name)] = values
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


FORMS = {
    "legacy CSV": LEGACY.encode(),
    "legacy CSV, packed": gzip.compress(LEGACY.encode()),
    "CUR 2.0 CSV": "\n".join(
        [
            ",".join(map(column_name, LEGACY.split("\n", maxsplit=1)[0].split(","))),
            *LEGACY.split("\n")[1:],
        ]
    ).encode(),
    "CUR 2.0 Parquet": _parquet(as_text=False),
    "Parquet of texts": _parquet(as_text=True),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_usage_report(form: str) -> None:
    """CSV or Parquet, old names or new, packed or not: the same month, by usage type and bucket,
    with tax and other services apart, and amounts as they are written."""
    (bill,) = read_bills(FORMS[form], "report")
    assert (bill.period, bill.currency, bill.rows) == ("2026-10", "USD", ROWS)
    assert (bill.tax, bill.other) == (Decimal("0.38"), Decimal("7.49"))


DATES_DOWN = """\
"Usage type","Usage type total($)","EU-TimedStorage-ByteHrs($)","EU-Requests-Tier2($)","Total costs($)"
"Usage type total","5.2","4.6","0.6","5.2"
"2026-09-01","2.5","2.3","0.2","2.5"
"2026-10-01","2.7","2.3","0.4","2.7"
"""
DATES_ACROSS = """\
Usage type,2026-09,2026-10,Total
EU-TimedStorage-ByteHrs,2.3,2.3,4.6
EU-Requests-Tier2,0.2,0.4,0.6
Total costs,2.5,2.7,5.2
"""


@pytest.mark.parametrize("text", [DATES_DOWN, DATES_ACROSS])
def test_cost_explorer_either_way_round(text: str) -> None:
    """A row a month or a column a month: both months, without the totals counted again."""
    september, october = read_bills(text.encode("utf-8-sig"), "costs.csv")
    assert (september.period, october.period) == ("2026-09", "2026-10")
    assert {row.usage_type: row.amount for row in october.rows} == {
        "EU-TimedStorage-ByteHrs": Decimal("2.3"),
        "EU-Requests-Tier2": Decimal("0.4"),
    }
    assert all(row.quantity is None for row in october.rows)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no report that is known"),
        (b"a,b\n1,2\n", "no report that is known"),
        (b"\xff\xfe\x00", "neither CSV nor Parquet"),
        (b"PAR1 and no more", "damaged Parquet"),
        pytest.param(
            gzip.compress(LEGACY.encode(), mtime=0)[:50], "damaged gzip", id="damaged gzip"
        ),
        (LEGACY.split("\n", maxsplit=1)[0].encode(), "no line that was billed"),
        (LEGACY.replace("1.38", "much").encode(), "for an amount"),
        (LEGACY.replace("1.38", "Infinity").encode(), "for an amount"),
        (b"lineItem/UsageType,lineItem/UnblendedCost\nx,1\n", "no column bill_billing_period"),
    ],
)
def test_what_is_no_bill_is_refused(data: bytes, words: str) -> None:
    """A wrong or damaged file is refused in words; nothing of it is taken."""
    with pytest.raises(InvalidInput, match=words):
        read_bills(data, "report")


@pytest.mark.parametrize(
    ("usage_type", "family"),
    [
        ("TimedStorage-ByteHrs", "storage"),
        ("EU-TimedStorage-GIR-SmObjects", "minimum-size"),
        ("EUC1-TimedStorage-INT-AIA-ByteHrs", "storage"),
        ("EUW2-EarlyDelete-SIA", "early-deletion"),
        ("Requests-SIA-Tier1", "put"),
        ("EU-Requests-GLACIER-Tier2", "get"),
        ("EU-Requests-Tier4", "transition"),
        ("EU-Retrieval-SIA", "retrieval"),
        ("EU-EUC1-AWS-Out-Bytes", "between"),
        ("EU-EUC1-AWS-In-Bytes", "free"),
        ("EU-DataTransfer-Out-Bytes", "out"),
        ("USE1-Monitoring-Automation-INT", "monitoring"),
        ("EU-Inventory-ObjectsListed", "unknown"),
    ],
)
def test_usage_types_by_family(usage_type: str, family: str) -> None:
    """A usage type is compared with the lines of the estimate that mean the same."""
    assert family_of(usage_type) == family


def test_each_difference_has_a_name() -> None:
    """Storage and PUTs agree to the cent and are given no reason; what listeners did, another
    bucket and the tax are named; the sums are the two totals."""
    estimate = month(cell(100, GB), a__puts="1000").estimate()
    (bill,) = read_bills(LEGACY.encode(), "report")
    found = {one.family: one for one in compare(estimate, bill, {"a"})}
    assert found["storage"].why == found["put"].why == ""
    assert "Listeners" in found["get"].why
    assert "listeners" in found["out"].why
    assert "no project" in found["elsewhere"].why
    assert "tax" in found["tax"].why
    assert (
        sum(one.billed for one in found.values()) == sum(row.amount for row in bill.rows) + bill.tax
    )
    assert sum(one.estimated for one in found.values()) == estimate.total
    assert BOOK.regions[US]


def test_more_and_less_stored_than_scanned_are_told_apart() -> None:
    """Where storage differs it is said in which direction, and what can be behind it."""
    (bill,) = read_bills(LEGACY.encode(), "report")
    less = compare(month(cell(50, GB)).estimate(), bill, {"a"})
    more = compare(month(cell(500, GB)).estimate(), bill, {"a"})
    assert "More was stored than the scans saw" in less[0].why
    assert "Less was stored" in more[0].why


def test_a_bill_gives_the_traffic_that_now_assumes() -> None:
    """By hand: quantities where the report has them; with money alone requests by their price
    (0.005 USD per 1,000 PUT, 0.0004 per 1,000 GET) and no GB, which have tiers. Other buckets are
    not ours, what names none is the live one's, and LIST is billed with PUT."""
    stage = Bucket("stage", "Stage", "a", US)
    prod = Bucket("prod", "Prod", "b", US, live=True)
    full = Bill("2026-10", "USD", "CUR", ROWS)
    assert traffic_of(full, (stage, prod), BOOK) == {
        "prod.out_gb": "100",
        "stage.puts": "1000",
        "stage.gets": "1000000",
        "stage.lists": "0",
    }
    money = Bill("2026-10", "USD", "CE", tuple(replace(one, quantity=None) for one in ROWS))
    assert traffic_of(money, (stage, prod), BOOK) == {
        "stage.puts": "1000",
        "stage.gets": "1000000",
        "stage.lists": "0",
    }
