"""Searching the file of names: the same finds as looking at every name, whatever they are."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.inventory import names as module
from storage.inventory.names import Hits, look, write_names
from storage.model.inventory import ROW_SCHEMA
from tests.unit.test_inventory_files import row

KEYS = st.text("aAbB/é É.ǅσςΣ\n\x00", min_size=1, max_size=6)
PARTS = st.text("aAbBéÉσς/", min_size=1, max_size=2)


@pytest.fixture(params=["the C library", "Python"])
def _finds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.setattr(module, "_FINDS", module._found_by_python)


def written(folder: Path, keys: list[str], old: list[str]) -> Path:
    """The names of these objects, and of noncurrent versions, in order; three rows a block."""
    rows = [(key, row(key)) for key in keys]
    rows += [(key, row(key, is_latest=False)) for key in old]
    made = [one for _, one in sorted(rows, key=lambda pair: pair[0].encode())]
    pq.write_table(pa.Table.from_pylist(made, ROW_SCHEMA), folder / "rows.parquet")
    write_names(folder / "rows.parquet", folder / "names.parquet")
    return folder / "names.parquet"


def folded(text: str) -> str:
    """One letter for each, as tables of single letters have it."""
    upper = (one.upper() if len(one.upper()) == 1 else one for one in text)
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in upper)


def plainly(path: Path, text: str, prefix: str, *, case_sensitive: bool) -> Hits:
    rows = pq.read_table(path.with_name("rows.parquet"), columns=["key", "is_latest"]).to_pylist()
    found = [
        number
        for number, one in enumerate(rows)
        if one["is_latest"]
        and one["key"].startswith(prefix)
        and (text in one["key"] if case_sensitive else folded(text) in folded(one["key"]))
    ]
    return Hits(len(found), found[:4])


@pytest.mark.usefixtures("_finds")
@settings(max_examples=60, deadline=None)
@given(
    keys=st.lists(KEYS, unique=True, max_size=12),
    old=st.lists(KEYS, max_size=4),
    text=PARTS,
    prefix=st.text("aA/é", max_size=1),
    case_sensitive=st.booleans(),
)
@example(["a", "aa"], [], "a", "a", True)
@example(["ab", "b"], ["aB"], "B", "", False)
@example(["A한"], [], "a한", "", False)
@example(["σ", "ς", "Σ"], [], "Σ", "", False)
def test_it_finds_what_looking_at_every_name_finds(
    keys: list[str], old: list[str], text: str, prefix: str, case_sensitive: bool
) -> None:
    """Any letters, either case, below any beginning, with old versions between."""
    block = module._BLOCK_ROWS
    module._BLOCK_ROWS = 3
    try:
        with TemporaryDirectory() as folder:
            path = written(Path(folder), keys, old)
            found = look(path, text, case_sensitive=case_sensitive, prefix=prefix, limit=4)
            assert found == plainly(path, text, prefix, case_sensitive=case_sensitive)
    finally:
        module._BLOCK_ROWS = block


def test_what_most_names_hold_is_counted_too(tmp_path: Path) -> None:
    """Once a name, however often it is in it; also where old versions stand between."""
    keys = [f"a/{number:03}/{number:03}.mp3" for number in range(300)]
    path = written(tmp_path, keys, keys[:5])
    assert look(path, "P3", case_sensitive=False, prefix="", limit=2) == Hits(300, [0, 2])
    assert look(path, "00", case_sensitive=True, prefix="a/00", limit=2) == Hits(10, [0, 2])
    assert look(path, "P3", case_sensitive=True, prefix="", limit=2) == Hits(0, [])


def test_text_that_no_name_can_have_is_not_found(tmp_path: Path) -> None:
    """A lone surrogate is no letter of UTF-8."""
    path = written(tmp_path, ["a"], [])
    for case_sensitive in (True, False):
        found = look(path, "\ud800", case_sensitive=case_sensitive, prefix="", limit=4)
        assert found == Hits(0, [])
