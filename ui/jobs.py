"""Jobs on a page: how far each is, what stopped it, and the buttons to stop it or to go on.

Drawn by a fragment that asks again every second, but only while one of them runs; when one ends,
the whole page runs again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from storage.jobs.service import Jobs
from storage.model.jobs import Job
from storage.model.people import Actor
from storage.units import human_bytes
from ui import errors, pace, times
from ui.text import plain_markdown

_POLL_S = 1.0
_ICONS = {
    "queued": ":gray[:material/schedule:]",
    "running": ":blue[:material/sync:]",
    "done": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "cancelled": ":gray[:material/cancel:]",
    "interrupted": ":orange[:material/pause_circle:]",
}
_WORDS = {
    "queued": "waiting for its turn",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled; what was done until then stays done",
    "interrupted": "interrupted: the console or command that worked on it has ended",
}

_SEEN = "jobs:seen"

Load = Callable[[], Sequence[Job]]


def _nothing(_job: Job) -> None:
    """Nothing more to do."""


@dataclass(frozen=True, slots=True)
class _Board:
    """Who looks at jobs where, and what the page adds to them."""

    jobs: Jobs
    actor: Actor
    place: str
    under: Callable[[Job], None]
    on_end: Callable[[Job], None] = _nothing
    on_close: Callable[[str], None] | None = None


def show(
    jobs: Jobs,
    actor: Actor,
    ids: Sequence[str],
    *,
    place: str,
    under: Callable[[Job], None] = _nothing,
    on_end: Callable[[Job], None] = _nothing,
    on_close: Callable[[str], None] | None = None,
) -> None:
    """These jobs, one beneath another, each in a box of its own.

    `place` begins the widgets' keys. `under` draws more in a job's box, such as its result;
    `on_end` is called once when one ends while it is looked at; with `on_close` those that ended
    have a button that calls it with the job's id.
    """
    _drawn(
        _Board(jobs, actor, place, under, on_end, on_close),
        lambda: [jobs.get(actor, one) for one in ids],
    )


def listing(
    jobs: Jobs,
    actor: Actor,
    *,
    place: str,
    everyone: bool = False,
    before: str = "",
    limit: int = 20,
    under: Callable[[Job], None] = _nothing,
) -> Sequence[Job]:
    """The newest jobs (older than `before`), one's own or everybody's; returns those shown, and
    nothing where there are none or they cannot be had, which is then said.
    """
    board = _Board(jobs, actor, place, under)
    return _drawn(board, lambda: jobs.list(actor, everyone=everyone, before=before, limit=limit))


def _drawn(board: _Board, load: Load) -> Sequence[Job]:
    found = errors.tried(load)
    if not found:
        return ()
    running = frozenset(job.id for job in found if job.active)
    st.fragment(_cards, run_every=_POLL_S if running else None)(board, load, running)
    return found


def _cards(board: _Board, load: Load, running: frozenset[str]) -> None:
    found = errors.tried(load)
    if found is None:
        return
    ended = [job for job in found if job.id in running and not job.active]
    for job in ended:
        board.on_end(job)
    if ended:
        st.rerun()  # the page may show what the job changed, and need not poll any more
    for job in found:
        _card(board, job)


def _card(board: _Board, job: Job) -> None:
    words = "stopping" if job.cancelling else _WORDS[job.state]
    with st.container(border=True, key=f"{board.place}:job:{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = plain_markdown(job.title)
            st.markdown(f"{_ICONS[job.state]} **{title}** · {words}", width="stretch")
            _buttons(board, job)
        if job.active and job.total:
            st.progress(min(job.done / job.total, 1.0))
        st.caption(plain_markdown(" · ".join(_facts(board, job))))
        if job.error:
            st.error(plain_markdown(f"{job.error['what']} {job.error['remedy']}"), icon="⚠️")
        board.under(job)


def _buttons(board: _Board, job: Job) -> None:
    key = f"{board.place}:{{}}:{job.id}".format
    stoppable = job.active or (job.state == "interrupted" and job.resumable)
    if job.resumable and st.button("Resume", key=key("resume"), icon=":material/play_arrow:"):
        _act(lambda: board.jobs.resume(board.actor, job.id))
    if (
        stoppable
        and not job.cancelling
        and st.button("Cancel", key=key("cancel"), icon=":material/stop:")
    ):
        _act(lambda: board.jobs.cancel(board.actor, job.id))
    ended = not job.active
    if board.on_close and ended and st.button("Close", key=key("close"), type="tertiary"):
        board.on_close(job.id)
        st.rerun()


def _act(act: Callable[[], Job]) -> None:
    if errors.tried(act) is not None:
        st.rerun()  # all of the page: what it polls for has changed


def _facts(board: _Board, job: Job) -> Iterator[str]:
    amount = human_bytes if job.unit == "bytes" else "{:,}".format
    unit = "" if job.unit == "bytes" else f" {job.unit}"
    if job.done or job.total:
        yield f"{amount(job.done)}{f' of {amount(job.total)}' if job.total else ''}{unit}"
    rate = _rate(job)
    if rate:
        yield f"{amount(round(rate))} a second" if rate >= 1 else f"{rate * 60:.0f} a minute"
        if job.total > job.done:
            yield pace.time_left(job.total - job.done, rate)
    if job.active and job.text:
        yield job.text
    if job.actor_id != board.actor.id:
        yield f"by {job.actor_name}"
    yield times.local(datetime.fromisoformat(job.finished_at or job.created_at))


def _rate(job: Job) -> float | None:
    """In units a second, from what this tab saw; None when it does not run or was just met."""
    kept: dict[str, tuple[pace.Seen, ...]] = st.session_state.setdefault(_SEEN, {})
    if job.state != "running" or job.cancelling:
        kept.pop(job.id, None)
        return None
    kept[job.id] = pace.watched(kept.get(job.id, ()), pace.Seen(time.monotonic(), job.done))
    return pace.per_second(kept[job.id])
