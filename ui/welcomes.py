"""The parts of the Welcomes page that all of it shares, and the list: one row a course."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from storage import bootstrap
from storage.access import allowed
from storage.bootstrap import Services
from storage.layout.profile import Layout
from storage.model.people import WRITING_CANS, Actor, Can
from storage.model.welcomes import Welcome, WelcomeList
from ui import session, welcomes_draft
from ui.recent import forget, recent
from ui.text import plain_markdown, visible
from ui.welcomes_table.welcomes_table import Step, TableData, TableRow, welcomes_table
from ui.welcomes_view import FILTERS, PARTS, WelcomesView, arranged, found, read_view

_REGISTRY = "welcome-registry"  # the kind that a project with welcomes has
_COLUMNS = (
    ("Course", "course"),
    ("Text", "text"),
    ("Voice", "voice"),
    ("Length", "length"),
    ("Where it is", "state"),
    ("What to do", ""),
    ("Changed", "changed"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks at what, with what: everything the parts of the page need."""

    services: Services
    actor: Actor
    layout: Layout
    view: WelcomesView
    read_only: bool = False  # the console as a whole: nobody may write now

    def may(self, can: Can, role: str) -> bool:
        """Whether to offer it; the library decides again when it is asked for."""
        if self.read_only and can in WRITING_CANS:
            return False
        return allowed(self.actor, can, self.layout, role)

    @property
    def may_edit(self) -> bool:
        """Whether to offer changing texts and recordings."""
        return self.may(Can.OBJECT_WRITE, home(self.layout))


def home(layout: Layout) -> str:
    """The role of the bucket in which a project keeps its welcomes, "" where it has none."""
    for kind in layout.kinds:
        if kind.kind == _REGISTRY:
            return kind.roles[0]
    return ""


def with_welcomes(actor: Actor, layouts: Mapping[str, Layout]) -> dict[str, Layout]:
    """The projects that have welcomes which this person may read."""
    return {
        name: layout
        for name, layout in layouts.items()
        if home(layout) and allowed(actor, Can.OBJECT_READ, layout, home(layout))
    }


def open_to(actor: Actor) -> bool:
    """Whether the menu offers the page. While the console starts nobody knows, and it waits."""
    if bootstrap.status().state != "ready":
        return True
    return bool(with_welcomes(actor, bootstrap.services().layouts))


def current(services: Services, actor: Actor) -> Scene:
    """The title row and what it is about; ends the page for whom there is nothing."""
    layouts = with_welcomes(actor, services.layouts)
    if not layouts:
        session.title("Welcomes")
        st.info("No project with welcomes is open to this role.")
        st.stop()
    layout = session.header("Welcomes", layouts)
    view = replace(read_view(st.query_params.to_dict()), project=layout.name)
    return Scene(services, actor, layout, view, services.switches.read_only() is not None)


def load(scene: Scene) -> WelcomeList:
    """All welcomes of the project, as they were a moment ago."""
    who, name = scene.actor, scene.layout.name
    return recent("welcomes", (who, name), lambda: scene.services.welcomes.list(who, name))


def parts(scene: Scene) -> None:
    """The welcomes or the encouragements: each is an address of its own."""
    state = st.session_state
    state["welcomes:part"] = scene.view.part

    def go() -> None:
        session.go(WelcomesView(scene.layout.name, part=state["welcomes:part"]).params())

    st.segmented_control(
        "What",
        list(PARTS),
        key="welcomes:part",
        format_func=PARTS.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=go,
    )


# -- the list -------------------------------------------------------------------------------------


def controls(scene: Scene, listed: WelcomeList) -> DeltaGenerator:
    """Search, filter, reload; each change is a new address. Returns the place for what can be
    begun here.
    """
    view, state = scene.view, st.session_state
    among = found(listed.welcomes, view.find)
    state["welcomes:find"], state["welcomes:show"] = view.find, view.show

    def go(**changes: str) -> None:
        session.go(view.with_(**changes).params())

    # side by side where there is room, one below the other in a narrow window
    with st.container(horizontal=True, vertical_alignment="center", key="welcomes:controls"):
        st.text_input(
            "Search",
            key="welcomes:find",
            placeholder="Search in texts, languages and voices",
            label_visibility="collapsed",
            width=340,
            on_change=lambda: go(find=state["welcomes:find"].strip()),
        )
        st.segmented_control(
            "Show",
            list(FILTERS),
            key="welcomes:show",
            format_func=lambda name: f"{FILTERS[name][0]} {sum(map(FILTERS[name][1], among)):,}",
            label_visibility="collapsed",
            # a second press on the chosen one leaves nothing chosen: then all are shown
            on_change=lambda: go(show=state["welcomes:show"] or ""),
        )
        st.space("stretch")
        begin = st.container(width="content")
        st.button("Reload", key="welcomes:reload", on_click=forget)
    return begin


def table(scene: Scene, listed: WelcomeList) -> None:
    """The welcomes of the view, what needs attention first unless another order was chosen."""
    view = scene.view
    shown = arranged(listed.welcomes, view)
    unsaved = welcomes_draft.unsaved(scene.layout.name)
    data = TableData(
        rows=[_row(view, one, unsaved) for one in shown],
        columns=[
            (label, view.sorted_by(sort).href(), _sorted(view, sort)) for label, sort in _COLUMNS
        ],
        count=_count(len(shown), len(listed.welcomes)),
        empty=_empty(listed),
    )
    welcomes_table(data, key="welcomes:table")


def steps(one: Welcome) -> list[Step]:
    """Recorded, in testing, live: which of them this recording is."""
    tested, live = one.state in ("testing", "live"), one.state == "live"
    return [
        ("Recorded", "yes" if one.recording else "no"),
        ("In testing", "yes" if tested else "other" if one.testing else "no"),
        ("Live", "yes" if live else "other" if one.live else "no"),
    ]


def length(seconds: float) -> str:
    """`0:04`, "" where it was not measured."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}" if seconds > 0 else ""


def problems(listed: WelcomeList) -> None:
    """What is wrong with the list as a whole; a course's own is told with the course."""
    for finding in listed.findings:
        if not finding.course:
            words = f"{finding.text} {finding.remedy}".strip()
            box = st.error if finding.severity == "error" else st.warning
            box(plain_markdown(words), icon="⚠️")


def _row(view: WelcomesView, one: Welcome, unsaved: Collection[str]) -> TableRow:
    mine = [("You have not saved your changes", "warning")] if one.course in unsaved else []
    return TableRow(
        href=view.with_(course=one.course).href(),
        name=visible(one.language),
        code=visible(one.course),
        text=visible(one.text),
        voice=visible(one.voice or ""),
        length=length(one.duration_s),
        steps=steps(one),
        todo=[*mine, *((visible(todo.text), todo.severity) for todo in one.todos)],
        changed=one.changed_at.isoformat() if one.changed_at else "",
        who=visible(one.changed_by),
    )


def _sorted(view: WelcomesView, sort: str) -> str:
    if view.sort != sort or (not sort and not view.desc):
        return ""
    return "descending" if view.desc else "ascending"


def _count(shown: int, there: int) -> str:
    noun = "welcome" if there == 1 else "welcomes"
    return f"{there:,} {noun}" if shown == there else f"{shown:,} of {there:,} {noun}"


def _empty(listed: WelcomeList) -> tuple[str, str]:
    if listed.welcomes:
        return "No welcome fits.", "Search for something else, or show all of them."
    return "There are no welcomes yet.", "Add the first one with “New welcome”."
