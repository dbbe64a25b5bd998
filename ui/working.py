"""The jobs a person began from Browse, above the table: how far they are, then what they did.

A tab that was loaded anew finds the person's own jobs again that are not over.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from storage.model.jobs import Job
from storage.units import human_bytes
from ui import errors, jobs
from ui.browse import Scene
from ui.confirming import count
from ui.outcomes import failures, links
from ui.recent import forget
from ui.text import plain_markdown

_WATCHED = "working:watched"
_ENDED = "working:ended"
_FOUND_AGAIN = 20  # of the newest jobs


def watch(project: str, job_id: str) -> None:
    """Shows the job above the project's tables until it is over and was closed.

    A short one is over before the page runs again: the table is asked for anew in any case.
    """
    forget()
    ids = _watched().setdefault(project, [])
    if job_id not in ids:
        ids.insert(0, job_id)


def show(scene: Scene) -> None:
    """The watched jobs of this project."""
    if _WATCHED not in st.session_state:
        _find_again(scene)
    ids = _watched().get(scene.view.project, [])
    if ids:
        jobs.show(
            scene.services.jobs,
            scene.actor,
            tuple(ids),
            place="working",
            under=partial(_result, scene),
            on_close=ids.remove,
        )


def _watched() -> dict[str, list[str]]:
    """Ids by project, newest first."""
    found: dict[str, list[str]] = st.session_state.setdefault(_WATCHED, {})
    return found


def _find_again(scene: Scene) -> None:
    with errors.shown():
        found = scene.services.jobs.list(scene.actor, limit=_FOUND_AGAIN)
    _watched()
    for job in reversed(found):
        if job.active or job.resumable:
            _watched().setdefault(job.layout, []).insert(0, job.id)


def _result(scene: Scene, job: Job) -> None:
    """What was written, what failed and why, what was left."""
    ended: set[str] = st.session_state.setdefault(_ENDED, set())
    if job.active:
        ended.discard(job.id)  # resumed
    elif job.id not in ended:
        ended.add(job.id)
        forget()  # what it wrote belongs into the table, which is drawn after this
    result = job.result
    if job.kind == "arrival":
        _arrived(scene, job)
        return
    if job.kind != "delete-prefix":
        items = [row.get("target") or row["key"] for row in result.get("items", ())]
        links(scene.view, job.role, items, f"working:{job.id}")
    elif result.get("done"):
        st.caption("What the bucket keeps as older versions comes back by “More”, “Show deleted”.")
    failures({row["key"]: row for row in result.get("failures", ())})
    left = result.get("left", 0)
    if left:
        why = result["left_out"][0]["why"] if result.get("left_out") else ""
        st.caption(plain_markdown(f"{count(left)} left as they are. {why}".strip()))


def _arrived(scene: Scene, job: Job) -> None:
    """What came by an upload link, and what is wrong with it."""
    result = job.result
    if not result:
        return
    if not result["arrived"]:
        st.caption("Nothing arrived while the link worked.")
        return
    st.caption(plain_markdown(f"{human_bytes(result['size'])}, {result['detected']}."))
    links(scene.view, job.role, [result["key"]], f"working:{job.id}")
    for finding in result["findings"]:
        words = f"{finding['text']} {finding['remedy']}".strip()
        st.warning(plain_markdown(words), icon="⚠️")
