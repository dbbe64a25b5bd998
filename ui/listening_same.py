"""Clips that sound the same to the last sample, whatever their tags say; and links to clips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from ui.listening import Scene
from ui.text import plain_markdown

_NAMED = 12
_GROUPS = 20


def show(scene: Scene, table: pa.Table) -> None:
    """Each sound that several clips have, with links to them; nothing where there is none."""
    groups = same_sound(table["digest"])
    if not groups:
        return
    clips = sum(len(rows) for rows in groups)
    title = f"{clips:,} clips sound the same as another"
    with st.expander(title, icon=":material/content_copy:", key="listening:same"):
        for rows in groups[:_GROUPS]:
            named(scene, table, rows)
        if len(groups) > _GROUPS:
            st.caption(f"And {len(groups) - _GROUPS:,} more such sounds.")


def same_sound(digests: pa.ChunkedArray) -> list[np.ndarray[Any, Any]]:
    """The rows of every digest that several have, the largest group first; not of unknown ones."""
    unknown = pc.fill_null(pc.equal(digests, ""), fill_value=True)
    codes = pc.dictionary_encode(pc.if_else(unknown, None, digests)).combine_chunks()
    indices = np.asarray(pc.fill_null(codes.indices, -1).to_numpy(zero_copy_only=False))
    order = np.argsort(indices, kind="stable")
    starts = np.flatnonzero(np.diff(indices[order], prepend=-2))
    groups = np.split(order, starts[1:]) if len(order) else []
    alike = [rows for rows in groups if len(rows) > 1 and indices[rows[0]] >= 0]
    return sorted(alike, key=len, reverse=True)


def named(scene: Scene, table: pa.Table, rows: np.ndarray[Any, Any]) -> None:
    """Links to clips: each opens beside the table."""
    some = table.take(pa.array(rows[:_NAMED]))
    links = [
        f"[{plain_markdown(phrase or key)}]({scene.view.with_(at=key).href()})"
        for key, phrase in zip(some["key"].to_pylist(), some["phrase"].to_pylist(), strict=True)
    ]
    rest = len(rows) - len(links)
    st.markdown(" · ".join(links) + (f" · and {rest:,} more" if rest > 0 else ""))
