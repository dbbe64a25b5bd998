"""Verdicts as files: CSV of all that was said, JSON of what is to be made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from storage.db.verdicts import Verdicts
from storage.layout.profile import Layout
from storage.model.review import Verdict
from storage.review.snapshot import Snapshot
from storage.spreadsheet import BOM, csv_line

COLUMNS = (
    *("key", "id", "phrase", "role", "cadence", "state", "holds", "decision", "reasons", "note"),
    *("marks", "by", "at", "etag", "size", "sha256", "version_id", "origin"),
)
_LINES = 500  # a chunk


def csv_rows(snapshot: Snapshot, verdicts: Verdicts, layout: Layout) -> Iterator[bytes]:
    """A line for each verdict: `holds` is "yes" on the bytes that are there now, "no" on others
    that were under the key.
    """
    yield (BOM + csv_line(COLUMNS)).encode()
    lines: list[str] = []
    for row, verdict, holds in _said(snapshot, verdicts, layout.name):
        cells = _cells(snapshot, layout, row, verdict, holds=holds)
        lines.append(csv_line([cells[name] for name in COLUMNS]))
        if len(lines) >= _LINES:
            yield "".join(lines).encode()
            lines = []
    yield "".join(lines).encode()


def json_to_make_again(
    snapshot: Snapshot, verdicts: Verdicts, layout: Layout, now: datetime
) -> bytes:
    """`ids` of the clips that are rejected, `clips` with the reasons of each rejection, and the
    ids that people disagree about.
    """
    clips: list[dict[str, Any]] = []
    ids: dict[str, None] = {}
    disputed: dict[str, None] = {}
    for row, verdict, holds in _said(snapshot, verdicts, layout.name):
        if not holds or verdict.decision != "rejected":
            continue
        cells = _cells(snapshot, layout, row, verdict, holds=True)
        wanted = ids if snapshot.state(row) == "rejected" else disputed
        wanted[cells["id"] or cells["key"]] = None
        names = ("id", "key", "phrase", "role", "cadence", "state", "note", "by", "at", "etag")
        clips.append(
            {
                **{name: cells[name] for name in names},
                "size": verdict.content.size,
                "sha256": verdict.content.sha256,
                "decision": verdict.decision,
                "reasons": list(verdict.reasons),
                "marks": [mark.as_json() for mark in verdict.marks],
            }
        )
    document = {
        "project": layout.name,
        "bucket": snapshot.role,
        **snapshot.scope.as_json(),
        "at": now.isoformat(),
        "ids": list(ids),
        "disputed": list(disputed),
        "clips": clips,
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _said(
    snapshot: Snapshot, verdicts: Verdicts, layout: str
) -> Iterator[tuple[int, Verdict, bool]]:
    rows = {row: snapshot.told(row) for row in snapshot.touched()}
    numbers = {one.id for current, before in rows.values() for one in (*current.values(), *before)}
    details = {one.id: one for one in verdicts.get(layout, numbers)}
    for row, (current, before) in rows.items():
        for one in current.values():
            yield row, details[one.id], True
        for one in before:
            yield row, details[one.id], False


def _cells(
    snapshot: Snapshot, layout: Layout, row: int, verdict: Verdict, *, holds: bool
) -> dict[str, str]:
    sheet, texts = snapshot.sheet, snapshot.sheet.texts
    text_row, key = int(sheet.text_rows[row]), sheet.keys[row]
    fields = layout.classify(snapshot.role, key).fields
    return {
        "key": key,
        "id": (texts.ids[text_row].as_py() if texts else "") or fields.get("id", ""),
        "phrase": texts.phrases[text_row] if texts else "",
        "role": texts.roles[text_row] if texts else "",
        "cadence": texts.cadences[text_row] if texts else "",
        "state": snapshot.state(row) or "",
        "holds": "yes" if holds else "no",
        "decision": verdict.decision,
        "reasons": " ".join(verdict.reasons),
        "note": verdict.note,
        "marks": json.dumps([one.as_json() for one in verdict.marks], ensure_ascii=False),
        "by": verdict.by_name,
        "at": verdict.at.isoformat(),
        "etag": verdict.content.etag,
        "size": str(verdict.content.size),
        "sha256": verdict.content.sha256,
        "version_id": verdict.version_id,
        "origin": verdict.origin,
    }
