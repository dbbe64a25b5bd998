"""A release to take along: rows for spreadsheets, and a page to print. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from html import escape

import pyarrow as pa

from storage.model.promotion import STATES
from storage.model.releases import STATE_WORDS, Person, Release, Step
from storage.spreadsheet import BOM, csv_lines
from storage.units import human_bytes

_AT_ONCE = 5_000  # rows as Python objects at a time
_COLUMNS = (
    "key",
    "state",
    "size",
    "etag",
    "checksum",
    "storage_class",
    "source_key",
    "source_version",
    "prod_etag",
    "prod_size",
    "newer_in_prod",
)
_JOURNAL = ("step", "before_etag", "before_version", "backup", "after_etag", "after_version", "at")
_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#1b2332}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem}
th{border-bottom:2px solid #1b2332}td{border-bottom:1px solid #dce1e9;overflow-wrap:anywhere}
.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere}
p,li{color:#566074}@media print{body{margin:0}tr{break-inside:avoid}}
"""


def as_csv(rows: pa.Table, steps: Iterable[Step] = ()) -> bytes:
    """A line a row of a plan (PLAN_SCHEMA), with what the journal says of it."""
    known = {step.seq: step for step in steps}
    return (BOM + csv_lines(_lines(rows, known))).encode()


def _lines(rows: pa.Table, known: dict[int, Step]) -> Iterator[list[str]]:
    yield [*_COLUMNS, *_JOURNAL]
    seq = 0
    for at in range(0, rows.num_rows, _AT_ONCE):
        for row in rows.slice(at, _AT_ONCE).select(_COLUMNS).to_pylist():
            row["state"] = STATES[row["state"]]
            yield [*(str(row[name]) for name in _COLUMNS), *_journal(known.get(seq))]
            seq += 1


def _journal(step: Step | None) -> list[str]:
    if step is None:
        return [""] * len(_JOURNAL)
    return [step.phase, *(getattr(step, name) for name in _JOURNAL[1:])]


def as_page(
    release: Release,
    gate_titles: Callable[[str], str],
    rows: pa.Table,
    at: datetime,
    *,
    cost: str = "",
) -> str:
    """A page of HTML that stands alone and prints well; every text in it is escaped. `rows` are
    those to list, the first of the plan; `cost` says what running it costs, "" for who may not see
    money.
    """
    header = release.header
    what = "Rollback" if release.kind == "rollback" else "Release"
    title = f"{what} of {header.scope.text}"
    people = "".join(_people(release))
    counts = "".join(
        f'<tr><td>{escape(name)}<td class="n">{count:,}</tr>'
        for name, count in release.counts.items()
        if count and name in STATES
    )
    gates = "".join(
        f"<tr><td>{escape(gate_titles(gate.name))}<td>"
        f"{'off' if not gate.on else 'open' if gate.ok else 'SHUT'}<td>{escape(gate.reason)}</tr>"
        for gate in release.gates
    )
    listed = "".join(
        f"<tr><td>{escape(STATES[row['state']])}<td>{escape(row['key'])}"
        f'<td class="n">{human_bytes(row["size"])}</tr>'
        for row in rows.select(["key", "state", "size"]).to_pylist()
    )
    troubles = [*release.failures, *(release.verified.findings if release.verified else ())]
    wrong = "".join(f"<li>{escape(key)}: {escape(text)}</li>" for key, text in troubles)
    of = f" It undoes {escape(header.of)}." if header.of else ""
    notes = "".join(f"<p>{escape(text)}</p>" for text in (cost, *release.notes) if text)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}: {escape(STATE_WORDS[release.state])}</h1>"
        f"<p>{escape(release.id)}, from {escape(header.source_bucket)} to "
        f"{escape(header.target_bucket)}.{of} {release.done:,} of {release.todo:,} objects "
        f"written, {human_bytes(release.bytes)} planned. Printed {at:%Y-%m-%d %H:%M} UTC.</p>"
        f"<p>Plan <code>{escape(release.hash)}</code></p>{people}{notes}"
        f'<h2>Objects</h2><table><tr><th>State<th class="n">Objects</tr>{counts}</table>'
        f"<h2>Gates</h2><table><tr><th>Gate<th>It is<th>Why</tr>{gates}</table>"
        + (f"<h2>What went wrong</h2><ul>{wrong}</ul>" if wrong else "")
        + f"<h2>The first {rows.num_rows:,} objects of the plan</h2>"
        f'<table><tr><th>State<th>Object<th class="n">Size</tr>{listed}</table></html>'
    )


def _people(release: Release) -> Iterator[str]:
    """Who did what when, a line each."""
    approval, verified = release.approval, release.verified

    def line(what: str, person: Person | None, more: str = "") -> str:
        if person is None:
            return ""
        note = f" Note: {person.note}" if person.note else ""
        when = person.at[:16].replace("T", " ")
        return f"<p>{what} by {escape(person.name)}, {when} UTC.{escape(more + note)}</p>"

    yield line("Planned", release.planned)
    if approval:
        alone = " Self-approved." if approval.alone else ""
        reason = f" Override: {approval.override}" if approval.override else ""
        yield line("Approved", approval.by, alone + reason)
        yield line("Countersigned", approval.countersigned)
    yield line("Run", release.run)
    if verified:
        when = verified.at[:16].replace("T", " ")
        yield (
            f"<p>Verified {when} UTC: {verified.objects:,} objects asked for, {verified.read:,} "
            f"read, {verified.wrong:,} not as they should be.</p>"
        )
