"""Verdicts from a file that `exporting` wrote: CSV, or the JSON of what is to be made again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from storage.errors import InvalidInput
from storage.model.content import Content
from storage.model.review import DECISIONS, Imported, Judgement, Mark
from storage.review.judging import JUDGED_MAX, Judging
from storage.spreadsheet import unharmed

FILE_BYTES_MAX = 50_000_000
_NEEDED = ("key", "etag", "size", "decision")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: what it says, and whose it was; or what is wrong with it."""

    number: int
    judgement: Judgement | None
    by: str = ""
    problem: str = ""


def read(data: bytes) -> list[Line]:
    """The lines of a file. Raises InvalidInput where it is neither of the two."""
    if len(data) > FILE_BYTES_MAX:
        raise InvalidInput(
            "The file is too large.", f"Import at most {FILE_BYTES_MAX // 1_000_000} MB at a time."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The file is not UTF-8 text.", "Export it anew.") from error
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    return [_line(number, row) for number, row in rows]


def keep(judging: Judging, lines: Sequence[Line]) -> Imported:
    """Keeps them, as verdicts of who imports, with whose they were beside."""
    done = repeated = 0
    refused = [(line.number, line.problem) for line in lines if line.judgement is None]
    good = [(line, line.judgement) for line in lines if line.judgement is not None]
    for part in _parts(good):
        by_origin: dict[str, list[tuple[Line, Judgement]]] = {}
        for line, judgement in part:
            by_origin.setdefault(line.by, []).append((line, judgement))
        for by, some in by_origin.items():
            ends = judging.keep(
                [judgement for _, judgement in some],
                call="import-verdicts",
                origin=f"import: {by}"[:200],
            )
            for (line, _), end in zip(some, ends, strict=True):
                done += not end.error and not end.repeated
                repeated += end.repeated
                if end.error:
                    refused.append((line.number, end.error["what"]))
    return Imported(done, repeated, tuple(sorted(refused)))


def _parts(
    lines: Sequence[tuple[Line, Judgement]],
) -> Iterator[Sequence[tuple[Line, Judgement]]]:
    return (lines[at : at + JUDGED_MAX] for at in range(0, len(lines), JUDGED_MAX))


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(
            f"The file has no column {missing[0]!r}.",
            "Import a file that was exported from Listen, with its first line.",
        )
    try:
        for row in reader:
            cells = {name: unharmed(cell or "") for name, cell in row.items() if name}
            yield reader.line_num, {**cells, "reasons": cells.get("reasons", "").split()}
    except csv.Error as error:
        raise InvalidInput(
            f"Line {reader.line_num} of the file is no CSV.", "Export it anew."
        ) from error


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The file is no JSON.", "Export it anew.") from error
    clips = document.get("clips")
    if not isinstance(clips, list) or not all(isinstance(one, dict) for one in clips):
        raise InvalidInput(
            "The file has no list of clips.", "Import a file that was exported from Listen."
        )
    return ((number, clip) for number, clip in enumerate(clips, 1))


def _line(number: int, row: Mapping[str, Any]) -> Line:
    try:
        judgement = _judgement(row)
    except (ValueError, TypeError, KeyError) as error:
        return Line(number, None, problem=f"It cannot be read ({error}).")
    return Line(number, judgement, by=str(row.get("by", "")))


def _judgement(row: Mapping[str, Any]) -> Judgement:
    marks = row.get("marks") or []
    found = json.loads(marks) if isinstance(marks, str) else marks
    at = datetime.fromisoformat(str(row["at"])) if row.get("at") else None
    decision = DECISIONS[str(row["decision"])]
    made = Judgement(
        nonce="",
        key=str(row["key"]),
        content=Content(str(row["etag"]), int(row["size"]), str(row.get("sha256") or "")),
        decision=decision,
        reasons=tuple(str(code) for code in row.get("reasons") or ()),
        note=str(row.get("note") or ""),
        marks=tuple(Mark(float(mark["t"]), str(mark["text"])) for mark in found),
        version_id=str(row.get("version_id") or ""),
        at=at if at is None or at.tzinfo else at.replace(tzinfo=UTC),
    )
    return _with_nonce(made, str(row.get("by", "")))


def _with_nonce(made: Judgement, by: str) -> Judgement:
    """The same line has the same nonce, in whatever file."""
    content = made.content
    told = [by, made.key, content.etag, content.size, made.decision, made.reasons, made.note]
    told += [[mark.as_json() for mark in made.marks], made.at.isoformat() if made.at else ""]
    digest = hashlib.sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()
    return replace(made, nonce=f"import {digest[:48]}")
