"""A welcome that is not there yet: named by its course, then like every other."""

from __future__ import annotations

import streamlit as st

from storage.courses.codes import Course, parse_course, unknown_languages
from storage.errors import InvalidInput
from storage.model.welcomes import Base, Welcome, WelcomeList
from ui import session
from ui.text import plain_markdown
from ui.welcomes import Scene


def ask(scene: Scene, listed: WelcomeList) -> None:
    """The course's code, and what it means; leads to its page. Nothing for who may not save."""
    if not scene.may_edit:
        return
    with st.popover("New welcome", icon=":material/add:"):
        code = (
            st.text_input(
                "Course",
                key="welcomes:new",
                placeholder="ita_for_eng",
                help="What they learn, “for”, what they speak, each by its three letters; for a "
                "shorter course, an ending such as “_10seeds”.",
                live=True,
            )
            or ""
        ).strip()
        if not code:
            return
        try:
            course = known_course(code)
        except InvalidInput as error:
            st.caption(plain_markdown(f"{error.what} {error.remedy}"))
            return
        st.markdown(plain_markdown(course.title))
        there = listed.get(course.code) is not None
        if st.button("Open it" if there else "Begin", key="welcomes:begin", type="primary"):
            session.go(scene.view.with_(course=course.code, find="", show="").params())
            st.rerun()


def known_course(code: str) -> Course:
    """The course of `code`. Raises InvalidInput for a code that is none, or whose languages nobody
    has."""
    course = parse_course(code)
    unknown = unknown_languages(course)
    if unknown:
        raise InvalidInput(
            f"No language has the letters {' or '.join(unknown)}.",
            "They are those of ISO 639-3: ita, cym, cmn.",
        )
    return course


def blank(layout: str, listed: WelcomeList, course: Course) -> Welcome:
    """What there is before the first save: nothing of its own. Courses of the same pair share
    their recording, so that is there already.
    """
    mates = [
        one for one in listed.welcomes if (one.target, one.known) == (course.target, course.known)
    ]
    mate = mates[0] if mates else None
    return Welcome(
        layout=layout,
        course=course.code,
        target=course.target,
        known=course.known,
        suffix=course.suffix,
        language=course.title,
        text="",
        id=None,
        voice=None,
        generated_date="",
        duration_s=mate.duration_s if mate else 0.0,
        state=mate.state if mate else "missing",
        certain=True,
        recording=mate.recording if mate else None,
        testing=mate.testing if mate else None,
        live=mate.live if mate else None,
        shared_with=tuple(one.course for one in mates),
        other_pairs=(),
        todos=(),
        findings=(),
        base=Base({}, mate.base.recording_etag if mate else ""),
    )
