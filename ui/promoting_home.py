"""What Home says of releases: what waits for whom, and what an admin approved alone."""

from __future__ import annotations

import streamlit as st

from storage.bootstrap import Services
from storage.errors import StorageError
from storage.layout.profile import Layout
from storage.model.people import Actor, Can, Role
from storage.model.releases import Release
from ui import gate, promoting
from ui.cards.cards import Card
from ui.promoting_view import PromoteView
from ui.text import plain_markdown, visible

_LOOKED_AT = 50  # of the newest releases
_NAMED = 4
_WAITING = ("planned", "approved", "running", "paused", "stopped", "copied")


def card(services: Services, actor: Actor, layout: Layout) -> list[Card]:
    """The card of the releases that are not over; none where there are none, or for who does
    nothing about them.
    """
    if not promoting.concerns(actor, layout):
        return []
    try:
        found = services.promotions.history(actor, layout.name, limit=_LOOKED_AT)
    except StorageError as error:
        return [_card("–", "releases", [error.what, error.remedy], PromoteView(layout.name))]
    waiting = [one for one in found if one.state in _WAITING]
    if not waiting:
        return []
    lines = [_line(one) for one in waiting[:_NAMED]]
    if len(waiting) > _NAMED:
        lines.append(f"and {len(waiting) - _NAMED:,} more")
    view = PromoteView(layout.name)
    view = view.opened(waiting[0].id) if len(waiting) == 1 else view
    noun = "release under way" if len(waiting) == 1 else "releases under way"
    return [_card(f"{len(waiting):,}", noun, lines, view)]


def _line(one: Release) -> str:
    words, _tone = promoting.standing(one)
    return visible(f"{promoting.title(one)}: {words}, planned by {one.planned.name}")


def _card(number: str, title: str, lines: list[str], view: PromoteView) -> Card:
    return Card(
        eyebrow=gate.ROLE_TITLES[Role.OPERATOR],
        number=number,
        title=title,
        lines=lines,
        action="Open" if view.release else "Open Promote",
        href=promoting.href(view),
    )


def unsigned(services: Services, actor: Actor) -> None:
    """What an admin approved alone, in any project, until another person signs it: told to all who
    may approve there.
    """
    for layout in promoting.seen_by(actor, services.layouts).values():
        if not promoting.may(actor, Can.PROMOTE_APPROVE, layout):
            continue
        try:
            found = services.lookback.unsigned(actor, layout.name)
        except StorageError:
            continue  # the page shows what is wrong with the store or database by itself
        for one in found:
            _warn(layout, one)


def _warn(layout: Layout, one: Release) -> None:
    approval = one.approval
    if approval is None:
        return
    words = (
        f"{approval.by.name} approved “{promoting.title(one)}” in {layout.title} alone: "
        f"{approval.override} It waits to be countersigned by another person."
    )
    with st.container(key=f"promoting:unsigned:{one.id}"):
        st.warning(plain_markdown(words), icon="⚠️")
        promoting.link("Look at it", promoting.href(PromoteView(layout.name, release=one.id)))
