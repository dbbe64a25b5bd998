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
from storage.model.people import BUCKET_CANS, WRITING_CANS, Can, Role
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


_PROMOTE = {can for can in Can if can.startswith("promote:")}


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
    assert podcast.grants(Role.OPERATOR, "draft") == BUCKET_CANS - {
        Can.WELCOME_PUBLISH,
        Can.COURSE_PUT,
        Can.REVIEW_VERDICT,
        *_PROMOTE,
    }
    assert podcast.grants(Role.OPERATOR, "prod") == BUCKET_CANS - WRITING_CANS - _PROMOTE
    assert podcast.grants(Role.QA, "prod") == set()


def test_the_documentation_names_every_type_role_permission_and_variable() -> None:
    """What a layout may say is all in docs/layouts.md."""
    text = DOCS.read_text(encoding="utf-8")
    names = {*FIELD_TYPES, *Role, *BUCKET_CANS} - {""}
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
[kinds.song]
title = "Song"
in = ["main", "other"]
key = "songs/{name}.mp3"
[promotion]
from = "main"
to = "other"
kind = "song"
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
