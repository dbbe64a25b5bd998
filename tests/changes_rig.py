"""Changes over a store of the tests: the built-in layouts, in buckets of the test's own."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from storage.audit.log import Audit
from storage.changes.service import Changes
from storage.changes.works import IDLE, works
from storage.config import Config
from storage.db.engine import Database
from storage.gate import Gate
from storage.jobs.service import Jobs
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.audit import AuditEvent, AuditFilter
from storage.model.changes import Incoming
from storage.model.jobs import Job
from storage.model.people import Actor, local_actor
from storage.s3.client import Store
from storage.settings import Settings

ME = local_actor()
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
OTHER_CLIP = "mastered/11111111-2222-4333-8444-55555555555B.mp3"
FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
MP3 = FRAME * 10
LONGER_MP3 = FRAME * 20
MIB = 1_048_576


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Rig:
    """Changes and what is around them; `buckets` by bucket role, one for all layouts."""

    changes: Changes
    jobs: Jobs
    audit: Audit
    gate: Gate
    store: Store
    layouts: Mapping[str, Layout]
    buckets: Mapping[str, str]

    @classmethod
    def over(
        cls,
        store: Store,
        buckets: Mapping[str, str],
        gate_to: Callable[..., Gate],
        audit: Audit,
        database: Database,
    ) -> Rig:
        """Buckets of roles that are not named are not there."""
        layouts = {
            name: replace(
                layout,
                buckets=tuple(
                    replace(one, bucket=buckets.get(one.role, f"no-{one.role}-here"))
                    for one in layout.buckets
                ),
            )
            for name, layout in load_layouts(Settings(), Config(), {}).items()
        }
        gate = gate_to(layouts, store)
        every = works(gate, layouts, lambda _layout, _bucket: store, audit, now)
        jobs = Jobs(database, every, gate, now, workers=2, idle=IDLE)
        return cls(Changes(gate, jobs, now), jobs, audit, gate, store, layouts, buckets)

    def put(self, role: str, key: str, body: bytes, **facts: Any) -> str:
        """Stores past the console, as somebody else would; returns the ETag."""
        answer = self.store.client.put_object(
            Bucket=self.buckets[role], Key=key, Body=body, **facts
        )
        return answer["ETag"].strip('"')

    def body(self, role: str, key: str, version_id: str | None = None) -> bytes:
        which = {} if version_id is None else {"VersionId": version_id}
        answer = self.store.client.get_object(Bucket=self.buckets[role], Key=key, **which)
        return answer["Body"].read()

    def head(self, role: str, key: str) -> dict[str, Any]:
        return dict(self.store.client.head_object(Bucket=self.buckets[role], Key=key))

    def keys(self, role: str, prefix: str = "") -> list[str]:
        pages = self.store.client.get_paginator("list_objects_v2")
        rows = pages.paginate(Bucket=self.buckets[role], Prefix=prefix)
        return [row["Key"] for page in rows for row in page.get("Contents", [])]

    def uploads(self, role: str) -> list[str]:
        answer = self.store.client.list_multipart_uploads(Bucket=self.buckets[role])
        return [row["Key"] for row in answer.get("Uploads", [])]

    def upload(
        self,
        role: str,
        files: Mapping[str, bytes],
        prefix: str = "",
        replacing: bool = False,
        actor: Actor = ME,
    ) -> Job:
        """Plans and stores the files, and waits for it."""
        incoming = [Incoming(name, len(body), body[:65_536]) for name, body in files.items()]
        plan = self.changes.plan_upload(actor, "ssi", role, prefix, incoming)
        chosen = frozenset(item.key for item in plan.conflicts) if replacing else frozenset()
        sources = [io.BytesIO(body) for body in files.values()]
        return self.wait(self.changes.upload(actor, plan, sources, replace=chosen, note="why"))

    def wait(self, job: Job, seconds: float = 60) -> Job:
        until = time.monotonic() + seconds
        while (now_is := self.jobs.get(ME, job.id)).active:
            assert time.monotonic() < until, now_is
            time.sleep(0.02)
        return now_is

    def told(self, **wanted: str) -> list[AuditEvent]:
        """The audit log's events, oldest first."""
        rows = self.audit.search(AuditFilter(**wanted), limit=1_000).rows  # type: ignore[arg-type]
        return [row.event for row in reversed(rows)]

    def results(self, key: str) -> list[tuple[str, str]]:
        """(call, result) of every row about the key, oldest first."""
        return [(str(event.detail.get("call", "")), event.result) for event in self.told(key=key)]
