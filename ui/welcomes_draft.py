"""What an editor has typed and recorded for a welcome and not saved yet; kept for this tab."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import uuid4

import streamlit as st

from storage.model.welcome_plans import SaveConflict, SavePlan
from storage.model.welcomes import Base, Welcome
from ui.welcomes_takes import Take

_DRAFTS = "welcomes:drafts"

Place = tuple[str, str]
"""Project and course."""


@dataclass(slots=True)
class Draft:
    """The changes of one course, upon what was seen when they were begun.

    `name` is part of the widgets' keys: a draft that is thrown away takes their content with it.
    `take` is the new recording as it was given, `mended` what was made of it since, newest last.
    """

    name: str
    base: Base
    text_before: str
    voice_before: str
    before_s: float  # length of the recording there is, 0 for none
    text: str
    voice: str
    also: frozenset[str] = frozenset()  # courses of the pair that take text and voice, too
    take: Take | None = None
    mended: tuple[Take, ...] = ()
    takes: int = 0  # how many there were; part of the key of what takes them, which is empty then
    planned: tuple[object, SavePlan] | None = None  # what was asked, and what a save would do
    conflict: SaveConflict | None = None  # somebody else was faster: a choice is waited for

    def key(self, widget: str) -> str:
        """The key of one of its widgets."""
        return f"welcomes:{widget}:{self.name}"

    def given(self, take: Take) -> None:
        """A new recording, in the place of one that was given before."""
        self.take, self.mended, self.takes = take, (), self.takes + 1

    def without_take(self) -> None:
        """No new recording any more."""
        self.take, self.mended = None, ()

    @property
    def best(self) -> Take | None:
        """The recording that would be saved."""
        return self.mended[-1] if self.mended else self.take

    @property
    def new_text(self) -> str | None:
        """The text, None where it is as it was."""
        return None if self.text == self.text_before else self.text

    @property
    def new_voice(self) -> str | None:
        """The voice, None where it is as it was."""
        return None if self.voice == self.voice_before else self.voice

    @property
    def reworded(self) -> bool:
        """Whether text or voice is another one."""
        return self.new_text is not None or self.new_voice is not None

    @property
    def dirty(self) -> bool:
        """Whether there is anything to save."""
        return self.reworded or self.take is not None


def of(welcome: Welcome) -> Draft:
    """The draft of this course. One without changes follows what is stored meanwhile."""
    place = (welcome.layout, welcome.course)
    kept = _drafts().get(place)
    if kept is None or not (kept.dirty or kept.base == welcome.base):
        kept = _drafts()[place] = _begin(welcome)
    return kept


def end(layout: str, course: str) -> None:
    """Throws the course's draft away."""
    _drafts().pop((layout, course), None)


def settle(welcome: Welcome, theirs: Collection[str]) -> None:
    """Puts the draft upon what somebody else stored: `theirs` ("text", "voice", "recording") is as
    they have it, all else stays as it was typed and recorded here.
    """
    place = (welcome.layout, welcome.course)
    mine, settled = _drafts()[place], _begin(welcome)
    if mine.new_text is not None and "text" not in theirs:
        settled.text = mine.text
    if mine.new_voice is not None and "voice" not in theirs:
        settled.voice = mine.voice
    if "recording" not in theirs:
        settled.take, settled.mended = mine.take, mine.mended
    settled.also = mine.also
    _drafts()[place] = settled


def unsaved(layout: str) -> set[str]:
    """The courses of a project that have changes not saved yet."""
    return {place[1] for place, draft in _drafts().items() if place[0] == layout and draft.dirty}


def _begin(welcome: Welcome) -> Draft:
    text, voice = welcome.text, welcome.voice or ""
    return Draft(
        name=uuid4().hex[:8],
        base=welcome.base,
        text_before=text,
        voice_before=voice,
        before_s=welcome.duration_s if welcome.recording else 0.0,
        text=text,
        voice=voice,
    )


def _drafts() -> dict[Place, Draft]:
    found: dict[Place, Draft] = st.session_state.setdefault(_DRAFTS, {})
    return found
