"""soundstage.toml: what it may say, and what it answers when it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storage.config import Config, LoginConfig, RoleLine, StoreConfig, load_config
from storage.errors import ConfigError
from storage.layout.load import load_layouts
from storage.model.people import Role
from storage.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "soundstage.example.toml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "soundstage.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text))
    return caught.value


def test_no_file_is_an_empty_config() -> None:
    """Without a file nothing is overridden and every project is shown."""
    assert load_config(None) == Config()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    """Store, projects, files (relative to the config file) and overrides by layout."""
    config = load_config(
        written(
            tmp_path,
            """
projects = ["ssi", "mine"]
layout_files = ["projects/mine.toml"]
[store]
endpoint_url = "http://127.0.0.1:9000"
region = "us-east-1"
profile = "audio"
addressing = "path"
[layouts.ssi.buckets.stage]
bucket = "my-stage"
[layouts.autobio.prefixes]
subject = "people"
""",
        )
    )
    assert config.store == StoreConfig("http://127.0.0.1:9000", "us-east-1", "audio", "path")
    assert config.projects == ("ssi", "mine")
    assert config.layout_files == (tmp_path / "projects/mine.toml",)
    (bucket,), (prefix,) = config.overrides["ssi"], config.overrides["autobio"]
    assert (bucket.path, bucket.value) == (("buckets", "stage", "bucket"), "my-stage")
    assert bucket.said_by.endswith("soundstage.toml, line 10")
    assert (prefix.path, prefix.value) == (("prefixes", "subject"), "people")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("projects = ssi", 1, "not valid TOML"),
        ("\nproject = []", 2, "Allowed: store, projects, layout_files, layouts"),
        ("projects = 'ssi'", 1, "must be a list of texts"),
        ("projects = ['ssi', 3]", 1, "must be a list of texts"),
        ("[store]\nregoin = 'x'", 2, "Allowed: endpoint_url, region, profile, addressing"),
        ("[store]\nregion = 3", 2, "must be text in quotes"),
        ("[store]\nregion = 'eu west'", 2, "is not a valid region"),
        ("[store]\naddressing = 'dns'", 2, "Allowed: auto, path, virtual"),
        ("[store]\nendpoint_url = 's3.example.org'", 2, "is not a web address"),
        ("[store]\nendpoint_url = 'http://h:99999'", 2, "is not a web address"),
        ("store = 'aws'", 1, "must be a table"),
        ("[layouts.ssi]\nkinds = 3", 2, "Allowed: buckets, prefixes, import_folder"),
        ("[layouts.ssi.buckets]\nstage = 'x'", 2, "must be a table"),
        ("[layouts.ssi.buckets.stage]\nlive = true", 2, "Allowed: bucket, region"),
        ("[layouts.ssi.prefixes]\nmastered = 3", 2, "must be text"),
        ('[layouts."ssi".buckets]\nstage.bucket = 3', 2, "must be text"),
    ],
)
def test_a_wrong_file_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    """One message: the file, the line, what is wrong, what may stand there."""
    error = refused(tmp_path, text)
    assert error.what.startswith(f"{tmp_path / 'soundstage.toml'}, line {line}: ")
    assert words in f"{error.what} {error.remedy}"


@pytest.mark.parametrize(
    "text",
    [
        "[login]\nclient_secret = 'hunter2'",
        "[login]\ncookie_secret = 'hunter2'",
        "[store]\nsecret_access_key = 'hunter2'",
        "[store]\naws_access_key_id = 'hunter2'",
        "session_token = 'hunter2'",
        "[store]\npassword = 'hunter2'",
        "[layouts.autobio]\nBACKEND_AWS_SECRET = 'hunter2'",
        "[store]\nendpoint_url = 'https://me:hunter2@s3.example.org'",
    ],
)
def test_secrets_are_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    """A secret in the file is refused, names the environment instead, and is never shown."""
    error = refused(tmp_path, text)
    assert "secret" in error.what
    assert "environment" in error.remedy
    assert "hunter2" not in error.what + error.remedy + str(error)


@pytest.mark.parametrize("broken", ["missing", "folder", "latin-1"])
def test_a_file_that_cannot_be_read_is_one_message(tmp_path: Path, broken: str) -> None:
    """No file, a folder, or bytes that are no UTF-8: the path is named."""
    path = tmp_path / "soundstage.toml"
    if broken == "folder":
        path.mkdir()
    elif broken == "latin-1":
        path.write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_config(path)
    assert str(path) in caught.value.what


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Editors on Windows put one in front."""
    path = tmp_path / "soundstage.toml"
    path.write_bytes(b"\xef\xbb\xbfprojects = ['ssi']")
    assert load_config(path).projects == ("ssi",)


def test_text_inside_long_strings_is_not_mistaken_for_fields(tmp_path: Path) -> None:
    """The line of an error is the field's, not that of a look-alike in a text before it."""
    error = refused(tmp_path, "projects = ['''\nnope = 1\n''']\nnope = 2")
    assert ", line 4: " in error.what


def test_the_example_is_valid_as_it_is_and_with_every_line_in_use(tmp_path: Path) -> None:
    """soundstage.example.toml loads, also with its commented settings taken in."""
    text = EXAMPLE.read_text(encoding="utf-8")
    used = re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", text)
    assert load_config(EXAMPLE) == Config(
        projects_said_by=f"{EXAMPLE}, line {text[: text.index('projects = ')].count(chr(10)) + 1}"
    )
    config = load_config(written(tmp_path, used))
    assert config.store == StoreConfig(
        "https://s3.example.org:9000", "eu-west-1", "audio-admin", "path"
    )
    layouts = load_layouts(Settings(), config, {})
    assert layouts["ssi"].bucket("stage").bucket == "my-stage-bucket"
    assert layouts["autobio"].kind("subject").template.prefix == "people/"
    assert config.login
    assert config.login.redirect_uri == "https://console.example.org/oauth2callback"
    assert {role for line in config.login.people for role in line.roles} == set(Role)


LOGIN = "[login]\npublic_url = 'https://c.example.org'\n"
WHO = "[[login.people]]\nemail = 'ann@example.org'\nroles = ['viewer']\n"


def test_a_login_has_its_lines_in_order(tmp_path: Path) -> None:
    """E-mail, domain, group (a claim of `groups_claim`) and any other claim, each with roles."""
    config = load_config(
        written(
            tmp_path,
            """
[login]
public_url = "HTTPS://Console.example.org:8443/"
session_hours = 8
groups_claim = "roles"
email_is_verified = true
contact = "Ada"
[[login.people]]
email = "ann@example.org"
roles = ["admin", "operator"]
[[login.people]]
domain = "example.org"
roles = ["viewer"]
[[login.people]]
group = "editors"
roles = ["editor"]
[[login.people]]
claim = "department"
value = "QA"
roles = ["qa"]
""",
        )
    )
    assert config.login == LoginConfig(
        "https://console.example.org:8443",
        (
            RoleLine("email", "ann@example.org", frozenset({Role.ADMIN, Role.OPERATOR})),
            RoleLine("domain", "example.org", frozenset({Role.VIEWER})),
            RoleLine("claim", "editors", frozenset({Role.EDITOR}), "roles"),
            RoleLine("claim", "QA", frozenset({Role.QA}), "department"),
        ),
        session_hours=8,
        email_is_verified=True,
        contact="Ada",
    )


def test_without_more_a_session_lasts_twelve_hours_and_addresses_must_be_verified(
    tmp_path: Path,
) -> None:
    """The defaults are the careful ones; without [login] there is none."""
    login = load_config(written(tmp_path, LOGIN + WHO)).login
    assert login
    assert (login.session_hours, login.email_is_verified, login.contact) == (12, False, "")
    assert load_config(written(tmp_path, "")).login is None


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[login]\n" + WHO, 1, "needs the field public_url"),
        (LOGIN, 1, "needs the field people"),
        ("[login]\npublic_url = ''\n" + WHO, 2, "may not be empty"),
        ("[login]\npublic_url = 'c.example.org'\n" + WHO, 2, "not a web address"),
        ("[login]\npublic_url = 'http://c.example.org'\n" + WHO, 2, "is not https"),
        ("[login]\npublic_url = 'https://c.example.org/x'\n" + WHO, 2, "more than a host"),
        ("[login]\npublic_url = 'https://a@c.example.org'\n" + WHO, 2, "more than a host"),
        ("[login]\npublic_url = 'https://c.example.org?x'\n" + WHO, 2, "more than a host"),
        ("[login]\npublic_url = 'https://c\u0445.org'\n" + WHO, 2, "not a web address"),
        (LOGIN + "session_hours = 0\n" + WHO, 3, "Choose 1 to 720 hours"),
        (LOGIN + "session_hours = 721\n" + WHO, 3, "Choose 1 to 720 hours"),
        (LOGIN + "session_hours = '12'\n" + WHO, 3, "must be a whole number"),
        (LOGIN + "email_is_verified = 'yes'\n" + WHO, 3, "must be true or false"),
        (LOGIN + "people = []\n", 3, "may not be empty"),
        (LOGIN + "roles = {}\n" + WHO, 3, "is not a field here"),
        (LOGIN + "[[login.people]]\nroles = ['viewer']", 3, "says nobody"),
        (LOGIN + WHO + "domain = 'example.org'", 3, "says email and domain"),
        (LOGIN + WHO + "value = 'x'", 6, "nothing else has"),
        (LOGIN + "[[login.people]]\nclaim = 'x'\nroles = ['viewer']", 3, "A claim has a value"),
        (LOGIN + "[[login.people]]\nemail = 'ann'\nroles = ['viewer']", 4, "not a valid email"),
        (LOGIN + "[[login.people]]\nemail = 'a@b@c'\nroles = ['viewer']", 4, "not a valid email"),
        (LOGIN + "[[login.people]]\ndomain = '@e.org'\nroles = ['viewer']", 4, "valid domain"),
        (LOGIN + "[[login.people]]\ndomain = '*.e.org'\nroles = ['viewer']", 4, "valid domain"),
        (LOGIN + "[[login.people]]\ndomain = '.e.org'\nroles = ['viewer']", 4, "valid domain"),
        (LOGIN + "[[login.people]]\ndomain = 'org'\nroles = ['viewer']", 4, "valid domain"),
        (LOGIN + "[[login.people]]\ngroup = 'x'\nroles = ['root']", 5, "may not be 'root'"),
        (LOGIN + "[[login.people]]\ngroup = 'x'\nroles = []", 5, "may not be empty"),
        (LOGIN + "[[login.people]]\ngroup = 'x'", 3, "needs the field roles"),
        (LOGIN + "[[login.people]]\ngroup = ['x']\nroles = ['qa']", 4, "must be text"),
        (LOGIN + WHO + "[[login.people]]\nmail = 'x'\nroles = ['qa']", 7, "is not a field here"),
    ],
)
def test_a_wrong_login_says_where_and_what_is_allowed(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    """File, line, what is wrong, what may stand there: nobody gets a role by a slip."""
    error = refused(tmp_path, text)
    assert error.what.startswith(f"{tmp_path / 'soundstage.toml'}, line {line}: ")
    assert words in f"{error.what} {error.remedy}"
