"""What must hold for a plan before it may be approved and run: each gate with its reason. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.layout.profile import Layout
from storage.layout.promoting import PromotionRules
from storage.layout.rules import refused_keys
from storage.model.promotion import CODE, COPIED, Gate, Header, Origin, Scope, State
from storage.units import human_bytes

_AT_ONCE = 10_000  # keys as Python texts at a time
_EXAMPLES = 5
_MANIFEST = "manifest"  # the kind, in layouts that have courses
_OFF = "The project does not ask for it."


@dataclass(frozen=True, slots=True)
class Heard:
    """What QA's verdicts say of exactly the bytes of a plan: `left` clips are in its way, for the
    `reason` given; `examples` are some of their keys.
    """

    left: int
    reason: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """What was measured of the bytes of a plan: how many clips have an error, and how many nobody
    has measured.
    """

    faulty: int
    unmeasured: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What other rooms say of a plan's bytes; None where nothing of the kind is kept. `origins` are
    its courses' manifests as they are now.
    """

    heard: Heard | None = None
    sound: Sound | None = None
    origins: tuple[Origin, ...] = ()


def promotion_gates(
    layout: Layout, rules: PromotionRules, header: Header, rows: pa.Table, said: Said
) -> tuple[Gate, ...]:
    """The gates of a promotion of `rows` (PLAN_SCHEMA), in the order to show them."""
    copied = rows.filter(is_any(rows, *COPIED))
    return (
        *([_manifests(layout, rules, header.origins, said.origins)] if header.origins else ()),
        _rules(layout, rules, copied),
        _references(layout, rules, header.scope, rows),
        _content(rows),
        _heard(rules, said.heard),
        _audio(rules, said.sound),
        _limits(layout, rules, copied),
        _types(layout, rules, copied),
    )


def is_any(rows: pa.Table, *states: State) -> Any:
    """Which rows are in one of `states`."""
    return pc.is_in(rows["state"], value_set=pa.array([CODE[one] for one in states], pa.int8()))


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"


def _some(rows: pa.Table) -> tuple[str, ...]:
    return tuple(rows["key"].slice(0, _EXAMPLES).to_pylist())


def _keys(rows: pa.Table) -> Iterator[list[str]]:
    """All keys, some at a time."""
    for at in range(0, rows.num_rows, _AT_ONCE):
        yield rows["key"].slice(at, _AT_ONCE).to_pylist()


def _manifests(
    layout: Layout, rules: PromotionRules, planned: Sequence[Origin], now: Sequence[Origin]
) -> Gate:
    """Whether the manifests are those that it is planned from; a broken one makes no plan."""
    others = tuple(one.course for one in planned if one not in now)
    if others:
        text = f"Another by now: {', '.join(others)}."
        return Gate("manifest", False, text, len(others), others[:_EXAMPLES])
    given = [one.course for one in planned if not one.key]
    told = [_given(layout, rules, given)] if given else []
    places = sorted({layout.bucket(one.role).title for one in planned if one.key})
    read = [f"Read from {', '.join(places)}."] if places else []
    return Gate("manifest", True, " ".join([*read, *told]))


def _given(layout: Layout, rules: PromotionRules, courses: Sequence[str]) -> str:
    """What becomes of manifests that were given as files."""
    kind = next((one for one in layout.kinds if one.kind == _MANIFEST), None)
    if rules.released is None or kind is None:
        return f"Given as a file: {', '.join(courses)}."
    keys = ", ".join(kind.template.render({"course": one}) for one in courses)
    return (
        f"Given as a file, whose own bytes are not kept, so not published: {', '.join(courses)}. "
        f"To have it published, put the file into {layout.bucket(kind.roles[0]).title} as {keys} "
        "and plan again."
    )


def _rules(layout: Layout, rules: PromotionRules, copied: pa.Table) -> Gate:
    target = layout.bucket(rules.target)
    refused = [key for keys in _keys(copied) for key in refused_keys(layout, rules.target, keys)]
    text = (
        f"{_objects(len(refused))} may not lie in {target.title} by the project's rules."
        if refused
        else f"Everything may lie in {target.title}."
    )
    return Gate("rules", not refused, text, len(refused), tuple(refused[:_EXAMPLES]))


def _references(layout: Layout, rules: PromotionRules, scope: Scope, rows: pa.Table) -> Gate:
    states: tuple[State, ...] = ("missing",)
    # below a prefix nobody has named what only prod has
    if rules.references == "stage" and scope.kind != "prefix":
        states = ("missing", "only-prod")
    absent = rows.filter(is_any(rows, *states))
    count = absent.num_rows
    if not rows.num_rows:
        return Gate("references", False, "There is nothing to promote: the scope is empty.")
    text = "All are there."
    if count:
        title, only = layout.bucket(rules.source).title, is_any(absent, "only-prod")
        text = f"Of {_objects(rows.num_rows)}, {count:,} not in {title}"
        live = pc.sum(only).as_py() or 0
        text += f", {live:,} of them live already." if live else "."
    on = rules.references != "off"
    return Gate("references", not count, text, count, _some(absent), on)


def _content(rows: pa.Table) -> Gate:
    unread = rows.filter(is_any(rows, "unread"))
    count = unread.num_rows
    text = (
        f"Of {_objects(count)} it is not known whether prod has the same: read both."
        if count
        else "Of every object it is known whether prod has the same."
    )
    return Gate("content", not count, text, count, _some(unread))


def _heard(rules: PromotionRules, heard: Heard | None) -> Gate:
    if not rules.heard:
        return Gate("heard", True, _OFF, on=False)
    if heard is None:
        return Gate("heard", False, "No verdicts are kept here, so nobody can say what was heard.")
    return Gate("heard", not heard.left, heard.reason, heard.left, heard.examples)


def _audio(rules: PromotionRules, sound: Sound | None) -> Gate:
    if rules.audio == "off":
        return Gate("audio", True, _OFF, on=False)
    if sound is None:
        return Gate("audio", rules.audio != "measured", "Nothing was measured.")
    wanting = sound.unmeasured if rules.audio == "measured" else 0
    parts = [f"{sound.faulty:,} clips have an error"] if sound.faulty else []
    parts += [f"{sound.unmeasured:,} were not measured"] if sound.unmeasured else []
    text = f"{' and '.join(parts)}." if parts else "Every clip was measured and has no error."
    shut = sound.faulty + wanting
    return Gate("audio", not shut, text, shut, sound.examples)


def _limits(layout: Layout, rules: PromotionRules, copied: pa.Table) -> Gate:
    total = pc.sum(copied["size"]).as_py() or 0
    empty = copied.filter(pc.equal(copied["size"], 0))
    large = _too_large(layout, rules, copied)
    reasons = [
        text
        for broken, text in (
            (copied.num_rows > rules.max_objects,
             f"{_objects(copied.num_rows)}, more than the {rules.max_objects:,} allowed."),
            (total > rules.max_bytes,
             f"{human_bytes(total)}, more than the {human_bytes(rules.max_bytes)} allowed."),
            (empty.num_rows, f"{_objects(empty.num_rows)} without content."),
            (large, f"{_objects(len(large))} above the size of their kind."),
        )
        if broken
    ]  # fmt: skip
    examples = (*_some(empty), *large)[:_EXAMPLES]
    text = " ".join(reasons) or f"{_objects(copied.num_rows)}, {human_bytes(total)}: within limits."
    return Gate("limits", not reasons, text, empty.num_rows + len(large), examples)


def _too_large(layout: Layout, rules: PromotionRules, copied: pa.Table) -> list[str]:
    most = {kind.kind: kind.max_bytes for kind in layout.kinds if kind.max_bytes is not None}
    if not most:
        return []
    # what is within the smallest limit of all need not be classified
    suspects = copied.filter(pc.greater(copied["size"], min(most.values())))
    keys, sizes = suspects["key"].to_pylist(), suspects["size"].to_pylist()
    kinds = layout.classify_many(rules.source, keys)
    return [
        key
        for key, size, kind in zip(keys, sizes, kinds, strict=True)
        if kind in most and size > most[kind]
    ]


def _types(layout: Layout, rules: PromotionRules, copied: pa.Table) -> Gate:
    """Whether content types are those of the kinds, of what HEAD was asked about."""
    known = copied.filter(pc.not_equal(copied["facts"], ""))
    wrong: list[str] = []
    for at in range(0, known.num_rows, _AT_ONCE):
        page = known.slice(at, _AT_ONCE)
        wrong += mistyped(layout, rules.source, page["key"].to_pylist(), page["facts"].to_pylist())
    unasked = copied.num_rows - known.num_rows
    text = "Content types are those of the kinds."
    if wrong:
        text = f"{_objects(len(wrong))} with a content type that is not of their kind."
    elif unasked:
        text = f"Of {_objects(unasked)} the run asks for the content type, right before its copy."
    return Gate("types", not wrong, text, len(wrong), tuple(wrong[:_EXAMPLES]))


def mistyped(layout: Layout, role: str, keys: Sequence[str], facts: Sequence[str]) -> list[str]:
    """Those of `keys` whose content type, by the facts of each, is not of their kind."""
    wrong = []
    for key, kind, told in zip(keys, layout.classify_many(role, keys), facts, strict=True):
        allowed = layout.kind(kind).content_types if kind else ()
        if allowed and json.loads(told).get("content_type", "") not in allowed:
            wrong.append(key)
    return wrong
