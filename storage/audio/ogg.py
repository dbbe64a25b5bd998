"""Whether an Ogg file has its end. Pure over bytes."""

from __future__ import annotations

_LAST_PAGE = 0x4  # in the flags: no page of this stream follows
_FIXED = 27  # bytes of a page's header, before its table of segments


def ends_well(data: bytes) -> bool:
    """Whether the last page is whole and says that it is the last (RFC 3533, section 6)."""
    at = data.rfind(b"OggS")
    if at < 0 or len(data) < at + _FIXED:
        return False
    segments = data[at + _FIXED : at + _FIXED + data[at + 26]]
    whole = at + _FIXED + data[at + 26] + sum(segments) <= len(data)
    return whole and bool(data[at + 5] & _LAST_PAGE)
