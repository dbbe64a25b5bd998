"""What a person types or SQL holds -> Place: s3://bucket/key, role:key, a key, a legacy path."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from storage.errors import ConfigError, InvalidInput
from storage.layout.profile import KeyKind, Layout
from storage.model.objects import Place

KEY_BYTES = 1024  # S3: the longest key, in UTF-8
_STORAGE_PATH = "storage/v1/"  # Supabase: object/[public|sign|authenticated/]BUCKET/PATH
_STORAGE_WORDS = ("object", "render", "image", "public", "sign", "authenticated", "info")


def parse_place(text: str, layout: Layout, *, column: str = "") -> Place:
    """The place `text` means; the likeliest of `possible_places` where a legacy path is unclear.

    `column` is the SQL column the text comes from ("profiles.file_path"). Raises InvalidInput for
    another bucket (shown, not followed), a web address or an impossible key, ConfigError for a
    column the layout does not know.
    """
    return possible_places(text, layout, column=column)[0]


def possible_places(text: str, layout: Layout, *, column: str = "") -> tuple[Place, ...]:
    """Every place `text` may mean, likeliest first; more than one only for a legacy path.

    `s3://bucket/key` and `role:key` are exact, and the only forms for keys that look like another
    form. Raises as `parse_place` does.
    """
    kinds = _kinds_meant(layout, column)
    role, colon, rest = text.partition(":")
    if text[:5].lower() == "s3://":
        return (_from_uri(text, layout),)
    if colon and any(role == bucket.role for bucket in layout.buckets):
        return (_place(layout, role, rest),)
    if text.lower().startswith(("http://", "https://")):
        keys = _from_address(text, layout, kinds)
    else:
        keys = _from_path(text, layout, kinds, known_column=bool(column))
    return tuple(_place(layout, layout.default_role, key) for key in keys)


def _kinds_meant(layout: Layout, column: str) -> tuple[KeyKind, ...]:
    """The kinds a legacy path may be of; without a column those of all, the narrowest first."""
    if column:
        if column not in layout.columns:
            raise ConfigError(
                f"The project {layout.title!r} has no column {column!r}.",
                f"It has: {', '.join(layout.columns) or 'none'}.",
            )
        return tuple(layout.kind(name) for name in layout.columns[column])
    names = dict.fromkeys(name for kinds in layout.columns.values() for name in kinds)
    kinds = (layout.kind(name) for name in names)
    return tuple(sorted(kinds, key=lambda kind: -_length_behind_prefix(kind)))


def _length_behind_prefix(kind: KeyKind) -> int:
    return kind.template.literal_length - len(kind.template.prefix)


def _from_uri(text: str, layout: Layout) -> Place:
    name, _, key = text[5:].partition("/")
    for bucket in layout.buckets:
        if bucket.bucket == name:
            return _place(layout, bucket.role, key)
    raise InvalidInput(
        f"{text!r} is in the bucket {name!r}, which is not part of the project {layout.title!r}: "
        "it is shown, not followed.",
        f"Its buckets: {', '.join(bucket.bucket for bucket in layout.buckets)}.",
    )


def _from_address(text: str, layout: Layout, kinds: tuple[KeyKind, ...]) -> tuple[str, ...]:
    try:
        path = unquote(urlsplit(text).path, errors="strict").removeprefix("/")
    except ValueError:  # a broken host, or bytes that are not UTF-8
        path = ""
    if kinds and path.startswith(_STORAGE_PATH):
        return tuple(_legacy(_behind_bucket(path), layout, kinds))
    raise InvalidInput(
        f"{text!r} is a web address: it is shown, not followed.",
        "Give s3://bucket/key, ROLE:key or the key.",
    )


def _from_path(
    text: str, layout: Layout, kinds: tuple[KeyKind, ...], *, known_column: bool
) -> tuple[str, ...]:
    path = text.removeprefix("/")
    if kinds and path.startswith(_STORAGE_PATH):
        return tuple(_legacy(_behind_bucket(unquote(path)), layout, kinds))
    if layout.classify(layout.default_role, text).kind:
        return (text,)
    _, slash, behind_bucket = path.partition("/")
    found = _readings(text, kinds)
    if not found and known_column and slash:  # an old path that begins with its own bucket's name
        found = _readings(path, kinds) or _readings(behind_bucket, kinds)
    return tuple(found) or (text,)


def _legacy(path: str, layout: Layout, kinds: tuple[KeyKind, ...]) -> Iterator[str]:
    if layout.classify(layout.default_role, path).kind:
        yield path
        return
    yield from _readings(path, kinds) or [path]


def _readings(path: str, kinds: tuple[KeyKind, ...]) -> list[str]:
    """The keys of those kinds that `path` is, or becomes with the kind's own folder in front.

    Of kinds that fit, only the narrowest count: `r/c_analysis.json` is no transcript.
    """
    whole = [path for kind in kinds if kind.template.match(path) is not None]
    fitting = [
        kind for kind in kinds if kind.template.match(kind.template.prefix + path) is not None
    ]
    narrowest = max(map(_length_behind_prefix, fitting), default=0)
    return whole[:1] or [
        kind.template.prefix + path for kind in fitting if _length_behind_prefix(kind) == narrowest
    ]


def _behind_bucket(path: str) -> str:
    """The object's path in a Supabase storage path: behind its words and the bucket's name."""
    parts = path.removeprefix(_STORAGE_PATH).split("/")
    while parts and parts[0] in _STORAGE_WORDS:
        parts.pop(0)
    return "/".join(parts[1:])


def _place(layout: Layout, role: str, key: str) -> Place:
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "This key holds characters that no key can hold.", "Copy it again from its source."
        ) from error
    if size > KEY_BYTES:
        raise InvalidInput(
            f"This key has {size} bytes; S3 keys have at most {KEY_BYTES}.", "Use a shorter key."
        )
    return Place(layout.name, role, layout.bucket(role).bucket, key)
