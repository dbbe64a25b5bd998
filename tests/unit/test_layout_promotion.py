"""A layout's `[promotion]` table: read with its defaults, and every mistake told with its line."""

from __future__ import annotations

import pytest

from storage.config import Config
from storage.errors import ConfigError
from storage.layout.build import build_layout
from storage.layout.load import load_layouts
from storage.layout.promoting import PromotionRules
from storage.settings import Settings
from storage.tomlfile import parse_toml

_REST = """
name = "one"
title = "One"
region = "us-east-1"
[buckets.draft]
title = "Draft"
bucket = "one-draft"
[buckets.prod]
title = "Prod"
bucket = "one-prod"
live = true
[kinds.clip]
title = "Clip"
in = ["draft", "prod"]
key = "clips/{id:UUID}.mp3"
[kinds.note]
title = "Note"
in = ["draft"]
key = "notes/{id:UUID}.txt"
[access.viewer]
draft = ["object:list"]
"""
_NEEDED = {"from": '"draft"', "to": '"prod"', "kind": '"clip"'}


def rules(**fields: str) -> PromotionRules | None:
    lines = [f"{name} = {value}" for name, value in {**_NEEDED, **fields}.items() if value]
    return build_layout(
        parse_toml(_REST + "[promotion]\n" + "\n".join(lines), "one.toml")
    ).promotion


def test_defaults_are_careful() -> None:
    """Where the table says nothing, a second person approves, all is there and was heard."""
    found = rules()
    assert found is not None
    assert (found.second_person, found.references, found.heard) == (True, "stage", True)
    assert (found.backup, found.released, found.expires_hours) == ("replaced/", None, 72)


def test_none_without_the_table() -> None:
    """A project without it promotes nothing."""
    assert build_layout(parse_toml(_REST, "one.toml")).promotion is None


def test_the_courses_have_it() -> None:
    """Courses go from Stage to Prod, and need a second person."""
    found = load_layouts(Settings(), Config(), {})["ssi"].promotion
    assert found is not None
    assert (found.source, found.target, found.second_person) == ("stage", "prod", True)
    assert found.released is not None
    assert found.released.render({"course": "ita_for_eng"}).startswith("released/ita_for_eng/")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": ""}, "needs the field from"),
        ({"from": '"elsewhere"'}, "names 'elsewhere'"),
        ({"to": '"draft"'}, "as `from` is"),
        ({"kind": '"song"'}, "names 'song'"),
        ({"kind": '"note"'}, "which is not in 'prod'"),
        ({"approval": '"none"'}, "may not be 'none'"),
        ({"expires_hours": "0"}, "is 0"),
        ({"max_gib": "-1"}, "is -1"),
        ({"backup": '"old"'}, "a folder"),
        ({"backup": '"/old/"'}, "a folder"),
        ({"released_in": '"draft"'}, "needs the field released"),
        ({"released_in": '"x"', "released": '"r/{course:course}.json"'}, "names 'x'"),
        ({"released_in": '"draft"', "released": '"r.json"'}, "Its one field"),
        ({"released_in": '"draft"', "released": '"r/{nope"'}, "brace"),
        ({"hurry": "true"}, "is not a field here"),
    ],
)
def test_mistakes_have_words_and_a_line(fields: dict[str, str], words: str) -> None:
    """Each mistake names the file, the line and what may stand there."""
    with pytest.raises(ConfigError) as raised:
        rules(**fields)
    assert words in raised.value.what or words in raised.value.remedy
    assert "one.toml, line" in raised.value.what
    assert raised.value.remedy
