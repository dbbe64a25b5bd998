"""The dialogs that bring something back: an older version of an object, or a deleted object."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from storage.model.objects import VersionRow
from storage.model.people import Can
from storage.units import human_bytes
from ui import confirming, doing, errors, outcomes
from ui.browse import Scene
from ui.doing import Task
from ui.outcomes import Outcome
from ui.recent import forget
from ui.text import visible
from ui.times import local


def versions(scene: Scene, task: Task) -> None:
    """Every version of one object: hear it, take it, make it the newest again."""
    (key,) = task.keys
    view, objects = scene.view, scene.services.objects
    place = (scene.actor, view.project, view.bucket, key)
    detail = errors.tried(lambda: doing.kept("detail", key, lambda: objects.detail(*place)))
    if detail is None:
        return
    st.markdown(confirming.place(scene, key))
    sound = (detail.detected_type or detail.head.content_type).startswith("audio/")
    sure = confirming.typed_if_live(scene, [view.bucket], "restore in", "restoring:typed")
    for row in detail.versions:
        with st.container(border=True, key=f"restoring:{row.version_id}"):
            _version(scene, key, row, sound=sound, sure=sure, etag=detail.head.etag)


def _version(
    scene: Scene, key: str, row: VersionRow, *, sound: bool, sure: bool, etag: str
) -> None:
    view = scene.view
    with st.container(horizontal=True, vertical_alignment="center"):
        state = " :green-badge[Current]" if row.is_latest else ""
        if row.is_delete_marker:
            st.markdown(f"{local(row.modified)} · deleted{state}", width="stretch")
            return
        st.markdown(f"{local(row.modified)} · {human_bytes(row.size)}{state}", width="stretch")
        hear = sound and st.toggle("Listen", key=f"restoring:hear:{row.version_id}")
        address = {
            "layout": view.project,
            "role": view.bucket,
            "key": key,
            "version": row.version_id,
        }
        st.link_button(
            "Download", f"/api/ui/download?{urlencode(address)}", icon=":material/download:"
        )
        wanted = (
            not row.is_latest
            and scene.may(Can.OBJECT_WRITE)
            and st.button(
                "Restore this one", key=f"restoring:go:{row.version_id}", disabled=not sure
            )
        )
    if hear:
        clip = errors.tried(
            lambda: scene.services.objects.clip_url(
                scene.actor,
                view.project,
                view.bucket,
                key,
                etag=row.etag,
                version_id=row.version_id,
            )
        )
        if clip is not None:
            st.audio(clip.url)
    if wanted:
        _restore(scene, key, row, etag)


def _restore(scene: Scene, key: str, row: VersionRow, etag: str | None) -> None:
    view = scene.view
    written = errors.tried(
        lambda: scene.services.changes.restore(
            scene.actor, view.project, view.bucket, key, row.version_id, etag=etag
        )
    )
    if written is None:
        doing.drop("detail")
        return
    forget()
    outcomes.told(
        Outcome(f"{visible(key)} is again as it was on {local(row.modified)}.", keys=(key,))
    )
    doing.end()
    st.rerun()
