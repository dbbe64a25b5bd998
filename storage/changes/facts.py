"""What an object may say of itself: content type, cache-control, metadata, tags. Pure.

They travel as HTTP headers, which hold less than people type; what a store would silently change
or refuse is refused here, in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from storage.errors import InvalidInput
from storage.s3.tags import check_tags as check_limits

METADATA_BYTES = 2_048  # S3: user-defined metadata, names and values together
_HEADER_LETTERS = 256  # decision of the product: longer ones are a mistake
_TYPE = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(\s*;\s*[\x20-\x7e]+)?",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"[a-z0-9!#$%&'*+.^_`|~-]+"
)  # RFC 9110: a token, of which S3 keeps small letters
_TAG = re.compile(r"[\w +\-=.:/@]*")  # S3: letters, numbers and spaces of all scripts, and these


def check_type(content_type: str) -> str:
    """The content type without spaces around it. Raises InvalidInput for what is none."""
    text = content_type.strip()
    if len(text) > _HEADER_LETTERS or not _TYPE.fullmatch(text):
        raise InvalidInput(
            f"{content_type[:100]!r} is no content type.", "Write it like audio/mpeg."
        )
    return text


def check_cache_control(text: str) -> str:
    """The header without spaces around it, "" for none. Raises InvalidInput."""
    return _header("Cache-Control", text)


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as S3 keeps it: names in small letters, values without spaces around them.

    Raises InvalidInput for names or values that no header holds, a name twice, over 2 KB in all.
    """
    kept: dict[str, str] = {}
    for given, value in metadata.items():
        name = given.strip().lower().removeprefix("x-amz-meta-")
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{given[:100]!r} cannot be the name of metadata.",
                "Use letters without accents, digits, hyphens and underscores.",
            )
        if name in kept:
            raise InvalidInput(
                f"The metadata {name!r} is given twice.", "Capital letters make no difference."
            )
        kept[name] = _header(f"The metadata {name!r}", value, METADATA_BYTES)
    size = sum(len(name) + len(value) for name, value in kept.items())
    if size > METADATA_BYTES:
        raise InvalidInput(
            f"The metadata has {size:,} bytes; S3 holds {METADATA_BYTES:,} with its names.",
            "Shorten it, or keep it in a file beside the object.",
        )
    return kept


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags, when S3 holds them. Raises InvalidInput naming the limit that is passed."""
    check_limits(tags)
    for name, value in tags.items():
        if name.lower().startswith("aws:"):
            raise InvalidInput(
                f"The tag {name!r} belongs to AWS.", "Use a name that does not begin with aws:."
            )
        if not _TAG.fullmatch(name) or not _TAG.fullmatch(value):
            raise InvalidInput(
                f"The tag {name!r} holds a character that S3 does not allow in tags.",
                "Use letters, digits, spaces and + - = . _ : / @",
            )
    return dict(tags)


def _header(name: str, text: str, longest: int = _HEADER_LETTERS) -> str:
    value = text.strip()
    if not (value.isascii() and value.isprintable()):
        raise InvalidInput(
            f"{name} holds letters that an HTTP header cannot: only ASCII travels unchanged.",
            "Write it without accents and line breaks, or keep it in a file beside the object.",
        )
    if len(value) > longest:
        raise InvalidInput(
            f"{name} has {len(value):,} letters; {longest:,} are allowed.", "Shorten it."
        )
    return value
