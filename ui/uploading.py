"""The dialogs that bring files in: into the folder that is looked at, or in an object's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from storage.changes.judging import HEAD_BYTES
from storage.model.changes import Incoming, UploadItem, UploadPlan
from storage.model.people import Can
from storage.units import human_bytes
from ui import confirming, doing, errors, working
from ui.browse import Scene
from ui.doing import Task
from ui.replacing import Newcomer, choose, refused, side_by_side, verdict
from ui.text import visible

LIMIT_MIB = 200  # server.maxUploadSize: Streamlit holds a file in memory, twice for a moment
_TABLE = "uploading:table"
_BECOMES = "Becomes"


def upload(scene: Scene, _task: Task) -> None:
    """Several files, or a folder with all in it, into the folder that is looked at."""
    folder = scene.view.prefix
    st.markdown(f"Into {confirming.place(scene, folder)}")
    whole = (
        st.segmented_control(
            "What to choose",
            ["Files", "A folder"],
            default="Files",
            required=True,
            key="uploading:what",
            label_visibility="collapsed",
        )
        == "A folder"
    )
    given = st.file_uploader(
        "Drag files here",
        accept_multiple_files="directory" if whole else True,
        key=f"uploading:{'folder' if whole else 'files'}",
        max_upload_size=LIMIT_MIB,
        label_visibility="collapsed",
    )
    _larger(scene)
    files: list[UploadedFile] = given if isinstance(given, list) else []
    if files:
        _offer(scene, files)


def replace(scene: Scene, task: Task) -> None:
    """Another file in the place of one object; both are heard before."""
    (key,) = task.keys
    st.markdown(confirming.place(scene, key))
    file = st.file_uploader(
        "Drag the new file here",
        key="uploading:one",
        max_upload_size=LIMIT_MIB,
        label_visibility="collapsed",
    )
    _larger(scene)
    if file is None:
        return
    name = key[len(scene.view.prefix) :]
    plan = _plan(scene, [file], {0: name})
    if plan is None:
        return
    newcomer = _newcomer(plan.items[0], file)
    refused([newcomer])
    if newcomer.existing is not None:
        side_by_side(scene, plan.role, newcomer, hear=True)
    else:
        st.info("The object is gone meanwhile: the file would be stored as a new one.")
    note = confirming.note("uploading:note")
    sure = confirming.typed_if_live(scene, [plan.role], "replace it in", "uploading:typed")
    ready = sure and not plan.blocked
    if confirming.press("Replace it", "uploading:go", ready=ready):
        _start(scene, plan, [file], frozenset({key}), note)


def _larger(scene: Scene) -> None:
    ways = "`python -m storage put FILE PLACE` on the command line, which goes on after a break"
    if scene.may(Can.OBJECT_RECEIVE):
        ways = f"an upload link (in the menu “More”), or {ways}"
    st.caption(f"Up to {LIMIT_MIB} MB a file. For a larger one there is {ways}.")


def _plan(
    scene: Scene, files: Sequence[UploadedFile], names: Mapping[int, str]
) -> UploadPlan | None:
    """What would become of the files; `names` are other names for some, by position."""
    view = scene.view
    incoming = [
        Incoming(names.get(place, file.name), file.size, bytes(file.getbuffer()[:HEAD_BYTES]))
        for place, file in enumerate(files)
    ]
    asked = tuple((file.file_id, one.name) for file, one in zip(files, incoming, strict=True))
    return errors.tried(
        lambda: doing.kept(
            "plan",
            asked,
            lambda: scene.services.changes.plan_upload(
                scene.actor, view.project, view.bucket, view.prefix, incoming
            ),
        )
    )


def _offer(scene: Scene, files: Sequence[UploadedFile]) -> None:
    """The files and what becomes of each, then the one button."""
    plan = _plan(scene, files, _renamed())
    if plan is None:
        return
    _table(plan, files)
    newcomers = [_newcomer(item, file) for item, file in zip(plan.items, files, strict=True)]
    refused(newcomers)
    taken = [
        one
        for one, item in zip(newcomers, plan.items, strict=True)
        if item.existing and not item.blocked
    ]
    replaced = choose(scene, plan.role, taken, "uploading")
    going = [
        item
        for item in plan.items
        if not item.blocked and (item.existing is None or item.key in replaced)
    ]
    note = confirming.note("uploading:note") if replaced else ""
    sure = not replaced or confirming.typed_if_live(
        scene, [plan.role], "replace objects in", "uploading:typed"
    )
    left = len(plan.items) - len(going)
    if left and going:
        st.caption(f"{confirming.count(left, 'file')} will be left out.")
    label = f"Upload {confirming.count(len(going), 'file')}" if going else "Nothing to upload"
    if confirming.press(label, "uploading:go", ready=bool(going) and sure):
        _start(scene, plan, files, replaced, note)


def _renamed() -> dict[int, str]:
    """The names typed into the table, by row; they are there before it is drawn again."""
    edited = st.session_state.get(_TABLE, {}).get("edited_rows", {})
    typed = {int(row): str(cells.get(_BECOMES) or "").strip() for row, cells in edited.items()}
    return {row: name for row, name in typed.items() if name}


def _table(plan: UploadPlan, files: Sequence[UploadedFile]) -> None:
    rows = pd.DataFrame(
        {
            "File": [visible(file.name) for file in files],
            _BECOMES: [visible(item.key.removeprefix(plan.prefix)) for item in plan.items],
            "What happens": [verdict(item.findings, item.existing) for item in plan.items],
            "Size": [human_bytes(item.size) for item in plan.items],
            "Bytes are": [item.detected for item in plan.items],
            "Kind": [item.kind_title or "Other" for item in plan.items],
        }
    )
    st.data_editor(
        rows,
        key=_TABLE,
        hide_index=True,
        disabled=[column for column in rows.columns if column != _BECOMES],
        column_config={
            _BECOMES: st.column_config.TextColumn(
                help="Double-click to give it another name.", width="medium"
            ),
            "File": st.column_config.TextColumn(width="medium"),
        },
    )


def _newcomer(item: UploadItem, file: UploadedFile) -> Newcomer:
    return Newcomer(
        name=item.name,
        key=item.key,
        size=item.size,
        existing=item.existing,
        findings=item.findings,
        sound=partial(_bytes, file) if item.content_type.startswith("audio/") else None,
        facts=f"{item.detected} · {item.content_type}",
    )


def _bytes(file: UploadedFile) -> bytes:
    return file.getvalue()


def _start(
    scene: Scene,
    plan: UploadPlan,
    files: Sequence[UploadedFile],
    replaced: frozenset[str],
    note: str,
) -> None:
    for file in files:
        file.seek(0)
    job = errors.tried(
        lambda: scene.services.changes.upload(scene.actor, plan, files, replace=replaced, note=note)
    )
    if job is not None:
        working.watch(scene.view.project, job.id)
        doing.end()
        st.rerun()
