"""Any recording to a canonical WAV, and sound to a levelled MP3 that was checked by decoding it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from storage.audio.decode import decode
from storage.audio.libav import resampled
from storage.audio.limiter import Source
from storage.audio.limits import MAX_SECONDS
from storage.audio.loudness import measure_loudness
from storage.audio.mp3 import RATES_HZ, encode_pcm
from storage.audio.pcm import Pcm, Samples
from storage.audio.probe import kind_of
from storage.audio.wav import PCM, read_header
from storage.audio.wav_samples import write_wav
from storage.errors import InvalidInput, VerifyFailed
from storage.model.audio import Loudness
from storage.units import human_seconds

TARGET_LUFS, MAX_DBTP = -16.0, -1.5
CLOSE_LU = 0.2  # less than half of what is allowed: other meters differ a little
SPARE_DB = 0.1  # below the ceiling, for the same reason
_ENCODED_DB = 0.3  # what encoding usually adds to peaks
_TRIES = 6
_HIGHEST_HZ = 48_000
_C = 0.5**0.5
# Each channel's part in left and right, in the order WAV has them (ITU-R BS.775, LFE left out).
_LEFT, _RIGHT, _CENTRE, _LFE = (1.0, 0.0), (0.0, 1.0), (_C, _C), (0.0, 0.0)
_SIDES = ((_C, 0.0), (0.0, _C))
_DOWN: dict[int, tuple[tuple[float, float], ...]] = {
    3: (_LEFT, _RIGHT, _CENTRE),
    4: (_LEFT, _RIGHT, *_SIDES),
    5: (_LEFT, _RIGHT, _CENTRE, *_SIDES),
    6: (_LEFT, _RIGHT, _CENTRE, _LFE, *_SIDES),
    7: (_LEFT, _RIGHT, _CENTRE, _LFE, (0.5, 0.5), *_SIDES),
    8: (_LEFT, _RIGHT, _CENTRE, _LFE, *_SIDES, *_SIDES),
}


@dataclass(frozen=True, slots=True)
class Mastered:
    """An MP3 at its level. `gain_db` is before the limiter, `limited` whether that one worked."""

    data: bytes = field(repr=False)
    before: Loudness
    after: Loudness  # of the MP3, decoded again
    gain_db: float
    limited: bool
    duration_s: float  # of the MP3, decoded again


def to_wav(data: bytes, *, max_seconds: float = MAX_SECONDS) -> bytes:
    """A 16-bit WAV of any recording: mono or stereo, at most 48 kHz. A file that is one already,
    with a header that tells the truth, is returned as it is.

    Raises InvalidInput as `decode` does, and for recordings longer than `max_seconds`.
    """
    if _is_canonical(data):
        refuse_longer(decode(data, max_seconds=max_seconds))
        return data
    pcm = fitting(decode(data, max_seconds=max_seconds))
    refuse_longer(pcm)
    return wav_of(pcm)


def wav_of(pcm: Pcm) -> bytes:
    """A 16-bit WAV of `pcm`; turned down where it would otherwise be cut off at full scale."""
    peak = float(np.abs(pcm.samples).max(initial=0.0))
    samples = pcm.samples / np.float32(peak) if peak > 1 else pcm.samples
    return write_wav(samples, pcm.sample_rate_hz)


def _is_canonical(data: bytes) -> bool:
    if kind_of(data, len(data)).demuxer != "wav" or not data.startswith(b"RIFF"):
        return False
    header = read_header(data, len(data))
    whole = header.declared == header.end - header.start and header.is_plain
    return (
        whole
        and (header.form, header.bits) == (PCM, 16)
        and header.channels <= 2
        and header.sample_rate_hz <= _HIGHEST_HZ
    )


def refuse_longer(pcm: Pcm) -> None:
    """Raises InvalidInput where decoding stopped at the limit."""
    if pcm.cut:
        raise InvalidInput(
            f"The recording is longer than {human_seconds(int(pcm.duration_s))}.",
            "Cut it to the part that is needed.",
        )


def fitting(pcm: Pcm) -> Pcm:
    """`pcm` in mono or stereo at 48 kHz or less; more channels are mixed down to stereo."""
    if pcm.channels > 2:
        weights = np.array(_DOWN[pcm.channels], np.float32)
        mixed: Samples = pcm.samples @ weights
        pcm = Pcm(mixed, pcm.sample_rate_hz, pcm.faults, pcm.cut)
    if pcm.sample_rate_hz > _HIGHEST_HZ:
        at_44_1 = pcm.sample_rate_hz % 44_100 == 0
        lower = resampled(pcm, 44_100 if at_44_1 else 48_000)
        pcm = Pcm(lower.samples, lower.sample_rate_hz, pcm.faults, pcm.cut)
    return pcm


def to_mp3(pcm: Pcm, *, target_lufs: float = TARGET_LUFS, max_dbtp: float = MAX_DBTP) -> Mastered:
    """An MP3 of `pcm` at `target_lufs` with true peaks of at most `max_dbtp`: levelled, limited
    where gain alone would pass that, encoded, decoded and measured; again, where encoding moved it.

    Raises InvalidInput for silence, VerifyFailed when the level cannot be reached.
    """
    fit = fitting(pcm)
    before = measure_loudness(pcm)
    if fit.sample_rate_hz not in RATES_HZ:
        fit = resampled(fit, next(rate for rate in RATES_HZ if rate > fit.sample_rate_hz))
    source = Source.of(fit)
    aim, ceiling = target_lufs, max_dbtp - _ENCODED_DB
    for _ in range(_TRIES):
        levelled = source.at_level(aim, ceiling)
        data = encode_pcm(levelled.pcm)
        heard = decode(data, max_seconds=2 * MAX_SECONDS)
        after = measure_loudness(heard)
        if after.integrated_lufs is None or after.true_peak_dbtp is None:
            break
        off = after.integrated_lufs - target_lufs
        over = after.true_peak_dbtp - (max_dbtp - SPARE_DB)
        if abs(off) <= CLOSE_LU and over <= 0:
            gain_db, limited = levelled.gain_db, levelled.limited
            return Mastered(data, before, after, gain_db, limited, heard.duration_s)
        aim -= off
        ceiling -= max(0.0, over)
    raise level_not_reached()


def level_not_reached() -> VerifyFailed:
    """What is said of a sound that cannot be as loud as it must be."""
    return VerifyFailed(
        "The recording cannot be brought to its level: it is short bursts of sound amid silence.",
        "Record it again, or cut the silence and the bursts first.",
    )
