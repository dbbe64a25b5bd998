"""How long a recording is, and how the registry writes that."""

from __future__ import annotations

from storage.audio.limits import refuse_format
from storage.audio.sniff import sniff
from storage.audio.wav import left_over, read_header
from storage.errors import InvalidInput
from storage.layout.profile import KeyKind
from storage.units import human_bytes

_WHOLE = 0.999  # of the sound that a header announces; less is cut off
_BEYOND_S = 0.15  # less behind the sound is what writers leave there


def length_s(kind: KeyKind, data: bytes) -> float:
    """Seconds of a WAV. Raises InvalidInput for what is no whole WAV, or larger than its kind."""
    if kind.max_bytes is not None and len(data) > kind.max_bytes:
        raise InvalidInput(
            f"It has {human_bytes(len(data))}; a recording has at most "
            f"{human_bytes(kind.max_bytes)}.",
            "Make it shorter, or mono.",
        )
    found = sniff(data, len(data))
    if found.content_type != "audio/wav":
        raise InvalidInput(f"It is no WAV: the bytes are {found.label}.", "Export it as WAV.")
    header = read_header(data, len(data))
    if header.share < _WHOLE:
        raise InvalidInput("Its end is missing.", "Export it again.")
    if left_over(data, header) > _BEYOND_S * header.bytes_a_second:
        raise InvalidInput("It says that it is shorter than it is.", "Export it again.")
    if header.is_plain and header.duration_s > 0:
        refuse_format(header.sample_rate_hz, header.channels)
        return header.duration_s
    from storage.audio.decode import decode  # noqa: PLC0415  NumPy, and most are plain

    return decode(data).duration_s


def as_duration(seconds: float) -> int | float:
    """As the registry writes it: to the millisecond, whole seconds without a point."""
    rounded = round(seconds, 3)
    return int(rounded) if rounded == int(rounded) else rounded
