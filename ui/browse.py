"""The parts of the Browse page: its address, its controls, the listed page, the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from storage.access import allowed
from storage.bootstrap import Services
from storage.errors import InvalidInput
from storage.layout.paths import parse_place
from storage.layout.profile import Bucket, Layout
from storage.layout.rules import check_keys
from storage.model.people import WRITING_CANS, Actor, Can
from ui import session
from ui.grid.grid import object_grid
from ui.listing import Listing, arrange, grid_data
from ui.recent import forget, recent
from ui.text import plain_markdown
from ui.view import PAGE_SIZES, View, read_view

_TRAIL = "browse:trail"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks at what, with what: everything the parts of the page need."""

    services: Services
    actor: Actor
    layout: Layout
    view: View
    read_only: bool = False  # the console as a whole: nobody may write now

    @property
    def bucket(self) -> Bucket:
        return self.layout.bucket(self.view.bucket)

    def may(self, can: Can) -> bool:
        """Whether to offer it; the library decides again when it is asked for."""
        if self.read_only and can in WRITING_CANS:
            return False
        return allowed(self.actor, can, self.layout, self.view.bucket)


def current_view(actor: Actor, layout: Layout) -> View:
    """The view of the address, on a bucket this person may see; ends the page if there is none."""
    roles = session.visible_buckets(actor, layout)
    if not roles:
        st.info("Nothing in this project is open to this role. Choose another project.")
        st.stop()
    view = replace(read_view(st.query_params.to_dict()), project=layout.name)
    if not view.bucket:
        return replace(view, bucket=roles[0])
    if view.bucket in roles:
        return view
    st.info("That bucket is not in this project, or not open to this role.")
    return View(project=layout.name, bucket=roles[0], per=view.per)


def controls(scene: Scene) -> DeltaGenerator:
    """Bucket, "starts with", "contains", page size, reload; each change is a new address.

    Returns the place at the end of the bucket's row, for what can be done here.
    """
    with st.container(key="browse:controls"):
        with st.container(horizontal=True, vertical_alignment="center"):
            _bucket_choice(scene)
            st.space("stretch")
            acts = st.container(horizontal=True, width="content", key="browse:acts")
        starts, find, per, again = st.columns([3, 2, 1, 0.6], vertical_alignment="bottom")
        with starts:
            _starts_with(scene)
        with find:
            _contains(scene.view)
        with per:
            _page_size(scene.view)
        again.button("Reload", key="browse:reload", on_click=forget, width="stretch")
    return acts


def _bucket_choice(scene: Scene) -> None:
    view, state = scene.view, st.session_state
    state["browse:bucket"] = view.bucket
    titles = {
        bucket.role: _bucket_label(bucket.title, live=bucket.live)
        for bucket in scene.layout.buckets
    }

    def go() -> None:
        # a second press on the chosen bucket leaves nothing chosen: stay there
        session.go(View(view.project, state["browse:bucket"] or view.bucket, per=view.per).params())

    st.segmented_control(
        "Bucket",
        session.visible_buckets(scene.actor, scene.layout),
        format_func=lambda role: titles[role],
        key="browse:bucket",
        on_change=go,
        label_visibility="collapsed",
    )


def _starts_with(scene: Scene) -> None:
    st.session_state["browse:starts"] = scene.view.starts
    st.text_input(
        "Starts with",
        key="browse:starts",
        placeholder="Starts with … or paste an s3:// address",
        label_visibility="collapsed",
        on_change=lambda: _go_typed(
            scene.layout, scene.view, st.session_state["browse:starts"].strip()
        ),
    )


def _contains(view: View) -> None:
    st.session_state["browse:find"] = view.find
    st.text_input(
        "Contains",
        key="browse:find",
        placeholder="Contains …",
        label_visibility="collapsed",
        on_change=lambda: session.go(
            view.with_(find=st.session_state["browse:find"].strip()).params()
        ),
    )


def _page_size(view: View) -> None:
    st.session_state["browse:per"] = view.page_size
    st.selectbox(
        "Rows a page",
        PAGE_SIZES,
        key="browse:per",
        format_func=lambda size: f"{size:,} a page",
        label_visibility="collapsed",
        on_change=lambda: session.go(view.with_(per=str(st.session_state["browse:per"])).params()),
    )


def _bucket_label(title: str, *, live: bool) -> str:
    return f":red[●] {plain_markdown(title)}" if live else plain_markdown(title)


def _go_typed(layout: Layout, view: View, typed: str) -> None:
    if not typed.startswith("s3://"):
        session.go(view.with_(starts=typed).params())
        return
    try:
        place = parse_place(typed, layout)
    except InvalidInput as error:
        st.toast(plain_markdown(f"{error.what} {error.remedy}"), icon="⚠️")
        return
    folder = place.key[: place.key.rfind("/") + 1]
    opened = View(view.project, place.role, prefix=folder, per=view.per)
    if place.key != folder:
        # the key itself, even when it lies far behind the first page
        opened = replace(opened, starts=place.key[len(folder) :], at=place.key)
    session.go(opened.params())


def load(scene: Scene) -> Listing:
    """The listed page of the view: one request, or none when it was just asked for.

    Sorting and searching again what is listed asks for nothing.
    """
    view, objects = scene.view, scene.services.objects
    place = (scene.actor, view.project, view.bucket, view.prefix + view.starts)
    found = recent(
        "listing",
        (place, view.after, view.limit),
        lambda: objects.list_page(*place, after=view.after, limit=view.limit),
    )
    return arrange(found.page, found.kinds, view)


def table(scene: Scene, listing: Listing) -> list[str]:
    """The table of the view; returns the ticked keys."""
    view = scene.view
    data = grid_data(
        listing,
        view,
        scene.layout,
        before=_came_from(view, listing.next),
        selectable=any(
            scene.may(can) for can in (Can.OBJECT_ARCHIVE, Can.OBJECT_WRITE, Can.OBJECT_DELETE)
        ),
        warnings=_warnings(scene.layout, view.bucket, listing),
    )
    return object_grid(data, key="browse:grid")


def _warnings(layout: Layout, role: str, listing: Listing) -> Mapping[str, str]:
    keys: list[str] = listing.rows["key"].to_pylist()
    sizes: list[int] = listing.rows["size"].to_pylist()
    empty = {
        key: "This file is empty."
        for key, size in zip(keys, sizes, strict=True)
        if size == 0 and not key.endswith("/")
    }
    return empty | {finding.key: finding.text for finding in check_keys(layout, role, keys)}


def _came_from(view: View, following: str | None) -> str | None:
    """Where the page before this one started. S3 lists forwards only, so pages gone through are
    remembered for this tab; a shared link into the middle has no page before it."""
    scope = (view.project, view.bucket, view.prefix, view.starts, view.find, view.limit)
    trail: dict[tuple[object, ...], str] = st.session_state.setdefault(_TRAIL, {})
    if following is not None:
        trail[scope, following] = view.after
    return trail.get((scope, view.after))
