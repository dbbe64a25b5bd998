"""Clips as listeners get them: URLs, facts, the live one beside, neighbours, what was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from storage.access import allowed
from storage.db.verdicts import Verdicts
from storage.errors import NotFound, StorageError
from storage.gate import Gate, Passage
from storage.measurements.judging import findings_of
from storage.measurements.service import Measurements
from storage.model.audio import AudioFinding
from storage.model.content import Content
from storage.model.listening import ClipToHear, Figures, Live, Neighbour, Place, verdict_json
from storage.model.measuring import ClipFacts
from storage.model.objects import ObjectHead
from storage.model.people import Can
from storage.model.review import RISKS, ReviewState, Verdict
from storage.review.said import Texts
from storage.review.snapshot import Snapshot
from storage.review.store import content_of, head_of, url_of, version_of
from storage.review.turns import LEASE_S, Turn
from storage.review.wording import why

_NEIGHBOURS_MAX = 8

FactsOf = Mapping[tuple[str, int], ClipFacts]


@dataclass(frozen=True)
class Handing:
    """What clips are made with; for one question of one person."""

    where: Passage
    gate: Gate
    verdicts: Verdicts
    measurements: Measurements
    snapshot: Snapshot
    now: datetime

    def clips(self, turns: Sequence[Turn]) -> tuple[ClipToHear, ...]:
        """All of `turns`, in their order; whoever plays them is in the audit log by then."""
        if not turns:
            return ()
        live = self._live_heads([turn.head.key for turn in turns])
        rows = [turn.row for turn in turns]
        contents = [self.snapshot.content(row) for row in rows]
        others = [content_of(head) for _, head in live.values()]
        place = (self.where.actor, self.where.layout.name, self.where.bucket.role)
        facts = self.measurements.facts(*place, [*contents, *others])
        verdicts = self._verdicts(turns)
        with self.where.recorded("play", *(turn.head.key for turn in turns)):
            return tuple(
                self._clip(turn, content, facts, verdicts, live.get(turn.head.key))
                for turn, content in zip(turns, contents, strict=True)
            )

    def _clip(
        self,
        turn: Turn,
        content: Content,
        facts: FactsOf,
        verdicts: Sequence[Verdict],
        live: tuple[Passage, ObjectHead] | None,
    ) -> ClipToHear:
        row, sheet, layout = turn.row, self.snapshot.sheet, self.where.layout
        current, before = self.snapshot.told(row)
        measured = facts.get((content.etag, content.size))
        findings = findings_of(measured, layout.audio, turn.head.key) if measured else ()
        findings = (*findings, *self.snapshot.measured.course.get(row, ()))
        texts = sheet.texts
        text_row = int(sheet.text_rows[row])
        until = self.now + timedelta(seconds=LEASE_S)
        state: ReviewState = self.snapshot.state(row) or "new"
        return ClipToHear(
            place=self._place(turn.head),
            content=content,
            id=texts.ids[text_row].as_py() if texts else "",
            phrase=texts.phrases[text_row] if texts else "",
            lang=texts.langs[text_row] if texts else "",
            role=texts.roles[text_row] if texts else "",
            cadence=texts.cadences[text_row] if texts else "",
            slice=_slice(int(texts.slices[text_row])) if texts else None,
            uses=int(texts.uses[text_row]) if texts else 0,
            why=tuple(self._why(row, findings, verdicts)),
            risk=RISKS[int(self.snapshot.risk()[row])],
            state=state,
            url=url_of(self.where, turn.head, self.now),
            manifest_duration_s=(float(texts.duration_s[text_row]) or None) if texts else None,
            measured=measured is not None,
            figures=_figures(measured),
            findings=findings,
            peaks=self._peaks(self.where, content) if measured else b"",
            live=self._live(content, facts, *live) if live else None,
            neighbours=self._neighbours(row),
            verdicts=tuple(self._told(verdicts, current, before)),
            leased_until=until.isoformat(),
        )

    def _why(
        self, row: int, findings: Sequence[AudioFinding], verdicts: Sequence[Verdict]
    ) -> Iterator[str]:
        current, before = self.snapshot.told(row)
        return why(
            self.snapshot.sheet.short(row),
            findings,
            current=current,
            before=before,
            details={one.id: one for one in verdicts},
            reasons=self.where.layout.review.reasons,
        )

    def _place(self, head: ObjectHead) -> Place:
        return Place(
            self.where.layout.name,
            self.where.bucket.role,
            head.key,
            head.etag,
            version_of(head),
        )

    def _peaks(self, where: Passage, content: Content) -> bytes:
        place = (where.actor, where.layout.name, where.bucket.role)
        return self.measurements.peaks(*place, content)

    # -- beside it --------------------------------------------------------------------------------

    def _live_heads(self, keys: Sequence[str]) -> dict[str, tuple[Passage, ObjectHead]]:
        """What is live under these keys, where there is a live bucket that this person may hear."""
        layout, actor = self.where.layout, self.where.actor
        kind = layout.classify(self.where.bucket.role, keys[0]).kind
        roles = layout.kind(kind).roles if kind else ()
        role = next((one for one in roles if layout.bucket(one).live), "")
        if role in ("", self.where.bucket.role) or not allowed(
            actor, Can.OBJECT_READ, layout, role
        ):
            return {}
        live = self.gate.enter(actor, Can.OBJECT_READ, layout.name, role)

        def look(key: str) -> ObjectHead | None:
            try:
                return head_of(live, key)
            except NotFound:
                return None
            except StorageError:  # the clip itself can be heard all the same
                return None

        with ThreadPoolExecutor(len(keys)) as pool:
            heads = list(pool.map(look, keys))
        return {
            key: (live, head) for key, head in zip(keys, heads, strict=True) if head is not None
        }

    def _live(self, content: Content, facts: FactsOf, live: Passage, head: ObjectHead) -> Live:
        there = content_of(head)
        with live.recorded("play", head.key, version=version_of(head) or head.etag):
            url = url_of(live, head, self.now)
        measured = facts.get((there.etag, there.size))
        figures = _figures(measured) or {}
        return Live(
            place=Place(live.layout.name, live.bucket.role, head.key, head.etag, version_of(head)),
            url=url,
            size=there.size,
            same=there.same_bytes(content),
            loudness_lufs=figures.get("loudness_lufs"),
            duration_s=figures.get("duration_s"),
            peaks=self._peaks(live, there) if measured else b"",
        )

    def _neighbours(self, row: int) -> tuple[Neighbour, ...]:
        sheet, texts = self.snapshot.sheet, self.snapshot.sheet.texts
        if texts is None:
            return ()
        text_row = int(sheet.text_rows[row])
        same = [
            other
            for other in self.snapshot.rows_saying(texts.phrases[text_row])
            if other != row
            and texts.langs[int(sheet.text_rows[other])] == texts.langs[text_row]
            and self.snapshot.state(other) is not None
        ]
        return tuple(self._neighbour(texts, other) for other in same[:_NEIGHBOURS_MAX])

    def _neighbour(self, texts: Texts, row: int) -> Neighbour:
        sheet = self.snapshot.sheet
        text_row = int(sheet.text_rows[row])
        loudness = float(self.snapshot.measured.loudness[row])
        return Neighbour(
            place=Place(
                self.where.layout.name, self.where.bucket.role, sheet.keys[row], sheet.etags[row]
            ),
            id=texts.ids[text_row].as_py(),
            clip_role=texts.roles[text_row],
            cadence=texts.cadences[text_row],
            state=self.snapshot.state(row),
            loudness_lufs=None if np.isnan(loudness) else round(loudness, 1),
        )

    # -- what was said ----------------------------------------------------------------------------

    def _verdicts(self, turns: Sequence[Turn]) -> list[Verdict]:
        wanted: set[int] = set()
        for turn in turns:
            current, before = self.snapshot.told(turn.row)
            wanted.update(one.id for one in (*current.values(), *before))
        return self.verdicts.get(self.where.layout.name, wanted)

    def _told(
        self, verdicts: Sequence[Verdict], current: Mapping[str, Any], before: Sequence[Any]
    ) -> list[dict[str, Any]]:
        now = {one.id for one in current.values()}
        then = {one.id for one in before}
        me = self.where.actor.id
        return [
            verdict_json(one, mine=one.by_id == me, void=one.id in then)
            for one in verdicts
            if one.id in now | then
        ]


def _figures(measured: ClipFacts | None) -> Figures | None:
    """What the player shows, None for a clip nobody measured or could hear anything of."""
    sound = measured.sound if measured else None
    if sound is None:
        return None
    loudness = sound.loudness
    return {
        "duration_s": round(sound.duration_s, 3),
        "loudness_lufs": _rounded(loudness.integrated_lufs),
        "loudness_estimated": loudness.estimated,
        "true_peak_dbtp": _rounded(loudness.true_peak_dbtp),
        "lead_silence_s": round(sound.lead_silence_s, 3),
        "trail_silence_s": round(sound.trail_silence_s, 3),
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 2)


def _slice(number: int) -> int | None:
    return None if number < 0 else number
