"""The dialogs that delete: chosen objects, or everything in a folder. Both say what goes first."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from storage.model.changes import DeletePlan, PrefixPlan
from ui import confirming, doing, errors, outcomes, working
from ui.browse import Scene
from ui.confirming import count
from ui.doing import Task
from ui.outcomes import Outcome
from ui.recent import forget
from ui.text import plain_markdown, visible
from ui.times import local


def objects(scene: Scene, task: Task) -> None:
    """What deleting the chosen objects touches, and the red button."""
    view, changes = scene.view, scene.services.changes
    plan = errors.tried(
        lambda: doing.kept(
            "plan",
            task.keys,
            lambda: changes.plan_delete(scene.actor, view.project, view.bucket, task.keys),
        )
    )
    if plan is None:
        return
    there = [row.key for row in plan.rows if not row.gone]
    st.markdown(f"From {confirming.place(scene, view.prefix)}")
    if there:
        confirming.names(there, view.prefix)
    if len(there) < len(plan.rows):
        st.caption(f"{count(len(plan.rows) - len(there))} of those chosen are gone already.")
    _undoing(plan.text, undoable=plan.undoable)
    note = confirming.note("deleting:note")
    sure = confirming.typed_if_live(scene, [plan.role], "delete from", "deleting:typed")
    ready = bool(there) and sure
    if confirming.press(f"Delete {count(plan.count)}", "delete", ready=ready, danger=True):
        _delete(scene, plan, note)


def _undoing(text: str, *, undoable: bool) -> None:
    if undoable:
        st.info(plain_markdown(text), icon="↩️")
    else:
        st.warning(plain_markdown(text), icon="⚠️")


def _delete(scene: Scene, plan: DeletePlan, note: str) -> None:
    deletion = errors.tried(lambda: scene.services.changes.delete(scene.actor, plan, note=note))
    if deletion is None:
        return
    forget()
    title = scene.bucket.title
    text = f"Deleted {count(len(deletion.deleted))} from {title}."
    if len(deletion.rows) == 1 and deletion.deleted:
        text = f"Deleted {visible(deletion.rows[0].key)} from {title}."
    outcomes.told(
        Outcome(
            text,
            failed={row.key: row.error for row in deletion.failed if row.error},
            deletion=deletion if deletion.undoable else None,
        )
    )
    doing.end()
    if scene.view.at in {row.key for row in deletion.deleted}:
        outcomes.leave(scene.view)
    st.rerun()


def folder(scene: Scene, _task: Task) -> None:
    """Everything below the folder that is looked at: counted, spelled out, then a job."""
    view = scene.view
    plan = errors.tried(lambda: _counted(scene))
    if plan is None:
        return
    if not plan.count:
        st.info("There is nothing in this folder any more.")
        return
    st.markdown(f"Everything below {confirming.place(scene, view.prefix)}")
    st.caption(plain_markdown(_kinds(scene, plan.by_kind)))
    st.code(_span(plan), language=None, wrap_lines=True)
    st.caption(
        f"Counted {plain_markdown(local(plan.planned_at))}. "
        "What is stored there from now on is left alone."
    )
    _undoing(plan.text, undoable=plan.undoable)
    note = confirming.note("deleting:note")
    name = view.prefix.rstrip("/").rpartition("/")[2]
    sure = confirming.typed(name, "delete the folder", "deleting:folder")
    live = confirming.typed_if_live(scene, [plan.role], "delete from", "deleting:typed")
    label = f"Delete {count(plan.count)}"
    if confirming.press(label, "delete-folder", ready=sure and live, danger=True):
        _delete_folder(scene, plan, note)


def _span(plan: PrefixPlan) -> str:
    """The first object and the last, and that there are more between them."""
    ends = list(dict.fromkeys([visible(plan.first), visible(plan.last)]))
    return "\n…\n".join(ends) if plan.count > 2 else "\n".join(ends)


def _counted(scene: Scene) -> PrefixPlan:
    view = scene.view
    asked = (view.project, view.bucket, view.prefix)

    def ask() -> PrefixPlan:
        with st.spinner("Counting what is in the folder …", show_time=True):
            return scene.services.changes.plan_prefix(scene.actor, *asked)

    return doing.kept("plan", asked, ask)


def _kinds(scene: Scene, by_kind: Mapping[str, int]) -> str:
    titles = {kind.kind: kind.title for kind in scene.layout.kinds}
    parts = [f"{titles.get(kind, 'Other')}: {number:,}" for kind, number in by_kind.items()]
    return " · ".join(parts)


def _delete_folder(scene: Scene, plan: PrefixPlan, note: str) -> None:
    job = errors.tried(lambda: scene.services.changes.delete_prefix(scene.actor, plan, note=note))
    if job is not None:
        working.watch(scene.view.project, job.id)
        doing.end()
        if scene.view.at:
            outcomes.leave(scene.view)
        st.rerun()
