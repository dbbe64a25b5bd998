"""What else can be done on Listen: adding a course, measuring its clips, taking verdicts along and
bringing them in.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from storage.access import allowed
from storage.courses.manifest import parse
from storage.model.courses import Manifest
from storage.model.jobs import Job
from storage.model.people import Can
from storage.model.review import Imported, Scope
from ui import errors, listening, promoting_entry
from ui import jobs as job_cards
from ui.listening import Scene
from ui.recent import forget
from ui.text import plain_markdown

_WATCHED = "listening:jobs"
_MEASURES = "measure-clips"
_ENDED = "listening:ended"
_FOUND_AGAIN = 20  # of the newest jobs
_REFUSED = 5  # lines named


def more(scene: Scene) -> None:
    """The menu beside the tabs."""
    if scene.may_put():
        with st.popover("Add a course", icon=":material/upload_file:", key="listening:add"):
            _add_course(scene)
    if scene.view.scope is None:
        return
    with st.popover("More", key="listening:more"):
        if scene.may(Can.CLIP_MEASURE):
            st.button(
                "Measure these clips",
                key="listening:measure",
                icon=":material/graphic_eq:",
                width="stretch",
                disabled=measuring(scene),
                on_click=partial(measure, scene),
            )
            st.caption("Loudness, silence, length, faults: then the likeliest faults come first.")
        _export(scene)
        promoting_entry.heard(scene.actor, scene.layout, scene.view.bucket, scene.scope)
        if scene.may(Can.REVIEW_VERDICT):
            _import(scene)


# -- a course from a file -------------------------------------------------------------------------


def _add_course(scene: Scene) -> None:
    file = st.file_uploader("A course's manifest (JSON)", type=["json"], key="listening:manifest")
    if file is None:
        st.caption("As the course compiler writes it. Kept until a newer one lies in the store.")
        return
    data = file.getvalue()
    manifest = errors.tried(partial(_parsed, data))
    if manifest is None:
        return
    st.caption(
        plain_markdown(f"{manifest.clips.num_rows:,} clips, version {manifest.version or '–'}")
    )
    course = st.text_input(
        "Course", f"{manifest.target}_for_{manifest.known}", key=f"listening:course:{file.file_id}"
    )
    if st.button("Keep this manifest", type="primary", key="listening:put"):
        who, name = scene.actor, scene.layout.name
        wanted = (course or "").strip()
        kept = errors.tried(
            lambda: scene.services.manifests.put(who, name, wanted, data, name=file.name)
        )
        if kept is not None:
            forget()
            listening.go(scene.view.of(Scope("course", kept.course)))
            st.rerun()


@st.cache_data(max_entries=2, show_spinner="Reading the manifest …")
def _parsed(data: bytes) -> Manifest:
    return parse(data)


# -- measuring ------------------------------------------------------------------------------------


def measure(scene: Scene) -> None:
    """Begins to measure what the scene listens to, and a course's live clips, for comparing equally
    loud: only those that are other than in testing are not known by then. Shows how far it is.
    """
    scope, (actor, layout, role) = listening.measured_scope(scene), scene.place
    for place in [role, *(_live(scene) if scope.kind == "course" else ())]:
        job = errors.tried(partial(scene.services.measurements.start, actor, layout, place, scope))
        if job is not None:
            _watched().insert(0, job.id)


def _live(scene: Scene) -> list[str]:
    return [
        bucket.role
        for bucket in scene.layout.buckets
        if bucket.live
        and bucket.role != scene.view.bucket
        and allowed(scene.actor, Can.CLIP_MEASURE, scene.layout, bucket.role)
    ]


def _watched() -> list[str]:
    """Ids, newest first."""
    found: list[str] = st.session_state.setdefault(_WATCHED, [])
    return found


def jobs(scene: Scene) -> None:
    """The measuring under way; a tab that was loaded anew finds it again."""
    if _WATCHED not in st.session_state:
        with errors.shown():
            found = scene.services.jobs.list(scene.actor, limit=_FOUND_AGAIN)
        _watched().extend(
            job.id for job in found if job.kind == _MEASURES and (job.active or job.resumable)
        )
    if ids := _watched():
        job_cards.show(
            scene.services.jobs,
            scene.actor,
            tuple(ids),
            place="listening",
            under=partial(_noticed, scene),
            on_close=ids.remove,
        )


def _noticed(scene: Scene, job: Job) -> None:
    """Once it has ended, the table, the pictures and what comes next know what was measured."""
    ended: set[str] = st.session_state.setdefault(_ENDED, set())
    if job.active:
        ended.discard(job.id)  # resumed
    elif job.id not in ended:
        ended.add(job.id)
        forget()
        errors.tried(lambda: scene.services.review.progress(*scene.place, scene.scope, fresh=True))


def measuring(scene: Scene) -> bool:
    """Whether clips of the project are measured already, as far as this tab knows."""
    get = scene.services.jobs.get
    begun = st.session_state.get(_WATCHED, ())  # a new tab has not looked for them yet
    found = errors.tried(lambda: [get(scene.actor, one) for one in begun]) or ()
    return any(job.active and job.layout == scene.layout.name for job in found)


def measured() -> int:
    """How often measuring ended in this tab: then another clip may be the likeliest to be bad."""
    return len(st.session_state.get(_ENDED, ()))


# -- taking along, bringing in --------------------------------------------------------------------


def _export(scene: Scene) -> None:
    review, name = scene.services.review, scene.scope.name.strip("/").replace("/", "-") or "all"
    st.download_button(
        "Verdicts as CSV",
        lambda: b"".join(review.export_csv(*scene.place, scene.scope)),
        file_name=f"verdicts-{name}.csv",
        mime="text/csv",
        key="listening:csv",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
    )
    st.download_button(
        "Clips to make again, as JSON",
        lambda: review.export_json(*scene.place, scene.scope),
        file_name=f"regenerate-{name}.json",
        mime="application/json",
        key="listening:json",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
    )


def _import(scene: Scene) -> None:
    file = st.file_uploader("Bring in verdicts (CSV or JSON as above)", key="listening:import")
    if file is None or not st.button("Bring them in", key="listening:bring"):
        return
    came = errors.tried(lambda: scene.services.review.import_file(*scene.place, file.getvalue()))
    if came is not None:
        forget()
        _tell(came)


def _tell(came: Imported) -> None:
    words = f"{came.done:,} brought in, {came.repeated:,} known already."
    if not came.refused:
        st.success(words)
        return
    lines = [f"line {line}: {why}" for line, why in came.refused[:_REFUSED]]
    rest = len(came.refused) - len(lines)
    more_words = f"; and {rest:,} more" if rest else ""
    st.warning(plain_markdown(f"{words} Not taken: {'; '.join(lines)}{more_words}"))
