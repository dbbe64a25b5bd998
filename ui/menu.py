"""The pages, and who is offered which. The library decides again whatever they ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from storage.model.people import Actor
from ui import costs, listening, promoting, settings, welcomes


def _everybody(_actor: Actor) -> bool:
    return True


_PAGES: Sequence[tuple[str, str, str, Callable[[Actor], bool]]] = (
    ("home", "Home", ":material/home:", _everybody),
    ("welcomes", "Welcomes", ":material/mic:", welcomes.open_to),
    ("listen", "Listen", ":material/headphones:", listening.open_to),
    ("promote", "Promote", ":material/rocket_launch:", promoting.open_to),
    ("browse", "Browse", ":material/folder_open:", _everybody),
    ("costs", "Costs", ":material/payments:", costs.open_to),
    ("activity", "Activity", ":material/history:", _everybody),
    ("settings", "Settings", ":material/settings:", settings.open_to),
)


def pages(actor: Actor) -> list[StreamlitPage]:
    """Every page; the menu offers those that hold something for `actor`. The others, by a link from
    somebody else, say themselves whom they are for. Home comes first and is where it opens.
    """
    return [
        st.Page(
            f"../pages/{name}.py",
            title=title,
            icon=icon,
            default=name == "home",
            visibility="visible" if may(actor) else "hidden",
        )
        for name, title, icon, may in _PAGES
    ]
