"""The Listen page's player: clips one after another, and a verdict on one key.

Its scripts are served by `server/scripts.py`: they are many, and one of them is a library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from storage.model.audio import AudioLimits

_HERE = Path(__file__).parent
_LOAD = """
export default async (mounting) => {
  const address = new URL("/api/ui/listen/mount.js", document.baseURI);
  const { mount } = await import(address.href);
  return mount(mounting);
};
"""

_component = st.components.v2.component(
    "soundstage.listen",
    html=(_HERE / "listen.html").read_text("utf-8"),
    css=(_HERE / "listen.css").read_text("utf-8"),
    js=_LOAD,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What is listened to, by whom. While it is equal, a rerun interrupts nothing."""

    query: Mapping[str, object]  # of /api/ui/next: layout, role, scope, order
    person: str  # whose verdicts the browser keeps until they are confirmed
    reasons: Sequence[Mapping[str, str]]  # code and title
    limits: AudioLimits
    may_measure: bool
    turn: int = 0  # another one: what comes after the clip that is heard is asked for anew
    first: str = ""  # the key to begin with, instead of what the order says
    empty: tuple[str, str]  # what to say when all is heard: a title, and what to do


def listen(listening: Listening, *, measure: Callable[[], None], key: str) -> None:
    """The player; `measure` is called when the person wants the clips measured. Verdicts go to the
    console by HTTP, so the page need not run again for them."""
    data = asdict(listening)
    data["limits"] = asdict(listening.limits)
    _component(key=key, data=data, on_measure_change=measure)
