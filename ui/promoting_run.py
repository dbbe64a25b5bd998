"""Running an approved release, and what can be done once it has stopped or is live."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from storage.model.people import Can
from storage.model.releases import RESUMABLE, Release, Verified
from storage.units import human_bytes
from ui import (
    confirming,
    errors,
    promoting,
    promoting_new,
    promoting_running,
    promoting_undo,
    promoting_words,
)
from ui.confirming import count
from ui.promoting import Scene
from ui.text import plain_markdown, visible

_NAMED = 20  # failures, of the hundred that are kept


def ask(scene: Scene, release: Release) -> None:
    """The scope is typed, and the red button writes."""
    if not scene.may_run(release):
        st.info(plain_markdown(scene.why_not("It is run", Can.PROMOTE_RUN)))
        return
    word = release.header.scope.text
    verb = "roll back" if release.kind == "rollback" else "promote"
    st.markdown(
        f"Writes {count(release.todo)}, {human_bytes(release.bytes)}, "
        f"in {promoting.live(scene.target)}. Nothing else there is touched."
    )
    for words in _manifests(scene, release):
        st.caption(plain_markdown(words))
    sure = confirming.typed(word, f"{verb} in {scene.target.title}", "promoting:typed")
    everything = st.checkbox(
        "Verify by reading every object",
        key="promoting:everything",
        help="Otherwise every object is asked for, and a sample is read.",
    )
    note = confirming.note("promoting:run-note")
    label = f"Write {count(release.todo)} in {scene.target.title}"
    if confirming.press(label, "promoting:run", ready=sure, danger=True):
        job = errors.tried(
            lambda: scene.services.promotions.run(
                scene.actor,
                scene.layout.name,
                release.id,
                typed=word,
                note=note,
                everything=everything,
            )
        )
        if job is not None:
            promoting_running.watch(release, job)
            st.rerun()


def _manifests(scene: Scene, release: Release) -> list[str]:
    """What is published once all is verified."""
    rules, origins = scene.rules, [one for one in release.header.origins if one.key]
    if rules.released is None or release.kind != "promotion":
        return []
    where = scene.layout.bucket(rules.released_in).title
    keys = [rules.released.render({"course": one.course}) for one in origins]
    return [f"Then it puts the manifest at {key} in {where}." for key in keys]


def afterwards(scene: Scene, release: Release) -> None:
    """What became of it, and the way on."""
    if release.state in RESUMABLE:
        _stopped(scene, release)
    elif release.state == "copied":
        _copied(scene, release)
    elif release.state == "live":
        _live(scene, release)
    elif release.state == "undone":
        st.markdown("**It is undone**")
        promoting_undo.undone_by(scene, release)
    else:
        st.markdown("**It is void**")
        st.markdown(plain_markdown(release.why or "It can no longer be run."))
        promoting_new.again(scene, release)


def _stopped(scene: Scene, release: Release) -> None:
    paused = release.state == "paused"
    st.markdown("**It is paused**" if paused else "**It stopped before it was done**")
    st.markdown(f"{release.done:,} of {count(release.todo)} are written, and stay.")
    if release.why:
        st.markdown(plain_markdown(release.why))
    failures(release)
    if scene.may_run(release):
        words = "Go on" if paused else "Try what is left again"
        if st.button(words, key="promoting:resume", type="primary", width="stretch"):
            _resume(scene, release)
        if paused and st.button("Stop it here", key="promoting:stop", width="stretch"):
            promoting_running.cancel(scene, release)
    promoting_undo.button(scene, release)


def _resume(scene: Scene, release: Release) -> None:
    place = (scene.actor, scene.layout.name, release.id)
    job = errors.tried(lambda: scene.services.promotions.resume(*place))
    if job is not None:
        promoting_running.watch(release, job)
        st.rerun()


def failures(release: Release) -> None:
    """What was not done, and why."""
    if not release.failures:
        return
    lines = [f"{visible(key)}\n    {visible(what)}" for key, what in release.failures[:_NAMED]]
    if release.failed > len(lines):
        lines.append(f"… and {release.failed - len(lines):,} more: see Rows as CSV")
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _copied(scene: Scene, release: Release) -> None:
    st.markdown("**It is copied, and not verified**")
    st.markdown("Everything is written. It counts as live when it is as it should be.")
    _verified(release.verified)
    _verify(scene, release, first=True)
    promoting_undo.button(scene, release)


def _live(scene: Scene, release: Release) -> None:
    done = "It is rolled back" if release.kind == "rollback" else "It is live"
    st.markdown(f"**:green[:material/check_circle:] {done}**")
    if release.finished_at:
        st.caption(plain_markdown(f"Since {promoting_words.when(release.finished_at)}."))
    _verified(release.verified)
    for one in release.published:
        st.caption(plain_markdown(f"Manifest published: {one.key}"))
    _verify(scene, release, first=False)
    promoting_undo.button(scene, release)


def _verified(found: Verified | None) -> None:
    """What was verified, and what was found."""
    if found is None:
        return
    st.markdown(
        plain_markdown(
            f"Verified {promoting_words.when(found.at)}: {count(found.objects)} asked for by "
            f"checksum, size, type and metadata; of {found.read:,} the content was read."
        )
    )
    if not found.wrong:
        return
    noun = "object is not as it" if found.wrong == 1 else "objects are not as they"
    st.error(f"{found.wrong:,} {noun} should be.", icon="⚠️")
    lines = [f"{visible(key)}\n    {visible(text)}" for key, text in found.findings[:_NAMED]]
    if found.wrong > len(lines):
        lines.append(f"… and {found.wrong - len(lines):,} more")
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _verify(scene: Scene, release: Release, *, first: bool) -> None:
    if not scene.may_run(release):
        return
    whole = st.checkbox("Read every object", key="promoting:verify-all")
    label = "Verify" if first else "Verify again"
    look: Literal["primary", "secondary"] = "primary" if first else "secondary"
    if not st.button(label, key="promoting:verify", type=look, width="stretch"):
        return
    place = (scene.actor, scene.layout.name, release.id)
    job = errors.tried(lambda: scene.services.promotions.verify(*place, everything=whole))
    if job is not None:
        promoting_running.watch(release, job)
        st.rerun()
