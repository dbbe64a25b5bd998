"""The parts of the Activity page: its filters, the table of the log, what to take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import get_args
from urllib.parse import urlencode

import streamlit as st

from storage.activity.service import sees_all
from storage.bootstrap import Services
from storage.model.audit import AuditPage, Result
from storage.model.people import Actor
from ui import gate, session, times
from ui.activity_view import SPANS, LogView, as_day, read_view
from ui.log.log import LogData, log_table
from ui.log_rows import ACTION_TITLES, RESULT_TITLES, log_row
from ui.recent import recent
from ui.text import plain_markdown, visible

_PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks at what, with what: everything the parts of the page need."""

    services: Services
    actor: Actor
    view: LogView
    now: datetime
    zone: tzinfo

    @property
    def sees_all(self) -> bool:
        """Whether others' rows are there too; the library decides again when it is asked."""
        return sees_all(self.actor)


def current(services: Services, actor: Actor) -> Scene:
    """The scene of the address."""
    view = read_view(st.query_params.to_dict())
    return Scene(services, actor, view, datetime.now(UTC), times.zone())


def choice(scene: Scene) -> None:
    """Log or jobs; a change is a new address."""
    state, key = st.session_state, "activity:show"
    state[key] = scene.view.show
    st.segmented_control(
        "Show",
        ["log", "jobs"],
        format_func={"log": "Log", "jobs": "Jobs"}.__getitem__,
        key=key,
        # a second press on the chosen one leaves nothing chosen: stay there
        on_change=lambda: session.go(LogView(show=state[key] or scene.view.show).params()),
        label_visibility="collapsed",
    )


# -- the filters --------------------------------------------------------------------------------


def filters(scene: Scene) -> None:
    """A control for each filter; each change is a new address."""
    if not scene.sees_all:
        st.caption("You see what you did yourself. Operators and admins see everything.")
    widths = [1.5, 1, 1.4, 1.4]
    first = st.columns([1.5, *widths] if scene.sees_all else widths, vertical_alignment="bottom")
    if scene.sees_all:
        with first[0]:
            _person(scene)
    with first[-4]:
        _select(scene, "what", "Action", ACTION_TITLES)
    with first[-3]:
        _select(scene, "result", "Result", {name: RESULT_TITLES[name] for name in get_args(Result)})
    layouts = scene.services.layouts
    with first[-2]:
        _select(scene, "project", "Project", {name: one.title for name, one in layouts.items()})
    with first[-1]:
        buckets = [bucket.bucket for one in layouts.values() for bucket in one.buckets]
        _select(scene, "bucket", "Bucket", {name: name for name in buckets})
    days = scene.view.span == "days"
    second = st.columns([2.2, 2.2, 1.4, *([1.4] if days else []), 0.8], vertical_alignment="bottom")
    with second[0]:
        _typed(scene, "starts", "Key starts with", "Key starts with …")
    with second[1]:
        _typed(scene, "find", "Contains", "Any text: reason, address, request …")
    with second[2]:
        _span(scene)
    if days:
        with second[3]:
            _days(scene)
    second[-1].button(
        "Clear",
        key="activity:clear",
        disabled=not scene.view.filtered,
        on_click=lambda: session.go({}),
        width="stretch",
    )
    _exact_key(scene)


def _go(scene: Scene, **changes: str) -> None:
    session.go(scene.view.with_(**changes).params())


def _person(scene: Scene) -> None:
    services, actor = scene.services, scene.actor
    people = recent("people", actor, lambda: services.activity.people(actor))
    named = {who: f"{name} ({who})" if name and name != who else who for who, name in people}
    _select(scene, "person", "Person", named)


def _select(scene: Scene, name: str, label: str, titles: Mapping[str, str]) -> None:
    value, key = getattr(scene.view, name), f"activity:{name}"
    # an address may name what is no longer there, and the log still knows it
    options = ["", *titles] if value in titles or not value else ["", *titles, value]
    st.session_state[key] = value
    st.selectbox(
        label,
        options,
        format_func=lambda one: visible(titles.get(one, one)) if one else f"Any {label.lower()}",
        key=key,
        label_visibility="collapsed",
        on_change=lambda: _go(scene, **{name: st.session_state[key] or ""}),
    )


def _typed(scene: Scene, name: str, label: str, hint: str) -> None:
    key = f"activity:{name}"
    st.session_state[key] = getattr(scene.view, name)
    st.text_input(
        label,
        key=key,
        placeholder=hint,
        label_visibility="collapsed",
        on_change=lambda: _go(scene, **{name: st.session_state[key].strip()}),
    )


def _span(scene: Scene) -> None:
    key = "activity:span"
    st.session_state[key] = scene.view.span

    def go() -> None:
        chosen = st.session_state[key]
        today = scene.now.astimezone(scene.zone).date().isoformat() if chosen == "days" else ""
        _go(scene, span=chosen, since=today, until=today)

    st.selectbox(
        "When",
        list(SPANS),
        format_func=SPANS.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=go,
    )


def _days(scene: Scene) -> None:
    key, today = "activity:days", scene.now.astimezone(scene.zone).date()
    first, last = as_day(scene.view.since) or today, as_day(scene.view.until) or today
    st.session_state[key] = (min(first, last), max(first, last))

    def go() -> None:
        chosen: Sequence[date] = st.session_state[key]
        if len(chosen) == 2:  # else the last day is still to be chosen
            _go(scene, since=chosen[0].isoformat(), until=chosen[1].isoformat())

    st.date_input("Days", key=key, label_visibility="collapsed", on_change=go)


def _exact_key(scene: Scene) -> None:
    """What is filtered and has no control of its own: said, and taken away by "Clear"."""
    view = scene.view
    if view.key:
        place = f"s3://{view.bucket}/{view.key}" if view.bucket else view.key
        st.markdown(f"History of **{plain_markdown(place)}**")


# -- the log ------------------------------------------------------------------------------------


def load(scene: Scene) -> AuditPage:
    """The page of the log that the view shows."""
    view = scene.view
    return scene.services.activity.search(
        scene.actor,
        view.filters(scene.now, scene.zone),
        before=int(view.before) if view.before else None,
        limit=_PAGE_ROWS,
    )


def troubles(scene: Scene) -> None:
    """What keeps the log from being as safe as it was set up to be, for who sees all of it."""
    if not scene.sees_all:
        return
    far = scene.services.activity.far_heads(scene.actor)
    if far is not None and far.error is not None:
        st.warning(
            plain_markdown(
                f"The log's head of today is not in {far.place}: {far.error.what} It is tried "
                "again every few minutes."
            ),
            icon="⚠️",
        )


def table(scene: Scene, page: AuditPage) -> None:
    """The table of the page, with the ways to newer and older rows."""
    view = scene.view
    older = view.with_(before=str(page.next)).href() if page.next else ""
    newest = view.with_().href() if view.before else ""
    data = LogData(
        rows=[log_row(scene.services, view, row, _as()) for row in page.rows],
        count=_count(page, view),
        pager=[(label, href) for label, href in (("Newest", newest), ("Older", older)) if href],
        empty=_empty(scene),
        opened=int(view.at or 0),
    )
    log_table(data, key="activity:log")


def _count(page: AuditPage, view: LogView) -> str:
    if not page.rows:
        return ""
    first, last = page.rows[0].seq, page.rows[-1].seq
    number = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    rows = f"{len(page.rows):,} row{'' if first == last else 's'} (no. {number})"
    return rows if page.next or view.before else f"{rows}, and no more"


def _empty(scene: Scene) -> tuple[str, str]:
    if scene.view.before:
        return "Nothing older fits", "Go back to the newest rows, or clear a filter."
    if scene.view.filtered:
        return "Nothing fits these filters", "Clear one of them, or choose a longer time."
    if scene.sees_all:
        return "Nothing happened yet", "Downloads, links and changes made in Browse appear here."
    return "You did nothing yet", "Your downloads, links and changes in Browse appear here."


def _as() -> dict[str, str]:
    role = gate.viewed_role()
    return {"as": role.value} if role else {}


def take_along(scene: Scene) -> None:
    """Links to all rows that fit, as files. The log may have millions: a route streams them."""
    wanted = scene.view.filters(scene.now, scene.zone)
    if not scene.sees_all:
        wanted = replace(wanted, actor_id=scene.actor.id)
    asked = {
        "person": wanted.actor_id,
        "what": wanted.action,
        "result": wanted.result,
        "project": wanted.layout,
        "bucket": wanted.bucket,
        "key": wanted.key,
        "starts": wanted.prefix,
        "find": wanted.text,
        # a whole minute: else the link would be another one at every run
        "since": wanted.since.replace(second=0, microsecond=0).isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
    given = {name: value for name, value in asked.items() if value}
    with st.container(horizontal=True, vertical_alignment="center"):
        words = "A change has two rows: allowed before it begins, then done or failed."
        st.caption(words, width="stretch")
        for form, label in (("csv", "Export as CSV"), ("jsonl", "Export as JSON lines")):
            st.link_button(
                label,
                f"/api/ui/activity?{urlencode({'form': form, **given})}",
                icon=":material/download:",
                help="All rows that fit the filters, not only this page.",
            )
