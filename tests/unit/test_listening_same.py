"""Clips that sound the same, found among tens of thousands."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ui.listening_same import same_sound


@pytest.mark.parametrize(
    ("digests", "groups"),
    [
        ([], []),
        (["a", "b"], []),
        (["a", None, "", "b", None, ""], []),  # what nobody measured is like nothing
        (["a", "b", "a", "c", "b", "b"], [[1, 4, 5], [0, 2]]),
    ],
)
def test_groups_are_rows_of_one_sound(digests: list[str | None], groups: list[list[int]]) -> None:
    """The largest first, each in the order of the rows; single and unknown sounds are left out."""
    column = pa.chunked_array([pa.array(digests, pa.string())])
    assert [rows.tolist() for rows in same_sound(column)] == groups
