"""What was measured of clips: having it measured, and reading it, one or 60,000 at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa

from storage.db.measurements import MeasurementRows
from storage.errors import InvalidInput
from storage.gate import Gate
from storage.jobs.running import OnProgress
from storage.jobs.service import Jobs
from storage.measurements.known import Known
from storage.measurements.scopes import clip_kind, rows_in
from storage.measurements.work import ManifestOf, MeasureWork
from storage.model.content import Content
from storage.model.jobs import Job
from storage.model.measuring import ClipFacts, MeasureScope
from storage.model.people import Actor, Can

KEYS_MAX = 5_000  # they travel in the job's row


class Measurements:
    """The measurements of all projects. Thread-safe; holds no client."""

    def __init__(
        self, gate: Gate, jobs: Jobs, rows: MeasurementRows, manifest_of: ManifestOf
    ) -> None:
        self._gate = gate
        self._jobs = jobs
        self._rows = rows
        self._known = Known(rows)
        self._manifest_of = manifest_of

    @property
    def analysis(self) -> int:
        """Which analysis the figures are of: those of another one are not shown."""
        return self._rows.analysis

    def start(
        self,
        actor: Actor,
        layout: str,
        role: str,
        scope: MeasureScope,
        *,
        watch: OnProgress | None = None,
    ) -> Job:
        """Has the clips of `scope` measured that are not known by their bytes yet, as a job
        "measure-clips"; with `watch` here and now. Raises InvalidInput for an empty choice, and for
        a course in a bucket without clips.
        """
        where = self._gate.enter(actor, Can.CLIP_MEASURE, layout, role)
        _check(scope)
        if scope.kind == "course":
            clip_kind(where.layout, role)
        params = {"layout": layout, "role": role, "scope": scope.as_json()}
        title = f"Measure {scope.title} in {where.bucket.title}"
        begin = (
            self._jobs.start if watch is None else partial(self._jobs.run_here, on_progress=watch)
        )
        with where.changing("measure", scope.prefix, scope=scope.title) as change:
            job = begin(
                *(actor, MeasureWork.kind, params),
                title=title,
                layout=layout,
                role=role,
                unit="clips",
            )
            change.detail["job"] = job.id
        return job

    def rows(self, actor: Actor, layout: str, role: str, scope: MeasureScope) -> pa.Table:
        """What lies in the store of `scope` now, by key: columns key, size, etag, modified, id (the
        clip's UUID in upper case, "" for a key without one).
        """
        where = self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        _check(scope)

        def ids(course: str) -> set[str]:
            return set(self._manifest_of(actor, layout, course).clips["id"].to_pylist())

        return rows_in(where, scope, ids)

    def table(self, actor: Actor, layout: str, role: str, contents: pa.Table) -> pa.Table:
        """For each row of `contents` (columns etag and size, such as `rows` gives), in order, what
        is known: `FACT_SCHEMA` and `known`; null where nothing is.
        """
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return self._known.table(contents)

    def facts(
        self, actor: Actor, layout: str, role: str, contents: Sequence[Content]
    ) -> Mapping[tuple[str, int], ClipFacts]:
        """What is known of some clips, by (etag, size)."""
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        wanted = {(content.etag, content.size) for content in contents}
        found = self._rows.facts(contents)
        return {content: facts for content, facts in found.items() if content in wanted}

    def peaks(self, actor: Actor, layout: str, role: str, content: Content) -> bytes:
        """The waveform for drawing: up to 800 pairs of int8 (lowest, highest; 127 is full scale),
        b"" where the clip was not measured.
        """
        self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        return self._rows.peaks(content)


def _check(scope: MeasureScope) -> None:
    if scope.kind == "course" and not scope.course:
        raise InvalidInput("No course is chosen.", "Choose one.")
    if scope.kind == "keys" and not 1 <= len(scope.keys) <= KEYS_MAX:
        raise InvalidInput(
            f"{len(scope.keys):,} clips are chosen.", f"Choose 1 to {KEYS_MAX:,}, or a prefix."
        )
