"""Upload links: a form by which somebody else stores one object, and the look at what came.

A browser or curl sends the form straight to the store, past the console. The store holds it to the
key, the type and the size that were signed; what the bytes are is only seen afterwards. What is
wrong is told and not deleted: it may be all there is of somebody's work.
"""

from __future__ import annotations

import itertools
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage.audit.log import Audit
from storage.changes import facts, reading
from storage.changes.editing import refuse
from storage.changes.judging import HEAD_BYTES, judge, judge_key, judge_type
from storage.changes.naming import checked_key
from storage.changes.starting import start
from storage.errors import Conflict, InvalidInput, NotFound, Unavailable
from storage.gate import Passage
from storage.jobs.service import Jobs
from storage.jobs.work import Running
from storage.layout.profile import Bucket, Layout
from storage.model.changes import UploadLink
from storage.model.findings import Finding
from storage.model.objects import ObjectHead, PresignedPost
from storage.model.people import Can
from storage.s3.client import Store
from storage.s3.objects import list_versions, read_range
from storage.s3.presign import presign_post
from storage.units import human_bytes, human_seconds

LINK_LIFE_S = 900
LINK_MIN_S, LINK_MAX_S = 300, 3_600
PRIVATE_MIN_S, PRIVATE_MAX_S = 60, 300  # personal data: nothing lives longer than 5 minutes
POST_MAX_BYTES = 5 * 1024**3  # S3: one POST, as one PUT
_GRACE = timedelta(minutes=30)  # an upload begun in time may end later
LOOK_EVERY_S = 5.0


def link_limits(layout: Layout) -> tuple[int, int]:
    """Shortest and longest life of an upload link in seconds."""
    return (PRIVATE_MIN_S, PRIVATE_MAX_S) if layout.personal_data else (LINK_MIN_S, LINK_MAX_S)


@dataclass(frozen=True, slots=True)
class Asked:
    """The link somebody wants: for this key, this type, so large at most, so long, over what is
    there."""

    key: str
    content_type: str
    max_bytes: int
    expires_s: int
    replace: bool
    note: str


def give_out(jobs: Jobs, where: Passage, asked: Asked, now: datetime) -> UploadLink:
    """The link, and the job that waits for what comes by it. Raises InvalidInput, RuleViolation,
    or Conflict where something is there.
    """
    _check(where, asked)
    existing = reading.head(where, asked.key)
    _refuse_taken(existing, replace=asked.replace)
    form = presign_post(
        where.store,
        where.bucket.bucket,
        asked.key,
        content_type=asked.content_type,
        min_bytes=1,
        max_bytes=asked.max_bytes,
        expires_s=asked.expires_s,
        now=now,
    )
    with where.changing(
        "upload-link",
        asked.key,
        version_before=reading.version_of(existing),
        note=asked.note,
        content_type=asked.content_type,
        max_bytes=asked.max_bytes,
        expires_s=asked.expires_s,
    ):
        title = f"Wait for {asked.key} in {where.bucket.title}"
        params = _params(where, asked, existing, form)
        job = start(jobs, where, ArrivalWork.kind, title, params, total=1)
    return UploadLink(
        form.url,
        form.fields,
        form.expires_at,
        curl_line(form),
        asked.key,
        asked.content_type,
        asked.max_bytes,
        job.id,
    )


def _check(where: Passage, asked: Asked) -> None:
    role, key = where.bucket.role, checked_key(asked.key)
    refuse(where, *judge_key(where.layout, role, key, asked.max_bytes))
    refuse(where, judge_type(where.layout, role, key, facts.check_type(asked.content_type)))
    if not 1 <= asked.max_bytes <= POST_MAX_BYTES:
        raise InvalidInput(
            f"An upload by link cannot have {human_bytes(asked.max_bytes)}.",
            f"Allow 1 byte to {human_bytes(POST_MAX_BYTES)}; larger files go by the command line.",
        )
    shortest_s, longest_s = link_limits(where.layout)
    if not shortest_s <= asked.expires_s <= longest_s:
        raise InvalidInput(
            f"An upload link cannot last {human_seconds(asked.expires_s)} here.",
            f"Choose from {human_seconds(shortest_s)} to {human_seconds(longest_s)}.",
        )


def _refuse_taken(existing: ObjectHead | None, *, replace: bool) -> None:
    """Raises Conflict, saying what is there, unless it may be replaced."""
    if existing is not None and not replace:
        raise Conflict(
            f"Something is there already: {human_bytes(existing.size)}, "
            f"{existing.modified:%Y-%m-%d %H:%M} UTC.",
            "Ask for a link that replaces it, or choose another name.",
            bucket=existing.bucket,
            key=existing.key,
        )


def curl_line(form: PresignedPost) -> str:
    """The command that sends FILE by the form; whatever the fields hold is only text to a shell."""
    fields = [
        f"--form-string {shlex.quote(f'{name}={text}')}" for name, text in form.fields.items()
    ]
    return " ".join(["curl --fail-with-body", *fields, "--form file=@FILE", shlex.quote(form.url)])


class ArrivalWork:
    """The job "arrival": waits until the link's object is there or the link has ended, and says
    what came. It looks only, so it passes no gate: the link is out, and what comes by it is
    inspected whatever became of the person meanwhile.
    """

    kind = "arrival"
    resumable = True

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
        audit: Audit,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._layouts = layouts
        self._store_for = store_for
        self._audit = audit
        self._clock = clock
        self._pause = pause

    def run(self, job: Running) -> Mapping[str, Any]:
        """Looks every few seconds; returns what arrived and what is wrong with it."""
        params = job.params
        layout = self._layouts[params["layout"]]
        bucket = layout.bucket(params["role"])
        store = self._store_for(layout, bucket)
        where = Passage(job.actor, Can.OBJECT_RECEIVE, layout, bucket, store, self._audit)
        ends = datetime.fromisoformat(params["expires_at"]) + _GRACE
        while True:
            job.stop_if_asked()
            over = self._clock() >= ends  # asked before the look, so that the last look is after it
            try:
                now = reading.head(where, params["key"])
                if now is not None and _state(now) != params["before"]:
                    return self._inspect(where, now, params)
                waiting = f"Waiting for {params['key']}"
            except (Unavailable, Conflict, NotFound) as error:
                # whatever came must be inspected: a store that is away comes back, and what was
                # replaced or deleted while it was looked at is looked at again
                if over:
                    raise
                waiting = f"Looking again: {error.what}"
            if over:
                return {"arrived": False, "key": params["key"]}
            job.progress(0, 1, waiting)
            self._pause(LOOK_EVERY_S)

    def tidy(self, job: Running) -> None:
        """Nothing to remove: a link cannot be called back, and what came by it is kept."""

    def _inspect(
        self, where: Passage, now: ObjectHead, params: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        head = read_range(where.store, now.bucket, now.key, 0, HEAD_BYTES, if_match=now.etag)
        found = judge(
            where.layout, where.bucket.role, now.key, now.size, head, declared=now.content_type
        )
        findings = [
            *found.findings,
            *_against_link(now, params),
            *_replaced_between(where, now, params),
        ]
        worst = next((one for one in findings if one.severity == "error"), None)
        with where.changing(
            "arrival",
            now.key,
            version_before=params["version"],
            note=params["note"],
            size=now.size,
            detected=found.detected,
            findings=len(findings),
            wrong=worst.text if worst else "",
        ) as change:
            change.version_after = reading.version_of(now)
        return {
            "arrived": True,
            "key": now.key,
            "size": now.size,
            "etag": now.etag,
            "version_id": now.version_id,
            "content_type": now.content_type,
            "detected": found.detected,
            "findings": [one.as_dict() for one in findings],
        }


def _params(
    where: Passage, asked: Asked, existing: ObjectHead | None, form: PresignedPost
) -> dict[str, Any]:
    """What the job keeps; nothing of the link's signature."""
    return {
        "layout": where.layout.name,
        "role": where.bucket.role,
        "key": asked.key,
        "content_type": asked.content_type,
        "max_bytes": asked.max_bytes,
        "before": _state(existing),
        "version": reading.version_of(existing),
        "expires_at": form.expires_at.isoformat(),
        "note": asked.note,
    }


def _state(head: ObjectHead | None) -> list[str]:
    """By what another object is told from this one, also where it holds the same bytes."""
    return [head.etag, head.version_id or "", head.modified.isoformat()] if head else []


def _against_link(now: ObjectHead, params: Mapping[str, Any]) -> list[Finding]:
    """What the link should not have let through: it may have come by another way."""
    if now.content_type == params["content_type"] and now.size <= params["max_bytes"]:
        return []
    return [
        Finding(
            "not-by-link",
            now.bucket,
            now.key,
            "warning",
            f"It is not as the link allowed ({now.content_type}, {human_bytes(now.size)}).",
            "Somebody may have stored it by another way: ask, and look at the log.",
        )
    ]


def _replaced_between(where: Passage, now: ObjectHead, params: Mapping[str, Any]) -> list[Finding]:
    """What lay there only after the link was given out, which a form replaces without asking."""
    if now.version_id is None:
        return []  # the bucket keeps no versions: nothing can be told
    before = params["before"][1] if params["before"] else None
    older = itertools.dropwhile(
        lambda row: row.version_id != now.version_id,
        list_versions(where.store, now.bucket, now.key),
    )
    between = itertools.takewhile(
        lambda row: row.version_id != before and not row.is_delete_marker,
        itertools.islice(older, 1, None),
    )
    count = sum(1 for _ in between)
    if not count:
        return []
    return [
        Finding(
            "replaced-meanwhile",
            now.bucket,
            now.key,
            "warning",
            f"It replaced {count} other upload{'s' if count > 1 else ''} made after the link was "
            "given out.",
            "Nothing is lost: listen to the older versions, and restore the right one.",
        )
    ]
