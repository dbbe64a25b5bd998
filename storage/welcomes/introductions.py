"""What compiled courses say of their welcome: a manifest carries its length as it was then."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from storage.courses.registry import Entry
from storage.errors import Conflict, NotFound
from storage.gate import Passage
from storage.model.objects import ObjectHead
from storage.model.welcomes import LiveRequest, RegistryFinding
from storage.welcomes.reading import asked_for, read_whole
from storage.welcomes.rooms import MANIFEST, Rooms

_APART_S = 0.1  # of a length and the same length as a manifest rounds it
_REMEMBERED = 1_000
_INTRODUCTION = re.compile(rb'"introduction"\s*:\s*(?=\{)')

_Said = tuple[str, float]
"""Id and seconds; ("", 0) where it says nothing of use."""


class Introductions:
    """What manifests were found to say, remembered while they do not change. Thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], _Said] = OrderedDict()
        self._lock = threading.Lock()

    def findings(
        self,
        where: Passage,
        rooms: Rooms,
        requests: Iterable[LiveRequest],
        entries: Mapping[str, Entry],
    ) -> Iterator[RegistryFinding]:
        """For whoever makes these welcomes live: courses that were compiled with another length."""
        kinds = {kind.kind: kind for kind in rooms.layout.kinds}
        if MANIFEST not in kinds:
            return
        keys = {one: kinds[MANIFEST].template.render({"course": one.course}) for one in requests}
        heads = asked_for(where, list(keys.values()))
        most = kinds[MANIFEST].max_bytes
        for request, key in keys.items():
            head, entry = heads.get(key), entries.get(request.course)
            if head is None or entry is None or (most is not None and head.size > most):
                continue
            said_id, said_s = self._said(where, head)
            is_other = abs(said_s - entry.duration_s) > _APART_S
            if said_id.upper() == request.id.upper() and said_s and is_other:
                yield RegistryFinding(
                    "manifest-duration",
                    "warning",
                    f"The compiled course says {said_s:.1f} s; it lasts {entry.duration_s:.1f} s.",
                    "Have the course compiled again when it goes live.",
                    request.course,
                )

    def _said(self, where: Passage, head: ObjectHead) -> _Said:
        asked = (head.bucket, head.key, head.etag)
        with self._lock:
            if asked in self._known:
                return self._known[asked]
        try:
            said = introduction(read_whole(where, head))
        except (Conflict, NotFound):  # replaced or removed just now: told the next time
            return "", 0.0
        with self._lock:
            self._known[asked] = said
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return said


def introduction(manifest: bytes) -> _Said:
    """Id and length of the welcome in a manifest, whose 60 MB are not taken apart for it."""
    found = _INTRODUCTION.search(manifest)
    if found is None:
        return "", 0.0
    end = manifest.find(b"}", found.end()) + 1  # it holds no other object
    try:
        value: dict[str, Any] = json.loads(manifest[found.end() : end])
    except ValueError:
        return "", 0.0
    said_id, seconds = value.get("id"), value.get("duration")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not isinstance(said_id, str) or not is_number:
        return "", 0.0
    return said_id, float(value["duration"])
