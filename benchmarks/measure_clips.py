"""Measuring clips beside the FFmpeg command line: the same figures, and how many a second.

`python -m benchmarks.measure_clips`: real recorded speech (Debian's asterisk-core-sounds in five
languages, and alsa-utils; `tools/install_speech.sh` fetches them) in six encodings. Every clip is
measured by one `ffmpeg … ebur128=peak=true` process a clip and by our workers, as many at a time as
there are processors, in one run.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.measurements.task import MODULES, Taken, take
from storage.workers.interface import Limits
from storage.workers.local import LocalWorkers

SPEECH = (Path("/usr/share/asterisk/sounds"), Path("/usr/share/sounds/alsa"))
CLIPS = 360
LUFS_WITHIN, DBTP_WITHIN, SECONDS_WITHIN = 0.1, 0.15, 0.005  # issue 6
TIMES = 5.0
_TURN = 24  # clips
_PRINTED = 0.05 + 1e-6  # true peaks are printed in tenths
_GATE_LUFS = -69.9  # it prints -70.0 where it has nothing to measure
ENCODINGS: dict[str, tuple[str, ...]] = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-ar", "24000"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "4", "-ar", "44100"),
    "m4a": ("-c:a", "aac", "-b:a", "64k", "-ar", "44100"),
    "ogg": ("-c:a", "libopus", "-b:a", "32k"),
    "flac": ("-c:a", "flac"),
    "wav": ("-c:a", "pcm_s16le"),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What one of the two says of a clip; None where it can say nothing."""

    lufs: float | None
    dbtp: float | None
    seconds: float


@dataclass(slots=True)
class Compared:
    """The differences over all clips."""

    lufs: list[float] = field(default_factory=list)
    dbtp: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    unmeasurable: int = 0


def chosen(count: int) -> list[Path]:
    """Recordings from all languages alike, the same ones each time."""
    found = [sorted(folder.rglob("*.wav")) for top in SPEECH for folder in _voices(top)]
    found = [files for files in found if files]
    if not found:
        sys.exit("No recorded speech is there: run tools/install_speech.sh")
    each = -(-count // len(found))
    picked = [file for files in found for file in files[:: max(1, len(files) // each)][:each]]
    return [file for file in picked if file.stat().st_size > 1_000][:count]


def _voices(top: Path) -> list[Path]:
    if top.name == "alsa":
        return [top] if top.is_dir() else []
    return sorted(path for path in top.glob("*") if path.is_dir()) if top.is_dir() else []


def encoded(files: Sequence[Path], folder: Path, at_once: int) -> list[Path]:
    """The recordings, each in one of the encodings in turn."""

    def encode(numbered: tuple[int, Path]) -> Path:
        number, file = numbered
        ending = list(ENCODINGS)[number % len(ENCODINGS)]
        made = folder / f"{number:04}.{ending}"
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(file), *ENCODINGS[ending], str(made)]
        subprocess.run(command, check=True, timeout=60)
        return made

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(encode, enumerate(files)))


def by_ffmpeg(file: Path, filters: str = "ebur128=peak=true") -> str:
    """What one process of FFmpeg prints of a clip."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(file)]
    command += ["-af", filters, "-f", "null", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stderr


def heard_by_ffmpeg(file: Path) -> Heard:
    """Its figures, from a run of its own that is not timed: with the samples it decodes, and its
    loudness to more than the tenths that it prints at the end.
    """
    text = by_ffmpeg(file, "ashowinfo,ebur128=peak=true:metadata=1,ametadata=print")
    *_, lufs = re.findall(r"lavfi.r128.I=(-?[\d.]+)", text) or ["-70"]  # none under 0.1 s
    (dbtp,) = re.findall(r"Peak: +(-?[\d.]+|-inf) dBFS", text)
    frames = re.findall(r"rate:(\d+) nb_samples:(\d+)", text)
    seconds = sum(int(count) / int(rate) for rate, count in frames)
    measurable = float(lufs) > _GATE_LUFS
    return Heard(float(lufs) if measurable else None, float(dbtp), seconds)


def heard_by_us(taken: Taken | None) -> Heard:
    """Ours. An estimate, of a clip under 0.4 s, is nothing FFmpeg could be compared with."""
    if taken is None or taken.sound is None:
        sys.exit(f"A clip could not be measured: {taken}")
    loudness = taken.sound.loudness
    lufs = None if loudness.estimated else loudness.integrated_lufs
    return Heard(lufs, loudness.true_peak_dbtp, taken.sound.duration_s)


def timed(run: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def compare(theirs: Sequence[Heard], ours: Sequence[Heard]) -> Compared:
    """Clip by clip."""
    found = Compared()
    for their, our in zip(theirs, ours, strict=True):
        found.seconds.append(abs(their.seconds - our.seconds))
        if their.dbtp is not None and our.dbtp is not None:
            found.dbtp.append(abs(their.dbtp - our.dbtp))
        if their.lufs is None or our.lufs is None:
            found.unmeasurable += 1
        else:
            found.lufs.append(abs(their.lufs - our.lufs))
    return found


def main() -> int:
    """Prints both sides; exit 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=CLIPS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        files = encoded(chosen(args.clips), Path(folder), args.workers)
        bodies = [file.read_bytes() for file in files]
        workers = LocalWorkers(args.workers, Limits(), MODULES)
        workers.submit(take, bodies[0]).result()  # the workers are there: a job starts them once
        ours: list[Heard] = []

        def measure(some: Sequence[bytes]) -> None:
            tickets = [workers.submit(take, body) for body in some]
            ours.extend(heard_by_us(ticket.result().value) for ticket in tickets)

        their_s = our_s = 0.0
        with ThreadPoolExecutor(args.workers) as pool:
            for start in range(0, len(files), _TURN):  # in turns: what else runs is borne by both
                turn = slice(start, start + _TURN)
                their_s += timed(lambda turn=turn: list(pool.map(by_ffmpeg, files[turn])))
                our_s += timed(lambda turn=turn: measure(bodies[turn]))
            workers.close()
            theirs = list(pool.map(heard_by_ffmpeg, files))
    return report(compare(theirs, ours), len(files), their_s, our_s, args.workers)


def report(found: Compared, clips: int, their_s: float, our_s: float, workers: int) -> int:
    """Both sides in one table; the exit status."""
    times = their_s / our_s
    print(f"{clips} clips in {len(ENCODINGS)} encodings, {workers} at a time")
    print(f"  one ffmpeg process a clip  {clips / their_s:8.1f} clips/s")
    print(f"  our workers                {clips / our_s:8.1f} clips/s   {times:.1f} times as many")
    missed = times < TIMES
    for told, values, within in (
        ("integrated loudness, LU", found.lufs, LUFS_WITHIN),
        ("true peak, dB", found.dbtp, DBTP_WITHIN + _PRINTED),
        ("duration, s", found.seconds, SECONDS_WITHIN),
    ):
        over = sum(value > within for value in values)
        missed = missed or over > 0
        off = f"{sum(values) / len(values):.4f} on average, {max(values):.4f} at most"
        print(f"  {told:<24} {len(values):4} clips: off by {off}, {over} over {within:.3f}")
    print(f"  without a loudness by the standard (short, or below its gate): {found.unmeasurable}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
