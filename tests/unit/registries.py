"""Registries as hypothesis makes them: odd formatting, unknown fields, comments, any order."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

COURSES = [
    *("ita_for_eng", "ita_for_eng_10seeds", "ita_for_jpn", "cym_for_eng", "spa_for_eng"),
    *("fra_for_eng", "cmn_for_eng", "gle_for_eng_short"),
]
# Every character JSON can hold, astral ones and those that look like JSON among them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ['{"a": 1}', "}, {", "\\u00e9", "a\u202eb", "👋🏽", "\x00", '"', "\\", "مرحبا"]
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
known = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "id": st.uuids().map(str) | st.none(),
        "generated_date": st.just("2025-09-02T08:30:00Z"),
        "voice": texts | st.none(),
        "duration": st.integers(0, 99) | st.floats(0, 99),
    },
)
unknown = st.dictionaries(texts.map(lambda text: f"x{text}"), values, max_size=3)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of one entry, known and unknown in any order."""
    fields = {**draw(known), **draw(unknown)}
    return {name: fields[name] for name in draw(st.permutations(list(fields)))}


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A registry's text, with comments anywhere and white space of every kind."""
    courses = draw(st.lists(st.sampled_from(COURSES), unique=True, max_size=5))
    comments = draw(st.dictionaries(texts.map(lambda text: f"_{text}"), values, max_size=2))
    inside = {**{course: draw(entries()) for course in courses}, **comments}
    order = draw(st.permutations(list(inside)))
    top = {**draw(st.dictionaries(texts, values, max_size=2)), "welcomes": None}
    space = st.sampled_from(["", " ", "\n", "\n  ", "\r\n\t", "  \n\n"])
    ascii_only = draw(st.booleans())

    def dumped(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, indent=draw(st.sampled_from([None, 3])))

    def an_object(members: list[tuple[str, str]]) -> str:
        lines = [
            f"{draw(space)}{dumped(key)}{draw(space)}:{draw(space)}{value}{draw(space)}"
            for key, value in members
        ]
        return "{" + (",".join(lines) or draw(space)) + "}"

    def entry(key: str) -> str:
        value = inside[key]
        if key.startswith("_"):
            return dumped(value)
        return an_object([(name, dumped(one)) for name, one in value.items()])

    welcomes = an_object([(key, entry(key)) for key in order])
    rest = [(key, welcomes if key == "welcomes" else dumped(value)) for key, value in top.items()]
    return draw(space) + an_object(rest) + draw(space)
