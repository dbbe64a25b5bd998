"""A release while it runs: how far it is, to pause or cancel it, and to take it up again.

Drawn by a fragment that asks again every second; when the run ends, the whole page runs again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import streamlit as st

from storage.errors import AccessDenied, NotFound
from storage.model.jobs import Job
from storage.model.releases import Release, ReleaseState
from storage.units import human_bytes
from ui import errors, jobs, pace
from ui.confirming import count
from ui.promoting import Scene
from ui.recent import forget
from ui.text import plain_markdown, visible

_POLL_S = 1.0
_RUNS = "promoting:runs"  # id of the job begun in this tab, by release
_CHECKS = "promoting:checks"  # ids of jobs that verify a live release again, by release
_SEEN = "promoting:seen"
_BYTES = "promoting:bytes"
_CHECK = "verify-release"
_NAMED = 5  # failures while it runs


def watch(release: Release, job: Job) -> None:
    """Shows the job with its release."""
    if job.kind == _CHECK:
        _checks(release).insert(0, job.id)
    else:
        _runs()[release.id] = job.id


def is_watched(scene: Scene, release: Release) -> bool:
    """Whether it runs, or is about to: a job takes a moment to begin."""
    if release.state == "running":
        return True
    job = _job(scene, _runs().get(release.id, ""))
    if job is None:
        return False
    if job.active:
        return True
    if job.error and release.state == "approved":  # it did not get as far as to say so itself
        st.error(plain_markdown(f"{job.error['what']} {job.error['remedy']}"), icon="⚠️")
    return False


def show(scene: Scene, release: Release) -> None:
    """How far it is."""
    st.fragment(_progress, run_every=_POLL_S)(scene, release.id, release.state)


def cancel(scene: Scene, release: Release, why: str = "") -> None:
    """Ends it: void, or stopped where it is."""
    ended = errors.tried(
        lambda: scene.services.promotions.cancel(
            scene.actor, scene.layout.name, release.id, note=why
        )
    )
    if ended is not None:
        forget()
        st.rerun()


def checks(scene: Scene, release: Release) -> None:
    """The verifications of a live release that were begun in this tab."""
    ids = _checks(release)
    if ids:
        jobs.show(
            scene.services.jobs,
            scene.actor,
            tuple(ids),
            place="promoting",
            on_close=ids.remove,
        )


def _runs() -> dict[str, str]:
    found: dict[str, str] = st.session_state.setdefault(_RUNS, {})
    return found


def _checks(release: Release) -> list[str]:
    kept: dict[str, list[str]] = st.session_state.setdefault(_CHECKS, {})
    return kept.setdefault(release.id, [])


def _job(scene: Scene, job_id: str) -> Job | None:
    """None where there is none, or it is not shown to this person."""
    if not job_id:
        return None
    try:
        return scene.services.jobs.get(scene.actor, job_id)
    except (AccessDenied, NotFound):
        return None


# -- drawn each second ----------------------------------------------------------------------------


def _progress(scene: Scene, release_id: str, drawn: ReleaseState) -> None:
    promotions, name = scene.services.promotions, scene.layout.name
    release = errors.tried(lambda: promotions.show(scene.actor, name, release_id))
    if release is None:
        return
    job = _job(scene, release.job if release.state == "running" else _runs().get(release.id, ""))
    if release.state != "running" and not (job and job.active):
        forget()  # what it wrote belongs on every page
        st.rerun()
    if release.state != drawn:
        st.rerun()  # the page around says where it is, too
    if job is not None and job.state == "interrupted":
        _interrupted(scene, release)
        return
    verifying = job is not None and job.text == "Verifying"
    st.markdown(f"**{_title(release, job, verifying=verifying)}**")
    if verifying and job is not None:
        st.progress(min(job.done / max(job.total or 1, 1), 1.0))
        st.caption(f"{job.done:,} of {job.total or 0:,} objects looked at")
    else:
        st.progress(min(release.done / max(release.todo, 1), 1.0))
        st.caption(plain_markdown(" · ".join(_facts(scene, release))))
    if release.failed:
        st.markdown(f":red[{count(release.failed)} failed so far; the others go on]")
        lines = [f"{visible(key)}: {visible(what)}" for key, what in release.failures[:_NAMED]]
        st.code("\n".join(lines), language=None, wrap_lines=True)
    _buttons(scene, release)


def _title(release: Release, job: Job | None, *, verifying: bool) -> str:
    if release.state != "running":
        return "It begins"
    if release.wanted == "pause":
        return "Pausing after what is under way"
    if job is not None and job.cancelling:
        return "Stopping"
    if verifying:
        return "Verifying"
    return "Rolling back" if release.kind == "rollback" else "Copying"


def _facts(scene: Scene, release: Release) -> Iterator[str]:
    yield f"{release.done:,} of {count(release.todo)}"
    part = _bytes_done(scene, release)
    if release.bytes:
        yield f"about {human_bytes(part)} of {human_bytes(release.bytes)}"
    kept: dict[str, tuple[pace.Seen, ...]] = st.session_state.setdefault(_SEEN, {})
    seen = pace.watched(kept.get(release.id, ()), pace.Seen(time.monotonic(), release.done))
    kept[release.id] = seen
    rate = pace.per_second(seen)
    if rate:
        yield f"{rate:,.0f} a second" if rate >= 1 else f"{rate * 60:.0f} a minute"
        if release.todo > release.done:
            yield pace.time_left(release.todo - release.done, rate)


def _bytes_done(scene: Scene, release: Release) -> int:
    """About: steps are done in the plan's order."""
    kept: dict[str, tuple[int, ...]] = st.session_state.setdefault(_BYTES, {})
    if release.id not in kept:
        kept[release.id] = scene.services.lookback.written_bytes(
            scene.actor, scene.layout.name, release.id
        )
    parts = kept[release.id]
    return parts[(len(parts) - 1) * release.done // max(release.todo, 1)]


def _interrupted(scene: Scene, release: Release) -> None:
    st.markdown("**It was interrupted**")
    st.markdown(
        f"The console or command that ran it has ended. {release.done:,} of "
        f"{count(release.todo)} are written; nothing is lost, and nothing is done twice."
    )
    if not scene.may_run(release):
        return
    place = (scene.actor, scene.layout.name, release.id)
    if st.button("Go on", key="promoting:go-on", type="primary", width="stretch"):
        job = errors.tried(lambda: scene.services.promotions.resume(*place))
        if job is not None:
            watch(release, job)
            st.rerun()
    if st.button("Stop it here", key="promoting:stop-here", width="stretch"):
        cancel(scene, release)


def _buttons(scene: Scene, release: Release) -> None:
    if not scene.may_run(release) or release.state != "running":
        return
    place = (scene.actor, scene.layout.name, release.id)
    with st.container(horizontal=True):
        if not release.wanted and st.button(
            "Pause", key="promoting:pause", icon=":material/pause:"
        ):
            errors.tried(lambda: scene.services.promotions.pause(*place))
        if st.button("Cancel", key="promoting:cancel", icon=":material/stop:"):
            cancel(scene, release)
    st.caption("What is written until then stays, and can be rolled back.")
