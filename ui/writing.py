"""What can be changed in Browse and from where: the buttons, and the dialog that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import streamlit as st

from storage.model.objects import ObjectDetail
from storage.model.people import Can
from ui import (
    deleting,
    doing,
    editing,
    gate,
    moving,
    promoting_entry,
    receiving,
    restoring,
    undeleting,
    uploading,
)
from ui.browse import Scene
from ui.doing import Task


@dataclass(frozen=True, slots=True)
class Dialog:
    """One thing that can be done: what it is called, and what draws and does it."""

    title: str
    draw: Callable[[Scene, Task], None]
    width: Literal["small", "medium", "large"] = "small"


DIALOGS = {
    "upload": Dialog("Upload", uploading.upload, "large"),
    "replace": Dialog("Replace with another file", uploading.replace, "medium"),
    "edit": Dialog("Edit type, metadata and tags", editing.edit, "medium"),
    "transfer": Dialog("Copy or move", moving.transfer, "medium"),
    "delete": Dialog("Delete", deleting.objects),
    "delete-folder": Dialog("Delete this folder", deleting.folder),
    "versions": Dialog("Versions", restoring.versions, "medium"),
    "deleted": Dialog("Deleted here", undeleting.deleted, "medium"),
    "link": Dialog("Upload link", receiving.link, "medium"),
}


def dialog(scene: Scene) -> None:
    """The dialog that is open, if one is; call it last on the page."""
    task = doing.current(scene.view)
    if task is None:
        return
    what = DIALOGS[task.name]

    @st.dialog(what.title, width=what.width, on_dismiss=doing.end)
    def opened() -> None:
        # each press in a dialog is a request of its own, and of whoever is signed in by then
        what.draw(replace(scene, actor=gate.actor()), task)

    opened()


def here(scene: Scene) -> None:
    """What can be done in the folder that is looked at."""
    st.html(Path(__file__).with_name("writing.css"))
    view = scene.view
    if scene.may(Can.OBJECT_WRITE):
        st.button(
            "Upload",
            key="writing:upload",
            icon=":material/upload:",
            type="primary",
            on_click=doing.begin,
            args=("upload", view),
        )
    more: dict[str, str] = {}
    if scene.may(Can.OBJECT_RECEIVE):
        more["Make an upload link …"] = "link"
    if scene.may(Can.OBJECT_WRITE):
        more["Show deleted …"] = "deleted"
    if scene.may(Can.PREFIX_DELETE) and view.prefix:
        more[":red[Delete this folder …]"] = "delete-folder"
    if more:
        st.menu_button(
            "More",
            list(more),
            key="writing:more",
            on_click=lambda: _chosen(scene, more),
        )


def _chosen(scene: Scene, names: dict[str, str]) -> None:
    label = st.session_state["writing:more"]
    if label in names:
        doing.begin(names[label], scene.view)


def one(scene: Scene, detail: ObjectDetail) -> None:
    """What can be done with the chosen object."""
    keys = (detail.head.key,)
    with st.container(horizontal=True, gap="small", key="writing:one"):
        if scene.may(Can.OBJECT_WRITE):
            _button("Replace", "replace", scene, keys)
            _button("Edit", "edit", scene, keys)
        if moving.targets(scene):
            _button("Copy or move", "transfer", scene, keys)
        if len(detail.versions) > 1:
            _button("Versions", "versions", scene, keys)
        if scene.may(Can.OBJECT_DELETE):
            _button(":red[Delete]", "delete", scene, keys)


def many(scene: Scene, keys: Sequence[str]) -> None:
    """What can be done with the ticked objects."""
    with st.container(horizontal=True, gap="small", key="writing:many"):
        if moving.targets(scene):
            _button("Copy or move", "transfer", scene, keys, among=":many")
        if scene.may(Can.OBJECT_DELETE):
            _button(":red[Delete]", "delete", scene, keys, among=":many")
        promoting_entry.selection(scene.actor, scene.layout, scene.view.bucket, keys)


def _button(label: str, name: str, scene: Scene, keys: Sequence[str], among: str = "") -> None:
    st.button(
        label,
        key=f"writing:{name}{among}",
        type="tertiary",
        on_click=doing.begin,
        args=(name, scene.view, tuple(keys)),
    )
