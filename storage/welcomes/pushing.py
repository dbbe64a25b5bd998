"""From a local copy to the store, recordings first and the registry last; each write only over what
was compared. Whoever is interrupted finishes by doing it again. Nothing is ever removed there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.registry import Entry, Registry, parse_registry
from storage.courses.splice import put_entries, set_entries
from storage.errors import Conflict, StorageError, Unavailable
from storage.gate import Passage
from storage.model.objects import ObjectHead
from storage.model.welcome_sync import SyncAction
from storage.welcomes.comparing import Compared, name_of
from storage.welcomes.differing import BOTH_CHANGED, entry_digest
from storage.welcomes.fresh import as_date
from storage.welcomes.length import as_duration, length_s
from storage.welcomes.marks import DATE
from storage.welcomes.mirror import Mirror
from storage.welcomes.moved import Moved
from storage.welcomes.reading import Heads, Home, read_home
from storage.welcomes.rooms import RECORDING, REGISTRY, Rooms
from storage.welcomes.rows import is_gap
from storage.welcomes.uploading import Stored, Upload
from storage.welcomes.writing import put_file

_TRIES = 40
_WAIT_S = 0.05


@dataclass(frozen=True, slots=True)
class Push:
    """One run of one person: what it works with, and where it tells what it did."""

    where: Passage
    rooms: Rooms
    heads: Heads
    mirror: Mirror
    compared: Compared
    moved: Moved
    actions: Sequence[SyncAction]
    note: str
    now: Callable[[], str]
    new_id: Callable[[], str]

    def run(self) -> None:
        """Moves what the plan says. What cannot move is told, and the rest goes on."""
        recordings = [one for one in self.actions if one.what == "recording"]
        place = (self.where, self.rooms, self.mirror, self.compared)
        made: dict[str, Stored] = {}
        for action, found in Upload(*place, self.note, self.now).run(recordings):
            if isinstance(found, StorageError):
                self.moved.left(action, f"{found.what} {found.remedy}".strip())
            else:
                self.moved.same(action, found.sha256)
                self.moved.etags[action.name] = found.head.etag
                made[action.name] = found
        self._save_registry([one for one in self.actions if one.what == "registry"], made)

    # -- the registry -----------------------------------------------------------------------------

    def _save_registry(self, entries: list[SyncAction], made: Mapping[str, Stored]) -> None:
        for attempt in range(_TRIES):
            stored = [one.head for one in made.values()]
            home = read_home(self.where, self.rooms, self.heads, stored)
            before = home.current.registry
            moving = [one for one in entries if self._still_moves(one, before)]
            raw = self._with_mine(self._begun(home, moving), moving)
            merged = parse_registry(raw)
            heard = dict(self._heard(home, merged, made))
            raw = set_entries(merged, heard)
            try:
                if raw != before.raw or (home.current.head is None and moving):
                    self._put(home, raw, [one.course for one in moving] + list(heard))
                break
            except Conflict:  # somebody saved in between: on top of theirs
                time.sleep(random.uniform(0, _WAIT_S * min(attempt + 1, 10)))  # noqa: S311
        else:
            raise Unavailable("Others save welcomes all the time.", "Push again in a moment.")
        for action in entries:
            if action not in moving:
                self.moved.left(action, BOTH_CHANGED)
        self._keep(parse_registry(raw), moving, heard)

    def _begun(self, home: Home, moving: Sequence[SyncAction]) -> bytes:
        """The store's registry; where there is none yet, all of mine with its documentation."""
        mine = self.compared.local
        whole = mine is not None and {one.name for one in moving} == set(mine.entries)
        if home.current.head is None and mine is not None and whole:
            return mine.raw
        return home.current.registry.raw

    def _still_moves(self, action: SyncAction, now: Registry) -> bool:
        """Whether the store's entry is the one that was compared, or mine already."""
        item, plan = (action.what, action.name), self.compared.plan
        entry = now.entries.get(action.name)
        digest = entry_digest(entry) if entry else None
        is_known = digest in (plan.remote.get(item), plan.local[item])
        return is_known and now.blocked(action.name) is None

    def _with_mine(self, raw: bytes, moving: Sequence[SyncAction]) -> bytes:
        mine = self.compared.local
        if mine is None:  # then nothing of it moves
            return raw
        return put_entries(parse_registry(raw), [one.name for one in moving], mine)

    def _heard(
        self, home: Home, after: Registry, made: Mapping[str, Stored]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Date, length and id of recordings that the registry does not tell of: those that were
        stored just now, or by a run that was interrupted. Of those that are here the length is
        known; the others stay as they are shown, for a save to mend."""
        names = home.names.with_entries(after.entries)
        for code, entry in after.entries.items():
            if after.blocked(code) is not None:
                continue
            key = names.to_read(parse_course(code))
            head = home.recordings.get(key) if key else None
            if head is not None and is_gap(entry, head):
                name = name_of(self.rooms, head.key)
                fields = self._told(name, head, made.get(name))
                if fields and entry.id is None:
                    fields["id"] = names.id_of_pair(parse_course(code)) or self.new_id()
                if fields:
                    yield code, fields

    def _told(self, name: str, head: ObjectHead, made: Stored | None) -> dict[str, Any]:
        item = ("recording", name)
        if item not in self.moved.local or self.moved.local[item] != self.moved.remote.get(item):
            return {}
        if made is not None and made.head.etag == head.etag:
            seconds = made.seconds
        else:
            data = self.mirror.recording(name)
            if data is None:
                return {}
            seconds = length_s(self.rooms.layout.kind(RECORDING), data)
        date = head.metadata.get(DATE) or as_date(head.modified)
        return {"generated_date": date, "duration": as_duration(seconds)}

    def _put(self, home: Home, raw: bytes, courses: list[str]) -> None:
        put_file(
            self.where,
            "welcome",
            self.rooms.registry_key,
            raw,
            kind=REGISTRY,
            over=home.current.head,
            note=self.note,
            courses=" ".join(dict.fromkeys(courses)),
            fields="",
            text=False,
            recording=False,
        )

    def _keep(
        self, after: Registry, moving: list[SyncAction], heard: Mapping[str, dict[str, Any]]
    ) -> None:
        """Date, length and id go into the local registry too, where its entry is the same."""
        mine, changes = self.compared.local, dict[str, dict[str, Any]]()
        for course, fields in heard.items():
            if mine is None or course not in mine.entries or mine.blocked(course) is not None:
                continue
            wanted = Entry(course, {**mine.entries[course].fields, **fields})
            if entry_digest(wanted) == entry_digest(after.entries[course]):
                changes[course] = fields
        if mine is not None and changes:
            mine = parse_registry(set_entries(mine, changes))
            self.mirror.put_registry(mine.raw, over=self.compared.local)
        for side, registry in ((self.moved.local, mine), (self.moved.remote, after)):
            for course, entry in (registry.entries if registry else {}).items():
                if ("registry", course) in side or course in heard:
                    side["registry", course] = entry_digest(entry)
        for action in moving:
            self.moved.same(action, entry_digest(after.entries[action.name]))
