"""A layout's `[promotion]` table: from where to where releases go, and what must hold for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from storage.errors import ConfigError
from storage.layout.template import Template
from storage.tomlfile import Field, Node

_TEXT = Field("text")
_FIELDS = {
    "from": Field("text", required=True),
    "to": Field("text", required=True),
    "kind": Field("text", required=True),
    "approval": Field("text", choices=("second", "one")),
    "expires_hours": Field("number"),
    "references": Field("text", choices=("stage", "anywhere", "off")),
    "heard": Field("text", choices=("required", "off")),
    "audio": Field("text", choices=("measured", "no-errors", "off")),
    "max_objects": Field("number"),
    "max_gib": Field("number"),
    "backup": _TEXT,
    "released_in": _TEXT,
    "released": _TEXT,
}


@dataclass(frozen=True, slots=True)
class PromotionRules:
    """What a release of the layout is: buckets by role, and the gates as they are switched."""

    source: str  # bucket role
    target: str
    kind: str  # of what a course refers to; its key has one field, the id
    second_person: bool = True  # who approves is another one than who planned
    expires_hours: int = 72  # an approval, counted from when it was given
    references: Literal["stage", "anywhere", "off"] = "stage"
    heard: bool = True
    audio: Literal["measured", "no-errors", "off"] = "no-errors"
    max_objects: int = 100_000
    max_bytes: int = 100 * 2**30
    backup: str = "replaced/"  # of what is overwritten, where the target keeps no versions
    released_in: str = ""  # bucket role of released manifests, "" for none
    released: Template | None = None


def build_promotion(
    node: Node, roles: Sequence[str], kinds: Mapping[str, tuple[tuple[str, ...], Template]]
) -> PromotionRules | None:
    """The rules; None without the table. `kinds` by name: bucket roles and key. Raises ConfigError
    naming file and line.
    """
    if not node.values:
        return None
    node.check(_FIELDS)
    usual = PromotionRules("", "", "")
    source, target, kind = (node.text(name) for name in ("from", "to", "kind"))
    _check_ends(node, source, target, roles)
    _check_kind(node, kind, (source, target), kinds)
    gib = _positive(node, "max_gib", usual.max_bytes // 2**30)
    return PromotionRules(
        source=source,
        target=target,
        kind=kind,
        second_person=node.text("approval") != "one",
        expires_hours=_positive(node, "expires_hours", usual.expires_hours),
        references=cast(
            "Literal['stage', 'anywhere', 'off']", node.text("references") or usual.references
        ),
        heard=node.text("heard") != "off",
        audio=cast("Literal['measured', 'no-errors', 'off']", node.text("audio") or usual.audio),
        max_objects=_positive(node, "max_objects", usual.max_objects),
        max_bytes=gib * 2**30,
        backup=_backup(node, usual.backup),
        released_in=_released_in(node, roles),
        released=_released(node),
    )


def _check_ends(node: Node, source: str, target: str, roles: Sequence[str]) -> None:
    for field, role in (("from", source), ("to", target)):
        if role not in roles:
            raise node.wrong(f"names {role!r}.", f"Allowed: {', '.join(roles)}.", field)
    if source == target:
        raise node.wrong(f"is {target!r}, as `from` is.", "Name another bucket.", "to")


def _check_kind(
    node: Node,
    kind: str,
    ends: tuple[str, str],
    kinds: Mapping[str, tuple[tuple[str, ...], Template]],
) -> None:
    if kind not in kinds:
        raise node.wrong(f"names {kind!r}.", f"Allowed: {', '.join(kinds)}.", "kind")
    where, _ = kinds[kind]
    missing = next((role for role in ends if role not in where), "")
    if missing:
        raise node.wrong(
            f"names {kind!r}, which is not in {missing!r}.",
            "Name a kind that is in both buckets.",
            "kind",
        )


def _positive(node: Node, field: str, usual: int) -> int:
    value = node.number(field)
    if value is not None and value < 1:
        raise node.wrong(f"is {value}.", "It must be at least 1, or left out.", field)
    return usual if value is None else value


def _backup(node: Node, usual: str) -> str:
    text = node.text("backup") or usual
    if text.startswith("/") or not text.endswith("/"):
        raise node.wrong(f"is {text!r}.", "Write a folder, with / at its end.", "backup")
    return text


def _released_in(node: Node, roles: Sequence[str]) -> str:
    role, key = node.text("released_in"), node.text("released")
    if bool(role) != bool(key):
        missing = "released" if role else "released_in"
        raise node.wrong(f"needs the field {missing}, too.", "Give both or neither.", "released_in")
    if role and role not in roles:
        raise node.wrong(f"names {role!r}.", f"Allowed: {', '.join(roles)}.", "released_in")
    return role


def _released(node: Node) -> Template | None:
    text = node.text("released")
    if not text:
        return None
    try:
        template = Template(text)
    except ConfigError as error:
        raise ConfigError(f"{node.where('released')}: {error.what}", error.remedy) from error
    if template.fields != ("course",):
        raise node.wrong(f"is {text!r}.", "Its one field must be {course:course}.", "released")
    return template
