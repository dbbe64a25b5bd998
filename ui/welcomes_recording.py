"""A new recording: dropped or spoken here, at once drawn, heard, judged and mended."""

from __future__ import annotations

import streamlit as st

from ui import errors, welcomes_takes
from ui.facts.facts import facts
from ui.text import plain_markdown, visible
from ui.welcomes_draft import Draft
from ui.welcomes_takes import Mend, Take, mended, possible
from ui.welcomes_verdicts import clock, details, verdicts
from ui.welcomes_wave.welcomes_wave import wave

FILES = ["wav", "mp3", "m4a", "flac", "ogg"]
LIMIT_MIB = 100
_DROP, _SPEAK = "Drop a file", "Record here"
_RATE_HZ = 48_000  # what a browser's microphone gives without resampling


def new(draft: Draft) -> None:
    """A place to drop a file or to speak, until there is a recording; then that one."""
    if draft.take is None or draft.best is None:
        _ask(draft)
        return
    take, best = draft.take, draft.best
    st.markdown(f"**New recording** · {plain_markdown(take.name)}")
    if best is take:
        _heard(draft, take, "only")
    else:
        before, after = st.columns(2)
        with before:
            _heard(draft, take, "before")
        with after:
            _heard(draft, best, "after")
    facts([verdicts(best.measured, draft.before_s)], key=draft.key("verdicts"))
    _mends(draft, best)
    with st.expander("Technical details", key=draft.key("details")):
        facts([details(best.measured)], key=draft.key("figures"))


def _ask(draft: Draft) -> None:
    st.markdown("**New recording**")
    way = st.segmented_control(
        "A new recording",
        [_DROP, _SPEAK],
        default=_DROP,
        required=True,
        key=draft.key("way"),
        label_visibility="collapsed",
    )
    key = draft.key(f"{'file' if way == _DROP else 'spoken'}:{draft.takes}")
    given = (
        st.file_uploader(
            "A sound file",
            type=FILES,
            key=key,
            max_upload_size=LIMIT_MIB,
            label_visibility="collapsed",
        )
        if way == _DROP
        else st.audio_input(
            "Speak the text", sample_rate=_RATE_HZ, key=key, label_visibility="collapsed"
        )
    )
    if given is None:
        return
    name = given.name if way == _DROP else "Recorded here.wav"
    with st.spinner("Listening to it"):
        take = errors.tried(lambda: welcomes_takes.given(name, given.getvalue()))
    if take is not None:
        draft.given(take)
        st.rerun()


def _mends(draft: Draft, best: Take) -> None:
    with st.container(horizontal=True, key=draft.key("mends")):
        for name, mend in possible(best).items():
            if st.button(mend.press, key=draft.key(f"mend:{name}"), icon=":material/build:"):
                _mend(draft, best, mend)
        if draft.mended and st.button(
            "Take that back", key=draft.key("unmend"), icon=":material/undo:"
        ):
            draft.mended = draft.mended[:-1]
            st.rerun()
        if st.button("Use another recording", key=draft.key("another"), type="tertiary"):
            draft.without_take()
            st.rerun()


def _mend(draft: Draft, best: Take, mend: Mend) -> None:
    with st.spinner("Mending it"):
        better = errors.tried(lambda: mended(best, mend))
    if better is not None:
        draft.mended = (*draft.mended, better)
        st.rerun()


def _heard(draft: Draft, one: Take, place: str) -> None:
    measured = one.measured
    label = f"{one.title}, {clock(measured.duration_s)}"
    st.caption(plain_markdown(label))
    wave(
        one.peaks,
        duration_s=measured.duration_s,
        lead_s=measured.lead_silence_s,
        trail_s=measured.trail_silence_s,
        label=visible(label),
        key=draft.key(f"wave:{place}"),
    )
    st.audio(one.data)
