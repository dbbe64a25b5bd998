"""What was there before a release: looked up for the plan that undoes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from storage.errors import Conflict, NotFound
from storage.gate import Passage
from storage.model.promotion import Plan
from storage.model.releases import BEGUN, STATE_WORDS, Release, Step
from storage.promotion.reading import WORKERS, heads
from storage.promotion.shelf import ReleaseShelf
from storage.promotion.undoing import plan_rollback
from storage.s3.heads import head_answer

_Place = tuple[str, str]  # key, version


def rollback_of(where: Passage, shelf: ReleaseShelf, release: Release) -> Plan:
    """The plan that undoes it, by what the bucket holds now. Raises Conflict where nothing of it
    can be undone: it wrote nothing, runs, or is undone.
    """
    if release.state not in BEGUN or release.state == "running":
        raise Conflict(
            f"This release is {STATE_WORDS[release.state]}, so it cannot be rolled back.",
            "Pause it first." if release.state == "running" else "Look at it again.",
        )
    steps = shelf.rows.steps(release.id, "done", "begun")
    keys = [step.key for step in steps]
    told = heads(where.store, where.bucket.bucket, keys, lambda: None)
    now = {one.key: (one.etag, one.answer["ContentLength"]) for one in told if one is not None}
    return plan_rollback(
        release,
        shelf.plan_rows(release.id),
        steps,
        prod=now,
        earlier=_earlier(where, steps),
        later=_later(shelf, release, keys),
    )


def _earlier(where: Passage, steps: Sequence[Step]) -> Mapping[_Place, tuple[str, int]]:
    """What the versions and backups hold that it needs."""
    places = [(step.backup or step.key, step.before_version) for step in steps if step.before_etag]

    def one(place: _Place) -> tuple[str, int] | None:
        try:
            answer = head_answer(where.store, where.bucket.bucket, place[0], place[1] or None)
        except NotFound:
            return None
        return answer.get("ETag", "").strip('"'), answer["ContentLength"]

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="past") as pool:
        found = zip(places, pool.map(one, places), strict=True)
        return {place: there for place, there in found if there is not None}


def _later(
    shelf: ReleaseShelf, release: Release, keys: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """The releases that ran after it, wrote some of its keys, and are not undone."""
    since = release.run.at if release.run else ""
    found = {}
    for other_id, written in shelf.rows.touching(keys, but=release.id).items():
        other = shelf.get(release.header.layout, other_id)
        ran = other.run is not None and other.run.at > since and other.state in BEGUN
        # a finished rollback has put back what was there
        if ran and (other.kind == "promotion" or other.state != "live"):
            found[other_id] = written
    return found
