"""One clear message when a layout, a rule, an override or a variable is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.config import load_config
from storage.errors import ConfigError
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.settings import Settings

SMALL = """\
name = "small"
title = "Small"
[buckets.main]
title = "Main"
bucket = "small-main"
[kinds.clip]
title = "Clip"
in = ["main"]
key = "{name}.mp3"
[access.admin]
main = ["object:list"]
"""
START = """\
[start.admin]
bucket = "main"
kind = "clip"
things = "clips"
action = "Hear them"
"""


def load(
    tmp_path: Path,
    *texts: str,
    config: str = "",
    layout: str = "",
    environ: dict[str, str] | None = None,
) -> dict[str, Layout]:
    """The layouts with user files of these texts, a config file and an environment."""
    names = []
    for number, text in enumerate(texts):
        (tmp_path / f"file{number}.toml").write_text(text, encoding="utf-8")
        names.append(f"file{number}.toml")
    path = tmp_path / "soundstage.toml"
    path.write_text(f"layout_files = {names}\n{config}", encoding="utf-8")
    return load_layouts(Settings(layout=layout), load_config(path), environ or {})


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('name = "small"', 'name = "Small One"'), 1, "lower-case letter"),
        (('name = "small"', "name = 3"), 1, "wrong type"),
        (('title = "Small"', ""), None, "Add title = "),
        (('title = "Small"', 'titel = "Small"'), 2, "Allowed: name, title, description"),
        (('title = "Small"', "title = 'S'\npersonal_data = 'no'"), 3, "true or false"),
        (('title = "Small"', 'secret_key = "x"'), 2, "looks like a secret"),
        (("[buckets.main]", "[buckets.Main]"), 3, "lower-case letter"),
        (("[buckets.main]", "[buckets.other]"), 8, "Allowed: other"),
        (('title = "Main"', "title = 'M'\nlive = 1"), 5, "true or false"),
        (('"small-main"', '"a b"'), 5, "bucket name has letters"),
        (('"small-main"', '"small-main"\n[buckets.main]'), 6, "not valid TOML"),
        (('"small-main"', '"same"\n[buckets.b]\ntitle = "B"\nbucket = "same"'), 8, "bucket of"),
        (('in = ["main"]', 'in = ["mian"]'), 8, "Allowed: main"),
        (('in = ["main"]', "in = []"), 8, "may not be empty"),
        (('in = ["main"]', 'in = "main"'), 8, "a list of texts"),
        (('"{name}.mp3"', '"{name.mp3"'), 9, "brace without its partner"),
        (('"{name}.mp3"', '"{name:nam}.mp3"'), 9, "a TYPE is one of path, UUID"),
        (('"{name}.mp3"', '"{prefix.a}x"'), 9, "names 'a'"),
        (('"{name}.mp3"', '"{a}{b}"'), 9, "more than one way"),
        (('"{name}.mp3"', '"x"\nmax_mib = 0'), 10, "at least 1"),
        (('"{name}.mp3"', '"x"\nmax_mib = true'), 10, "a whole number"),
        (('"{name}.mp3"', '"x"\ncontent_types = ["MP3"]'), 10, "not a content type"),
        (
            (
                "[access.admin]",
                '[kinds.b]\ntitle = "B"\nin = ["main"]\nkey = "x{n}.mp3"\n[access.admin]',
            ),
            13,
            "narrower kind first",
        ),
        (("[access.admin]", "[prefixes]\na = '/x'\n[access.admin]"), 11, 'without "/" in front'),
        (("[access.admin]", "[access.boss]"), 10, "Allowed: viewer, editor, qa, operator, admin"),
        (('main = ["object:list"]', 'mian = ["object:list"]'), 11, "Allowed: main"),
        (('main = ["object:list"]', 'main = ["object:lst"]'), 11, "Allowed: object:list, object"),
        (
            ("[access.admin]", START.replace('"clip"', '"clap"') + "[access.admin]"),
            12,
            "Allowed: clip",
        ),
        (
            ("[access.admin]", START.replace('"main"', '"prod"') + "[access.admin]"),
            11,
            "Allowed: main",
        ),
        (("[access.admin]", "[columns]\n'a.b' = ['clap']\n[access.admin]"), 11, "Allowed: clip"),
    ],
)
def test_a_wrong_layout_says_where_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], line: int | None, words: str
) -> None:
    """One message for any mistake: the file, the line, what is wrong, what is allowed."""
    assert SMALL.count(change[0]) == 1
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, SMALL.replace(*change))
    place = f"{tmp_path / 'file0.toml'}" + (f", line {line}: " if line else ": ")
    assert caught.value.what.startswith(place)
    assert words in f"{caught.value.what} {caught.value.remedy}"


REVIEW = """\
[review]
needs = "flagged"
[[review.reasons]]
code = "cut-off"
title = "Cut off"
"""


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('"flagged"', '"some"'), 11, "Allowed: flagged, everything, nothing"),
        (('needs = "flagged"', "sample_percent = 101"), 11, "from 0 to 100"),
        (('needs = "flagged"', "sample = 2"), 11, "Allowed: needs, sample_percent, reasons"),
        (('code = "cut-off"', 'code = "Cut off"'), 13, "a to z, 0 to 9 and -"),
        (('code = "cut-off"', 'code = ""'), 13, "may not be empty"),
        (('title = "Cut off"', ""), 12, "Add title"),
        (
            ('title = "Cut off"', 'title = "C"\n[[review.reasons]]\ncode = "cut-off"\ntitle = "D"'),
            16,
            "a second time",
        ),
    ],
)
def test_a_wrong_list_of_reasons_says_where(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    """As of any other table: the file, the line, what is wrong, what is allowed."""
    text = SMALL.replace("[access.admin]", REVIEW.replace(*change) + "[access.admin]")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.what.startswith(f"{tmp_path / 'file0.toml'}, line {line}: ")
    assert words in f"{caught.value.what} {caught.value.remedy}"


RULE = """\
[[rules]]
code = "r"
severity = "error"
text = "t"
remedy = "m"
kinds = ["clip"]
never_in = ["b"]
"""
TWO = SMALL.replace("[kinds", '[buckets.b]\ntitle = "B"\nbucket = "small-b"\n[kinds')


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("", ""), None, ""),
        (('"error"', '"fatal"'), 17, "Allowed: info, warning, error"),
        (('["clip"]', '["clap"]'), 20, "Allowed: clip"),
        (('["b"]', '["c"]'), 21, "Allowed: main, b"),
        (('["b"]', '["main"]'), 21, "where that kind belongs"),
        (('["b"]', '["b"]\none_case = true'), 15, "either never_in or one_case"),
        (('kinds = ["clip"]', 'keys = ["{x"]'), 20, "brace"),
        (('kinds = ["clip"]', ""), 15, "about nothing"),
        (('remedy = "m"', ""), 15, "Add remedy"),
    ],
)
def test_a_wrong_rule_says_where_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], line: int | None, words: str
) -> None:
    """Rules are held to the kinds and buckets of their layout."""
    text = TWO + RULE.replace(*change, 1)
    if line is None:
        assert load(tmp_path, text)["small"].rules[0].never_in == ("b",)
        return
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert f"file0.toml, line {line}: " in caught.value.what
    assert words in f"{caught.value.what} {caught.value.remedy}"


def test_personal_data_is_never_granted_in_bulk(tmp_path: Path) -> None:
    """A layout cannot both hold personal data and let someone take it as a ZIP."""
    text = SMALL.replace('title = "Small"', 'title = "Small"\npersonal_data = true')
    with pytest.raises(ConfigError, match=r"line 12: .*personal data"):
        load(tmp_path, text.replace('["object:list"]', '["object:archive"]'))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('projects = ["nope"]', "line 2: there is no project 'nope'"),
        ("[layouts.nope.buckets.x]\nbucket = 'abc'", "there is no project 'nope'"),
        ("[layouts.nope]", "there is no project 'nope'"),
        ("[layouts.ssi.buckets.live]\nbucket = 'abc'", "line 3: this project has no buckets entry"),
        ("[layouts.ssi.prefixes]\nlive = 'abc'", "Allowed: mastered, canonical, courses"),
        ("[layouts.ssi.buckets.prod]\nbucket = 'a/b'", "line 3: 'a/b' is not a valid bucket"),
        ("[layouts.ssi.buckets.prod]\nbucket = 'ssi-audio-stage'", "already the bucket of 'stage'"),
        (
            "[layouts.autobio.prefixes]\nsubject = 'avatars'",
            "cannot be told from the kind 'subject'",
        ),
        ("layout_files = ['a']", "not valid TOML"),
    ],
)
def test_a_wrong_override_says_where_and_what_is_allowed(
    tmp_path: Path, config: str, words: str
) -> None:
    """Overrides of what is not there, or that break the layout, are refused by name."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, config=config)
    assert words in f"{caught.value.what} {caught.value.remedy}"


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    """STORAGE_LAYOUT of no project, and a value that cannot be, name the variable."""
    with pytest.raises(ConfigError, match=r"STORAGE_LAYOUT: there is no project 'nope'"):
        load(tmp_path, layout="nope")
    with pytest.raises(ConfigError, match=r"S3_SUBJECT_PREFIX: '/x' is not a valid prefix"):
        load(tmp_path, layout="autobio", environ={"S3_SUBJECT_PREFIX": "/x"})


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    """A whole project cannot replace a built-in one by its name, or two share one."""
    with pytest.raises(ConfigError, match=r"file0.toml, line 1: name is 'ssi', which is taken"):
        load(tmp_path, SMALL.replace('"small"', '"ssi"'))
    with pytest.raises(ConfigError, match=r"file1.toml, line 1: name is 'small', which is taken"):
        load(tmp_path, SMALL, SMALL)
    with pytest.raises(ConfigError, match=r"file0.toml, line 2: live is not a field here"):
        load(tmp_path, 'name = "ssi"\nlive = true')
