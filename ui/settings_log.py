"""Settings, audit log: checking that nobody changed it, and where its heads are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from storage.activity.service import VERIFY
from storage.audit.heads import HEADS_FILE
from storage.bootstrap import Services
from storage.model.jobs import Job
from storage.model.people import Actor
from ui import errors, jobs
from ui.facts.facts import Fact, Section, facts
from ui.text import plain_markdown


def show(services: Services, actor: Actor) -> None:
    """The button, the last verdict, the places of the heads."""
    st.caption(
        "Each row of the log is sealed together with the one before it. Checking reads all rows "
        "and finds whatever something else than the console changed, added or cut off."
    )
    with errors.shown():
        job = _latest(services, actor)
    st.button(
        "Check the whole log",
        key="settings:verify",
        type="primary",
        disabled=job is not None and job.active,
        on_click=_begin,
        args=(services, actor),
    )
    if job is not None:
        jobs.show(services.jobs, actor, [job.id], place="settings", under=under)
    facts(
        [Section("Heads kept outside the database", list(_heads(services, actor)))],
        key="settings:heads",
    )


def _begin(services: Services, actor: Actor) -> None:
    errors.tried(lambda: services.activity.begin_verify(actor, services.jobs))


def _latest(services: Services, actor: Actor) -> Job | None:
    """The newest check this person began."""
    jobs = services.jobs.list(actor, limit=200)
    return next((job for job in jobs if job.kind == VERIFY), None)


def under(job: Job) -> None:
    """What a check found, below its job."""
    if job.kind == VERIFY and job.state == "done":
        _verdict(job.result)


def _verdict(result: Mapping[str, Any]) -> None:
    findings, rows = result["findings"], result["rows"]
    if result["unread"]:
        st.warning(plain_markdown(result["unread"]), icon="⚠️")
    if not findings:
        st.success(f"{rows:,} rows, all as the console wrote them.", icon="✅")
        return
    lines = [f"- {plain_markdown(one['text'])}" for one in findings]
    if result["more"]:
        lines.append(f"- and {result['more']:,} more")
    st.error(
        "**The log was changed by something else than the console.**\n\n"
        + "\n".join(lines)
        + "\n\nKeep a copy of the database as it is, then compare it with a backup.",
        icon="⚠️",
    )


def _heads(services: Services, actor: Actor) -> Iterator[Fact]:
    yield Fact("In a file", str(services.settings.data_path / HEADS_FILE), mono=True)
    with errors.shown():
        far = services.activity.far_heads(actor)
    if far is None:
        yield Fact(
            "In a store",
            "Not kept. Set AUDIT_HEADS_PLACE to s3://bucket/prefix/, in a bucket where the console "
            "may add objects and not delete them: then who owns this machine cannot cut the log "
            "unseen either.",
        )
        return
    yield Fact("In a store", far.place, mono=True)
    if far.error is not None:
        yield Fact("Not written", f"{far.error.what} {far.error.remedy}", tone="error")
    elif far.kept is not None:
        yield Fact("Newest", str(far.kept), tone="ok")
    else:
        yield Fact("Newest", "The next action of today writes it.")
