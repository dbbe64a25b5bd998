"""The dialog that shows what was deleted below the folder, and brings back what is ticked."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from storage.errors import StorageError
from storage.model.deleted import DeletedObject, DeletedPage
from storage.units import human_bytes
from ui import confirming, doing, errors, outcomes
from ui.browse import Scene
from ui.confirming import count
from ui.doing import Task
from ui.outcomes import Outcome
from ui.recent import forget
from ui.text import visible
from ui.times import local

_TABLE = "undeleting:table"


def deleted(scene: Scene, _task: Task) -> None:
    """The deleted objects anywhere below the folder; the ticked ones come back."""
    view = scene.view
    st.markdown(confirming.place(scene, view.prefix))
    page = errors.tried(lambda: _found(scene))
    if page is None:
        return
    if not page.complete:
        st.caption(
            f"Looked through the first {page.looked_at:,} versions here. "
            "Open a folder to look further down."
        )
    if not page.rows:
        st.info("Nothing deleted is kept here. Without versions, what is deleted is gone for good.")
        return
    chosen = _table(page.rows, view.prefix)
    sure = confirming.typed_if_live(scene, [view.bucket], "restore in", "undeleting:typed")
    label = f"Restore {count(len(chosen))}" if chosen else "Tick what shall come back"
    if confirming.press(label, "undeleting:go", ready=bool(chosen) and sure):
        _restore(scene, chosen)


def _found(scene: Scene) -> DeletedPage:
    view = scene.view
    asked = (view.project, view.bucket, view.prefix)

    def ask() -> DeletedPage:
        with st.spinner("Looking for what was deleted …", show_time=True):
            return scene.services.changes.deleted(scene.actor, *asked)

    return doing.kept("deleted", asked, ask)


def _table(rows: tuple[DeletedObject, ...], prefix: str) -> list[DeletedObject]:
    shown = st.dataframe(
        pd.DataFrame(
            {
                "Name": [visible(row.key.removeprefix(prefix)) for row in rows],
                "Size": [human_bytes(row.size) for row in rows],
                "Deleted": [local(row.deleted_at) for row in rows],
                "Stored": [local(row.modified) for row in rows],
            }
        ),
        key=_TABLE,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
    )
    return [rows[place] for place in shown["selection"]["rows"] if place < len(rows)]


def _restore(scene: Scene, chosen: list[DeletedObject]) -> None:
    view, back, failed = scene.view, [], {}
    bar = st.progress(0.0, text="Restoring")
    for done, row in enumerate(chosen):
        try:
            scene.services.changes.restore(
                scene.actor, view.project, view.bucket, row.key, row.version_id, etag=None
            )
            back.append(row.key)
        except StorageError as error:  # one that cannot come back keeps none of the others away
            failed[row.key] = error.as_dict()
        bar.progress((done + 1) / len(chosen), text="Restoring")
    forget()
    outcomes.told(
        Outcome(
            f"Brought back {count(len(back))}.",
            keys=tuple(back),
            failed=failed,
        )
    )
    doing.end()
    st.rerun()
