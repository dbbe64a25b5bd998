"""Any recording to samples."""

from __future__ import annotations

from storage.audio.libav import decode_with
from storage.audio.limits import MAX_SECONDS, frames_allowed, refuse_format
from storage.audio.pcm import Pcm
from storage.audio.probe import kind_of
from storage.audio.wav import read_header
from storage.audio.wav_samples import read_samples
from storage.errors import InvalidInput


def decode(data: bytes, *, max_seconds: float = MAX_SECONDS) -> Pcm:
    """The sound of a file, up to `max_seconds` (and MAX_VALUES over all channels).

    Damaged places are left out and counted in `faults`. Raises InvalidInput when it is no audio,
    empty, larger than 200 MiB, or too broken to hear anything of.
    """
    kind = kind_of(data, len(data))
    pcm = (
        _decode_wav(data, max_seconds)
        if kind.demuxer == "wav"
        else decode_with(data, kind.demuxer, max_seconds)
    )
    if not len(pcm.samples):
        raise InvalidInput(
            "The recording is empty: there is not a single moment of sound in the file.",
            "Record or export it again.",
        )
    return pcm


def _decode_wav(data: bytes, max_seconds: float) -> Pcm:
    header = read_header(data, len(data))
    refuse_format(header.sample_rate_hz, header.channels)
    if not header.is_plain:
        return decode_with(data, "wav", max_seconds)
    most = frames_allowed(header.sample_rate_hz, header.channels, max_seconds)
    samples = read_samples(data, header, most)
    there = (header.end - header.start) // header.frame_bytes
    return Pcm(samples, header.sample_rate_hz, cut=there > most)
