"""A clip as it is handed to a listener: what to play, what is known of it, why it comes now."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage.model.audio import AudioFinding
from storage.model.content import Content
from storage.model.objects import PresignedUrl
from storage.model.review import Reason, ReviewState, Risk, Verdict
from storage.model.review_progress import ListingAge, Progress

Figures = Mapping[str, Any]
_FIGURES = (
    *("duration_s", "loudness_lufs", "true_peak_dbtp", "lead_silence_s", "trail_silence_s"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One object's bytes, by which a new URL for them is asked for."""

    layout: str
    role: str
    key: str
    etag: str
    version_id: str = ""

    def as_json(self) -> dict[str, str]:
        """What `/api/ui/clip` is asked with."""
        return {
            "layout": self.layout,
            "role": self.role,
            "key": self.key,
            "etag": self.etag,
            "version": self.version_id,
        }


@dataclass(frozen=True, slots=True)
class Live:
    """The clip that is live under the same key."""

    place: Place
    url: PresignedUrl
    size: int
    same: bool  # the same bytes
    loudness_lufs: float | None
    duration_s: float | None
    peaks: bytes

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        return {
            "url": self.url.url,
            "expires_at": self.url.expires_at.isoformat(),
            "renew": self.place.as_json(),
            "etag": self.place.etag,
            "size": self.size,
            "same": self.same,
            "loudness_lufs": self.loudness_lufs,
            "duration_s": self.duration_s,
            "peaks": base64.b64encode(self.peaks).decode("ascii"),
        }


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another clip that says the same: another voice or pace."""

    place: Place
    id: str
    clip_role: str
    cadence: str
    state: ReviewState | None
    loudness_lufs: float | None

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        return {
            "id": self.id,
            "role": self.clip_role,
            "cadence": self.cadence,
            "key": self.place.key,
            "etag": self.place.etag,
            "state": self.state,
            "loudness_lufs": self.loudness_lufs,
            "renew": self.place.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipToHear:
    """One clip with all that its player shows. `role` is the voice's in the course."""

    place: Place
    content: Content
    id: str
    phrase: str
    lang: str
    role: str
    cadence: str
    slice: int | None
    uses: int
    why: tuple[str, ...]
    risk: Risk
    state: ReviewState
    url: PresignedUrl
    manifest_duration_s: float | None
    measured: bool  # also where nothing could be heard in it
    figures: Figures | None
    findings: tuple[AudioFinding, ...]
    peaks: bytes
    live: Live | None
    neighbours: tuple[Neighbour, ...]
    verdicts: tuple[dict[str, Any], ...]
    leased_until: str

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        known = self.figures or {}
        return {
            "key": self.place.key,
            "etag": self.content.etag,
            "size": self.content.size,
            "version_id": self.place.version_id,
            "id": self.id,
            "phrase": self.phrase,
            "lang": self.lang,
            "role": self.role,
            "cadence": self.cadence,
            "slice": self.slice,
            "uses": self.uses,
            "why": list(self.why),
            "risk": self.risk,
            "state": self.state,
            "url": self.url.url,
            "expires_at": self.url.expires_at.isoformat(),
            "renew": self.place.as_json(),
            "measured": self.measured,
            **{name: known.get(name) for name in _FIGURES},
            "loudness_estimated": bool(known.get("loudness_estimated", False)),
            "manifest_duration_s": self.manifest_duration_s,
            "peaks": base64.b64encode(self.peaks).decode("ascii"),
            "findings": [finding.as_json() for finding in self.findings],
            "prod": self.live.as_json() if self.live else None,
            "neighbours": [one.as_json() for one in self.neighbours],
            "verdicts": list(self.verdicts),
            "leased_until": self.leased_until,
        }


def verdict_json(verdict: Verdict, *, mine: bool, void: bool) -> dict[str, Any]:
    """One verdict as the routes tell it; `void`: on other bytes that were under the key."""
    return {
        "verdict_id": verdict.id,
        "decision": verdict.decision,
        "reasons": list(verdict.reasons),
        "note": verdict.note,
        "marks": [mark.as_json() for mark in verdict.marks],
        "by": verdict.by_name,
        "at": verdict.at.isoformat(),
        "mine": mine,
        "void": void,
        "key": verdict.key,
        "origin": verdict.origin,
    }


def in_words(codes: Sequence[str], reasons: Sequence[Reason]) -> str:
    """Reasons as people read them: `cut off at the end, too loud`."""
    titles = {one.code: one.title for one in reasons}
    return ", ".join(titles.get(code, code).lower() for code in codes)


@dataclass(frozen=True, slots=True)
class Handed:
    """What a listener gets: clips, and how far the listening is."""

    clips: tuple[ClipToHear, ...]
    progress: Progress | None
    lease_s: int
    listing: ListingAge

    def as_json(self) -> dict[str, Any]:
        """As the routes tell it."""
        return {
            "clips": [clip.as_json() for clip in self.clips],
            "progress": self.progress.as_json() if self.progress else None,
            "lease_s": self.lease_s,
            "listing": self.listing.as_json(),
        }


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One clip in a table of many. `findings` are those that only its course can tell."""

    key: str
    content: Content
    id: str
    phrase: str
    role: str
    cadence: str
    state: ReviewState
    risk: Risk
    short: str
    measured: bool
    loudness_lufs: float | None
    heard_by: tuple[str, ...]
    findings: tuple[AudioFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some rows of a scope, and how many fit in all."""

    rows: tuple[ReviewRow, ...]
    total: int
    listing: ListingAge
