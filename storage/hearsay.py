"""What promotion is told by the rooms beside it: manifests, measurements and verdicts.

Features do not import one another; this is wired between them.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import NotFound
from storage.gate import Gate
from storage.layout.profile import Layout
from storage.manifests.service import KIND, Manifests
from storage.measurements.judging import judged
from storage.measurements.service import Measurements
from storage.model.content import Content
from storage.model.people import Actor, Can
from storage.model.promotion import Origin, Scope
from storage.model.review import Scope as ReviewScope
from storage.promotion.gates import Heard, Sound
from storage.promotion.outside import Course, Outside
from storage.review.service import Review
from storage.s3.heads import head_object

_ERROR = 3  # the severity of `judged`
_EXAMPLES = 5


class Hearsay:
    """Asks them, each by its own service."""

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        manifests: Manifests,
        measurements: Measurements,
        review: Review,
    ) -> None:
        self._gate = gate
        self._layouts = layouts
        self._manifests = manifests
        self._measurements = measurements
        self._review = review

    def outside(self) -> Outside:
        """As promotion takes it."""
        return Outside(self._course, self._heard, self._sound)

    def _course(self, actor: Actor, layout: str, course: str) -> Course:
        role, key, etag = self._lies(actor, layout, course)
        manifest = self._manifests.clips(actor, layout, course)
        by_code = {one.course: one for one in self._manifests.courses(actor, layout)}
        stored = course in by_code and by_code[course].source == "store" and etag
        place = (role, key, etag) if stored else ("", "", "")
        origin = Origin(course, manifest.digest, *place)
        return Course(origin, manifest.clips["id"].combine_chunks().cast(pa.string()))

    def _lies(self, actor: Actor, layout: str, course: str) -> tuple[str, str, str]:
        """Where the store has the course's manifest: bucket role, key, ETag ("": it has none).

        Asked before the manifest is read: if somebody replaces it in between, the ETag is not that
        of what was read, and the release will not publish it.
        """
        kind = next((one for one in self._layouts[layout].kinds if one.kind == KIND), None)
        if kind is None:
            return "", "", ""
        role, key = kind.roles[0], kind.template.render({"course": course})
        where = self._gate.enter(actor, Can.OBJECT_READ, layout, role)
        try:
            return role, key, head_object(where.store, where.bucket.bucket, key).etag
        except NotFound:
            return role, key, ""

    def _heard(
        self, actor: Actor, layout: str, role: str, scope: Scope, rows: pa.Table
    ) -> Heard | None:
        if not rows.num_rows:
            return Heard(0, "Nothing goes live that is not live already.")
        columns = (rows[name].to_pylist() for name in ("key", "etag", "size"))
        clips = {key: Content(etag, size) for key, etag, size in zip(*columns, strict=True)}
        report = self._review.gate(actor, layout, role, _listened(scope, clips), clips=clips)
        against = (
            *report.rejected,
            *report.disputed,
            *report.unheard,
            *report.sample,
            *report.changed,
            *report.missing,
        )
        reason = "; ".join(report.sentences) or f"{report.approved:,} of {report.clips:,} approved"
        return Heard(len(against), f"{reason}.", tuple(against[:_EXAMPLES]))

    def _sound(self, actor: Actor, layout: str, role: str, rows: pa.Table) -> Sound | None:
        if not rows.num_rows:
            return Sound(0, 0)
        contents = rows.select(["etag", "size"])
        table = self._measurements.table(actor, layout, role, contents)
        told = judged(table, self._layouts[layout].audio)
        faulty = pc.fill_null(pc.greater_equal(told["severity"], _ERROR), False)
        examples = rows.filter(faulty)["key"].slice(0, _EXAMPLES).to_pylist()
        unmeasured = table.num_rows - (pc.sum(table["known"]).as_py() or 0)
        return Sound(pc.sum(faulty).as_py() or 0, unmeasured, tuple(examples))


def _listened(scope: Scope, clips: Mapping[str, Content]) -> ReviewScope:
    """What listeners call it: a course where it is one, else the folder of all its clips."""
    if scope.kind == "course" and len(scope.names) == 1:
        return ReviewScope("course", scope.names[0])
    first, last = min(clips), max(clips)
    shared = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )
    folder, slash, _ = first[:shared].rpartition("/")
    return ReviewScope("prefix", folder + slash)
