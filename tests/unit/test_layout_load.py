"""Loading layouts: the user's own, what overrides what, and one clear message when it is wrong."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from storage.config import Config, StoreConfig, load_config
from storage.errors import ConfigError
from storage.layout.load import BUILT_IN, layout_credentials, load_layouts
from storage.layout.profile import Bucket, Layout
from storage.layout.template import FIELD_TYPES
from storage.model.people import Can, Role
from storage.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "layouts.md"
EXAMPLE, OVERRIDE = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
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


def test_the_documented_example_is_a_sixth_project(tmp_path: Path) -> None:
    """docs/layouts.md's example loads as it stands, after the five."""
    layouts = load(tmp_path, EXAMPLE)
    assert tuple(layouts) == (*BUILT_IN, "podcast")
    podcast = layouts["podcast"]
    assert podcast.bucket("draft").region == "eu-central-1"
    assert podcast.bucket("prod") == Bucket(
        "prod", "Prod (live)", "my-podcast", "us-east-1", live=True
    )
    assert podcast.kind("episode").max_bytes == 300 * 2**20
    assert podcast.classify("draft", "notes/a/b.txt").fields == {"path": "a/b.txt"}
    assert podcast.grants(Role.OPERATOR, "prod") == set(Can)
    assert podcast.grants(Role.QA, "prod") == set()


def test_the_documentation_names_every_type_role_permission_and_variable() -> None:
    """What a layout may say is all in docs/layouts.md."""
    text = DOCS.read_text(encoding="utf-8")
    names = {*FIELD_TYPES, *Role, *Can} - {""}
    for layout in load_layouts(Settings(), Config(), {}).values():
        for bucket in layout.buckets:
            names |= {*bucket.bucket_env, *bucket.region_env}
        names |= {*layout.prefix_env.values(), layout.import_dir_env}
        names |= {layout.access_key_env, layout.secret_key_env}
    missing = {name for name in names - {""} if f"`{name}`" not in text}
    assert not missing


def test_a_file_can_change_a_built_in_project(tmp_path: Path) -> None:
    """The documented override changes that bucket alone."""
    ssi = load(tmp_path, OVERRIDE)["ssi"]
    assert (ssi.bucket("stage").bucket, ssi.bucket("stage").region) == (
        "my-stage-bucket",
        "eu-central-1",
    )
    assert ssi.bucket("prod").bucket == "ssiborg-assets"


def test_environment_wins_over_config_over_file(tmp_path: Path) -> None:
    """Later wins: built-in, file, config, environment."""
    config = '[layouts.ssi.buckets.stage]\nbucket = "from-config"'
    assert load(tmp_path, OVERRIDE, config=config)["ssi"].bucket("stage").bucket == "from-config"
    environ = {"S3_STAGE_BUCKET": "from-environment"}
    layouts = load(tmp_path, OVERRIDE, config=config, layout="ssi", environ=environ)
    assert layouts["ssi"].bucket("stage").bucket == "from-environment"
    assert layouts["ssi"].bucket("stage").region == "eu-central-1"


def test_the_environment_applies_to_the_named_project_alone(tmp_path: Path) -> None:
    """S3_BUCKET_NAME is shared by three projects; only STORAGE_LAYOUT's takes it."""
    environ = {"S3_BUCKET_NAME": "mine", "S3_BUCKET_REGION": "eu-west-3", "S3_PROD_BUCKET": "p-x"}
    layouts = load(tmp_path, layout="serene", environ=environ)
    assert layouts["serene"].bucket("main").bucket == "mine"
    assert layouts["serene"].bucket("main").region == "eu-west-3"
    plain = load_layouts(Settings(), Config(), {})
    for name in set(BUILT_IN) - {"serene"}:
        assert layouts[name] == plain[name]
    assert load(tmp_path, environ=environ) == plain


@pytest.mark.parametrize(
    ("name", "environ", "expected"),
    [
        ("speech-coach", {"S3_BUCKET_NAME": "b-x", "AWS_REGION": "r1"}, {"main": ("b-x", "r1")}),
        (
            "speech-coach",
            {"S3_BUCKET_REGION": "r2", "AWS_REGION": "r1"},
            {"main": ("speech-coach-audio", "r2")},
        ),
        ("autobio", {"S3_CLIENT_REGION": "r3"}, {"main": ("auto-bio-illustrations", "r3")}),
        ("yoto", {"S3_AUDIO_BUCKET": "anything"}, {"dev": ("anything", "us-east-1")}),
        (
            "yoto",
            {"S3_AUDIO_BUCKET": "yoto-audio-prod-111"},
            {
                "dev": ("yoto-audio-dev-669589759577", "us-east-1"),
                "prod": ("yoto-audio-prod-111", "us-east-1"),
            },
        ),
        (
            "yoto",
            {"S3_AUDIO_BUCKET": "yoto-audio-dev-111", "S3_BUCKET_NAME": "yoto-audio-prod-111"},
            {
                "dev": ("yoto-audio-dev-111", "us-east-1"),
                "prod": ("yoto-audio-prod-111", "us-east-1"),
            },
        ),
        ("ssi", {"S3_STAGE_BUCKET": "  "}, {"stage": ("ssi-audio-stage", "eu-west-1")}),
    ],
)
def test_documented_variables_set_buckets_and_regions(
    tmp_path: Path, name: str, environ: dict[str, str], expected: dict[str, tuple[str, str]]
) -> None:
    """Each project's own variables; a live bucket's name never lands under a testing role."""
    layout = load(tmp_path, layout=name, environ=environ)[name]
    for role, bucket in expected.items():
        assert (layout.bucket(role).bucket, layout.bucket(role).region) == bucket


def test_documented_variables_set_prefixes_and_folder(tmp_path: Path) -> None:
    """S3_*_PREFIX with or without its slash; AUDIO_FILES_DIR."""
    environ = {"S3_SUBJECT_PREFIX": "people", "S3_GENERATED_PREFIX": "ai/{x}/"}
    autobio = load(tmp_path, layout="autobio", environ=environ)["autobio"]
    assert autobio.kind("subject").template.render({"user_id": "u"}) == "people/u.png"
    assert autobio.kind("memory").template.prefix == "ai/{x}/memory/"
    assert autobio.kind("avatar").template.prefix == "avatars/"
    assert load(tmp_path)["yoto"].import_dir == "audio_files"
    yoto = load(tmp_path, layout="yoto", environ={"AUDIO_FILES_DIR": "/srv/a b"})["yoto"]
    assert yoto.import_dir == "/srv/a b"


def test_regions_of_buckets_that_name_none() -> None:
    """AWS_REGION, then the store's, then us-east-1; one's own server has one region."""
    region = {
        settings_region + config_region: load_layouts(
            Settings(region=settings_region), Config(StoreConfig(region=config_region)), {}
        )
        for settings_region, config_region in (("", ""), ("r1", ""), ("", "r2"))
    }
    assert [region[key]["serene"].bucket("main").region for key in ("", "r1", "r2")] == [
        "us-east-1",
        "r1",
        "r2",
    ]
    assert {layouts["ssi"].bucket("stage").region for layouts in region.values()} == {"eu-west-1"}
    own = load_layouts(Settings(endpoint_url="http://h:1", region="garage"), Config(), {})
    assert {b.region for layout in own.values() for b in layout.buckets} == {"garage"}


def test_projects_choose_and_order(tmp_path: Path) -> None:
    """Only the projects named are shown, in that order."""
    layouts = load(tmp_path, SMALL, config='projects = ["small", "ssi"]')
    assert tuple(layouts) == ("small", "ssi")


def test_a_project_of_your_own_can_be_overridden_too(tmp_path: Path) -> None:
    """A config override reaches a sixth project as it does a built-in one."""
    config = '[layouts.small.buckets.main]\nbucket = "other"'
    assert load(tmp_path, SMALL, config=config)["small"].bucket("main").bucket == "other"


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
        (('"{name}.mp3"', '"x"\ncontent_types = ["MP3"]'), 10, "no content type"),
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
        ("[layouts.ssi.buckets.prod]\nbucket = 'a/b'", "line 3: 'a/b' is no bucket"),
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
    with pytest.raises(ConfigError, match=r"S3_SUBJECT_PREFIX: '/x' is no prefix"):
        load(tmp_path, layout="autobio", environ={"S3_SUBJECT_PREFIX": "/x"})


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    """A whole project cannot replace a built-in one by its name, or two share one."""
    with pytest.raises(ConfigError, match=r"file0.toml, line 1: name is 'ssi', which is taken"):
        load(tmp_path, SMALL.replace('"small"', '"ssi"'))
    with pytest.raises(ConfigError, match=r"file1.toml, line 1: name is 'small', which is taken"):
        load(tmp_path, SMALL, SMALL)
    with pytest.raises(ConfigError, match=r"file0.toml, line 2: live is not a field here"):
        load(tmp_path, 'name = "ssi"\nlive = true')


def test_credentials_of_a_project_need_its_name_and_both_parts() -> None:
    """BACKEND_AWS_KEY counts for autobio alone, only when named, and never half."""
    autobio = load_layouts(Settings(), Config(), {})["autobio"]
    environ = {"BACKEND_AWS_KEY": "AK", "BACKEND_AWS_SECRET": "hunter2"}
    assert layout_credentials(autobio, Settings(), environ) is None
    found = layout_credentials(autobio, Settings(layout="autobio"), environ)
    assert found == ("AK", "hunter2")
    assert "hunter2" not in repr(found)
    assert layout_credentials(autobio, Settings(layout="autobio"), {}) is None
    with pytest.raises(ConfigError, match="BACKEND_AWS_SECRET is missing"):
        layout_credentials(autobio, Settings(layout="autobio"), {"BACKEND_AWS_KEY": "AK"})


def test_nothing_of_a_layout_is_left_to_chance(tmp_path: Path) -> None:
    """Every field of a layout file reaches the layout: a file that says all has no default left."""
    text = """\
name = "whole"
title = "Whole"
description = "All of it"
personal_data = true
region = "r1"
access_key_env = "A_KEY"
secret_key_env = "A_SECRET"
import_folder = "in"
import_folder_env = "IN"
[buckets.main]
title = "Main"
bucket = "whole-main"
live = true
bucket_env = ["W_BUCKET"]
region_env = ["W_REGION"]
like = "whole-{x}"
[buckets.other]
title = "Other"
bucket = "whole-other"
[prefixes]
a = "a/"
[prefix_env]
a = "W_A"
[kinds.clip]
title = "Clip"
in = ["main"]
key = "{prefix.a}{name}.mp3"
content_types = ["audio/mpeg"]
max_mib = 1
[[rules]]
code = "c"
severity = "info"
text = "t"
remedy = "m"
kinds = ["clip"]
keys = ["x/{y}"]
never_in = ["other"]
[columns]
"t.c" = ["clip"]
[start.admin]
bucket = "main"
kind = "clip"
things = "clips"
action = "Hear them"
[access.admin]
main = ["object:list"]
"""
    layout = load(tmp_path, text)["whole"]
    assert not [item.name for item in fields(layout) if not getattr(layout, item.name)]
    unset = {
        item.name
        for part in (layout.buckets[0], layout.kinds[0], layout.rules[0], layout.starts[0])
        for item in fields(part)
        if not getattr(part, item.name)
    }
    assert unset == {"one_case"}  # the other sort of rule
