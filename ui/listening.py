"""The parts of the Listen page that all of it shares: who listens to what, and choosing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from storage import bootstrap
from storage.access import allowed
from storage.bootstrap import Services
from storage.errors import StorageError
from storage.layout.profile import Layout
from storage.model.courses import CourseEntry
from storage.model.measuring import MeasureScope
from storage.model.people import WRITING_CANS, Actor, Can
from storage.model.review import ORDERS, Scope, Selection
from storage.model.review_progress import ListingAge
from ui import errors, session
from ui.listening_view import TABS, ListeningView, read_view, where_stopped
from ui.recent import recent
from ui.text import plain_markdown, visible

MANIFEST = "manifest"  # the kind that a project with courses has


@dataclass(frozen=True, slots=True)
class Scene:
    """Who listens to what, with what: everything the parts of the page need."""

    services: Services
    actor: Actor
    layout: Layout
    view: ListeningView
    courses: tuple[CourseEntry, ...] = ()
    selections: tuple[Selection, ...] = ()
    read_only: bool = False  # the console as a whole: nobody may write now

    @property
    def place(self) -> tuple[Actor, str, str]:
        """As the services take it."""
        return self.actor, self.layout.name, self.view.bucket

    @property
    def scope(self) -> Scope:
        """What is listened to; where nothing was chosen, all of the bucket."""
        return self.view.scope or Scope("prefix", "")

    def may(self, can: Can) -> bool:
        """Whether to offer it; the library decides again when it is asked for."""
        if self.read_only and can in WRITING_CANS:
            return False
        return allowed(self.actor, can, self.layout, self.view.bucket)

    def may_put(self) -> bool:
        """Whether to offer keeping a course's manifest."""
        role = manifest_role(self.layout)
        return bool(role) and allowed(self.actor, Can.COURSE_PUT, self.layout, role)


def manifest_role(layout: Layout) -> str:
    """The role of the bucket in which a project keeps its manifests, "" where it has no courses."""
    return next((kind.roles[0] for kind in layout.kinds if kind.kind == MANIFEST), "")


def heard_in(actor: Actor, layout: Layout) -> list[str]:
    """The roles of the buckets in which this person may give verdicts."""
    return [
        bucket.role
        for bucket in layout.buckets
        if allowed(actor, Can.REVIEW_VERDICT, layout, bucket.role)
    ]


def with_listening(actor: Actor, layouts: Mapping[str, Layout]) -> dict[str, Layout]:
    """The projects in which this person may give verdicts."""
    return {name: layout for name, layout in layouts.items() if heard_in(actor, layout)}


def open_to(actor: Actor) -> bool:
    """Whether the menu offers the page. While the console starts nobody knows, and it waits."""
    if bootstrap.status().state != "ready":
        return True
    return bool(with_listening(actor, bootstrap.services().layouts))


def current(services: Services, actor: Actor) -> Scene:
    """The title row and what it is about; ends the page for whom there is nothing.

    Where the address says nothing, it is where this person stopped.
    """
    layouts = with_listening(actor, services.layouts)
    if not layouts:
        session.title("Listen")
        st.info("No project with clips to judge is open to this role.")
        st.stop()
    layout = session.header("Listen", layouts)
    view = replace(read_view(st.query_params.to_dict()), project=layout.name)
    roles = heard_in(actor, layout)
    if view.bucket not in roles:
        view = replace(view, bucket=roles[0])
    with errors.shown():
        if view.scope is None:
            view = _where_stopped(services, actor, view)
        scene = Scene(
            services, actor, layout, view, read_only=services.switches.read_only() is not None
        )
        return replace(scene, courses=_courses(scene), selections=_selections(scene))


def _where_stopped(services: Services, actor: Actor, view: ListeningView) -> ListeningView:
    position = services.review.position(actor, view.project)
    if position is None or position.role not in heard_in(actor, services.layouts[view.project]):
        return view
    stopped = replace(where_stopped(position), show=view.show)
    session.go(stopped.params())
    return stopped


def _courses(scene: Scene) -> tuple[CourseEntry, ...]:
    role = manifest_role(scene.layout)
    if not role or not allowed(scene.actor, Can.OBJECT_READ, scene.layout, role):
        return ()
    who, name = scene.actor, scene.layout.name
    try:
        return recent("courses", (who, name), lambda: scene.services.manifests.courses(who, name))
    except StorageError as error:
        errors.box(error)  # a folder can be listened to all the same
        return ()


def _selections(scene: Scene) -> tuple[Selection, ...]:
    return tuple(scene.services.review.selections(*scene.place))


def measured_scope(scene: Scene) -> MeasureScope:
    """What the scene listens to, as measuring takes it."""
    scope = scene.scope
    if scope.kind == "course":
        return MeasureScope("course", course=scope.name)
    if scope.kind == "prefix":
        return MeasureScope("prefix", prefix=scope.name)
    keys = next((one.keys for one in scene.selections if one.id == scope.name), ())
    return MeasureScope("keys", keys=keys)


# -- choosing -------------------------------------------------------------------------------------


def go(view: ListeningView) -> None:
    """Makes the view the address."""
    session.go(view.params())


def controls(scene: Scene) -> DeltaGenerator:
    """What to hear, in which order, and what to show of it; each change is a new address. Returns
    the place for what else can be done.
    """
    view, state = scene.view, st.session_state
    state["listening:order"], state["listening:show"] = view.order, view.show
    with st.container(horizontal=True, vertical_alignment="center", key="listening:controls"):
        _choose_scope(scene)
        _choose_bucket(scene)
        st.selectbox(
            "Order",
            list(ORDERS),
            key="listening:order",
            format_func=lambda order: ORDERS[order],
            label_visibility="collapsed",
            width=240,
            on_change=lambda: go(view.with_(order=state["listening:order"])),
        )
        st.space("stretch")
        st.segmented_control(
            "Show",
            list(TABS),
            key="listening:show",
            format_func=lambda name: TABS[name],
            label_visibility="collapsed",
            # a second press on the chosen one leaves nothing chosen: then it is the first
            on_change=lambda: go(view.with_(show=state["listening:show"] or "", at="")),
        )
        return st.container(horizontal=True, width="content")


def _choose_scope(scene: Scene) -> None:
    view, key = scene.view, "listening:scope"
    scopes = _known_scopes(scene)
    names = [_option(scope) for scope in scopes]
    titles = dict(zip(names, (title(scene, scope) for scope in scopes), strict=True))
    st.session_state[key] = _option(view.scope) if view.scope else None

    def chosen() -> None:
        wanted = st.session_state[key]
        if wanted is None:
            return
        if wanted in titles:
            go(view.of(scopes[names.index(wanted)]))
        else:
            go(view.of(Scope("prefix", wanted.strip().lstrip("/"))))

    st.selectbox(
        "What to hear",
        names,
        key=key,
        format_func=lambda name: titles.get(name, name),
        placeholder="Choose a course, or type a folder",
        accept_new_options=True,
        label_visibility="collapsed",
        width=380,
        on_change=chosen,
    )


def _option(scope: Scope) -> str:
    return f"{scope.kind} {scope.name}"


def _known_scopes(scene: Scene) -> list[Scope]:
    """Courses, selections, the folders that the layout names, and the one of the address."""
    scopes = [Scope("course", entry.course) for entry in scene.courses]
    scopes += [Scope("selection", one.id) for one in scene.selections]
    scopes += [Scope("prefix", prefix) for prefix in _folders(scene)]
    if scene.view.scope and scene.view.scope not in scopes:
        scopes.append(scene.view.scope)
    return scopes


def _folders(scene: Scene) -> list[str]:
    found = {
        kind.template.prefix[: kind.template.prefix.rfind("/") + 1]
        for kind in scene.layout.kinds
        if scene.view.bucket in kind.roles
        and any(one.startswith("audio/") for one in kind.content_types)
    }
    return sorted(found)


def title(scene: Scene, scope: Scope) -> str:
    """A course, a folder or a selection in words; plain text."""
    if scope.kind == "course":
        known = {entry.course: entry.title for entry in scene.courses}
        name = known.get(scope.name, "")
        return visible(f"{name} ({scope.name})" if name else scope.name)
    if scope.kind == "selection":
        saved = {one.id: one for one in scene.selections}.get(scope.name)
        return visible(
            f"{saved.name}: {len(saved.keys):,} clips" if saved else "Selection, removed"
        )
    if not scope.name:
        return f"Everything in {scene.layout.bucket(scene.view.bucket).title}"
    return visible(f"Folder {scope.name}")


def _choose_bucket(scene: Scene) -> None:
    roles: Sequence[str] = heard_in(scene.actor, scene.layout)
    if len(roles) < 2:
        return
    st.session_state["listening:bucket"] = scene.view.bucket
    st.selectbox(
        "Bucket",
        roles,
        key="listening:bucket",
        format_func=lambda role: scene.layout.bucket(role).title,
        label_visibility="collapsed",
        width=180,
        on_change=lambda: go(replace(scene.view, bucket=st.session_state["listening:bucket"])),
    )


def being_listed(listing: ListingAge) -> None:
    """Instead of what needs the bucket's listing; the page runs again by itself."""
    st.info(f"The bucket is being listed: {listing.listed:,} clips so far.")
    errors.keep_trying()


def nothing_chosen(scene: Scene) -> None:
    """What to do on a first visit."""
    st.markdown("##### What do you want to hear?")
    if scene.courses:
        links = [
            f"- [{plain_markdown(title(scene, scope))}]({scene.view.of(scope).href()})"
            for scope in _known_scopes(scene)
        ]
        st.markdown("\n".join(links))
        return
    words = "Choose a folder above, or type one."
    if manifest_role(scene.layout):
        words = f"There is no course yet. Add one by its manifest. {words}"
    st.info(words)
