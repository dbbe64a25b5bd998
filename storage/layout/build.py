"""A layout file's table -> Layout, checked strictly: roles, kinds, rules and access must agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from storage.config import check_value
from storage.errors import ConfigError
from storage.layout.build_review import build_review
from storage.layout.limits import build_limits
from storage.layout.profile import Bucket, KeyKind, Layout, Rule, Start
from storage.layout.promoting import build_promotion
from storage.layout.template import Template, quote_literal
from storage.model.findings import Severity
from storage.model.people import BUCKET_CANS, Can, Role
from storage.tomlfile import Field, Node

_SEVERITIES: Mapping[str, Severity] = {"info": "info", "warning": "warning", "error": "error"}
_TEXT, _TEXTS = Field("text"), Field("texts")
_NEEDED = Field("text", required=True)
_ROOT = {
    "name": _NEEDED,
    "title": _NEEDED,
    "description": _TEXT,
    "personal_data": Field("flag"),
    "region": _TEXT,
    "access_key_env": _TEXT,
    "secret_key_env": _TEXT,
    "import_folder": _TEXT,
    "import_folder_env": _TEXT,
    "buckets": Field("table", required=True),
    "prefixes": Field("table"),
    "prefix_env": Field("table"),
    "kinds": Field("table", required=True),
    "rules": Field("tables"),
    "columns": Field("table"),
    "access": Field("table", required=True),
    "start": Field("table"),
    "audio": Field("table"),
    "review": Field("table"),
    "promotion": Field("table"),
}
_BUCKET = {
    "title": _NEEDED,
    "bucket": _NEEDED,
    "region": _TEXT,
    "live": Field("flag"),
    "bucket_env": _TEXTS,
    "region_env": _TEXTS,
    "like": _TEXT,
}
_KIND = {
    "title": _NEEDED,
    "in": Field("texts", required=True),
    "key": _NEEDED,
    "content_types": _TEXTS,
    "max_mib": Field("number"),
}
_RULE = {
    "code": _NEEDED,
    "severity": Field("text", required=True, choices=tuple(_SEVERITIES)),
    "text": _NEEDED,
    "remedy": _NEEDED,
    "kinds": _TEXTS,
    "keys": _TEXTS,
    "never_in": _TEXTS,
    "one_case": Field("flag"),
}
_START = {"bucket": _NEEDED, "kind": _NEEDED, "things": _NEEDED, "action": _NEEDED}
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_PREFIX = re.compile(r"\{prefix\.([^{}]*)\}")


def build_layout(node: Node) -> Layout:
    """The layout of a whole file. Raises ConfigError naming file, line or field."""
    node.check(_ROOT)
    _check_name(node, "name", node.text("name"))
    buckets = _buckets(node)
    roles = tuple(bucket.role for bucket in buckets)
    prefixes = _prefixes(node)
    kinds = _kinds(node.table("kinds"), roles, prefixes)
    return Layout(
        name=node.text("name"),
        title=node.text("title"),
        description=node.text("description"),
        personal_data=node.flag("personal_data"),
        buckets=buckets,
        kinds=kinds,
        rules=tuple(_rule(item, kinds, roles, prefixes) for item in node.tables("rules")),
        access=_access(node, roles),
        columns=_columns(node.table("columns"), tuple(kind.kind for kind in kinds)),
        prefix_env=_texts_by_name(node.table("prefix_env"), tuple(prefixes)),
        starts=_starts(node.table("start"), kinds),
        audio=build_limits(node.table("audio")),
        import_dir=node.text("import_folder"),
        import_dir_env=node.text("import_folder_env"),
        access_key_env=node.text("access_key_env"),
        secret_key_env=node.text("secret_key_env"),
        review=build_review(node.table("review")),
        promotion=build_promotion(
            node.table("promotion"),
            roles,
            {kind.kind: (kind.roles, kind.template) for kind in kinds},
        ),
    )


def _check_name(node: Node, field: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise node.wrong(
            f"has the name {name!r}, which cannot be used.",
            "A name begins with a lower-case letter, then a to z, 0 to 9, - and _.",
            field,
        )


def _check_known(node: Node, field: str, names: Iterable[str], known: Iterable[str]) -> None:
    allowed = tuple(known)
    for name in names:
        if name not in allowed:
            raise node.wrong(f"names {name!r}.", f"Allowed: {', '.join(allowed)}.", field)


def _template(node: Node, field: str, text: str, prefixes: Mapping[str, str]) -> Template:
    _check_known(node, field, _PREFIX.findall(text), prefixes)
    whole = _PREFIX.sub(lambda found: quote_literal(prefixes[found[1]]), text)
    try:
        return Template(whole)
    except ConfigError as error:
        raise ConfigError(f"{node.where(field)}: {error.what}", error.remedy) from error


def _buckets(node: Node) -> tuple[Bucket, ...]:
    found: dict[str, Bucket] = {}
    for role, item in node.table("buckets").children().items():
        _check_name(item, "", role)
        item.check(_BUCKET)
        name = check_value("bucket", item.text("bucket"), item.where("bucket"))
        if name in found:
            raise item.wrong(
                f"is {name!r}, which is already the bucket of {found[name].role!r}.",
                "Give each role a bucket of its own, or leave one role out.",
                "bucket",
            )
        region = item.text("region") or node.text("region")
        found[name] = Bucket(
            role=role,
            title=item.text("title"),
            bucket=name,
            region=check_value("region", region, item.where("region")),
            live=item.flag("live"),
            bucket_env=item.texts("bucket_env"),
            region_env=item.texts("region_env"),
            like=_template(item, "like", item.text("like"), {}) if item.text("like") else None,
        )
    return tuple(found.values())


def _texts_by_name(node: Node, known: tuple[str, ...] | None = None) -> dict[str, str]:
    names = tuple(node.values) if known is None else known
    node.check(dict.fromkeys(names, _TEXT))
    return {name: node.text(name) for name in node.values}


def _prefixes(node: Node) -> dict[str, str]:
    table = node.table("prefixes")
    return {
        name: check_value("prefix", value, table.where(name))
        for name, value in _texts_by_name(table).items()
    }


def _kinds(node: Node, roles: tuple[str, ...], prefixes: Mapping[str, str]) -> tuple[KeyKind, ...]:
    found: list[KeyKind] = []
    for name, item in node.children().items():
        _check_name(item, "", name)
        item.check(_KIND)
        _check_known(item, "in", item.texts("in"), roles)
        kind = KeyKind(
            kind=name,
            title=item.text("title"),
            roles=item.texts("in"),
            template=_template(item, "key", item.text("key"), prefixes),
            content_types=_content_types(item),
            max_bytes=_max_bytes(item),
        )
        _check_reachable(item, kind, found)
        found.append(kind)
    return tuple(found)


def _content_types(node: Node) -> tuple[str, ...]:
    for item in node.texts("content_types"):
        if not _CONTENT_TYPE.fullmatch(item):
            raise node.wrong(
                f"names {item!r}, which is not a content type.",
                'Write it like "audio/mpeg", in lower case.',
                "content_types",
            )
    return node.texts("content_types")


def _max_bytes(node: Node) -> int | None:
    mib = node.number("max_mib")
    if mib is not None and mib < 1:
        raise node.wrong(f"is {mib}.", "It must be at least 1 (MiB), or left out.", "max_mib")
    return None if mib is None else mib * 2**20


def _check_reachable(node: Node, kind: KeyKind, earlier: Iterable[KeyKind]) -> None:
    """Kinds are tried in the file's order: one whose keys an earlier kind takes is a mistake."""
    example = kind.template.example()
    for other in earlier:
        if set(other.roles) & set(kind.roles) and other.template.match(example) is not None:
            raise node.wrong(
                f"cannot be told from the kind {other.kind!r}: {example!r} fits both.",
                "Put the narrower kind first, or give the two different prefixes.",
                "key",
            )


def _rule(
    node: Node, kinds: tuple[KeyKind, ...], roles: tuple[str, ...], prefixes: Mapping[str, str]
) -> Rule:
    node.check(_RULE)
    _check_known(node, "kinds", node.texts("kinds"), (kind.kind for kind in kinds))
    _check_known(node, "never_in", node.texts("never_in"), roles)
    if bool(node.texts("never_in")) == node.flag("one_case"):
        raise node.wrong(
            "must say either never_in or one_case.",
            'Write never_in = ["ROLE"] for a rule on places, one_case = true for one on UUIDs.',
        )
    if not node.texts("kinds") and not node.texts("keys"):
        raise node.wrong("is about nothing.", "Name kinds, keys, or both.")
    for kind in kinds:
        clash = sorted(set(kind.roles) & set(node.texts("never_in")))
        if kind.kind in node.texts("kinds") and clash:
            raise node.wrong(
                f"forbids {kind.kind!r} in {clash[0]!r}, where that kind belongs.",
                "Take that bucket out of never_in, or out of the kind's own list.",
                "never_in",
            )
    return Rule(
        code=node.text("code"),
        severity=_SEVERITIES[node.text("severity")],
        text=node.text("text"),
        remedy=node.text("remedy"),
        kinds=node.texts("kinds"),
        keys=tuple(_template(node, "keys", text, prefixes) for text in node.texts("keys")),
        never_in=node.texts("never_in"),
        one_case=node.flag("one_case"),
    )


def _access(node: Node, roles: tuple[str, ...]) -> dict[tuple[Role, str], frozenset[Can]]:
    table = node.table("access")
    table.check(dict.fromkeys((role.value for role in Role), Field("table")))
    granted: dict[tuple[Role, str], frozenset[Can]] = {}
    for person, item in table.children().items():
        item.check(
            dict.fromkeys(
                roles, Field("texts", choices=tuple(can.value for can in Can if can in BUCKET_CANS))
            )
        )
        for role in item.values:
            grants = frozenset(Can(value) for value in item.texts(role))
            if node.flag("personal_data") and Can.OBJECT_ARCHIVE in grants:
                raise item.wrong(
                    f"grants {Can.OBJECT_ARCHIVE.value}, but this layout holds personal data.",
                    "Personal data is never taken in bulk: take the permission out.",
                    role,
                )
            granted[Role(person), role] = grants
    return granted


def _starts(node: Node, kinds: tuple[KeyKind, ...]) -> tuple[Start, ...]:
    node.check(dict.fromkeys((role.value for role in Role), Field("table")))
    found = []
    for person, item in node.children().items():
        item.check(_START)
        _check_known(item, "kind", [item.text("kind")], (kind.kind for kind in kinds))
        kind = next(kind for kind in kinds if kind.kind == item.text("kind"))
        _check_known(item, "bucket", [item.text("bucket")], kind.roles)
        found.append(
            Start(
                person=Role(person),
                bucket=item.text("bucket"),
                kind=kind.kind,
                things=item.text("things"),
                action=item.text("action"),
            )
        )
    return tuple(found)


def _columns(node: Node, kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    node.check(dict.fromkeys(node.values, Field("texts", required=True)))
    for column in node.values:
        _check_known(node, column, node.texts(column), kinds)
    return {column: node.texts(column) for column in node.values}
