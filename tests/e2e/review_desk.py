"""A stand-in for the console's review routes and for the store, over the committed sample clips.

The clips are real MP3s, measured by the library; the answers have the shape of the console's own.
A test can let the desk refuse, fall silent, or lose addresses.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from media import Media, _Server

from storage.audio.analyse import measure
from storage.audio.decode import decode
from storage.audio.waveform import peaks

SAMPLES = Path(__file__).parents[2] / "storage/demo/samples/ssi"
ARABIC = "أريد أن أتكلم معك"
LANGUAGES = {"target1": "it", "target2": "it", "source": "en"}
REASONS = [
    {"code": "cut-off", "title": "Cut off"},
    {"code": "noise", "title": "Noise or artefacts"},
    {"code": "wrong-words", "title": "Wrong words"},
]


@cache
def figures(name: str) -> dict[str, Any]:
    """What the library measures of a sample, as a CLIP has it."""
    data = (SAMPLES / name).read_bytes()
    found = measure(data, name)
    return {
        "duration_s": found.duration_s,
        "loudness_lufs": found.loudness.integrated_lufs,
        "loudness_estimated": found.loudness.estimated,
        "true_peak_dbtp": found.loudness.true_peak_dbtp,
        "lead_silence_s": found.lead_silence_s,
        "trail_silence_s": found.trail_silence_s,
        "peaks": b64encode(peaks(decode(data)).tobytes()).decode(),
        "findings": [one.as_json() for one in found.findings],
    }


def phrases() -> dict[str, list[dict[str, Any]]]:
    """The Italian sample course: phrase -> those of its clips that have a recording."""
    manifest = json.loads((SAMPLES / "ita_for_eng.json").read_text("utf-8"))
    return {
        phrase: [one for one in uses if (SAMPLES / f"{one['id']}.mp3").exists()]
        for phrase, uses in manifest["slices"][0]["samples"].items()
    }


@dataclass
class ReviewDesk:
    """The queue, what was said of it, and how the desk behaves."""

    media: Media
    clips: list[dict[str, Any]]
    refusal: tuple[int, dict[str, str]] | None = None  # instead of any answer
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)  # by nonce, as sent
    undone: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON for a POST."""
        self.asked.append((path, asked))
        if self.refusal is not None:
            return self.refusal[0], {"error": self.refusal[1]}
        if path == "/api/ui/clip":
            self.media.renewals.append(asked)
            return 200, self.media.address(asked["key"])
        if path == "/api/ui/next":
            return 200, self._next(asked)
        if path == "/api/ui/verdict":
            return 200, self._take(asked)
        self.undone.append(asked["verdict_id"])
        self.verdicts.pop(asked["verdict_id"].removeprefix("verdict-"), None)
        return 200, {"ok": True, "progress": self._progress()}

    def judged(self) -> dict[str, str]:
        """The last decision by key."""
        return {one["key"]: one["decision"] for one in self.verdicts.values()}

    def _next(self, asked: dict[str, Any]) -> dict[str, Any]:
        closed = {*self.judged(), *asked.get("skip", [])}
        chosen = [one for one in self.clips if one["key"] not in closed][: asked["count"]]
        if asked.get("key"):
            chosen = [one for one in self.clips if one["key"] == asked["key"]]
        return {
            "clips": [self._lent(one) for one in chosen],
            "progress": self._progress(),
            "lease_s": 180,
            "listing": {"state": "ready", "listed": len(self.clips)},
        }

    def _lent(self, clip: dict[str, Any]) -> dict[str, Any]:
        until = datetime.now(UTC) + timedelta(minutes=10)
        lent = {**clip, **self.media.address(clip["key"]), "leased_until": until.isoformat()}
        if clip["prod"]:
            lent["prod"] = {**clip["prod"], **self.media.address(clip["prod"]["renew"]["key"])}
        return lent

    def _take(self, asked: dict[str, Any]) -> dict[str, Any]:
        for one in asked["verdicts"]:
            self.verdicts.setdefault(one["nonce"], one)
        results = [
            {"nonce": one["nonce"], "ok": True, "verdict_id": f"verdict-{one['nonce']}"}
            for one in asked["verdicts"]
        ]
        return {"results": results, "progress": self._progress()}

    def _progress(self) -> dict[str, Any]:
        decisions = list(self.judged().values())
        left = len(self.clips) - len(decisions)
        return {
            "total": len(self.clips),
            "heard": len(decisions),
            "approved": decisions.count("approved"),
            "rejected": decisions.count("rejected"),
            "second_ear": decisions.count("second-ear"),
            "disputed": 0,
            "void": 0,
            "missing": 0,
            "left": left,
            "today": len(decisions),
            "pace_per_hour": 720.0 if decisions else None,
            "minutes_left": left if decisions else None,
        }


def _renew(role: str, name: str) -> dict[str, str]:
    return {"layout": "ssi", "role": role, "key": f"{role}/{name}", "etag": "e1"}


def _clip(phrase: str, one: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    name = f"{one['id']}.mp3"
    words = len(phrase.split())
    return {
        "key": f"stage/{name}",
        "etag": "e1",
        "size": (SAMPLES / name).stat().st_size,
        "id": one["id"],
        "phrase": phrase,
        "lang": LANGUAGES[one["role"]],
        "role": one["role"],
        "cadence": one["cadence"],
        "why": ["single word"] if words == 1 else [],
        "renew": _renew("stage", name),
        "measured": True,
        "manifest_duration_s": one["duration"],
        **figures(name),
        "prod": None,
        "neighbours": [
            {
                "id": other["id"],
                "role": other["role"],
                "cadence": other["cadence"],
                "key": f"stage/{other['id']}.mp3",
                "renew": _renew("stage", f"{other['id']}.mp3"),
            }
            for other in others
        ],
        "verdicts": [],
    }


def make_clips(count: int) -> list[dict[str, Any]]:
    """The first `count` target clips; the first is live with an older recording, the second is
    written from right to left and was judged before.
    """
    found = [
        _clip(phrase, one, [other for other in uses if other is not one])
        for phrase, uses in phrases().items()
        for one in uses
        if one["role"] == "target1" and one["cadence"] == "natural"
    ]
    clips = found[:count]
    older = "0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
    live = figures(f"older/{older}")
    clips[0]["prod"] = {
        "renew": _renew("prod", f"older/{older}"),
        "same": False,
        "loudness_lufs": clips[0]["loudness_lufs"] - 6.0,
        "duration_s": live["duration_s"],
        "peaks": live["peaks"],
    }
    clips[1] |= {"phrase": ARABIC, "lang": "ar"}
    clips[1]["verdicts"] = [
        {
            "decision": "rejected",
            "reasons": ["noise"],
            "note": "<b>hiss</b> at the end",
            "by": "Bea",
            "at": "2026-11-20T10:00:00+00:00",
            "mine": False,
            "void": True,
        }
    ]
    return clips


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: ReviewDesk

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        key = unquote(parts.path.removeprefix("/media/"))
        token = parse_qs(parts.query).get("token", ["0"])[0]
        asked = self.headers.get("Range", "")
        status, body, content_range = self.desk.media.body_of(key, token, asked)
        self.desk.media.fetches.append((key, asked, status))
        extra = {"Content-Range": content_range} if content_range else {}
        self._send(status, "audio/mpeg", body, {"Accept-Ranges": "bytes", **extra})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = self.desk.answer(self.path, asked)
        self._send(status, "application/json", json.dumps(answer).encode(), {})

    def _send(self, status: int, kind: str, body: bytes, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind, "Content-Length": str(len(body)), **extra
        }.items():  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser has heard enough

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: the desk has it all."""


@contextmanager
def review_desk(count: int) -> Iterator[ReviewDesk]:
    """Serves the desk and its clips on a free port of this machine until the block ends."""
    clips = make_clips(count)
    files = {}
    for clip in clips:
        for sound in [clip, clip["prod"], *clip["neighbours"]]:
            if sound:
                role, _, name = sound["renew"]["key"].partition("/")
                files[f"{role}/{name}"] = (SAMPLES / name).read_bytes()
    media = Media(files)
    desk = ReviewDesk(media, clips)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    media.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
