"""What the dialogs that change something share: where, why, "type it to go on", the red button."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from ui.browse import Scene
from ui.text import plain_markdown, visible

NOTE_MAX = 500  # characters: a sentence or two in the log
_NAMES_SHOWN = 8


def count(number: int, noun: str = "object") -> str:
    """`1 object`, `1,200 objects`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def where(scene: Scene, role: str = "") -> str:
    """The bucket by its title, marked when it is live, as markdown."""
    bucket = scene.layout.bucket(role or scene.view.bucket)
    live = " :red-badge[Live]" if bucket.live else ""
    return f"**{plain_markdown(bucket.title)}**{live}"


def place(scene: Scene, key: str) -> str:
    """The bucket and a folder or key in it, as markdown."""
    return f"{where(scene)} · {plain_markdown(key)}" if key else where(scene)


def names(keys: Sequence[str], prefix: str) -> None:
    """The first of `keys` as text, without the folder they are all in."""
    lines = [visible(key.removeprefix(prefix) or key) for key in keys[:_NAMES_SHOWN]]
    if len(keys) > _NAMES_SHOWN:
        lines.append(f"… and {len(keys) - _NAMES_SHOWN:,} more")
    st.code("\n".join(lines), language=None, wrap_lines=True)


def note(key: str) -> str:
    """A field for the reason, which goes to the activity log."""
    given = st.text_input(
        "Why", key=key, max_chars=NOTE_MAX, placeholder="For the activity log (optional)"
    )
    return (given or "").strip()


def typed(word: str, what: str, key: str) -> bool:
    """A field to type `word` into, exactly or as it is shown; whether it was. `what` is text."""
    given = st.text_input(
        f"To {plain_markdown(what)}, type **{plain_markdown(word)}**",
        key=key,
        autocomplete="off",
        live=True,
    )
    return given in (word, visible(word))  # what cannot be seen can hardly be typed


def typed_if_live(scene: Scene, roles: Iterable[str], what: str, key: str) -> bool:
    """Asks to type the role of each live bucket among `roles`; True where none is live."""
    sure = True
    for role in dict.fromkeys(roles):
        bucket = scene.layout.bucket(role)
        if bucket.live and not typed(role, f"{what} {bucket.title}", f"{key}:{role}"):
            sure = False  # and the next one is asked for all the same
    return sure


def press(label: str, key: str, *, ready: bool = True, danger: bool = False) -> bool:
    """The dialog's one button, red where something goes; grey until all it asks for is there."""
    return st.button(
        plain_markdown(label),
        key=f"danger:{key}" if danger else key,
        type="primary",
        disabled=not ready,
        width="stretch",
    )
