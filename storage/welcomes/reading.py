"""What is there now: the registry, the recordings, and the MP3s in testing and live.

Of the recordings one listing; of each bucket of MP3s one page, and where that is not all of it, the
wanted ones one by one. What an object says about itself is asked once while it does not change.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storage.courses.registry import EMPTY, MAX_BYTES, Registry, parse_registry, too_large
from storage.errors import Conflict, NotFound, Unavailable
from storage.gate import Passage
from storage.model.objects import ObjectHead
from storage.model.welcomes import StoredSound
from storage.s3.heads import head_of
from storage.s3.many_heads import head_answers
from storage.s3.objects import stream_object
from storage.s3.small_listing import Small, list_small
from storage.welcomes.marks import PAIR
from storage.welcomes.names import Names
from storage.welcomes.rooms import Doors, Rooms

_PARALLEL = 16
_REMEMBERED = 10_000  # heads of about 1 KB
_TRIES = 5  # for one that changes while it is read


@dataclass(frozen=True, slots=True)
class Current:
    """The registry as it is: `head` None where there is none yet."""

    registry: Registry
    head: ObjectHead | None

    @property
    def etag(self) -> str:
        """Of the registry, "" where there is none."""
        return self.head.etag if self.head else ""


@dataclass(frozen=True, slots=True)
class Home:
    """The registry and all recordings, by key."""

    current: Current
    recordings: Mapping[str, ObjectHead]
    names: Names


class Heads:
    """What objects say of themselves, remembered by their ETag and time. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str, datetime], ObjectHead] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, where: Passage, listed: Small) -> dict[str, ObjectHead]:
        """By key; without those that vanished since they were listed."""
        bucket = where.bucket.bucket
        wanted = {key: (bucket, key, *facts) for key, facts in listed.items()}
        with self._lock:
            found = {key: self._known[one] for key, one in wanted.items() if one in self._known}
        asked = asked_for(where, [key for key in wanted if key not in found])
        with self._lock:
            for key, head in asked.items():
                if head.etag == listed[key][0]:
                    self._known[wanted[key]] = head
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found | asked


def asked_for(where: Passage, keys: Sequence[str]) -> dict[str, ObjectHead]:
    """The heads of those that are there, asked for side by side."""
    bucket = where.bucket.bucket
    answers = head_answers(where.store, bucket, keys, workers=_PARALLEL)
    told = zip(keys, answers, strict=True)
    return {key: head_of(bucket, key, answer) for key, answer in told if answer is not None}


def read_registry(where: Passage, key: str) -> Current:
    """The registry in one state. Raises InvalidInput for what is none, before 5 MiB are read."""

    for _ in range(_TRIES):
        head = asked_for(where, [key]).get(key)
        if head is None:
            return Current(parse_registry(EMPTY), None)
        if head.size > MAX_BYTES:
            raise too_large(head.size)
        try:
            return Current(parse_registry(read_whole(where, head)), head)
        except (Conflict, NotFound):
            continue
    raise Unavailable("The registry is being changed all the time.", "Try again in a moment.")


def read_whole(where: Passage, head: ObjectHead, version_id: str | None = None) -> bytes:
    """All bytes of an object (or one version of it). Raises Conflict where it changed."""
    pieces = stream_object(
        where.store,
        head.bucket,
        head.key,
        if_match=head.etag,
        version_id=version_id,
        chunk_bytes=max(1, head.size),  # a recording in one piece: it is held whole in any case
    )
    return b"".join(pieces)


def read_home(where: Passage, rooms: Rooms, heads: Heads, made: Iterable[ObjectHead] = ()) -> Home:
    """The registry and all recordings. What those in `made` say of themselves, which the caller has
    just stored, is not asked for while they are there; their time is the store's.
    """
    every = list_all(where, rooms.recordings_prefix)
    listed = {key: facts for key, facts in every.items() if key.endswith(".wav")}
    told = {
        one.key: replace(one, modified=listed[one.key][1])
        for one in made
        if listed.get(one.key, ("",))[0] == one.etag
    }
    told |= heads.of(where, {key: facts for key, facts in listed.items() if key not in told})
    recordings = {key: told[key] for key in listed if key in told}
    current = read_registry(where, rooms.registry_key)
    pairs = {key: head.metadata[PAIR] for key, head in recordings.items() if PAIR in head.metadata}
    names = Names(rooms, current.registry.entries, frozenset(recordings), pairs)
    return Home(current, recordings, names)


def list_all(where: Passage, prefix: str, delimiter: str = "/") -> Small:
    """ETag and time of each key right under `prefix`; of all with the `delimiter` ""."""
    bucket = where.bucket.bucket
    small = list_small(where.store, bucket, prefix, delimiter=delimiter)
    if small is not None:
        return small
    from storage.s3.listing import list_pages  # noqa: PLC0415  Arrow, which few need

    found: Small = {}
    for page in list_pages(where.store, bucket, prefix, delimiter=delimiter):
        names = ("key", "etag", "modified")
        columns = (page.objects.column(name).to_pylist() for name in names)
        found |= {key: (etag, modified) for key, etag, modified in zip(*columns, strict=True)}
    return found


@dataclass(frozen=True, slots=True)
class Clips:
    """The MP3s of some ids in one bucket."""

    found: Mapping[str, ObjectHead]
    rooms: Rooms

    def get(self, welcome_id: str | None) -> ObjectHead | None:
        """The MP3 of an id: under its key as the layout writes it, else in the other case."""
        if welcome_id is None:
            return None
        keys = _keys(self.rooms, welcome_id)
        return next((self.found[key] for key in keys if key in self.found), None)


def _keys(rooms: Rooms, welcome_id: str) -> tuple[str, ...]:
    name = rooms.clip_key(welcome_id).removeprefix(rooms.clips_prefix)
    return tuple(rooms.clips_prefix + one for one in dict.fromkeys((name, name.lower())))


def read_clips(where: Passage, rooms: Rooms, heads: Heads, ids: Iterable[str]) -> Clips:
    """The MP3s of `ids`. One page of the bucket, and where it has more, a request for each."""
    keys = [_keys(rooms, one) for one in dict.fromkeys(ids)]
    if not keys:
        return Clips({}, rooms)
    listed = list_small(where.store, where.bucket.bucket, rooms.clips_prefix)
    if listed is not None:
        wanted = {key: listed[key] for both in keys for key in both if key in listed}
        return Clips(heads.of(where, wanted), rooms)
    found = asked_for(where, [both[0] for both in keys])
    others = [both[1] for both in keys if both[0] not in found and len(both) > 1]
    return Clips(found | asked_for(where, others), rooms)


@dataclass(frozen=True, slots=True)
class Everything:
    """All that rows are made of."""

    home: Home
    testing: Clips
    live: Clips


def read_everything(doors: Doors, heads: Heads, course: str | None = None) -> Everything:
    """Home, and the MP3s of all courses or of one."""
    rooms = doors.rooms
    home = read_home(doors.home, rooms, heads)
    entries = home.current.registry.entries
    ids = [
        entry.id
        for entry in entries.values()
        if entry.id is not None and course in (None, entry.course)
    ]
    testing = read_clips(doors.testing, rooms, heads, ids)
    live = read_clips(doors.live, rooms, heads, ids) if doors.live else Clips({}, rooms)
    return Everything(home, testing, live)


def sound(role: str, head: ObjectHead | None) -> StoredSound | None:
    """As a page shows it."""
    if head is None:
        return None
    return StoredSound(
        role, head.bucket, head.key, head.etag, head.size, head.modified, head.version_id
    )
