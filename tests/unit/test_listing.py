"""The rows Browse shows of a listed page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from storage.model.listings import OBJECT_SCHEMA, ListPage
from ui.listing import arrange
from ui.view import View

_START = datetime(2026, 11, 1, tzinfo=UTC)
_SIZES = {"a/b.mp3": 30, "a/B.mp3": 10, "a/caffè.mp3": 20, "a/x\ny.mp3": 20}


def _page(*, complete: bool = True) -> ListPage:
    keys = sorted(_SIZES)
    columns = [
        keys,
        [_SIZES[key] for key in keys],
        ["e"] * len(keys),
        [_START + timedelta(days=place) for place in range(len(keys))],
        ["STANDARD"] * len(keys),
    ]
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(column, field.type)
            for column, field in zip(columns, OBJECT_SCHEMA, strict=True)
        ],
        schema=OBJECT_SCHEMA,
    )
    return ListPage(
        "b", "a/", ("a/Bees/", "a/sub/"), batch, complete, None if complete else keys[-1]
    )


def _names(view: View, page: ListPage | None = None) -> list[str]:
    listing = arrange(page or _page(), ["clip"] * len(_SIZES), view)
    return [*listing.folders, *listing.rows["key"].to_pylist()]


def test_the_servers_order_is_kept() -> None:
    """Without sort or search nothing is reordered: folders, then keys in the store's order."""
    assert _names(View(prefix="a/")) == ["a/Bees/", "a/sub/", *sorted(_SIZES)]


@pytest.mark.parametrize(
    ("view", "first"),
    [
        (View(prefix="a/", sort="size"), "a/B.mp3"),
        (View(prefix="a/", sort="size", desc="1"), "a/b.mp3"),
        (View(prefix="a/", sort="modified", desc="1"), "a/x\ny.mp3"),
        (View(prefix="a/", desc="1"), "a/x\ny.mp3"),
    ],
)
def test_sorting_orders_objects_and_leaves_folders_first(view: View, first: str) -> None:
    """Every column sorts both ways; equal values stay in name order."""
    names = _names(view)
    assert set(names[:2]) == {"a/Bees/", "a/sub/"}
    assert names[2] == first


def test_contains_ignores_case_and_looks_at_names_only() -> None:
    """The folder's own path does not count, and folders are searched too."""
    assert _names(View(prefix="a/", find="B")) == ["a/Bees/", "a/sub/", "a/B.mp3", "a/b.mp3"]
    assert _names(View(prefix="a/", find="a/")) == []
    assert _names(View(prefix="a/", find="CAFFÈ")) == ["a/caffè.mp3"]


def test_a_partial_search_is_called_partial() -> None:
    """Order or search over one page of a larger folder never passes for the whole folder."""
    whole, part = _page(), _page(complete=False)
    kinds = ["clip"] * len(_SIZES)
    assert not arrange(whole, kinds, View(prefix="a/", find="b")).partial
    assert arrange(part, kinds, View(prefix="a/", find="b")).partial
    assert arrange(whole, kinds, View(prefix="a/", sort="size", after="a/A")).partial
    assert not arrange(part, kinds, View(prefix="a/")).partial
