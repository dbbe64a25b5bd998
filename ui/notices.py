"""What an operator should know about the store behind the pages; nobody else is bothered."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from storage.bootstrap import Services
from storage.checks.reach import check_reach
from storage.errors import StorageError
from storage.layout.profile import Layout
from storage.model.findings import Finding
from storage.model.people import Actor, Role
from ui.text import plain_markdown

_REACH_WAIT_S = 3.0  # for the answer, once the page is there; a slow store's comes next time

Reach = Future[tuple[Finding, ...]]


def _concerned(actor: Actor) -> bool:
    return bool(actor.roles & {Role.OPERATOR, Role.ADMIN})


def moved(services: Services, actor: Actor, layout: Layout, roles: Iterable[str]) -> None:
    """A line for each bucket that was found in another region than configured. No request."""
    if not _concerned(actor):
        return
    for role in roles:
        bucket = layout.bucket(role)
        try:
            region = services.store_for(layout, bucket).moved.get(bucket.bucket)
        except StorageError:
            continue  # told where the bucket itself is shown
        if region is not None:
            st.info(
                plain_markdown(
                    f"{bucket.title} is in region {region}, not where it was looked for. Pages "
                    f'open sooner with region = "{region}" under '
                    f"[layouts.{layout.name}.buckets.{role}] in soundstage.toml."
                ),
                icon="ℹ️",
            )


def ask_reach(services: Services, actor: Actor, layout: Layout) -> Reach | None:
    """Begins to ask, once for each project, whether the credentials can do far more than needed.

    None where it does not matter: the embedded store, or a person who cannot change it.
    """
    if services.mode != "own" or not _concerned(actor):
        return None
    return _asked(services, layout.name)


@st.cache_resource(show_spinner=False, hash_funcs={Services: id})
def _asked(services: Services, project: str) -> Reach:
    layout = services.layouts[project]
    bucket = layout.buckets[0]
    ours = {bucket.bucket for layout in services.layouts.values() for bucket in layout.buckets}
    pool = ThreadPoolExecutor(1, thread_name_prefix="reach")
    asked = pool.submit(
        lambda: check_reach(services.store_for(layout, bucket), bucket.bucket, ours)
    )
    pool.shutdown(wait=False)
    return asked


def show_reach(asked: Reach | None) -> None:
    """The findings in one calm box; nothing when there are none or they could not be had."""
    if asked is None:
        return
    try:
        findings = asked.result(_REACH_WAIT_S)
    except (StorageError, TimeoutError):
        return  # the page has told of a store that fails; a slow answer is there on the next visit
    if not findings:
        return
    lines = [f"- {plain_markdown(finding.text)}" for finding in findings]
    st.warning(
        "**The console's credentials can do more than it needs.**\n\n"
        + "\n".join(lines)
        + "\n\nGive it credentials that allow only what its people need: "
        "`python -m storage policy ROLE` prints the policy for a role.",
        icon="🔑",
    )
