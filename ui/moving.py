"""The dialog that copies or moves: where to, what that would do, one button."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from storage.access import allowed
from storage.model.changes import TransferPlan, TransferStep
from storage.model.people import Can
from storage.units import human_bytes
from ui import confirming, doing, errors, outcomes, working
from ui.browse import Scene
from ui.confirming import count
from ui.doing import Task
from ui.replacing import Newcomer, choose, refused, verdict
from ui.text import visible


def targets(scene: Scene) -> list[str]:
    """The roles of the buckets of this project that this person may write to."""
    return [
        bucket.role
        for bucket in scene.layout.buckets
        if not scene.read_only and allowed(scene.actor, Can.OBJECT_WRITE, scene.layout, bucket.role)
    ]


def transfer(scene: Scene, task: Task) -> None:
    """Copies or moves the chosen objects within the project."""
    chosen = count(len(task.keys)) if len(task.keys) > 1 else task.keys[0]
    st.markdown(f"From {confirming.place(scene, chosen)}")
    move = _verb(scene) == "Move"
    role, target = _target(scene, task)
    here = role == scene.view.bucket and target in (scene.view.prefix, task.keys[0])
    if here:
        st.caption("Choose another bucket, folder or name.")
    plan = None if here else _plan(scene, task, role, target, move=move)
    if plan is None:
        confirming.press("Move" if move else "Copy", "moving:off", ready=False)
        return
    _show(scene, plan)


def _verb(scene: Scene) -> str:
    verbs = ["Copy", "Move"] if scene.may(Can.OBJECT_DELETE) else ["Copy"]
    chosen = st.segmented_control(
        "Copy or move",
        verbs,
        default="Copy",
        required=True,
        key="moving:verb",
        label_visibility="collapsed",
    )
    return chosen or "Copy"


def _target(scene: Scene, task: Task) -> tuple[str, str]:
    """The bucket's role and the folder, or for one object the whole key."""
    view, roles = scene.view, targets(scene)
    titles = {role: scene.layout.bucket(role).title for role in roles}
    left, right = st.columns(2)
    role = left.selectbox(
        "To",
        roles,
        index=roles.index(view.bucket) if view.bucket in roles else 0,
        format_func=lambda one: titles[one],
        key="moving:role",
    )
    folder = (right.text_input("Folder", view.prefix, key="moving:folder") or "").strip()
    folder = f"{folder.rstrip('/')}/" if folder.strip("/") else ""
    if len(task.keys) > 1:
        return role, folder
    own = task.keys[0][len(view.prefix) :]
    name = st.text_input("Name", own, key="moving:name") or own
    return role, folder + name


def _plan(scene: Scene, task: Task, role: str, target: str, *, move: bool) -> TransferPlan | None:
    view = scene.view
    return errors.tried(
        lambda: doing.kept(
            "plan",
            (role, target, move, task.keys),
            lambda: scene.services.changes.plan_transfer(
                scene.actor,
                view.project,
                view.bucket,
                task.keys,
                target_layout=view.project,
                target_role=role,
                target=target,
                move=move,
            ),
        )
    )


def _show(scene: Scene, plan: TransferPlan) -> None:
    """What the plan would do, and the button."""
    _table(plan)
    newcomers = [_newcomer(scene, plan, step) for step in plan.steps]
    refused(newcomers)
    taken = [
        one
        for one, step in zip(newcomers, plan.steps, strict=True)
        if step.existing and not step.blocked
    ]
    replaced = choose(scene, plan.target_role, taken, "moving")
    going = [
        step
        for step in plan.steps
        if not step.blocked and (step.existing is None or step.target_key in replaced)
    ]
    note = confirming.note("moving:note")
    risky = ([plan.role] if plan.move else []) + ([plan.target_role] if replaced else [])
    verb = "Move" if plan.move else "Copy"
    sure = confirming.typed_if_live(scene, risky, f"{verb.lower()} over", "moving:typed")
    label = f"{verb} {count(len(going))}, {human_bytes(sum(step.size for step in going))}"
    if not confirming.press(label if going else verb, "moving:go", ready=bool(going) and sure):
        return
    job = errors.tried(
        lambda: scene.services.changes.transfer(scene.actor, plan, replace=replaced, note=note)
    )
    if job is not None:
        working.watch(scene.view.project, job.id)
        doing.end()
        if plan.move and scene.view.at in {step.key for step in going}:
            outcomes.leave(scene.view)
        st.rerun()


def _table(plan: TransferPlan) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Object": [visible(step.key) for step in plan.steps],
                "Becomes": [visible(step.target_key) for step in plan.steps],
                "What happens": [verdict(step.findings, step.existing) for step in plan.steps],
                "Size": [human_bytes(step.size) for step in plan.steps],
            }
        ),
        hide_index=True,
    )


def _newcomer(scene: Scene, plan: TransferPlan, step: TransferStep) -> Newcomer:
    existing = step.existing
    sound = existing is not None and existing.content_type.startswith("audio/")
    return Newcomer(
        name=step.target_key,
        key=step.target_key,
        size=step.size,
        existing=existing,
        findings=step.findings,
        sound=partial(_url, scene, plan, step) if sound else None,
        facts=f"from {step.key}",
    )


def _url(scene: Scene, plan: TransferPlan, step: TransferStep) -> str:
    return scene.services.objects.clip_url(
        scene.actor, plan.layout, plan.role, step.key, etag=step.etag
    ).url
