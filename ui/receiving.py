"""The dialog that gives somebody outside a link to upload one file with."""

from __future__ import annotations

import streamlit as st

from storage.changes.arrivals import LINK_LIFE_S, POST_MAX_BYTES, link_limits
from storage.model.changes import UploadLink
from storage.units import human_seconds
from ui import confirming, doing, errors, working
from ui.browse import Scene
from ui.doing import Task
from ui.text import plain_markdown
from ui.times import local

_LIVES_S = (60, 300, 900, 1_800, 3_600)
_MIB = 1024 * 1024
_POST_MIB = POST_MAX_BYTES // _MIB
_MADE = "receiving:link"


def link(scene: Scene, _task: Task) -> None:
    """Name, type, largest size and life; then the link, as a command that uploads the file."""
    made: UploadLink | None = doing.notes().get(_MADE)
    if made is not None:
        _show(made)
        return
    view = scene.view
    st.markdown(f"Into {confirming.place(scene, view.prefix)}")
    st.caption("For one file of somebody who has no access to this console.")
    name = (st.text_input("Name of the object", key="receiving:name", live=True) or "").strip()
    left, middle, right = st.columns(3)
    # what its kind says is filled in, anew for each kind and until it is changed
    kind, preferred, most = _kind(scene, view.prefix + name)
    content_type = left.text_input("Content type", preferred, key=f"receiving:type:{kind}")
    largest = middle.number_input(
        "Largest size, MiB", 1, most, min(200, most), key=f"receiving:largest:{kind}"
    )
    shortest_s, longest_s = link_limits(scene.layout)
    lives = [life for life in _LIVES_S if shortest_s <= life <= longest_s]
    life_s = right.selectbox(
        "Works for",
        lives,
        index=lives.index(min(LINK_LIFE_S, longest_s)),
        format_func=human_seconds,
        key="receiving:life",
    )
    replaces = st.checkbox("It may replace what is there under this name", key="receiving:replace")
    note = confirming.note("receiving:note")
    sure = confirming.typed_if_live(scene, [view.bucket], "receive into", "receiving:typed")
    ready = bool(name and content_type) and sure
    if not confirming.press("Make the upload link", "receiving:go", ready=ready):
        return
    made = errors.tried(
        lambda: scene.services.changes.upload_link(
            scene.actor,
            view.project,
            view.bucket,
            view.prefix + name,
            content_type=(content_type or "").strip(),
            max_bytes=int(largest) * _MIB,
            expires_s=life_s,
            replace=replaces,
            note=note,
        )
    )
    if made is not None:
        doing.notes()[_MADE] = made
        working.watch(view.project, made.job_id)
        st.rerun()


def _kind(scene: Scene, key: str) -> tuple[str, str, int]:
    """The kind the key would be of, its preferred content type, and its largest size in MiB."""
    name = scene.layout.classify(scene.view.bucket, key).kind
    if not name:
        return "", "", _POST_MIB
    kind = scene.layout.kind(name)
    most = (kind.max_bytes or POST_MAX_BYTES) // _MIB
    return name, kind.content_types[0] if kind.content_types else "", max(1, min(most, _POST_MIB))


def _show(made: UploadLink) -> None:
    st.markdown(
        f"Uploads {plain_markdown(made.key)} until **{plain_markdown(local(made.expires_at))}**."
    )
    st.caption("They run this, with the name of their own file in place of FILE:")
    st.code(made.curl, language=None, wrap_lines=True)
    st.caption(
        "Whoever has it can upload exactly this object, of this type and size, and nothing else. "
        "What arrives first is inspected: the page behind this says what it is. The link cannot be "
        "called back: who uses it again replaces that."
    )
    if st.button("Done", key="receiving:done", type="primary"):
        doing.end()
        st.rerun()
