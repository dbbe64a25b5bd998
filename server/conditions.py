"""What a client makes of an object's ETag: conditions and ranges, by RFC 9110. Pure."""

from __future__ import annotations

import re

from storage.errors import Conflict, InvalidInput, StorageError
from storage.s3.objects import IfAbsent, IfMatch, Precondition

ANY = "*"
_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*")


class PreconditionFailed(Conflict):
    """The object is not as the request's own condition says; nothing was changed."""


class RangeNotSatisfiable(StorageError):
    """The range begins behind the end of the object, which has `size` bytes."""

    code = "range"

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The object has {size} bytes, and the range begins behind them.",
            "Ask for a range inside it.",
        )
        self.size = size


def tags(header: str) -> frozenset[str]:
    """The ETags of If-Match or If-None-Match, without quotes; `ANY` among them for all.

    An ETag of ours always means the very bytes, so a proxy's "W/" is let pass.
    """
    given = (one.strip().removeprefix("W/").strip('"') for one in header.split(","))
    return frozenset(one for one in given if one)


def holds(etag: str, header: str) -> bool:
    """Whether the object with `etag` is among those that the header names."""
    return bool({ANY, etag} & tags(header))


def one_tag(header: str) -> str | None:
    """The one ETag a change is meant for; None without a header, and for any object.

    Raises InvalidInput for several.
    """
    given = tags(header)
    if len(given) > 1 or (header and not given):
        raise InvalidInput(
            "If-Match must name exactly one ETag.", "Send the one a HEAD or GET showed."
        )
    (found,) = given or {ANY}
    return None if found == ANY else found


def precondition(if_match: str, if_none_match: str) -> Precondition:
    """What must be there for an upload: nothing, unless If-Match names what it replaces."""
    if if_none_match and (tags(if_none_match) != {ANY} or if_match):
        raise InvalidInput("If-None-Match must be *, and alone.", "Leave it out: it is usual.")
    etag = one_tag(if_match)
    if if_match and etag is None:
        raise InvalidInput(
            "If-Match: * would replace whatever is there.", "Name the ETag a HEAD showed."
        )
    return IfAbsent() if etag is None else IfMatch(etag)


def span(header: str, size: int) -> tuple[int, int] | None:
    """The (first byte, length) of a Range header for an object of `size` bytes.

    None for all of it: without a header, and for what a server may ignore (another unit, several
    ranges, no sense in it). Raises RangeNotSatisfiable.
    """
    found = _RANGE.fullmatch(header)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:  # so many at the end
        length = min(int(last), size)
        start, end = size - length, size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, end - start
