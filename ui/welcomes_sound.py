"""Hearing what is stored of a welcome."""

from __future__ import annotations

import streamlit as st

from storage.model.welcomes import StoredSound, Welcome
from ui import errors
from ui.player.player import player
from ui.times import local
from ui.welcomes import Scene

WAV, MP3 = "audio/wav", "audio/mpeg"


def there(scene: Scene, one: Welcome) -> None:
    """The recording, what is in testing, and what is live where that is another one."""
    sounds = [("Recorded", one.recording, WAV), ("In testing", one.testing, MP3)]
    if one.live and (one.testing is None or one.live.etag != one.testing.etag):
        sounds.append(("Live", one.live, MP3))
    if not any(sound for _, sound, _ in sounds):
        st.caption("There is no recording yet.")
    for title, sound, content_type in sounds:
        if sound is not None:
            hear(scene, title, sound, content_type)


def hear(scene: Scene, title: str, sound: StoredSound, content_type: str) -> None:
    """A player of one stored sound; `title` is plain text that no other player of the page has."""
    place = (scene.layout.name, sound.role, sound.key)
    link = errors.tried(
        lambda: scene.services.objects.clip_url(scene.actor, *place, etag=sound.etag)
    )
    if link is None:
        return
    asked = dict(zip(("layout", "role", "key"), place, strict=True)) | {"etag": sound.etag}
    player(
        url=link.url,
        expires_at=link.expires_at,
        renew=asked,
        name=f"{title}, {local(sound.modified)}",
        content_type=content_type,
        key=f"welcomes:player:{title}",
    )
