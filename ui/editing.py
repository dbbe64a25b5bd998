"""The dialog that edits what is said about an object: type, caching, metadata, tags.

Only what the person changed is sent. When somebody else was faster, theirs is shown and what was
typed is put on top of it: nothing typed is lost, and nothing of theirs that was not edited here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from storage.errors import Conflict, InvalidInput, StorageError
from storage.model.objects import ObjectDetail
from ui import confirming, doing, errors, outcomes
from ui.browse import Scene
from ui.doing import Task
from ui.outcomes import Outcome
from ui.recent import forget
from ui.text import plain_markdown, visible

Pairs = Mapping[str, str]
_NOTED = "editing:newer"


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be edited. `tags` None: this store or person cannot read them."""

    content_type: str
    cache_control: str
    metadata: Pairs
    tags: Pairs | None

    @classmethod
    def of(cls, detail: ObjectDetail) -> Facts:
        """The facts an object has now."""
        head = detail.head
        return cls(head.content_type, head.cache_control, head.metadata, detail.tags)


def edit(scene: Scene, task: Task) -> None:
    """The form, what speaks against it, and one button."""
    (key,) = task.keys
    opened = errors.tried(lambda: doing.kept("opened", key, lambda: _read(scene, key)))
    if opened is None:
        return
    st.markdown(confirming.place(scene, key))
    try:
        typed = _form(opened)
    except InvalidInput as error:
        errors.box(error)
        typed = None
    note = confirming.note("editing:note")
    newer: ObjectDetail | None = doing.notes().get(_NOTED)
    if newer is not None:
        _meanwhile(Facts.of(opened), Facts.of(newer))
    shown = Facts.of(opened)
    changed = typed is not None and typed != shown
    sure = confirming.typed_if_live(scene, [scene.view.bucket], "change it in", "editing:typed")
    label = "Save" if newer is None else "Save mine on top"
    if not confirming.press(label, "editing:go", ready=changed and sure) or typed is None:
        return
    base = newer or opened
    try:
        _save(scene, base, rebased(shown, typed, Facts.of(base)), note)
    except StorageError as error:
        _failed(scene, key, error)
        return
    forget()
    outcomes.told(Outcome(f"Saved {visible(key)}."))
    doing.end()
    st.rerun()


def _read(scene: Scene, key: str) -> ObjectDetail:
    view = scene.view
    return scene.services.objects.detail(scene.actor, view.project, view.bucket, key)


def _form(opened: ObjectDetail) -> Facts:
    """What is typed. Raises InvalidInput for a name that stands twice."""
    head = opened.head
    content_type = st.text_input("Content type", head.content_type, key="editing:type")
    if not opened.type_agrees and opened.detected_type:
        st.caption(plain_markdown(f"By its bytes it is {opened.detected_type}."))
    cache_control = st.text_input(
        "Cache control",
        head.cache_control,
        key="editing:cache",
        placeholder="How long browsers keep it, such as public, max-age=3600",
    )
    left, right = st.columns(2)
    with left:
        metadata = _pairs("Metadata", head.metadata, "editing:metadata")
    with right:
        tags = None
        if opened.tags is None:
            st.caption("The tags could not be read, so they cannot be edited.")
        else:
            tags = _pairs("Tags", opened.tags, "editing:tags")
    return Facts((content_type or "").strip(), (cache_control or "").strip(), metadata, tags)


def _pairs(title: str, pairs: Pairs, key: str) -> dict[str, str]:
    st.caption(title)
    # with an empty row to type into: the table's own one first has to be clicked into being
    rows = {"Name": [*pairs, ""], "Value": [*pairs.values(), ""]}
    given = pd.DataFrame(rows, dtype="object")
    edited = st.data_editor(
        given, key=key, num_rows="dynamic", hide_index=True, width="stretch", height=176
    )
    return read_pairs(title, edited.to_dict("records"))


def read_pairs(title: str, rows: list[dict[Any, Any]]) -> dict[str, str]:
    """Names and values of the rows that have a name. Raises InvalidInput where one stands twice."""
    found: dict[str, str] = {}
    for row in rows:
        name, value = (_text(row.get(column)) for column in ("Name", "Value"))
        if not name:
            continue
        if name in found:
            raise InvalidInput(f"{title} has {name!r} twice.", "Remove one of the two rows.")
        found[name] = value
    return found


def _text(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def rebased(before: Facts, typed: Facts, now: Facts) -> Facts:
    """What was typed over `before`, on top of `now`: what was not touched stays as it is now."""
    return Facts(
        typed.content_type if typed.content_type != before.content_type else now.content_type,
        typed.cache_control if typed.cache_control != before.cache_control else now.cache_control,
        _rebased(before.metadata, typed.metadata, now.metadata),
        None if now.tags is None else _rebased(before.tags or {}, typed.tags or {}, now.tags),
    )


def _rebased(before: Pairs, typed: Pairs, now: Pairs) -> dict[str, str]:
    kept = {name: value for name, value in now.items() if name in typed or name not in before}
    mine = {name: value for name, value in typed.items() if before.get(name) != value}
    return {**kept, **mine}


def _save(scene: Scene, base: ObjectDetail, wanted: Facts, note: str) -> None:
    view, changes, head = scene.view, scene.services.changes, base.head
    where = (scene.actor, view.project, view.bucket, head.key)
    now = Facts.of(base)
    if wanted.tags is not None and now.tags is not None and wanted.tags != now.tags:
        changes.set_tags(*where, wanted.tags, expected=head, expected_tags=now.tags, note=note)
        # tags are written on their own: when the rest fails, they are not written again
        doing.notes()[_NOTED] = replace(base, tags=wanted.tags)
    if replace(wanted, tags=None) == replace(now, tags=None):
        return
    changes.edit(
        *where,
        expected=head,
        content_type=_if_new(wanted.content_type, now.content_type),
        cache_control=_if_new(wanted.cache_control, now.cache_control),
        metadata=None if wanted.metadata == now.metadata else wanted.metadata,
        note=note,
    )


def _if_new(wanted: str, now: str) -> str | None:
    return None if wanted == now else wanted


def _failed(scene: Scene, key: str, error: StorageError) -> None:
    """The reason; after a conflict also what the object has become, on the next run."""
    if isinstance(error, Conflict):
        newer = errors.tried(lambda: _read(scene, key))
        if newer is not None:
            doing.notes()[_NOTED] = newer
            st.rerun()
        return
    errors.box(error)


def _meanwhile(before: Facts, now: Facts) -> None:
    lines = [plain_markdown(line) for line in differences(before, now)]
    told = "\n".join(f"- {line}" for line in lines) or "- The bytes: another file lies there now."
    st.warning(
        "**Somebody changed it meanwhile, so nothing was written.**\n\n"
        f"{told}\n\nWhat you typed is still here. Saving keeps their changes, and where both "
        "changed the same, yours.",
        icon="✋",
    )


def differences(before: Facts, now: Facts) -> list[str]:
    """What is no longer as it was, a plain line each."""
    found = [
        f"{title}: {_or_none(old)} → {_or_none(new)}"
        for title, old, new in (
            ("Content type", before.content_type, now.content_type),
            ("Cache control", before.cache_control, now.cache_control),
        )
        if old != new
    ]
    for title, old_pairs, new_pairs in (
        ("Metadata", before.metadata, now.metadata),
        ("Tag", before.tags or {}, now.tags or {}),
    ):
        for name in {**old_pairs, **new_pairs}:
            old_value, new_value = old_pairs.get(name, ""), new_pairs.get(name, "")
            if old_value != new_value:
                found.append(f"{title} {name}: {_or_none(old_value)} → {_or_none(new_value)}")
    return found


def _or_none(value: str) -> str:
    return value or "none"
