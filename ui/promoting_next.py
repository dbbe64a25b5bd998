"""What comes next for a release, and who may do it: approval first, then the run."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from storage.model.people import Can, Role
from storage.model.releases import Release
from storage.promotion.approving import REASON_CHARACTERS
from ui import (
    confirming,
    errors,
    promoting,
    promoting_new,
    promoting_run,
    promoting_running,
    promoting_words,
)
from ui.promoting import Scene
from ui.text import plain_markdown


def show(scene: Scene, release: Release) -> None:
    """The panel, by where the release is."""
    _override(scene, release)
    if promoting_running.is_watched(scene, release):
        promoting_running.show(scene, release)
    elif release.state == "planned":
        _planned(scene, release)
    elif release.state == "approved":
        _approved(scene, release)
    else:
        promoting_run.afterwards(scene, release)
    promoting_running.checks(scene, release)


# -- approval -------------------------------------------------------------------------------------


def _planned(scene: Scene, release: Release) -> None:
    if release.blocked:
        st.markdown("**It is held back**")
        st.markdown("Settle what the shut gates say, then plan it again.")
        promoting_new.again(scene, release)
        _discard(scene, release)
        return
    st.markdown("**It waits for approval**")
    if not release.todo:
        st.markdown("Nothing is to be written: all of it is live already.")
    _hash(release)
    if not scene.may(Can.PROMOTE_APPROVE):
        st.info(plain_markdown(scene.why_not("It is approved", Can.PROMOTE_APPROVE)))
    elif _needs_another(scene, release):
        _another(scene, release)
    else:
        _approve(scene, release)
    _discard(scene, release)


def _hash(release: Release) -> None:
    st.caption("The plan by its hash: what is approved is exactly this.")
    st.code(release.hash, language=None, wrap_lines=True)


def _needs_another(scene: Scene, release: Release) -> bool:
    mine = release.planned.id == scene.actor.id
    return mine and scene.rules.second_person and scene.actor.session is not None


def _approve(scene: Scene, release: Release) -> None:
    if release.planned.id == scene.actor.id:
        st.caption(
            "There is no login here, so you approve what you planned yourself. It is recorded as "
            "self-approved."
            if scene.actor.session is None
            else "This project asks for one person: your approval is recorded as self-approved."
        )
    note = confirming.note("promoting:approve-note")
    st.caption(f"Good for {scene.rules.expires_hours} hours.")
    if confirming.press("Approve this plan", "promoting:approve"):
        _give(scene, release, note=note)


def _another(scene: Scene, release: Release) -> None:
    """Whoever planned it does not approve it: who does, and how they get here."""
    who = scene.who_may(Can.PROMOTE_APPROVE)
    st.info(
        plain_markdown(
            f"You planned it, so another person approves it: {who}. Send them this page's address."
        )
    )
    st.code(_address(scene, release), language=None, wrap_lines=True)
    if Role.ADMIN not in scene.actor.roles:
        return
    with st.expander("Approve alone, as an admin", key="promoting:alone"):
        st.markdown(
            "For what cannot wait. The reason stands on Home until another person countersigns it."
        )
        reason = st.text_area("Why it cannot wait", key="promoting:override", max_chars=500) or ""
        ready = len(reason.strip()) >= REASON_CHARACTERS
        if confirming.press("Approve alone", "promoting:override", ready=ready, danger=True):
            _give(scene, release, override=reason)


def _address(scene: Scene, release: Release) -> str:
    """Of this release, for somebody else: without what only this person chose."""
    page = (st.context.url or "").split("?")[0].rstrip("/")
    page = page if page.endswith("/promote") else f"{page}/promote"
    return page + scene.view.opened(release.id).href()


def _give(scene: Scene, release: Release, *, note: str = "", override: str = "") -> None:
    approved = errors.tried(
        lambda: scene.services.promotions.approve(
            scene.actor,
            scene.layout.name,
            release.id,
            release.hash,
            note=note,
            override=override,
        )
    )
    if approved is not None:
        promoting.tell("Approved. It can be run now.")
        st.rerun()


def _override(scene: Scene, release: Release) -> None:
    """What an admin approved alone, until another person signs it."""
    approval = release.approval
    if approval is None or not approval.override:
        return
    reason = plain_markdown(f"{approval.by.name} approved it alone: {approval.override}")
    if approval.countersigned is not None:
        st.caption(reason)
        return
    st.warning(f"{reason}\n\nIt waits to be countersigned by another person.", icon="⚠️")
    mine = scene.actor.id in (approval.by.id, release.planned.id)
    if mine or not scene.may(Can.PROMOTE_APPROVE):
        return
    note = confirming.note("promoting:sign-note")
    if not st.button("Countersign", key="promoting:sign", icon=":material/draw:"):
        return
    signed = errors.tried(
        lambda: scene.services.promotions.countersign(
            scene.actor, scene.layout.name, release.id, note=note
        )
    )
    if signed is not None:
        promoting.tell("Countersigned.")
        st.rerun()


# -- approved, and what is given up ---------------------------------------------------------------


def _approved(scene: Scene, release: Release) -> None:
    approval = release.approval
    if approval is None:
        return
    until = promoting_words.when(approval.expires_at)
    if release.expired(datetime.now(UTC)):
        st.markdown("**Its approval has ended**")
        st.markdown(plain_markdown(f"It was good until {until}. The buckets may have changed."))
        promoting_new.again(scene, release)
        _discard(scene, release)
        return
    st.markdown("**It is approved**")
    st.caption(plain_markdown(f"Good until {until}."))
    promoting_run.ask(scene, release)
    _discard(scene, release)


def _discard(scene: Scene, release: Release) -> None:
    if not scene.may_run(release):
        return
    with st.popover("Discard it", key="promoting:discard-ask", width="stretch"):
        st.markdown("The plan stays in the list as void, and can no longer be approved or run.")
        why = confirming.note("promoting:discard-note")
        if st.button("Discard", key="promoting:discard"):
            promoting_running.cancel(scene, release, why)
