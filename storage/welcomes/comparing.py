"""What differs between a local copy of the welcomes and the store, by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storage.courses.registry import Registry, parse_registry
from storage.errors import InvalidInput
from storage.gate import Passage
from storage.model.objects import ObjectHead
from storage.model.welcome_sync import SyncAction, SyncConflict, SyncPlan, What
from storage.s3.objects import stream_object
from storage.welcomes.differing import Side, compared, entry_digest
from storage.welcomes.marks import SHA256, sha256_of
from storage.welcomes.mirror import Kept, Mirror, is_name
from storage.welcomes.names import Names
from storage.welcomes.reading import Home
from storage.welcomes.rooms import Rooms

PARALLEL = 8
UNREAD = "unread"  # in place of the digest of a recording that is and was only here
_PLAIN_MD5 = re.compile("[0-9a-f]{32}")
_Item = tuple[What, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """A plan and what it was made of. `heads` are the store's recordings by name."""

    plan: SyncPlan
    home: Home
    heads: Mapping[str, ObjectHead]
    local: Registry | None
    kept: Kept


def name_of(rooms: Rooms, key: str) -> str:
    """`ita` of `canonical/welcomes/ita.wav`."""
    return key.removeprefix(rooms.recordings_prefix).removesuffix(".wav")


def key_of(rooms: Rooms, name: str) -> str:
    """The way back."""
    return rooms.pair_key(name) if "_for_" in name else rooms.lang_key(name)


def compare(
    where: Passage,
    rooms: Rooms,
    home: Home,
    mirror: Mirror,
    *,
    parts: Collection[What],
    take: Mapping[str, Side],
) -> Compared:
    """What differs in those parts. Reads every local recording that there is something to compare
    with, and of the store's those whose content nothing tells. Raises InvalidInput for a registry
    that is none, on either side, and for courses in `take` that nobody has.
    """
    raw, kept = mirror.registry(), mirror.kept()
    mine = None if raw is None else parse_registry(raw)
    theirs = home.current.registry
    heads = {
        name: head for key, head in home.recordings.items() if is_name(name := name_of(rooms, key))
    }
    local: dict[_Item, str] = {}
    remote: dict[_Item, str] = {}
    if "registry" in parts:
        local |= _entries(mine)
        remote |= _entries(theirs)
    if "recording" in parts:
        files, found = _recordings(where, mirror, heads, kept)
        local |= {("recording", name): sha256 for name, sha256 in files.items()}
        remote |= {("recording", name): sha256 for name, sha256 in found.items()}
    base = {item: digest for item, digest in kept.base.items() if item[0] in parts}
    courses = _courses(rooms, home, mine, (*local, *remote))
    _check_known(take, courses)
    actions, conflicts = compared(local, remote, base, courses, take)
    broken = tuple(_broken(actions, mine, theirs))
    left = {(one.what, one.name) for one in broken}
    moving = tuple(one for one in actions if (one.what, one.name) not in left)
    left_out = (*conflicts, *broken)
    plan = SyncPlan(
        rooms.layout.name, mirror.folder, frozenset(parts), moving, left_out, local, remote, base
    )
    return Compared(plan, home, heads, mine, kept)


def _entries(registry: Registry | None) -> dict[_Item, str]:
    found = registry.entries if registry else {}
    return {("registry", course): entry_digest(entry) for course, entry in found.items()}


def _courses(
    rooms: Rooms, home: Home, mine: Registry | None, items: Collection[_Item]
) -> dict[_Item, tuple[str, ...]]:
    """The courses that each thing is of, those of the store before those that are only here."""
    entries = {**home.current.registry.entries, **(mine.entries if mine else {})}
    names = Names(rooms, entries, home.names.keys, home.names.pairs)
    found: dict[_Item, tuple[str, ...]] = {("registry", one): (one,) for one in entries}
    for what, name in items:
        if what == "recording":
            found[what, name] = names.of_file(key_of(rooms, name))
    return found


def _check_known(take: Mapping[str, Side], courses: Mapping[_Item, tuple[str, ...]]) -> None:
    known = {one for (_, name), of in courses.items() for one in (name, *of)}
    strangers = sorted(set(take) - known)
    if strangers:
        raise InvalidInput(
            f"There is no welcome of {', '.join(strangers)}, here or in the store.",
            "Give a course as `welcomes status` shows it.",
        )


def _broken(
    actions: Collection[SyncAction], mine: Registry | None, theirs: Registry
) -> Iterator[SyncConflict]:
    """Entries that move but cannot be relied on."""
    for action in actions:
        if action.what != "registry":
            continue
        source, target = (mine, theirs) if action.direction == "push" else (theirs, mine)
        finding = next(
            (
                one
                for one in (source.findings if source else ())
                if one.course in ("", action.course)
                and one.severity == "error"
                and (one.blocks or action.direction == "push")
            ),
            None,
        ) or (target.blocked(action.course) if target else None)
        if finding is not None:
            yield SyncConflict(action.what, action.name, action.course, finding.text)


# -- recordings -----------------------------------------------------------------------------------


def _recordings(
    where: Passage, mirror: Mirror, heads: Mapping[str, ObjectHead], kept: Kept
) -> tuple[dict[str, str], dict[str, str]]:
    """The SHA-256 of those here, and of those in the store."""
    names = mirror.recordings()

    def here(name: str) -> str:
        is_known = name in heads or ("recording", name) in kept.base
        return _digest(mirror, name) if is_known else UNREAD

    def content(name: str) -> str:
        head = heads[name]
        return (
            _kept(name, head, kept)
            or (_as_here(name, head, mirror) if name in files else "")
            or _told(where, head)
        )

    with ThreadPoolExecutor(PARALLEL) as pool:
        read = pool.map(here, names)
        files = {name: sha256 for name, sha256 in zip(names, read, strict=True) if sha256}
        told = list(pool.map(content, heads))  # by what tells it for certain, the cheapest first
        return files, dict(zip(heads, told, strict=True))


def _digest(mirror: Mirror, name: str) -> str:
    """The SHA-256 of a recording here, "" where it vanished."""
    data = mirror.recording(name)
    return "" if data is None else sha256_of(data)


def _kept(name: str, head: ObjectHead, kept: Kept) -> str:
    """The digest of what is unchanged since it was kept, "" for another."""
    is_known = head.etag == kept.etags.get(name)
    return kept.base.get(("recording", name), "") if is_known else ""


def _as_here(name: str, head: ObjectHead, mirror: Mirror) -> str:
    """The digest where the store's MD5 is that of the file here, else ""."""
    if head.encryption or not _PLAIN_MD5.fullmatch(head.etag):
        return ""
    data = mirror.recording(name) or b""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return sha256_of(data) if (md5, len(data)) == (head.etag, head.size) else ""


def _told(where: Passage, head: ObjectHead) -> str:
    """The digest as the recording itself tells it; at last by its bytes."""
    if SHA256 in head.metadata:
        return head.metadata[SHA256]
    digest = hashlib.sha256()
    for piece in stream_object(where.store, head.bucket, head.key, if_match=head.etag):
        digest.update(piece)
    return digest.hexdigest()
