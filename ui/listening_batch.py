"""What can be done with the ticked clips of the table: one verdict for all, or a selection."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from storage.model.listening import ReviewRow
from storage.model.people import Can
from storage.model.review import Decision, Judged, Judgement, Scope
from ui import errors, listening
from ui.listening import Scene
from ui.text import plain_markdown

_DECISIONS: dict[Decision, str] = {
    "approved": "Approve",
    "rejected": "Reject",
    "second-ear": "Second ear",
}
_TOLD = 3  # refusals named


def bar(scene: Scene, rows: Sequence[ReviewRow]) -> None:
    """Above the table while rows are ticked."""
    noun = _clips(len(rows))
    with st.container(horizontal=True, vertical_alignment="center", key="listening:bar"):
        st.markdown(f"**{noun} chosen**")
        if scene.may(Can.REVIEW_VERDICT):
            with st.popover(f"Judge {noun} …", key="listening:judge"):
                _judge(scene, rows)
            with st.popover("Keep as a selection …", key="listening:keep"):
                _keep(scene, rows)
        if len(rows) == 1:
            st.button(
                "Open",
                key="listening:open",
                on_click=listening.go,
                args=(scene.view.with_(at=rows[0].key),),
            )


def _clips(count: int) -> str:
    return f"{count:,} clip{'' if count == 1 else 's'}"


def _judge(scene: Scene, rows: Sequence[ReviewRow]) -> None:
    decision: Decision | None = st.segmented_control(
        "Verdict",
        list(_DECISIONS),
        key="listening:decision",
        format_func=lambda one: _DECISIONS[one],
        label_visibility="collapsed",
    )
    titles = {reason.code: reason.title for reason in scene.layout.review.reasons}
    reasons: list[str] = []
    if decision in ("rejected", "second-ear"):
        reasons = st.pills(
            "Reasons",
            list(titles),
            key="listening:reasons",
            selection_mode="multi",
            format_func=lambda code: plain_markdown(titles[code]),
        )
    note = st.text_input("Note", key="listening:note", max_chars=2_000) or ""
    ready = decision is not None and (decision != "rejected" or bool(reasons or note.strip()))
    if decision == "rejected" and not ready:
        st.caption("A rejection needs a reason or a note.")
    words = f"{_DECISIONS[decision] if decision else 'Judge'} {_clips(len(rows))}"
    pressed = st.button(words, type="primary", disabled=not ready, key="listening:judge:go")
    if pressed and decision is not None:
        _judge_all(scene, rows, decision, tuple(reasons), note.strip())


def _judge_all(
    scene: Scene,
    rows: Sequence[ReviewRow],
    decision: Decision,
    reasons: tuple[str, ...],
    note: str,
) -> None:
    judgements = [
        Judgement(
            nonce=secrets.token_hex(16),
            key=row.key,
            content=row.content,
            decision=decision,
            reasons=reasons,
            note=note,
        )
        for row in rows
    ]
    judged = errors.tried(lambda: scene.services.review.judge(*scene.place, judgements))
    if judged is not None:
        _tell(judged, rows)


def _tell(judged: Sequence[Judged], rows: Sequence[ReviewRow]) -> None:
    refused = [(row, one) for row, one in zip(rows, judged, strict=True) if one.error]
    kept = len(judged) - len(refused)
    if not refused:
        st.toast(f"{_clips(kept)} judged.", icon="✅")
        st.rerun()
    lines = [f"{row.phrase or row.key}: {one.error['what']}" for row, one in refused[:_TOLD]]
    rest = len(refused) - len(lines)
    lines += [f"and {rest:,} more"] if rest else []
    st.warning(plain_markdown(f"{_clips(kept)} judged. Not judged: {'; '.join(lines)}"))


def _keep(scene: Scene, rows: Sequence[ReviewRow]) -> None:
    name = st.text_input("Name", key="listening:name", max_chars=100)
    if not st.button("Keep and hear them", type="primary", disabled=not name, key="listening:kept"):
        return
    keys = [row.key for row in rows]
    made = errors.tried(
        lambda: scene.services.review.save_selection(*scene.place, name or "", keys)
    )
    if made is not None:
        listening.go(scene.view.of(Scope("selection", made.id)).with_(show=""))
        st.rerun()
