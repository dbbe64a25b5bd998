"""The limits within which files are looked into and decoded at all."""

from __future__ import annotations

from storage.errors import InvalidInput

MAX_INPUT_BYTES = 200 * 1024 * 1024  # what the browser's upload takes; held in memory whole
MAX_SECONDS = 600.0
MAX_VALUES = 30_000_000  # float32: 120 MB; 10 minutes of mono at 48 kHz, 5 of stereo
RATES_HZ = (1_000, 384_000)  # what sound is sampled at; a header can say anything
MAX_CHANNELS = 8  # 7.1


def refuse_format(sample_rate_hz: int, channels: int) -> None:
    """Raises InvalidInput for a format that no recording has."""
    if not RATES_HZ[0] <= sample_rate_hz <= RATES_HZ[1]:
        raise InvalidInput(
            f"The file says it has {sample_rate_hz:,} samples a second, which no recording has.",
            "It is damaged. Export it again, as WAV or MP3.",
        )
    if not 1 <= channels <= MAX_CHANNELS:
        raise InvalidInput(
            f"The file says it has {channels:,} channels; at most {MAX_CHANNELS} can be read.",
            "Export it again in mono or stereo.",
        )


def refuse_size(size: int) -> None:
    """Raises InvalidInput for a file that is empty or too large to look into."""
    if size == 0:
        raise InvalidInput("The file is empty.", "Choose the recording again.")
    if size > MAX_INPUT_BYTES:
        raise InvalidInput(
            f"The file is larger than {MAX_INPUT_BYTES // 2**20} MiB.",
            "Export it as MP3, M4A or FLAC, or cut it into parts.",
        )


def frames_allowed(sample_rate_hz: int, channels: int, max_seconds: float) -> int:
    """How many frames are decoded at most."""
    return min(int(max_seconds * sample_rate_hz), MAX_VALUES // channels)
