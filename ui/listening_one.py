"""One clip of the table: its sound, and what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from storage.measurements.judging import findings_of
from storage.model.audio import AudioFacts, AudioFinding, Sound
from storage.model.content import Content
from storage.model.listening import ReviewRow
from storage.model.measuring import ClipFacts
from storage.units import human_bytes
from ui import errors, gate, listening
from ui.facts.facts import Fact, Section, facts
from ui.listening import Scene
from ui.listening_view import STATES
from ui.listening_words import VOICES
from ui.player.player import player
from ui.recent import recent
from ui.text import plain_markdown, visible
from ui.view import View


def show(scene: Scene) -> None:
    """The panel beside the table."""
    key, services = scene.view.at, scene.services
    actor, layout, role = scene.place
    place = (actor, layout, role, key)
    row = _row(scene)
    name = row.phrase if row and row.phrase else key[key.rfind("/") + 1 :]
    with st.container(horizontal=True, wrap=False):
        st.markdown(f"**{plain_markdown(name)}**", width="stretch")
        st.button(
            "Close",
            key="listening:close",
            type="tertiary",
            on_click=partial(listening.go, scene.view.with_(at="")),
        )
    if row:
        voice = VOICES.get(row.role, visible(row.role))
        words = [voice, visible(row.cadence), STATES[row.state], *map(visible, row.heard_by)]
        st.caption(plain_markdown(" · ".join(filter(None, words))))
    with errors.shown():
        head = recent("detail", place, lambda: services.objects.detail(*place)).head
        link = services.objects.clip_url(*place, etag=head.etag)
    player(
        url=link.url,
        expires_at=link.expires_at,
        renew={"layout": layout, "role": role, "key": key, "etag": head.etag},
        name=visible(key),
        content_type=head.content_type,
        key="listening:one:player",
    )
    content = Content(head.etag, head.size)
    known = services.measurements.facts(actor, layout, role, [content])
    _measured(scene, known.get((head.etag, head.size)), row.findings if row else ())
    _links(scene)


def _row(scene: Scene) -> ReviewRow | None:
    """What the queue knows of it; None for a clip that is not in it."""
    page = scene.services.review.rows(*scene.place, scene.scope, text=scene.view.at)
    return next((row for row in page.rows if row.key == scene.view.at), None)


def _measured(scene: Scene, found: ClipFacts | None, more: Sequence[AudioFinding]) -> None:
    if found is None:
        st.caption("This clip is not measured yet: “Measure these clips” is under More.")
        return
    findings = [*findings_of(found, scene.layout.audio, scene.view.at), *more]
    colors = {"error": "red", "warning": "orange", "info": "gray"}
    words = [f"- :{colors[one.severity]}[{plain_markdown(one.text)}]" for one in findings]
    st.markdown("\n".join(words))
    if found.facts is not None and found.sound is not None:
        rows = [*_sound(found.sound), *_format(found.facts)]
        facts([Section("", rows)], key="listening:one:facts")


def _sound(sound: Sound) -> list[Fact]:
    about = "about " if sound.loudness.estimated else ""
    return [
        Fact("Length", f"{sound.duration_s:,.3f} s"),
        Fact("Loudness", about + _number(sound.loudness.integrated_lufs, "LUFS")),
        Fact("Peak", _number(sound.loudness.true_peak_dbtp, "dBTP")),
        Fact("Silence before", f"{sound.lead_silence_s:.2f} s"),
        Fact("Silence after", f"{sound.trail_silence_s:.2f} s"),
        Fact("Longest pause", f"{sound.inner_silence_s:.2f} s"),
    ]


def _format(facts: AudioFacts) -> list[Fact]:
    channels = {1: "mono", 2: "stereo"}.get(facts.channels, f"{facts.channels} channels")
    bitrate = f"{facts.bitrate_bps / 1000:,.0f} kbit/s {facts.bitrate_mode}".strip()
    return [
        Fact("Format", visible(f"{facts.container}, {facts.codec}")),
        Fact("Rate", f"{facts.sample_rate_hz:,} Hz, {channels}, {bitrate}"),
        Fact("Size", human_bytes(facts.size_bytes)),
    ]


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.1f} {unit}"


def _links(scene: Scene) -> None:
    key = scene.view.at
    view = View(scene.layout.name, scene.view.bucket, prefix=key[: key.rfind("/") + 1], at=key)
    role = gate.viewed_role()
    seen_as = f"&as={role.value}" if role else ""
    judge = scene.view.with_(show="").href()
    links = [f"[Judge it in the player]({judge}{seen_as})"]
    links += [f"[Show it in Browse](browse{view.href()}{seen_as})"]
    st.markdown(" · ".join(links))
