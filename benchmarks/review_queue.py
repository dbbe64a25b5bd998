"""What listening to a course costs: opening its queue, the next clip, a verdict.

`python -m benchmarks.review_queue`: a real store with a course of 60,000 clips, all of them
measured, half of them judged. Beside each other: the bare listing of the bucket, and the first
clips (listing, manifest, measurements, verdicts, leases, HEAD) in a console that has just started,
each a process of its own: where nobody has opened the course before, and where an earlier console
has; and in one that runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.own_store import put_all
from storage import bootstrap
from storage.audio.analyse import ANALYSIS
from storage.bootstrap import Services
from storage.db.engine import open_database
from storage.db.measurements import MeasurementRows
from storage.db.verdicts import Verdicts, Writer
from storage.ground import DATABASE_FILE
from storage.model.audio import AudioFacts, Loudness, Sound
from storage.model.content import Content
from storage.model.listening import Handed
from storage.model.measuring import ClipFacts
from storage.model.people import Actor, Role
from storage.model.review import Judgement, Scope
from storage.s3.listing import list_pages

OPEN_S, VERDICT_MS = 1.0, 100.0  # issue 6: under both
COURSE = Scope("course", "ita_for_eng")
PREFIX = "mastered/"
_WORDS = ("voglio", "parlare", "italiano", "con", "te", "adesso", "come", "dire", "sera", "posso")
_STEPS = 40


def body_of(number: int) -> bytes:
    """A clip's bytes: other ones for each."""
    return f"clip {number:08}".encode() * 8


def ids_of(count: int) -> list[str]:
    """The clips' UUIDs."""
    return [str(uuid.uuid5(uuid.NAMESPACE_DNS, str(n))).upper() for n in range(count)]


def manifest_of(ids: Sequence[str]) -> bytes:
    """A course whose phrases have one to eight words and up to five voices."""
    samples: dict[str, list[dict[str, Any]]] = {}
    voices = ("target1", "target2", "source")
    for number, one in enumerate(ids):
        phrase = number // 5
        text = " ".join(_WORDS[(phrase * 7 + at) % len(_WORDS)] for at in range(phrase % 8 + 1))
        entry = {"id": one, "role": voices[number % 3], "cadence": "natural", "duration": 0}
        samples.setdefault(f"{text} {phrase}" if phrase % 8 else text, []).append(entry)
    piece = {"id": ids[0], "version": "1", "seeds": [], "samples": samples}
    return json.dumps(
        {
            "id": "ita-eng",
            "version": "1",
            "target": "ita",
            "known": "eng",
            "status": "beta",
            "introduction": {"id": "", "role": "presentation", "cadence": "natural", "duration": 0},
            "slices": [{**piece, "pooledEncouragements": [], "orderedEncouragements": []}],
        }
    ).encode()


def fill(services: Services, data: Path, ids: Sequence[str]) -> None:
    """The bucket, the manifest, measurements of all, verdicts on half of them."""
    layout = services.layouts["ssi"]
    for one in layout.buckets:
        services.store_for(layout, one).client.create_bucket(Bucket=one.bucket)
    bucket = layout.bucket("stage")
    store = services.store_for(layout, bucket)
    clips = ((f"{PREFIX}{one}.mp3", body_of(number)) for number, one in enumerate(ids))
    put_all(store, bucket.bucket, clips)
    services.manifests.put(_person("Ann"), "ssi", COURSE.name, manifest_of(ids))
    with closing(open_database(data / DATABASE_FILE)) as database:
        _know(MeasurementRows(database, ANALYSIS), Verdicts(database), ids)


def _know(measured: MeasurementRows, verdicts: Verdicts, ids: Sequence[str]) -> None:
    by = Writer("ssi", "stage", "a bucket", "ben", "Ben")
    now = datetime.now(UTC)
    for start in range(0, len(ids), 5_000):
        some = range(start, min(start + 5_000, len(ids)))
        measured.put([(_facts(number), b"\x80\x7f" * 800) for number in some])
        judged = [
            Judgement(str(n), f"{PREFIX}{ids[n]}.mp3", _facts(n).content, "approved")
            for n in some
            if n % 2
        ]
        verdicts.add(by, judged, now)


def _facts(number: int) -> ClipFacts:
    body = body_of(number)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    content = Content(etag, len(body), hashlib.sha256(body).hexdigest())
    lufs = -16.0 + (5.0 if number % 50 == 0 else number % 3 / 2)
    return ClipFacts(
        content=content,
        state="measured",
        at="2026-11-27T09:00:00.000000Z",
        facts=AudioFacts("MP3", "mp3", 44_100, 1, 64_000, "CBR", 1.2, len(body)),
        sound=Sound(
            duration_s=1.2,
            loudness=Loudness(lufs, estimated=False, true_peak_dbtp=-3.0),
            lead_silence_s=0.1,
            trail_silence_s=0.1,
            inner_silence_s=0.0,
            clipped_runs=0,
            dc_offset=0.0,
        ),
        digest=content.sha256,
        damage=(),
    )


def _person(name: str) -> Actor:
    return Actor(name.lower(), name, frozenset(Role), "local")


def list_everything(services: Services) -> int:
    """The bare listing: how many keys."""
    layout = services.layouts["ssi"]
    bucket = layout.bucket("stage")
    pages = list_pages(services.store_for(layout, bucket), bucket.bucket, PREFIX)
    return sum(page.objects.num_rows for page in pages)


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it gave."""
    begun = time.perf_counter()
    found = act()
    return time.perf_counter() - begun, found


def open_queue(services: Services, who: Actor) -> Handed:
    """As the page: asks again until there are clips."""
    while True:
        handed = services.review.next(who, "ssi", "stage", COURSE, count=2)
        if handed.listing.state == "ready":
            return handed


def open_in_a_new_console(data: Path) -> float:
    """Seconds, in a process of its own that has just built its services."""
    command = [sys.executable, "-m", "benchmarks.review_queue", "--open", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _open_here(data: str) -> None:
    """What that process does."""
    with closing(bootstrap.build({**os.environ, "STORAGE_DATA": data})) as console:
        who = _person(f"Listener {uuid.uuid4().hex[:6]}")
        console.objects.list_page(who, "ssi", "stage", "")  # its connections
        print(timed(lambda: open_queue(console, who))[0])


def open_anew(services: Services, who: Actor) -> None:
    """By a listing of now: everything but what was read of the database before."""
    begun = datetime.now(UTC)
    found = services.review.progress(who, "ssi", "stage", COURSE, fresh=True)
    while found.listing.at is None or found.listing.at < begun:
        time.sleep(0.005)
        found = services.review.summary(who, "ssi", "stage", COURSE)


def steps(services: Services) -> tuple[list[float], list[float], int]:
    """Two people in turns: seconds of each next and each verdict, and clips given twice."""
    nexts: list[float] = []
    verdicts: list[float] = []
    given: list[str] = []
    for step in range(_STEPS):
        who = _person(("Ann", "Cat")[step % 2])
        took, handed = timed(
            lambda who=who: services.review.next(who, "ssi", "stage", COURSE, count=1)
        )
        nexts.append(took)
        (clip,) = handed.clips
        given.append(clip.place.key)
        said = Judgement(uuid.uuid4().hex, clip.place.key, clip.content, "approved")
        took, (end,) = timed(
            lambda who=who, said=said: services.review.judge(who, "ssi", "stage", [said])
        )
        assert not end.error, end.error
        verdicts.append(took)
    return nexts, verdicts, len(given) - len(set(given))


def row(what: str, seconds: Sequence[float], bar_s: float | None, why: str = "") -> bool:
    """Prints a line; whether the bar is held by the median. `why`: there is none, or this one."""
    middle, most = statistics.median(seconds) * 1_000, max(seconds) * 1_000
    held = bar_s is None or middle < bar_s * 1_000
    bar = "" if bar_s is None else f"{bar_s * 1_000:,.0f} ms{why}: {'held' if held else 'MISSED'}"
    print(f"| {what} | {middle:,.0f} | {most:,.0f} | {bar or why} |")
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.review_queue")
    parser.add_argument("--clips", type=int, default=60_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--open", metavar="DATA", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.open:
        _open_here(args.open)
        return 0
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        environ = {"STORAGE_DATA": str(data)}
        # one console stays, so that the store does; the others are as new ones
        with closing(bootstrap.build(environ)) as first:
            fill(first, data, ids_of(args.clips))
            listing = [timed(lambda: list_everything(first))[0] for _ in range(args.turns)]
            never, started, anew, again = [], [], [], []
            for turn in range(args.turns):
                shutil.rmtree(data / "listings", ignore_errors=True)
                never.append(open_in_a_new_console(data))
                started.append(open_in_a_new_console(data))
                who = _person(f"Listener {turn}")
                anew.append(timed(lambda w=who: open_anew(first, w))[0])
                again.append(timed(lambda w=who: open_queue(first, w))[0])
            nexts, verdicts, twice = steps(first)
        print(f"| {args.clips:,} clips | median ms | most ms | bar |")
        print("| --- | ---: | ---: | --- |")
        beyond = OPEN_S + statistics.median(listing)
        held = all(
            (
                row("the bare listing, one page after the other", listing, None, "beside it"),
                row("a new console, a course never opened", never, beyond, " with the listing"),
                row("a new console, a course opened before", started, OPEN_S),
                row("a running console, the course open", again, OPEN_S),
                row("a running console lists it anew", anew, None, "none: nobody waits for it"),
                row("the next clip", nexts, None, "none: it is fetched ahead"),
                row("a verdict", verdicts, VERDICT_MS / 1_000),
            )
        )
        print(f"\n{twice} of {_STEPS} clips were given to two people.")
    return 0 if held and not twice else 1


if __name__ == "__main__":
    sys.exit(main())
