"""Where a sentence is spoken: courses say in their manifests which clip holds which phrase.

A manifest has up to 60 MB. It is searched as text for the phrase alone, never taken apart whole,
and what it says is remembered while it does not change.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from storage.courses.codes import parse_course
from storage.courses.registry import is_uuid
from storage.errors import Conflict, InvalidInput, NotFound
from storage.gate import Passage
from storage.model.objects import ObjectHead
from storage.model.welcomes import StoredSound
from storage.welcomes.reading import asked_for, list_all, read_whole, sound
from storage.welcomes.rooms import MANIFEST, Doors, Rooms

_ROLES = ("presentation", "source")  # who says encouragements: the voice that explains
_REMEMBERED = 20_000  # answers of some 200 bytes


class Spoken:
    """What manifests were found to say. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str, str], tuple[str, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self._reading = threading.Lock()  # one manifest in memory at a time

    def find(self, doors: Doors, lang: str, text: str) -> StoredSound | None:
        """The clip of the newest course for speakers of `lang` that says exactly this, in testing
        or else live; None where none does."""
        for head in self._manifests(doors, lang):
            for clip_id in self._ids(doors.home, head, text):
                found = _clip(doors, clip_id)
                if found is not None:
                    return found
        return None

    def _manifests(self, doors: Doors, lang: str) -> list[ObjectHead]:
        """Of those courses, the newest first."""
        layout = doors.rooms.layout
        if all(kind.kind != MANIFEST for kind in layout.kinds):
            return []
        kind = layout.kind(MANIFEST)
        there = list_all(doors.home, kind.template.prefix, delimiter="")
        keys = [key for key in there if _known_language(kind.template.match(key)) == lang]
        found = asked_for(doors.home, keys).values()
        most = kind.max_bytes
        small = (one for one in found if most is None or one.size <= most)
        return sorted(small, key=lambda one: one.modified, reverse=True)

    def _ids(self, where: Passage, head: ObjectHead, text: str) -> tuple[str, ...]:
        asked = (head.bucket, head.key, head.etag, text)
        with self._lock:
            if asked in self._known:
                return self._known[asked]
        with self._reading:
            try:
                found = tuple(ids_of_phrase(read_whole(where, head), text))
            except (Conflict, NotFound):  # replaced or removed just now: the others may say it
                return ()
        with self._lock:
            self._known[asked] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


def _known_language(fields: dict[str, str] | None) -> str:
    try:
        return parse_course(fields["course"]).known if fields else ""
    except InvalidInput:
        return ""


def ids_of_phrase(manifest: bytes, phrase: str) -> Iterator[str]:
    """The ids of the clips that say `phrase`: encouragements first, then by who speaks."""
    rows: list[dict[str, Any]] = []
    for written in dict.fromkeys((json.dumps(phrase, ensure_ascii=False), json.dumps(phrase))):
        name = re.escape(written.encode("utf-8", "surrogatepass"))
        for found in re.finditer(name + rb"\s*:\s*(?=\[)", manifest):
            rows += _samples(manifest, found.end())
    rows.sort(key=lambda row: (not row.get("is_encouragement"), _rank(row.get("role"))))
    yield from dict.fromkeys(row["id"] for row in rows)


def _samples(manifest: bytes, at: int) -> Sequence[dict[str, Any]]:
    """The list that begins there: of a phrase some few clips."""
    end = manifest.find(b"]", at) + 1  # no sample holds a list
    try:
        value = json.loads(manifest[at:end])
    except ValueError:
        return []
    return [
        one
        for one in value
        if isinstance(one, dict) and isinstance(one.get("id"), str) and is_uuid(one["id"])
    ]


def _rank(role: object) -> int:
    return _ROLES.index(role) if role in _ROLES else len(_ROLES)


def _clip(doors: Doors, clip_id: str) -> StoredSound | None:
    rooms: Rooms = doors.rooms
    key = rooms.clip_key(clip_id)
    places = ((rooms.testing, doors.testing), (rooms.live, doors.live))
    for role, where in places:
        head = asked_for(where, [key]).get(key) if where else None
        if head is not None:
            return sound(role, head)
    return None
