"""MPEG audio and ADTS frame headers (ISO 11172-3, 13818-3, 13818-7): length and kind of a frame."""

from __future__ import annotations

from dataclasses import dataclass

HEADER_BYTES = 6  # ADTS has as many that matter here, MPEG four

_V1_KBPS = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_V2_KBPS = {
    1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_ADTS_RATES_HZ = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its codec ("mp1", "mp2", "mp3", "aac"), length in bytes, and what it holds.

    `channels` is 0 where an AAC stream describes them elsewhere.
    """

    codec: str
    length: int
    sample_rate_hz: int
    channels: int
    samples: int  # of each channel
    bitrate_bps: int


def frame_at(data: bytes, start: int) -> Frame | None:
    """The frame whose header stands at `start`, None where there is none (or it is cut off)."""
    header = data[start : start + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    if header[1] & 0xF6 == 0xF0:  # layer "0" behind a 12 bit sync word is ADTS
        return _adts(header)
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate == 3 or bitrate in (0, 15):
        return None  # reserved values; free format (0) has no length of its own
    kbps = (_V1_KBPS if version == 3 else _V2_KBPS)[layer][bitrate]
    rate_hz = _RATES_HZ[version][rate]
    channels = 1 if header[3] >> 6 == 3 else 2
    if layer == 1:
        length = (12_000 * kbps // rate_hz + padding) * 4
        return Frame("mp1", length, rate_hz, channels, 384, 1000 * kbps)
    samples = 576 if layer == 3 and version != 3 else 1152  # MPEG-2 Layer III: half as many
    length = samples * 125 * kbps // rate_hz + padding
    return Frame(f"mp{layer}", length, rate_hz, channels, samples, 1000 * kbps)


def _adts(header: bytes) -> Frame | None:
    rate = header[2] >> 2 & 15
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    channels = (header[2] & 1) << 2 | header[3] >> 6
    if rate >= len(_ADTS_RATES_HZ) or length <= 7:
        return None
    rate_hz = _ADTS_RATES_HZ[rate]
    channels = 8 if channels == 7 else channels
    return Frame("aac", length, rate_hz, channels, 1024, length * 8 * rate_hz // 1024)


def frames_agree(first: Frame, second: Frame) -> bool:
    """Whether two frames can belong to one stream: same codec and sampling rate."""
    return first.codec == second.codec and first.sample_rate_hz == second.sample_rate_hz
