"""One welcome: what there is to hear, its text and voice, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from storage.courses.codes import parse_course
from storage.model.welcomes import Welcome, WelcomeList
from storage.welcomes.planning import TEXT_CHARACTERS, VOICE_CHARACTERS
from ui import (
    errors,
    welcomes,
    welcomes_draft,
    welcomes_history,
    welcomes_new,
    welcomes_publishing,
    welcomes_recording,
    welcomes_saving,
    welcomes_sound,
    welcomes_told,
)
from ui.text import plain_markdown, visible
from ui.welcomes import Scene
from ui.welcomes_draft import Draft
from ui.welcomes_head.welcomes_head import HeadData, Link, welcome_head
from ui.welcomes_view import WelcomesView, arranged


def show(scene: Scene, listed: WelcomeList) -> None:
    """The course of the address: all of it. What is typed and recorded here is kept until it is
    saved or thrown away.
    """
    stored = listed.get(scene.view.course)
    with errors.shown():
        one = stored or welcomes_new.blank(
            listed.layout, listed, welcomes_new.known_course(scene.view.course)
        )
    welcome_head(_head(scene.view, listed, one), key=f"welcomes:head:{one.course}")
    welcomes_told.show(one.course)
    if not stored:
        st.info("There is no welcome of this course yet. What you save here makes it.")
    for finding in one.findings:
        words = f"{finding.text} {finding.remedy}".strip()
        st.warning(plain_markdown(words), icon="⚠️")
    draft = welcomes_draft.of(one)
    left, right = st.columns([1.2, 1], gap="medium")
    with left, st.container(border=True, key="welcomes:sound"):
        st.markdown("**Recording**")
        welcomes_sound.there(scene, one)
        if scene.may_edit:
            welcomes_recording.new(draft)
    with right, st.container(border=True, key="welcomes:words"):
        _words(scene, one, draft)
        if scene.may_edit and draft.dirty:
            welcomes_saving.panel(scene, one, draft)
        elif stored:
            welcomes_publishing.panel(scene, one)
    if stored:
        welcomes_history.panel(scene, one)


def _words(scene: Scene, one: Welcome, draft: Draft) -> None:
    if not scene.may_edit:
        st.markdown("**Text**")
        st.text(one.text or "No text yet.")
        st.markdown("**Voice**")
        st.text(one.voice or "Not known.")
        return
    draft.text = (
        st.text_area(
            "Text",
            draft.text,
            height=140,
            max_chars=TEXT_CHARACTERS,
            key=draft.key("text"),
            placeholder="What is spoken in the welcome",
        )
        or ""
    )
    draft.voice = (
        st.text_input(
            "Voice",
            draft.voice,
            max_chars=VOICE_CHARACTERS,
            key=draft.key("voice"),
            placeholder="Who speaks",
        )
        or ""
    ).strip()
    if draft.reworded and one.shared_with:
        draft.also = frozenset(
            course
            for course in one.shared_with
            if st.checkbox(
                f"The same text and voice for {plain_markdown(parse_course(course).title)}",
                course in draft.also,
                key=draft.key(f"also:{course!a}"),
            )
        )


def _head(view: WelcomesView, listed: WelcomeList, one: Welcome) -> HeadData:
    others = arranged(listed.welcomes, view)
    places = [other.course for other in others]
    at = places.index(one.course) if one.course in places else -1
    near = (others[at - 1 : at] if at > 0 else [], others[at + 1 : at + 2] if at >= 0 else [])
    return HeadData(
        back=("All welcomes", view.with_(course="").href()),
        before=_links(view, near[0]),
        after=_links(view, near[1]),
        name=visible(one.language),
        code=visible(one.course),
        steps=welcomes.steps(one),
        todo=[(visible(todo.text), todo.severity) for todo in one.todos if todo.code != "shared"],
        shared=_links(
            view, [other for other in listed.welcomes if other.course in one.shared_with]
        ),
    )


def _links(view: WelcomesView, others: Sequence[Welcome]) -> list[Link]:
    return [(visible(other.language), view.with_(course=other.course).href()) for other in others]
