"""From a saved recording to learners: send it to testing, then ask for it to go live."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from storage.model.jobs import Job
from storage.model.people import Can
from storage.model.welcome_plans import PublishPlan
from storage.model.welcomes import LiveRequest, Welcome
from storage.welcomes.rooms import Rooms
from ui import errors, jobs, welcomes_told
from ui.confirming import NOTE_MAX
from ui.outcomes import failures
from ui.recent import forget, recent
from ui.text import plain_markdown
from ui.times import local
from ui.welcomes import Scene

_SENT = "welcomes:sent"  # ids of jobs by project and course


def panel(scene: Scene, one: Welcome) -> None:
    """What comes next for a recording that is saved; nothing for who may not send it on."""
    _under_way(scene, one)
    if one.recording is None or not scene.may(Can.WELCOME_PUBLISH, Rooms.of(scene.layout).testing):
        return
    if one.state == "live":
        st.markdown("Learners hear this recording.")
        return
    plan = errors.tried(lambda: _planned(scene, one))
    if plan is None:
        return
    if plan.todo:
        _to_testing(scene, one, plan)
    elif one.asked is not None:
        _waiting(scene, one, one.asked)
    elif one.state == "testing" and one.certain:
        _ask(scene, one)


def _planned(scene: Scene, one: Welcome) -> PublishPlan:
    """For the course and all that share its recording, asked again when any of it changes."""
    asked = (scene.actor, one.layout, one.course, one.recording, one.testing, one.id)
    return recent(
        "welcomes-publish",
        asked,
        lambda: scene.services.welcomes.plan_publish(scene.actor, one.layout, [one.course]),
    )


def _to_testing(scene: Scene, one: Welcome, plan: PublishPlan) -> None:
    st.markdown("**When you send it to testing**")
    st.markdown("\n".join(f"- {plain_markdown(words)}" for words in plan.sentences))
    pressed = st.button(
        "Send to testing",
        key="welcomes:publish",
        type="primary",
        icon=":material/send:",
        disabled=_job_of(one) is not None,
    )
    with st.expander("Technical details", key="welcomes:publish-details"):
        files = [f"{plan.bucket}/{step.key}" for step in plan.todo]
        st.code("\n".join(files), language=None, wrap_lines=True)
    if not pressed:
        return
    job = errors.tried(lambda: scene.services.welcomes.publish(scene.actor, plan))
    forget()
    if job is not None:
        _sent()[one.layout, one.course] = job.id
        st.rerun()


def _under_way(scene: Scene, one: Welcome) -> None:
    """The job that sends it, until it is over."""
    job_id = _job_of(one)
    if job_id is None:
        return

    def closed(_id: str) -> None:
        _sent().pop((one.layout, one.course), None)

    def over(job: Job) -> None:
        if job.active:
            return
        if job.state == "done" and not job.result.get("failures"):
            closed(job.id)
            welcomes_told.tell(one.course, "It is in testing now. Listen to it there.")
            forget()
            st.rerun()  # all of the page: where it is has changed
        rows = job.result.get("failures", ())
        failures({", ".join(row["courses"]): row for row in rows})

    jobs.show(
        scene.services.jobs,
        scene.actor,
        (job_id,),
        place="welcomes",
        under=over,
        on_end=lambda _job: forget(),
        on_close=closed,
    )


def _sent() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = st.session_state.setdefault(_SENT, {})
    return found


def _job_of(one: Welcome) -> str | None:
    return _sent().get((one.layout, one.course))


def _ask(scene: Scene, one: Welcome) -> None:
    st.markdown("**It is in testing**")
    st.markdown("When it sounds right there, ask the operators to make it live.")
    note = st.text_input(
        "A word to the operators",
        key="welcomes:ask-note",
        max_chars=NOTE_MAX,
        placeholder="What changed, or why it is urgent (optional)",
    )
    if not st.button("Ask to go live", key="welcomes:ask", type="primary", icon=":material/flag:"):
        return
    asked = errors.tried(
        lambda: scene.services.welcomes.ask_to_go_live(
            scene.actor, one.layout, one.course, note=(note or "").strip()
        )
    )
    forget()
    if asked is not None:
        welcomes_told.tell(one.course, "Asked. The operators see it on their Home.")
        st.rerun()


def _waiting(scene: Scene, one: Welcome, asked: LiveRequest) -> None:
    mine = asked.by_id == scene.actor.id
    who = "You" if mine else asked.by_name
    when = local(datetime.fromisoformat(asked.at))
    st.markdown("**It waits for an operator**")
    st.markdown(plain_markdown(f"{who} asked on {when} for it to go live."))
    if asked.note:
        st.text(asked.note)
    label = "Take the request back" if mine else "Take it off the list"
    if not st.button(label, key="welcomes:unask", type="tertiary", icon=":material/undo:"):
        return
    errors.tried(lambda: scene.services.welcomes.end_request(scene.actor, one.layout, asked.course))
    forget()
    st.rerun()
