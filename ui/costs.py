"""The parts of the Costs page that all of it shares: who looks at what, the sources, measuring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import streamlit as st

from storage.access import allowed, allowed_console
from storage.bootstrap import Services
from storage.costs.gathering import Gathered, Source
from storage.costs.service import Measuring
from storage.errors import StorageError
from storage.layout.profile import Layout
from storage.model.jobs import Job
from storage.model.money import BookName, added, money
from storage.model.people import Actor, Can
from storage.units import human_bytes
from ui import errors, gate, jobs, session, times
from ui.costs_view import PARTS, CostsView, read_view
from ui.recent import forget, recent
from ui.text import plain_markdown

_NEEDS = "Costs are for operators and admins."
SOURCES = {
    "listing": "listed",
    "s3-inventory": "by AWS's inventory report",
    "cloudwatch": "by CloudWatch's daily sizes",
}
_JOB = "costs:jobs"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks at what, with what."""

    services: Services
    actor: Actor
    layout: Layout
    view: CostsView

    @property
    def may_manage(self) -> bool:
        """Whether to offer budgets, assumptions, price lists and bills."""
        return allowed_console(self.actor, Can.COST_MANAGE)

    def may_measure(self, role: str) -> bool:
        """Whether to offer a scan of that bucket."""
        return allowed(self.actor, Can.INVENTORY_SCAN, self.layout, role)


def open_to(actor: Actor) -> bool:
    """Whether the menu offers the page."""
    return allowed_console(actor, Can.COST_READ)


def current(services: Services, actor: Actor) -> Scene:
    """The title row and what it is about; ends the page for whom it is not."""
    if not open_to(actor):
        session.title("Costs")
        st.info(f"{_NEEDS} Ask one to look, or to make you one.")
        st.stop()
    layout = session.header("Costs", services.layouts)
    view = replace(read_view(st.query_params.to_dict()), project=layout.name)
    return Scene(services, actor, layout, view)


def choice(scene: Scene) -> None:
    """The parts of the page; each is an address."""
    key, state = "costs:part", st.session_state
    state[key] = scene.view.part
    st.segmented_control(
        "Part",
        list(PARTS),
        format_func=lambda name: PARTS[name],
        key=key,
        on_change=lambda: session.go(CostsView(scene.view.project, state[key] or "").params()),
        label_visibility="collapsed",
    )


def load(scene: Scene) -> Gathered:
    """The project's buckets and their month, as of a moment ago."""
    who, name = scene.actor, scene.layout.name
    asked = (who, name, _ended(scene))
    return recent("costs", asked, lambda: scene.services.costs.gather(who, name))


def _ended(scene: Scene) -> tuple[str, ...]:
    """The scans begun here that are over: figures from before are not to be shown after."""
    get = scene.services.jobs.get
    begun = _begun(scene.layout.name)
    return tuple(one for one in begun if not get(scene.actor, one).active)


def _begun(project: str) -> list[str]:
    """The project's scans that were begun here and have not been closed."""
    found: list[str] = st.session_state.setdefault(f"{_JOB}:{project}", [])
    return found


def on(found: Gathered) -> date:
    """The day the newest inventory is of; today where there is none."""
    days = [one.scanned.at.date() for one in found.sources if one.scanned]
    return max(days, default=datetime.now(UTC).date())


# -- where figures come from ----------------------------------------------------------------------


def sources(scene: Scene, found: Gathered) -> None:
    """Each bucket's inventory with its age, and the price book with its date; in one line."""
    told = [_told(one) for one in found.sources]
    book = found.month.book.name
    words = f"{' · '.join(told)}  \n{_book(book)}"
    with st.container(horizontal=True, vertical_alignment="center", key="costs:sources"):
        st.caption(words, width="stretch")
        if found.measured and any(scene.may_measure(one.role) for one in found.sources):
            with st.popover("Measure again", key="costs:again"):
                measure(scene, found.sources, place="again")


def _told(one: Source) -> str:
    title = plain_markdown(one.title)
    if one.scanned is None:
        return f"{title}: never measured"
    how = SOURCES.get(one.scanned.source, one.scanned.source)
    return f"{title}: {how} {times.local(one.scanned.at)} ({age(one.scanned.at)})"


def _book(book: BookName) -> str:
    return f"Prices: {plain_markdown(book.name)}, {plain_markdown(book.date)}"


def age(moment: datetime) -> str:
    """`3 minutes ago`."""
    minutes = max(0, int((datetime.now(UTC) - moment).total_seconds() // 60))
    for length, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= length:
            count = minutes // length
            return f"{count:,} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def notes(words: Sequence[str]) -> None:
    """What figures are without, or were guessed by."""
    for one in dict.fromkeys(words):
        st.caption(f":orange[:material/info:] {plain_markdown(one)}")


# -- measuring ------------------------------------------------------------------------------------


def nothing_measured(scene: Scene, found: Gathered) -> None:
    """Instead of figures: what measuring would take, and the button to begin."""
    if len(_ended(scene)) < len(_begun(scene.layout.name)):
        st.info("The figures are shown here when this is done. It goes on without this page, too.")
        return
    with st.container(border=True, key="costs:measure"):
        st.markdown("##### Nothing was measured yet")
        st.markdown(
            "Costs are reckoned from an inventory: every object's size, age and class, earlier "
            "versions and unfinished uploads. Measuring reads lists only and changes nothing."
        )
        measure(scene, found.sources, place="first")


def measure(scene: Scene, found: Sequence[Source], *, place: str) -> None:
    """A button a bucket, with the requests and what they cost; and the jobs that run."""
    mine = [one for one in found if scene.may_measure(one.role)]
    if not mine:
        st.info("Measuring needs the permission inventory:scan: ask an operator.")
        return
    plans = [_plan(scene, one) for one in mine]
    known = [plan for plan in plans if plan is not None]
    total = added(plan.cost for plan in known)
    requests = sum(plan.requests for plan in known)
    currency = known[0].currency if known else ""
    st.caption(plain_markdown(", ".join(one.title for one in mine)))
    label = f"Measure now (about {requests:,} requests, {money(total, currency)})"
    if st.button(label, type="primary", key=f"costs:measure:{place}", disabled=not known):
        for one in mine:
            _begin(scene, one.role)
        forget()
        st.rerun()


def running(scene: Scene) -> None:
    """How far they are."""
    if ids := _begun(scene.layout.name):
        jobs.show(
            scene.services.jobs,
            scene.actor,
            ids,
            place="costs",
            on_end=lambda _job: forget(),
            on_close=ids.remove,
        )


def _plan(scene: Scene, one: Source) -> Measuring | None:
    """As many requests as the last scan took; a bucket that was never scanned is asked."""
    who, name, role = scene.actor, scene.layout.name, one.role
    before = one.scanned.requests if one.scanned else None
    return errors.tried(
        lambda: recent(
            f"measuring:{role}",
            (who, name, before),
            lambda: scene.services.costs.measuring(who, name, role, before),
        )
    )


def _begin(scene: Scene, role: str) -> None:
    start, name = scene.services.inventories.start, scene.layout.name
    job = errors.tried(lambda: start(scene.actor, name, role, versions=True, uploads=True))
    if job is not None:
        began(job)


def began(job: Job) -> None:
    """Has the page show how far it is."""
    _begun(job.layout).append(job.id)


def acted(act: Callable[[], object]) -> bool:
    """Does it, and lets the page be asked anew; False when it failed, which is then shown."""
    try:
        act()
    except StorageError as error:
        errors.box(error)
        return False
    forget()
    return True


def size(count: int, stored: int) -> str:
    """`1,204 objects, 21 MiB`."""
    return f"{count:,} {'object' if count == 1 else 'objects'}, {human_bytes(stored)}"


def href(view: CostsView) -> str:
    """The address of a view; who is looked at stays."""
    role = gate.viewed_role()
    return f"costs{view.href()}" + (f"&as={role.value}" if role else "")
