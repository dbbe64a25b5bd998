"""What is said in other courses: where a phrase that is searched for comes up elsewhere."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from storage.model.courses import PhraseHit
from storage.model.review import Scope
from ui import errors
from ui.listening import Scene, manifest_role
from ui.text import plain_markdown

_SHOWN = 12
_ASKED = 60


def elsewhere(scene: Scene) -> None:
    """Above the table while something is searched for, in a project with courses."""
    words = scene.view.find
    if not words or not manifest_role(scene.layout):
        return
    who, name = scene.actor, scene.layout.name
    said = errors.tried(lambda: scene.services.manifests.search(who, name, words, limit=_ASKED))
    if said is None:
        return
    here = scene.scope.name if scene.scope.kind == "course" else ""
    hits = [hit for hit in said.hits if hit.course != here]
    if not hits:
        return
    where = "Said in other courses too" if here else "Said in courses"
    with st.expander(f"{where}: {len(hits):,}{'+' if said.total > _ASKED else ''}"):
        st.markdown("\n".join(_line(scene, hit) for hit in hits[:_SHOWN]))
        if said.unread:
            st.caption(
                plain_markdown(
                    f"Not searched yet: {', '.join(said.unread)}. Open one to have it read."
                )
            )


def _line(scene: Scene, hit: PhraseHit) -> str:
    view = scene.view.of(Scope("course", hit.course))
    href = replace(view, show="clips", find=hit.phrase).href()
    count = f"{len(hit.ids):,} clip{'' if len(hit.ids) == 1 else 's'}"
    return f"- [{plain_markdown(hit.phrase)}]({href}) · {plain_markdown(hit.course)} · {count}"
