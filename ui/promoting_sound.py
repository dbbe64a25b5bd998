"""Hearing what a release changes: what was live before, and what is or would be afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import streamlit as st

from storage.model.promotion import STATES
from storage.model.releases import Release, Step
from ui import errors
from ui.player.player import player
from ui.promoting import Scene
from ui.text import visible

_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".webm": "audio/webm",
}


@dataclass(frozen=True, slots=True)
class Sound:
    """One stored sound. `version` is "" for what lies there now."""

    title: str
    role: str
    key: str
    etag: str
    version: str = ""


def show(scene: Scene, release: Release, row: dict[str, Any], step: Step | None) -> None:
    """Both, one below the other; nothing for what is no sound."""
    if PurePosixPath(row["key"]).suffix.lower() not in _TYPES:
        return
    sounds = [one for one in sides(scene, release, row, step) if scene.may_read(one.role)]
    for one in sounds:
        _hear(scene, one)


def sides(scene: Scene, release: Release, row: dict[str, Any], step: Step | None) -> list[Sound]:
    """Before and after, those that are there."""
    source, target = scene.rules.source, scene.rules.target
    key, state = row["key"], STATES[row["state"]]
    if step is not None and step.phase == "done":
        before = Sound("Before", target, step.backup or key, step.before_etag, step.before_version)
        after = Sound("After", target, key, step.after_etag, step.after_version)
        gone = state == "removed"
        return [one for one in (before, None if gone else after) if one and one.etag]
    role = target if release.kind == "rollback" else source
    now = Sound("Live now", target, key, row["prod_etag"])
    then = Sound("Afterwards", role, row["source_key"], row["etag"], row["source_version"])
    same = state == "same"
    return [one for one in (now, None if same else then) if one and one.etag and one.key]


def _hear(scene: Scene, one: Sound) -> None:
    place = (scene.layout.name, one.role, one.key)
    link = errors.tried(
        lambda: scene.services.objects.clip_url(
            scene.actor, *place, etag=one.etag, version_id=one.version or None
        )
    )
    if link is None:
        return
    if one.version:  # the player renews what lies there now, and no version
        st.caption(one.title)
        st.audio(link.url)
        return
    asked = dict(zip(("layout", "role", "key"), place, strict=True)) | {"etag": one.etag}
    player(
        url=link.url,
        expires_at=link.expires_at,
        renew=asked,
        name=f"{one.title}: {visible(PurePosixPath(one.key).name)}",
        content_type=_TYPES[PurePosixPath(one.key).suffix.lower()],
        key=f"promoting:player:{one.title}",
    )
