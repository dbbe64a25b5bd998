"""What lies there beside what would take its place, and the ticks that allow it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from storage.model.findings import Finding
from storage.model.objects import ObjectHead
from storage.units import human_bytes
from ui import errors
from ui.browse import Scene
from ui.confirming import count
from ui.text import plain_markdown
from ui.times import local

_HEARD_AT_ONCE = 2  # more players at once are a wall; then each is asked for
_CHOSEN_SINGLY = 30  # rows; more are replaced all together or not at all
_TOLD = 12


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Something on its way to `key`. `sound` gives what a player takes, None where it is no sound:
    bytes, or a URL that the library made.
    """

    name: str
    key: str
    size: int
    existing: ObjectHead | None
    findings: Sequence[Finding]
    sound: Callable[[], bytes | str] | None
    facts: str = ""  # a line of plain text about it


def refused(newcomers: Sequence[Newcomer]) -> None:
    """What speaks against them, in one box for each weight; nothing where nothing does."""
    boxes = {"error": (st.error, "⛔"), "warning": (st.warning, "⚠️"), "info": (st.info, "ℹ️")}
    for severity, (box, icon) in boxes.items():
        lines = [
            _line(one, finding)
            for one in newcomers
            for finding in one.findings
            if finding.severity == severity
        ]
        if len(lines) > _TOLD:
            lines[_TOLD:] = [f"… and {len(lines) - _TOLD:,} more"]
        if lines:
            bullet = "- " if len(lines) > 1 else ""
            box("\n".join(f"{bullet}{line}" for line in lines), icon=icon)


def _line(one: Newcomer, finding: Finding) -> str:
    words = f"{finding.text} {finding.remedy}".strip()
    return f"**{plain_markdown(one.name)}**: {plain_markdown(words)}"


def verdict(findings: Sequence[Finding], existing: ObjectHead | None) -> str:
    """What happens to one of them, in a few words; `refused` says why."""
    if any(finding.severity == "error" for finding in findings):
        return "Refused"
    return "Replaces an older one" if existing else "New"


def choose(scene: Scene, role: str, newcomers: Sequence[Newcomer], key: str) -> frozenset[str]:
    """Shows each pair side by side and returns the keys whose replacement is allowed by a tick."""
    if not newcomers:
        return frozenset()
    everything = False
    if len(newcomers) > 1:
        everything = st.checkbox(
            f"Replace all {count(len(newcomers), 'older object')}", key=f"{key}:all"
        )
    ticked = set()
    for one in newcomers[:_CHOSEN_SINGLY]:
        if _pair(scene, role, one, key, everything=everything, loud=len(newcomers)):
            ticked.add(one.key)
    if len(newcomers) > _CHOSEN_SINGLY:
        st.caption(
            f"The other {len(newcomers) - _CHOSEN_SINGLY:,} are in the table above; "
            "tick “Replace all” to replace them too."
        )
    return frozenset(one.key for one in newcomers) if everything else frozenset(ticked)


def _pair(scene: Scene, role: str, one: Newcomer, key: str, *, everything: bool, loud: int) -> bool:
    own = f"{key}:{one.key!a}"
    name = plain_markdown(one.name)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            if everything:
                st.markdown(f"Replaces **{name}**", width="stretch")
            ticked = everything or st.checkbox(f"Replace **{name}**", key=f"{own}:tick")
            hear = loud <= _HEARD_AT_ONCE or (
                one.sound is not None and st.toggle("Listen", key=f"{own}:hear")
            )
        side_by_side(scene, role, one, hear=hear)
    return ticked


def side_by_side(scene: Scene, role: str, one: Newcomer, *, hear: bool) -> None:
    """The older object left, the new one right: size, date, and players where they are sound."""
    left, right = st.columns(2)
    with left:
        _there(scene, role, one, hear=hear)
    with right:
        st.markdown("**New**")
        st.caption(plain_markdown(" · ".join(filter(None, [human_bytes(one.size), one.facts]))))
        sound = one.sound
        if hear and sound is not None:
            _play(sound)


def _there(scene: Scene, role: str, one: Newcomer, *, hear: bool) -> None:
    old = one.existing
    st.markdown("**There now**")
    if old is None:
        st.caption("Nothing any more.")
        return
    facts = [human_bytes(old.size), local(old.modified), old.content_type or "no content type"]
    st.caption(plain_markdown(" · ".join(facts)))
    if hear and old.content_type.startswith("audio/") and old.size:
        place = (scene.actor, scene.view.project, role, one.key)
        _play(lambda: scene.services.objects.clip_url(*place, etag=old.etag).url)


def _play(sound: Callable[[], bytes | str]) -> None:
    found = errors.tried(sound)
    if found is not None:
        st.audio(found)
