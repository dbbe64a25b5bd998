"""What a welcome was before: every recording to hear and every text to read, and the way back."""

from __future__ import annotations

import streamlit as st

from storage.errors import StorageError
from storage.model.welcome_plans import History, Past, SaveConflict, SavePlan
from storage.model.welcomes import Welcome
from storage.units import human_bytes
from ui import errors, welcomes_draft, welcomes_told
from ui.recent import forget, recent
from ui.text import plain_markdown
from ui.text_changes import marked
from ui.times import local
from ui.welcomes import Scene

_SHOWN = "welcomes:history"
_BACK = "welcomes:back"  # what is about to be brought back


def panel(scene: Scene, one: Welcome) -> None:
    """Asked for only when it is opened."""
    opened = st.expander("History", key=f"{_SHOWN}:{one.course}", on_change="rerun")
    if not opened.open:
        return
    with opened:
        past = errors.tried(lambda: _asked(scene, one))
        if past is None:
            return
        for note in past.notes:
            st.caption(plain_markdown(note))
        for at, row in enumerate(past.rows):
            with st.container(border=True, key=f"{_SHOWN}:{at}"):
                _row(scene, one, row, _now(past, row), f"{at}:{row.version_id}")


def _asked(scene: Scene, one: Welcome) -> History:
    who, name, course = scene.actor, one.layout, one.course
    return recent(
        "welcomes-history",
        (who, name, course, one.base.recording_etag, one.changed_at),
        lambda: scene.services.welcomes.history(who, name, course),
    )


def _now(past: History, row: Past) -> Past | None:
    """What there is now in the place of an earlier one."""
    if row.current:
        return None
    return next((one for one in past.rows if one.current and one.kind == row.kind), None)


def _row(scene: Scene, one: Welcome, row: Past, now: Past | None, key: str) -> None:
    title = "Recording" if row.kind == "recording" else "Text"
    by = f", {row.by}" if row.by else ""
    badge = " :green-badge[Now]" if row.current else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = plain_markdown(f"{local(row.at)}{by}")
        st.markdown(f"**{title}** · {words}{badge}", width="stretch")
        hear = row.sound is not None and st.toggle("Listen", key=f"{_SHOWN}:hear:{key}")
        compare = now is not None and st.toggle("Compare with now", key=f"{_SHOWN}:compare:{key}")
        wanted = (
            not row.current
            and scene.may_edit
            and st.button("Bring it back", key=f"{_SHOWN}:back:{key}")
        )
    if row.kind == "text":
        _read(row)
    if compare and now is not None:
        _compare(scene, row, now)
    elif hear:
        _hear(scene, row)
    if wanted:
        st.session_state[_BACK] = (one.course, row)
    if st.session_state.get(_BACK) == (one.course, row):
        _confirm(scene, one, row)


def _read(row: Past) -> None:
    st.text(_text(row) or "No text.")
    if voice := row.fields.get("voice"):
        st.caption(plain_markdown(f"Voice: {voice}"))


def _text(row: Past) -> str:
    return str(row.fields.get("text") or "")


def _compare(scene: Scene, row: Past, now: Past) -> None:
    """Texts in one, with what went and what came since; recordings side by side."""
    if row.kind == "text":
        same = _text(row) == _text(now)
        st.markdown("The text is the same now." if same else marked(_text(row), _text(now)))
        if row.fields.get("voice") != now.fields.get("voice"):
            voice = now.fields.get("voice")
            st.caption(plain_markdown(f"Voice now: {voice}" if voice else "No voice is named now."))
        return
    for column, title, which in zip(st.columns(2), ("Then", "Now"), (row, now), strict=True):
        with column:
            size = human_bytes(which.sound.size) if which.sound else ""
            st.caption(plain_markdown(f"{title} · {size}"))
            _hear(scene, which)


def _hear(scene: Scene, row: Past) -> None:
    sound = row.sound
    if sound is None:
        return
    clip = errors.tried(
        lambda: scene.services.objects.clip_url(
            scene.actor,
            scene.layout.name,
            sound.role,
            sound.key,
            etag=sound.etag,
            version_id=row.version_id,
        )
    )
    if clip is not None:
        st.audio(clip.url)


def _confirm(scene: Scene, one: Welcome, row: Past) -> None:
    plan = errors.tried(
        lambda: recent(
            "welcomes-restore",
            (scene.actor, one.course, row, one.base.recording_etag, one.changed_at),
            lambda: scene.services.welcomes.plan_restore(scene.actor, one.layout, one.course, row),
        )
    )
    if plan is None:
        return
    if plan.empty:
        st.markdown("That is what there is now.")
        return
    st.markdown("\n".join(f"- {plain_markdown(words)}" for words in plan.sentences))
    with st.container(horizontal=True):
        if st.button("Bring it back now", key=f"{_SHOWN}:go", type="primary"):
            _restore(scene, plan)
        if st.button("Leave it", key=f"{_SHOWN}:leave", type="tertiary"):
            del st.session_state[_BACK]
            st.rerun()


def _restore(scene: Scene, plan: SavePlan) -> None:
    try:
        with st.spinner("Saving"):
            scene.services.welcomes.save(scene.actor, plan)
    except SaveConflict:
        welcomes_told.tell(plan.course, "Somebody saved it meanwhile, so nothing was brought back.")
    except StorageError as error:
        errors.box(error)
        return
    else:
        welcomes_told.tell(plan.course, "It is back.")
        welcomes_draft.end(plan.layout, plan.course)
    st.session_state.pop(_BACK, None)
    forget()
    st.rerun()
