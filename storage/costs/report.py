"""An estimate to take along: rows for spreadsheets, and a page to print. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

import pyarrow as pa
import pyarrow.parquet as pq

from storage.costs.estimate import METERS
from storage.model.money import Estimate, money, plain
from storage.spreadsheet import BOM, csv_line

_COLUMNS = (
    "meter",
    "bucket",
    "region",
    "storage_class",
    "tier",
    "quantity",
    "unit",
    "rate",
    "amount",
)
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#1b2332}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem}
th{border-bottom:2px solid #1b2332}td{border-bottom:1px solid #dce1e9}
.n{text-align:right;font-variant-numeric:tabular-nums}.total td{font-weight:600}
p,li{color:#566074}@media print{body{margin:0}tr{break-inside:avoid}}
"""


def as_csv(estimate: Estimate) -> str:
    """A line a line of the estimate; amounts are not rounded."""
    lines = [csv_line([*_COLUMNS, "currency"])]
    lines += [csv_line([*row, estimate.book.currency]) for row in _rows(estimate)]
    return BOM + "".join(lines)


def as_parquet(estimate: Estimate) -> bytes:
    """The same, with amounts as text: no binary number has them exactly."""
    rows = list(_rows(estimate))
    columns = {name: [row[at] for row in rows] for at, name in enumerate(_COLUMNS)}
    table = pa.table(
        {name: pa.array(values, pa.string()) for name, values in columns.items()}
    ).replace_schema_metadata({"currency": estimate.book.currency, "prices": estimate.book.date})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _rows(estimate: Estimate) -> Iterator[list[str]]:
    for line in estimate.lines:
        facts = line.as_json()
        yield [METERS[line.meter], *(str(facts[name]) for name in _COLUMNS[1:])]


def as_page(
    estimate: Estimate, title: str, sources: Sequence[str], notes: Sequence[str], at: datetime
) -> str:
    """A page of HTML that stands alone and prints well; every text in it is escaped."""
    currency, book = estimate.book.currency, estimate.book
    body = "".join(
        f"<tr><td>{escape(METERS[line.meter])}<td>{escape(line.group)}"
        f"<td>{escape(line.storage_class)}<td>{escape(line.tier)}"
        f'<td class="n">{_quantity(plain(line.quantity))} {escape(line.unit)}'
        f'<td class="n">{plain(line.rate)}<td class="n">{money(line.amount, currency)}</tr>'
        for line in estimate.lines
    )
    assumed = "".join(
        f"<tr><td>{escape(one.name)}<td>{escape(one.text)}"
        f'<td class="n">{escape(one.value)} {escape(one.unit)}<td>{escape(one.by)}</tr>'
        for one in estimate.assumptions
    )
    told = "".join(f"<li>{escape(one)}</li>" for one in (*sources, *notes))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}: {money(estimate.total, currency)} "
        "a month</h1>"
        f"<p>Reckoned {at:%Y-%m-%d %H:%M} UTC. Prices: {escape(book.name)}, {escape(book.date)}. "
        f"{escape(book.source)}.</p><ul>{told}</ul><h2>Line by line</h2><table><tr><th>Line"
        '<th>Bucket<th>Class<th>Tier<th class="n">Quantity<th class="n">Rate<th class="n">A month'
        f'</tr>{body}<tr class="total"><td colspan="6">Total<td class="n">'
        f"{money(estimate.total, currency)}</tr></table><h2>Assumptions</h2><table><tr><th>Name"
        f'<th>Meaning<th class="n">Value<th>From</tr>{assumed}</table></html>'
    )


def _quantity(text: str) -> str:
    whole, _, part = text.partition(".")
    return f"{int(whole):,}" + (f".{part[:6]}" if part else "")
