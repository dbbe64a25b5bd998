"""Sending recordings to testing: an MP3 at its level for each id, made from exactly one recording.

Prod is never written: what is live comes there by promotion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from storage.audio.decode import decode
from storage.audio.transcode import to_mp3
from storage.courses.codes import Course, parse_course
from storage.errors import (
    AccessDenied,
    Cancelled,
    Conflict,
    NotFound,
    RuleViolation,
    StorageError,
)
from storage.gate import Gate, Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.layout.profile import Layout
from storage.layout.rules import check_write
from storage.model.jobs import Job
from storage.model.objects import ObjectHead
from storage.model.people import Can
from storage.model.welcome_plans import PublishPlan, PublishStep
from storage.model.welcomes import RegistryFinding
from storage.welcomes.marks import origin, published_marks
from storage.welcomes.reading import Clips, Home, asked_for, read_whole, sound
from storage.welcomes.rooms import CLIP, Rooms
from storage.welcomes.writing import put_file

KIND = "publish-welcomes"
_SAVE_FIRST = "Save it once; then send it to testing."


# -- the plan -------------------------------------------------------------------------------------


def wanted_courses(home: Home, courses: Sequence[str]) -> tuple[Course, ...]:
    """Those courses and all that share a recording with one of them. Raises NotFound."""
    entries = home.current.registry.entries
    found: dict[str, Course] = {}
    for code in courses:
        if code not in entries:
            raise NotFound(f"There is no welcome of {code}.", "Check the course's code.")
        course = parse_course(code)
        for one in (code, *home.names.sharing(course)):
            found.setdefault(one, parse_course(one))
    return tuple(found.values())


def plan_publish(
    rooms: Rooms, home: Home, testing: Clips, courses: Sequence[Course], bucket: str
) -> PublishPlan:
    """One step for each id; `courses` as of `wanted_courses`. Pure but for what was read."""
    refused = tuple(_refused(home, courses))
    left = {one.course for one in refused}
    by_key: dict[str, list[Course]] = {}
    for course in courses:
        welcome_id = home.current.registry.entries[course.code].id
        if course.code not in left and welcome_id is not None:
            by_key.setdefault(rooms.clip_key(welcome_id), []).append(course)
    steps = tuple(_step(rooms, home, testing, key, of) for key, of in by_key.items())
    return PublishPlan(rooms.layout.name, bucket, steps, refused, tuple(_words(steps, refused)))


def _refused(home: Home, courses: Sequence[Course]) -> Iterator[RegistryFinding]:
    registry = home.current.registry
    for course in courses:

        def no(code: str, text: str, remedy: str, of: str = course.code) -> RegistryFinding:
            return RegistryFinding(code, "error", text, remedy, of)

        broken = [one for one in registry.findings if one.course == course.code]
        serious = next((one for one in broken if one.blocks or one.code == "id-twice"), None)
        if serious is not None:
            yield no(serious.code, serious.text, serious.remedy)
        elif home.names.to_read(course) is None:
            yield no("not-recorded", "It has no recording yet.", "Record it first.")
        elif home.names.other_pairs(course) and home.names.owner(course.target) != course.pair:
            text = f"Its recording is of {home.names.owner(course.target)}, another language pair."
            yield no("other-pairs", text, "Record its own first.")
        elif registry.entries[course.code].id is None:
            yield no("no-id", "It has no id by which a course could play it.", _SAVE_FIRST)


def _step(
    rooms: Rooms, home: Home, testing: Clips, key: str, courses: Sequence[Course]
) -> PublishStep:
    source_key = home.names.to_read(courses[0])
    assert source_key is not None  # noqa: S101  others are refused
    head = home.recordings[source_key]
    welcome_id = home.current.registry.entries[courses[0].code].id or ""
    now = testing.found.get(key)  # one in the other case is another object: told by a check
    source = sound(rooms.home, head)
    assert source is not None  # noqa: S101
    return PublishStep(
        id=welcome_id,
        key=key,
        courses=tuple(course.code for course in courses),
        source=source,
        replaces=sound(rooms.testing, now),
        needed=now is None or origin(now, head) != "same",
    )


def _words(steps: Sequence[PublishStep], refused: Sequence[RegistryFinding]) -> Iterator[str]:
    for step in steps:
        names = ", ".join(parse_course(course).title for course in step.courses)
        if not step.needed:
            yield f"{names}: this recording is in testing already."
        elif step.replaces is not None:
            yield f"{names}: this recording replaces the one in testing."
        else:
            yield f"{names}: this recording goes to testing."
    for one in refused:
        yield f"{parse_course(one.course).title}: not sent. {one.text} {one.remedy}"


def begin(
    jobs: Jobs, where: Passage, plan: PublishPlan, *, note: str, watch: OnProgress | None
) -> Job:
    """The job; with `watch` here and now."""
    params = {
        "layout": plan.layout,
        "note": note,
        "steps": [
            {
                "key": step.key,
                "courses": list(step.courses),
                "source": [step.source.key, step.source.etag],
                "replaces": step.replaces.etag if step.replaces else "",
            }
            for step in plan.todo
        ],
    }
    count = len(plan.todo)
    facts: dict[str, Any] = {
        "title": f"Send {count:,} welcome{'' if count == 1 else 's'} to testing",
        "layout": plan.layout,
        "role": where.bucket.role,
        "total": count,
        "unit": "welcomes",
    }
    if watch is not None:
        return jobs.run_here(where.actor, KIND, params, on_progress=watch, **facts)
    return jobs.start(where.actor, KIND, params, **facts)


# -- the job --------------------------------------------------------------------------------------


class PublishWork:
    """Makes and stores one MP3 after the other. The checkpoint: how many, and what became of them.

    Nothing is left half done: each MP3 is one request.
    """

    kind = KIND
    resumable = True

    def __init__(self, gate: Gate, layouts: Mapping[str, Layout]) -> None:
        self._gate = gate
        self._layouts = layouts

    def run(self, job: Running) -> Mapping[str, Any]:
        """Publishes what is not published yet; what fails is told and does not stop the others."""
        rooms = Rooms.of(self._layouts[job.params["layout"]])
        steps = job.params["steps"]
        kept: dict[str, Any] = {"at": 0, "items": [], "failures": [], **job.checkpoint}
        first: StorageError | None = None
        for at in range(kept["at"], len(steps)):
            job.stop_if_asked()
            job.progress(at, len(steps), ", ".join(steps[at]["courses"]))
            try:
                kept["items"].append(self._publish(job, rooms, steps[at]))
            except (Cancelled, AccessDenied):
                raise
            except StorageError as error:
                first = first or error
                kept["failures"].append({"courses": steps[at]["courses"], **error.as_dict()})
            kept["at"] = at + 1
            job.save(kept)
        job.progress(len(steps))
        if first is not None and not kept["items"]:
            raise first
        return {
            "done": len(kept["items"]),
            "items": kept["items"],
            "failed": len(kept["failures"]),
            "failures": kept["failures"],
        }

    def tidy(self, job: Running) -> None:
        """Nothing is half done."""

    def _publish(self, job: Running, rooms: Rooms, step: Mapping[str, Any]) -> dict[str, Any]:
        name, who = rooms.layout.name, job.actor
        home = self._gate.enter(who, Can.OBJECT_READ, name, rooms.home)
        to = self._gate.enter(who, Can.WELCOME_PUBLISH, name, rooms.testing)
        check_publishable(to, step["key"])
        source = _planned_source(home, step)
        now = asked_for(to, [step["key"]]).get(step["key"])
        if now is not None and origin(now, source) == "same":  # an earlier run came so far
            return {"key": step["key"], "courses": step["courses"], "etag": now.etag}
        _check_planned(to, step, now)
        wav = read_whole(home, source)
        mastered = to_mp3(decode(wav))
        written = put_file(
            to,
            "publish-welcome",
            step["key"],
            mastered.data,
            kind=CLIP,
            over=now,
            note=job.params["note"],
            marks=published_marks(mastered.data, wav, source.etag),
            courses=" ".join(step["courses"]),
            source=source.key,
            source_version=source.version_id or source.etag,
        )
        return {
            "key": step["key"],
            "courses": step["courses"],
            "etag": written.etag,
            "duration": round(mastered.duration_s, 3),
            "loudness_lufs": mastered.after.integrated_lufs,
            "true_peak_dbtp": mastered.after.true_peak_dbtp,
            "limited": mastered.limited,
        }


def _planned_source(home: Passage, step: Mapping[str, Any]) -> ObjectHead:
    key, etag = step["source"]
    source = asked_for(home, [key]).get(key)
    if source is None or source.etag != etag:
        raise NotFound(
            "The recording was replaced or removed after this was planned.",
            "Listen to the new one, and send that one to testing.",
        )
    return source


def _check_planned(to: Passage, step: Mapping[str, Any], now: ObjectHead | None) -> None:
    if (now.etag if now else "") != step["replaces"]:
        raise Conflict(
            "Another MP3 was put there after this was planned.",
            "Look at it first; then send the recording again.",
            bucket=to.bucket.bucket,
            key=step["key"],
        )


def check_publishable(to: Passage, key: str) -> None:
    """Raises RuleViolation where an MP3 may not be written: by the layout, and to what is live."""
    if to.bucket.live:
        raise to.refused(
            RuleViolation(
                f"{to.bucket.title} is written by promotion alone.",
                "Send it to testing, and ask for it to go live.",
                bucket=to.bucket.bucket,
                key=key,
            ),
            key,
        )
    check_write(to.layout, to.bucket.role, key)
