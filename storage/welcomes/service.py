"""What the Welcomes page and its commands do: see, hear, change, send to testing, ask to go live.

Each call names the person and is refused here, not in the page, when the session has ended, the
permission is missing or the console is switched read-only. Plans write nothing; what writes takes a
plan, and refuses what is no longer as the plan says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

from storage.courses.codes import parse_course
from storage.db.live_requests import LiveRequests
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate, Passage
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.layout.profile import Layout
from storage.model.audit import AuditFilter
from storage.model.jobs import Job
from storage.model.people import Actor, Can
from storage.model.welcome_plans import History, Past, PublishPlan, Saved, SavePlan
from storage.model.welcomes import Base, LiveRequest, RegistryFinding, Welcome, WelcomeList
from storage.welcomes import past as earlier
from storage.welcomes import planning, publishing, saving
from storage.welcomes.fresh import new_id
from storage.welcomes.introductions import Introductions
from storage.welcomes.planning import Wanted
from storage.welcomes.reading import (
    Heads,
    read_clips,
    read_everything,
    read_home,
    read_registry,
)
from storage.welcomes.rooms import Doors, Rooms, entered_home, known
from storage.welcomes.rows import Told, make_row, make_rows, told

_ROWS = 1_000  # of the audit log: the registry's newest changes


class Welcomes:
    """The welcomes of all projects that have some. Thread-safe; holds no client."""

    def __init__(
        self,
        gate: Gate,
        jobs: Jobs,
        layouts: Mapping[str, Layout],
        requests: LiveRequests,
        clock: Callable[[], datetime],
        *,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self._gate = gate
        self._jobs = jobs
        self._layouts = layouts
        self._requests = requests
        self._clock = clock
        self._new_id = new_id
        self._heads = Heads()
        self._introductions = Introductions()

    # -- seeing -----------------------------------------------------------------------------------

    def list(self, actor: Actor, layout: str) -> WelcomeList:
        """All welcomes in the registry's order. Raises InvalidInput for a project without any, and
        for a registry that cannot be read, saying where.
        """
        doors = self._doors(actor, layout)
        found = read_everything(doors, self._heads)
        current = found.home.current
        rows = make_rows(doors.rooms, found, _told(doors), self._asked(layout))
        return WelcomeList(
            layout=layout,
            bucket=doors.home.bucket.bucket,
            key=doors.rooms.registry_key,
            etag=current.etag,
            exists=current.head is not None,
            welcomes=rows,
            findings=current.registry.findings,
        )

    def show(self, actor: Actor, layout: str, course: str) -> Welcome:
        """One welcome. Raises NotFound where the registry has none of that course."""
        doors = self._doors(actor, layout)
        found = read_everything(doors, self._heads, course)
        entry = found.home.current.registry.entries.get(course)
        if entry is None:
            raise _no_welcome(course)
        return make_row(doors.rooms, found, _told(doors), self._asked(layout), entry)

    def history(self, actor: Actor, layout: str, course: str) -> History:
        """The earlier texts and recordings of a course, newest first."""
        where, rooms = self._home(actor, layout)
        home = read_home(where, rooms, self._heads)
        return earlier.history(where, rooms, home, parse_course(course))

    # -- saving -----------------------------------------------------------------------------------

    def plan_save(
        self,
        actor: Actor,
        layout: str,
        course: str,
        *,
        text: str | None = None,
        voice: str | None = None,
        recording: bytes | None = None,
        also: Collection[str] = (),
        base: Base | None = None,
    ) -> SavePlan:
        """What saving would do; None leaves a thing as it is, `voice` "" is none. `also` names
        courses with the same recording that are to take text and voice too; its date and length
        they get in any case. `base` is what the editor saw, else what is there now.

        Raises InvalidInput for a course, text or recording that cannot be saved, saying why.
        """
        where, rooms = self._home(actor, layout, Can.OBJECT_WRITE)
        wanted = Wanted(parse_course(course), text, voice, recording, frozenset(also))
        home = read_home(where, rooms, self._heads)
        now = self._clock()
        return planning.plan_save(where, rooms, home, wanted, base, now=now, new_id=self._new_id)

    def plan_restore(self, actor: Actor, layout: str, course: str, past: Past | str) -> SavePlan:
        """A plan that makes an earlier recording, or text and voice, the present one: a row of the
        history, or its version. Raises NotFound for one that is not, or no longer, there.
        """
        where, rooms = self._home(actor, layout, Can.OBJECT_WRITE)
        if isinstance(past, str):
            home = read_home(where, rooms, self._heads)
            past = earlier.find(where, rooms, home, parse_course(course), past)
        if past.kind == "recording":
            recording = earlier.recording_then(where, past)
            return self.plan_save(actor, layout, course, recording=recording)
        text, voice = earlier.text_then(where, rooms, course, past)
        return self.plan_save(actor, layout, course, text=text, voice=voice)

    def save(self, actor: Actor, plan: SavePlan, *, note: str = "") -> Saved:
        """Writes the recording, then the registry. What others saved meanwhile for other courses
        stays; raises SaveConflict where it was the same one, with both versions.
        """
        where, rooms = self._home(actor, plan.layout, Can.OBJECT_WRITE)
        return saving.save(where, rooms, plan, note)

    # -- to testing, and on -----------------------------------------------------------------------

    def plan_publish(self, actor: Actor, layout: str, courses: Sequence[str]) -> PublishPlan:
        """What sending the recordings of `courses` to testing would do: for them and all courses
        that share one. Raises NotFound for a course without a welcome.
        """
        where, rooms = self._home(actor, layout)
        to = self._gate.enter(actor, Can.WELCOME_PUBLISH, layout, rooms.testing)
        home = read_home(where, rooms, self._heads)
        wanted = publishing.wanted_courses(home, courses)
        entries = home.current.registry.entries
        ids = [entries[course.code].id for course in wanted]
        testing = read_clips(to, rooms, self._heads, [one for one in ids if one])
        return publishing.plan_publish(rooms, home, testing, wanted, to.bucket.bucket)

    def publish(
        self,
        actor: Actor,
        plan: PublishPlan,
        *,
        note: str = "",
        watch: OnProgress | None = None,
    ) -> Job:
        """Does it as a job "publish-welcomes", with `watch` here and now. Raises InvalidInput where
        there is nothing to do, RuleViolation where an MP3 may not lie there.
        """
        where, rooms = self._home(actor, plan.layout)
        to = self._gate.enter(actor, Can.WELCOME_PUBLISH, where.layout.name, rooms.testing)
        if not plan.todo:
            raise InvalidInput(
                "There is nothing to send: " + " ".join(plan.sentences), "Record or save it first."
            )
        for step in plan.todo:
            publishing.check_publishable(to, step.key)
        return publishing.begin(self._jobs, to, plan, note=note, watch=watch)

    def ask_to_go_live(
        self, actor: Actor, layout: str, course: str, *, note: str = ""
    ) -> LiveRequest:
        """Puts the welcome that is in testing on the operators' list. Raises InvalidInput for one
        that is not in testing as it was recorded, or is live already.
        """
        where, rooms = self._publishing(actor, layout)
        row = self.show(actor, layout, course)
        if row.state != "testing" or row.testing is None or row.id is None or not row.certain:
            raise InvalidInput(
                "Only a recording that is in testing can go live.",
                "It is live already." if row.state == "live" else "Send it to testing first.",
            )
        at = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        request = LiveRequest(
            layout, course, row.id, row.testing.etag, note, at, actor.id, actor.name
        )
        key = rooms.clip_key(row.id)
        with where.changing("ask-to-go-live", key, note=note, courses=course):
            self._requests.put(request)
        return request

    def end_request(self, actor: Actor, layout: str, course: str, *, note: str = "") -> None:
        """Takes a request off the list: withdrawn, or declined. Raises NotFound where none is."""
        where, _ = self._publishing(actor, layout)
        with where.changing("end-live-request", "", note=note, courses=course):
            if not self._requests.remove(layout, course):
                raise NotFound("Nobody asked for that.", "Reload the page.")

    def requests(self, actor: Actor, layout: str) -> tuple[LiveRequest, ...]:
        """What waits for an operator, oldest first: without what is live by now, or no longer the
        one that was meant. Where nobody asked, the store is not asked either."""
        doors = self._doors(actor, layout)
        if not self._asked(layout):
            return ()
        found = read_everything(doors, self._heads)
        rows = make_rows(doors.rooms, found, Told(), self._asked(layout))
        open_now = {row.asked.course: row.asked for row in rows if row.asked}
        return tuple(sorted(open_now.values(), key=lambda one: one.at))

    def manifest_findings(
        self, actor: Actor, layout: str, requests: Sequence[LiveRequest]
    ) -> tuple[RegistryFinding, ...]:
        """For operators: which of the welcomes that are asked for were compiled into their course
        with another length. Reads those courses' manifests once while they do not change.
        """
        where, rooms = self._home(actor, layout)
        if not requests:
            return ()
        entries = read_registry(where, rooms.registry_key).registry.entries
        return tuple(self._introductions.findings(where, rooms, requests, entries))

    # -- inside -----------------------------------------------------------------------------------

    def _doors(self, actor: Actor, layout: str) -> Doors:
        return Doors.opened(self._gate, actor, self._layout(layout))

    def _home(self, actor: Actor, layout: str, can: Can = Can.OBJECT_READ) -> tuple[Passage, Rooms]:
        """The bucket of the registry, to read or with `can`."""
        return entered_home(self._gate, actor, self._layout(layout), can)

    def _publishing(self, actor: Actor, layout: str) -> tuple[Passage, Rooms]:
        rooms = Rooms.of(self._layout(layout))
        return self._gate.enter(actor, Can.WELCOME_PUBLISH, layout, rooms.testing), rooms

    def _layout(self, name: str) -> Layout:
        return known(self._layouts, name)

    def _asked(self, layout: str) -> Mapping[str, LiveRequest]:
        return {one.course: one for one in self._requests.list(layout)}


def _told(doors: Doors) -> Told:
    key, bucket = doors.rooms.registry_key, doors.home.bucket.bucket
    wanted = AuditFilter(bucket=bucket, key=key, result="done")
    return told(doors.home.audit.search(wanted, limit=_ROWS).rows)


def _no_welcome(course: str) -> NotFound:
    return NotFound(f"There is no welcome of {course}.", "Check the course's code.")
