"""The releases, newest first: what waits, and what was done."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from storage.model.people import Can
from storage.model.releases import Release
from ui import promoting
from ui.promoting import Scene
from ui.promoting_view import PromoteView
from ui.rows.rows import Column, Row, RowsData, rows_table
from ui.text import plain_markdown, visible

_PAGE = 50
_COLUMNS = (
    Column("What", width=16),
    Column("Where it is", width=13),
    Column("Objects", "number", 8, spare=True),
    Column("Planned by", width=10),
    Column("Planned", "time", 9.6),
    Column("Approved by", width=10, spare=True),
    Column("Run by", width=10, spare=True),
    Column("Ended", "time", 9.6, spare=True),
)


def show(scene: Scene) -> None:
    """A page of them; each is a link."""
    may_plan = scene.may(Can.PROMOTE_PLAN)
    found = scene.services.promotions.history(
        scene.actor, scene.layout.name, before=scene.view.before, limit=_PAGE + 1
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"From {promoting.live(scene.source)} to {promoting.live(scene.target)}",
            width="stretch",
        )
        if may_plan:
            st.button(
                "Plan a release",
                key="promoting:plan",
                type="primary",
                icon=":material/add:",
                on_click=promoting.go,
                args=(PromoteView(scene.view.project, "plan"),),
            )
    if not promoting.concerns(scene.actor, scene.layout):
        who = scene.who_may(Can.PROMOTE_PLAN)
        st.caption(plain_markdown(f"You see what was released. Releases are made by: {who}."))
    shown = found[:_PAGE]
    rows_table(
        RowsData(
            columns=_COLUMNS,
            rows=[_row(scene, one) for one in shown],
            count=f"{len(shown):,} release{'' if len(shown) == 1 else 's'}" if shown else "",
            empty=_empty(may=may_plan),
            pager=_pager(scene.view, shown, more=len(found) > _PAGE),
        ),
        key="promoting:history",
    )


def _row(scene: Scene, one: Release) -> Row:
    approval = one.approval
    unsigned = bool(approval and approval.override and approval.countersigned is None)
    approved = f"{approval.by.name}{', alone' if unsigned else ''}" if approval else ""
    done = f"{one.done:,} of {one.todo:,}" if one.run else f"{one.todo:,}"
    return Row(
        scene.view.opened(one.id).href(),
        [
            (promoting.title(one), ""),
            promoting.standing(one),
            (done, "error" if one.failed else ""),
            (visible(one.planned.name), ""),
            (one.planned.at, ""),
            (visible(approved), "warning" if unsigned else ""),
            (visible(one.run.name) if one.run else "", ""),
            (one.finished_at, ""),
        ],
    )


def _pager(view: PromoteView, shown: Sequence[Release], *, more: bool) -> list[tuple[str, str]]:
    newest = [("Newest", PromoteView(view.project).href())] if view.before else []
    older = PromoteView(view.project, before=shown[-1].id).href() if more else ""
    return [*newest, *([("Older", older)] if older else [])]


def _empty(*, may: bool) -> tuple[str, str]:
    how = "Make the first plan with “Plan a release”." if may else "They are shown here."
    return "Nothing was released yet.", how
