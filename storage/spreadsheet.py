"""Text that a spreadsheet shows and never executes. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

BOM = "\ufeff"  # without it Excel reads UTF-8 as the computer's old code page

# A cell is a formula when it begins with one of = + - @ (also full-width). Excel set to ";" as its
# separator, and importers that split at tabs or line ends, start a new cell behind those, so a
# sign there counts as a beginning too.
_FORMULA = re.compile(r"(?:^|(?<=[;\t\r\n]))(?=[\s\"'\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫])")
_GUARD = re.compile(r"(?:^|(?<=[;\t\r\n]))'(?=[\s\"'\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫])")
_HIDDEN_START = ("\t", "\r", "\n")


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV, every cell quoted and harmless, with CRLF."""
    return csv_lines([cells])


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Many of them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in cells] for cells in rows)
    return out.getvalue()


def harmless(cell: str) -> str:
    """`cell` with an apostrophe before everything a spreadsheet would take for a formula."""
    if not cell or cell.isalnum():
        return cell  # most cells of a long table
    cell = _FORMULA.sub("'", cell)
    return f"'{cell}" if cell.startswith(_HIDDEN_START) else cell


def unharmed(cell: str) -> str:
    """What `harmless` made this cell from; as it is where it made it from nothing else."""
    plain = _GUARD.sub("", cell)
    if plain.startswith("'") and plain[1:].startswith(_HIDDEN_START):
        plain = plain[1:]
    return plain if harmless(plain) == cell else cell
