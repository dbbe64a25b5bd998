"""What promotion is told by the rooms beside it: manifests, measurements and verdicts.

Features do not import one another; this is wired between them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

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
        against: list[str] = []
        reasons: list[str] = []
        approved = 0
        for of, mine in self._parts(actor, layout, scope, clips):
            report = self._review.gate(actor, layout, role, of, clips=mine)
            against += (*report.rejected, *report.disputed, *report.unheard)
            against += (*report.sample, *report.changed, *report.missing)
            name = f"{of.name}: " if len(scope.names) > 1 else ""
            reasons += [f"{name}{sentence}" for sentence in report.sentences]
            approved += report.approved
        reason = "; ".join(reasons) or f"{approved:,} of {len(clips):,} approved"
        return Heard(len(against), f"{reason}.", tuple(against[:_EXAMPLES]))

    def _parts(
        self, actor: Actor, layout: str, scope: Scope, clips: Mapping[str, Content]
    ) -> Iterator[tuple[ReviewScope, Mapping[str, Content]]]:
        """The clips by what listeners call it: each course with those that its own manifest tells
        the words of, what is in several with the first; all others by their folder.
        """
        left = dict(clips)
        for course in scope.names if scope.kind == "course" else ():
            ids = set(self._manifests.clips(actor, layout, course).clips["id"].to_pylist())
            mine = {key: left.pop(key) for key in clips if key in left and _id_of(key) in ids}
            if mine:
                yield ReviewScope("course", course), mine
        if left:
            yield ReviewScope("prefix", _folder_of(left)), left

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


def _id_of(key: str) -> str:
    """As manifests write it."""
    return key.rpartition("/")[2].partition(".")[0].upper()


def _folder_of(keys: Collection[str]) -> str:
    """The folder that they all lie in."""
    first, last = min(keys), max(keys)
    shared = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )
    folder, slash, _ = first[:shared].rpartition("/")
    return folder + slash
