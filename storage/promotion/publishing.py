"""The manifest last: put where players read it once everything it names is live; and put back.

What is about to be replaced is noted first, so that whoever was killed in between can still be
undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from storage.errors import Conflict, NotFound, StorageError
from storage.gate import Passage
from storage.layout.promoting import PromotionRules
from storage.layout.rules import check_write
from storage.model.promotion import Origin
from storage.model.releases import Published, Release
from storage.s3.bucket_state import versioning_of
from storage.s3.client import Store
from storage.s3.conditions import IfAbsent, IfMatch, Precondition
from storage.s3.delete import delete_object
from storage.s3.direct import Task
from storage.s3.heads import head_answer
from storage.s3.many_copies import Copies

Note = Callable[[tuple[Published, ...]], None]
"""Keeps what was published so far; durable when it returns."""


class Publishing:
    """The released manifests of one release, in the bucket that `where` leads to."""

    def __init__(self, where: Passage, release: Release, rules: PromotionRules, note: Note) -> None:
        self._where, self._release, self._rules = where, release, rules
        self._bucket = where.bucket.bucket
        self._note = note
        self._kept = {one.key: one for one in release.published}

    def publish(self, source: Store, bucket: str) -> None:
        """Puts each manifest that the plan was made from, out of `bucket`. Raises Conflict where it
        changed since, or somebody else wrote over the released one.
        """
        template = self._rules.released
        assert template is not None  # noqa: S101  the caller has looked
        for origin in self._release.header.origins:
            if origin.key:
                key = template.render({"course": origin.course})
                check_write(self._where.layout, self._where.bucket.role, key)
                self._put(source, bucket, origin, key)

    def put_back(self, earlier: tuple[Published, ...]) -> None:
        """Has what was there before `earlier` came. Raises Conflict where it is another by now."""
        for one in earlier:
            before = self._noted(one.key, expected=one.etag)
            if one.before_etag:
                place = one.backup or one.key
                task = self._task(place, one.before_version, one.before_etag, one.key, before)
                etag = self._copied(Copies(self._where.store, self._bucket, self._bucket), task)
            else:
                etag = ""
                self._gone(one.key, before.before_etag)
            self._done(replace(before, etag=etag))

    def _put(self, source: Store, bucket: str, origin: Origin, key: str) -> None:
        before = self._noted(key)
        copies = Copies(source, bucket, self._bucket, to=self._where.store)
        etag = self._copied(copies, self._task(origin.key, "", origin.etag, key, before))
        self._done(replace(before, etag=etag))

    def _task(self, source: str, version: str, etag: str, key: str, before: Published) -> Task:
        there = before.before_etag
        precondition: Precondition = IfMatch(there) if there else IfAbsent()
        return Task(source, version, etag, 0, "", key, precondition, plain=False)

    def _copied(self, copies: Copies, task: Task) -> str:
        with self._where.changing("publish-manifest", task.target_key, release=self._release.id):
            outcome = copies.one(task)
            if isinstance(outcome, StorageError):
                raise outcome
        return outcome.written.etag

    def _gone(self, key: str, etag: str) -> None:
        if not etag or not self._is_there(key):
            return  # an earlier run took it away
        with self._where.changing("unpublish-manifest", key, release=self._release.id):
            delete_object(self._where.store, self._bucket, key, if_match=etag)

    def _is_there(self, key: str) -> bool:
        try:
            head_answer(self._where.store, self._bucket, key)
        except NotFound:
            return False
        return True

    def _noted(self, key: str, *, expected: str | None = None) -> Published:
        """What is at `key`, noted before it is replaced; as an earlier run noted it. Raises
        Conflict where it is not what was `expected`.
        """
        if key in self._kept:
            return self._kept[key]
        store, role = self._where.store, self._where.bucket.role
        try:
            answer = head_answer(store, self._bucket, key)
        except NotFound:
            found = Published(role, key)
        else:
            etag = answer.get("ETag", "").strip('"')
            if versioning_of(store, self._bucket) == "on":
                found = Published(role, key, etag, answer.get("VersionId") or "null")
            else:
                backup = f"{self._rules.backup}{self._release.id}/{key}"
                found = Published(role, key, etag, backup=backup)
                self._copied(
                    Copies(store, self._bucket, self._bucket),
                    Task(key, "", etag, 0, "", backup, IfAbsent(), plain=False),
                )
        if expected is not None and found.before_etag != expected:
            raise Conflict(
                "The released manifest is another by now, so it was left as it is.",
                "Look at it: a later release may have put it there.",
                bucket=self._bucket,
                key=key,
            )
        self._done(found)
        return found

    def _done(self, one: Published) -> None:
        self._kept[one.key] = one
        self._note(tuple(self._kept.values()))
