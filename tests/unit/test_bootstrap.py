"""What chooses the store, and what `.env` may say. Nothing here is asked of any store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from storage import bootstrap
from storage.errors import ConfigError
from storage.s3 import embedded
from storage.settings import Secret, environment, load_settings

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr-never-shown"}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder without files of the developer; what `.env` files of a test set is taken back."""
    monkeypatch.chdir(tmp_path)
    yield
    (tmp_path / ".env").unlink(missing_ok=True)
    environment()


@pytest.fixture
def no_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded store must not be started."""

    def refuse(*_args: Any, **_options: Any) -> None:
        raise AssertionError("the embedded store was started")

    monkeypatch.setattr(embedded, "acquire", refuse)


@pytest.fixture
def embedded_asked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The data folders the embedded store was asked for; none is started."""
    asked: list[Path] = []
    store = SimpleNamespace(
        endpoint_url="http://127.0.0.1:9",
        region="us-east-1",
        access_key_id="embedded",
        secret_access_key=Secret("embedded"),
        kind="seaweedfs",
        pid=1,
    )

    def acquire(data_dir: Path, *, kind: str = "") -> Any:
        asked.append(data_dir)
        return SimpleNamespace(store=store, release=lambda: None)

    monkeypatch.setattr(embedded, "acquire", acquire)
    return asked


def _connection(services: bootstrap.Services, layout: str = "ssi") -> Any:
    chosen = services.layouts[layout]
    return services.store_for(chosen, chosen.buckets[0]).connection


@pytest.mark.usefixtures("no_embedded")
def test_three_variables_choose_ones_own_s3() -> None:
    """The address and the two keys are all it takes; they are what is connected with."""
    services = bootstrap.build({"S3_ENDPOINT_URL": "https://s3.example.org", **KEYS})
    connection = _connection(services)
    assert services.mode == "own"
    assert connection.endpoint_url == "https://s3.example.org"
    assert connection.access_key_id == "AKIDEXAMPLE"
    assert connection.secret_access_key == "wJalr-never-shown"
    services.close()


@pytest.mark.usefixtures("no_embedded")
def test_storage_aws_chooses_aws() -> None:
    """Without an address it is AWS itself, each bucket in its region."""
    services = bootstrap.build({"STORAGE": "aws", **KEYS})
    assert services.mode == "own"
    assert _connection(services).endpoint_url == ""
    assert _connection(services).region == "eu-west-1"
    assert _connection(services, "autobio").region == "us-east-1"
    services.close()


@pytest.mark.usefixtures("no_embedded")
@pytest.mark.parametrize("how", ["beside", "variable", "option"])
def test_a_config_file_chooses_ones_own_s3(tmp_path: Path, how: str) -> None:
    """soundstage.toml in the folder, STORAGE_CONFIG, or --config; the environment wins over it."""
    name = "soundstage.toml" if how == "beside" else "elsewhere.toml"
    file = tmp_path / name
    file.write_text('[store]\nendpoint_url = "https://file.example.org"\nregion = "eu-north-1"\n')
    environ = {**KEYS, **({"STORAGE_CONFIG": str(file)} if how == "variable" else {})}
    given = file if how == "option" else None
    services = bootstrap.build(environ, given)
    assert services.mode == "own"
    assert _connection(services).endpoint_url == "https://file.example.org"
    services.close()
    won = bootstrap.build({**environ, "S3_ENDPOINT_URL": "https://variable.example.org"}, given)
    assert _connection(won).endpoint_url == "https://variable.example.org"
    won.close()


@pytest.mark.parametrize(
    "stray",
    [
        {},
        KEYS,
        {**KEYS, "AWS_REGION": "eu-west-1", "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "work"},
        {"AWS_ENDPOINT_URL": "https://s3.example.org", "AWS_ENDPOINT_URL_S3": "https://x.example"},
        {"BACKEND_AWS_KEY": "k", "BACKEND_AWS_SECRET": "s", "S3_BUCKET_NAME": "b"},
    ],
)
def test_stray_credentials_choose_nothing(
    embedded_asked: list[Path], stray: dict[str, str], tmp_path: Path
) -> None:
    """What happens to lie around never leads to somebody's real buckets, nor to their keys."""
    services = bootstrap.build({"STORAGE_DATA": str(tmp_path / "data"), **stray})
    assert services.mode == "seaweedfs"
    assert embedded_asked == [tmp_path / "data"]
    assert _connection(services).access_key_id == "embedded"
    assert _connection(services).endpoint_url == "http://127.0.0.1:9"
    services.close()


def test_the_embedded_store_can_be_asked_for(embedded_asked: list[Path]) -> None:
    """STORAGE=embedded wins over an address and a config file."""
    Path("soundstage.toml").write_text('[store]\nendpoint_url = "https://file.example.org"\n')
    environ = {"STORAGE": "embedded", "S3_ENDPOINT_URL": "https://s3.example.org", **KEYS}
    services = bootstrap.build(environ)
    assert services.mode == "seaweedfs"
    assert len(embedded_asked) == 1
    services.close()


@pytest.mark.usefixtures("no_embedded")
def test_a_projects_own_keys_are_for_that_project_alone() -> None:
    """BACKEND_AWS_KEY and its secret count where STORAGE_LAYOUT names their project."""
    services = bootstrap.build(
        {
            "STORAGE": "aws",
            "STORAGE_LAYOUT": "autobio",
            "BACKEND_AWS_KEY": "AKBACKEND",
            "BACKEND_AWS_SECRET": "s",
            "AWS_SESSION_TOKEN": "of-the-others",
            **KEYS,
        }
    )
    backend = _connection(services, "autobio")
    assert (backend.access_key_id, backend.session_token) == ("AKBACKEND", "")
    assert _connection(services, "ssi").access_key_id == "AKIDEXAMPLE"
    services.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3.example.org", "not a web address"),
        ("ftp://s3.example.org", "not a web address"),
        ("https://", "not a web address"),
        ("https://s3.example.org:99999", "not a web address"),
        ("https://me:hidden-word@s3.example.org", "user name or password"),
    ],
)
def test_a_wrong_address_is_told_before_anything_starts(url: str, said: str) -> None:
    """The variable is named, and a password in it is not repeated."""
    with pytest.raises(ConfigError, match=said) as told:
        load_settings({"S3_ENDPOINT_URL": url})
    assert "S3_ENDPOINT_URL" in told.value.what
    assert "hidden-word" not in f"{told.value} {told.value.remedy}"


# -- .env ----------------------------------------------------------------------------------------


def test_env_file_is_read_and_wins_over_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line sets what is not set; what is set, even to nothing, stays."""
    monkeypatch.setenv("STORAGE_LAYOUT", "yoto")
    monkeypatch.setenv("S3_ADDRESSING_STYLE", "")
    Path(".env").write_text(
        "# a comment\nSTORAGE_LAYOUT=ssi\nS3_ADDRESSING_STYLE=path\n"
        'export S3_ENDPOINT_URL="https://s3.example.org"\nAWS_PROFILE=team\n'
    )
    environ = environment()
    assert environ["STORAGE_LAYOUT"] == "yoto"
    assert environ["S3_ADDRESSING_STYLE"] == ""
    assert environ["S3_ENDPOINT_URL"] == "https://s3.example.org"
    assert os.environ["AWS_PROFILE"] == "team"  # the SDK looks there by itself


def test_a_corrected_line_counts_at_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is read anew; a line that is gone is unset, what others set since stays."""
    monkeypatch.setenv("AWS_PROFILE", "registered, so that it is taken back")
    monkeypatch.delenv("AWS_PROFILE")
    Path(".env").write_text("STORAGE=azure\nAWS_PROFILE=team\nS3_ENDPOINT_URL=http://127.0.0.1:9\n")
    environment()
    os.environ["AWS_PROFILE"] = "set-by-hand"
    Path(".env").write_text("STORAGE=aws\nAWS_PROFILE=team\n")
    environ = environment()
    assert environ["STORAGE"] == "aws"
    assert "S3_ENDPOINT_URL" not in environ
    assert environ["AWS_PROFILE"] == "set-by-hand"


def test_an_env_file_that_is_no_text_is_told() -> None:
    """One message that names the file, instead of a console that does not start."""
    Path(".env").write_bytes(b"STORAGE=\xff\xfe")
    with pytest.raises(ConfigError, match=r"\.env"):
        environment()


def test_no_env_file_is_fine() -> None:
    """Nor is a folder of that name (a virtual environment) one."""
    before = dict(os.environ)
    assert environment() == before
    Path(".env").mkdir()
    assert environment() == before
    Path(".env").rmdir()


_HEAVY = ("pandas", "duckdb", "av", "plotly", "streamlit", "alembic")
_SERVICES = ("pyarrow", "numpy", "psutil", "pebble", "storage.wiring", "storage.costs.service")


def _printed(code: str) -> str:
    """By a process of its own, which has loaded nothing else."""
    root = Path(bootstrap.__file__).parents[1]
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("opened", "heavy"),
    [("storage.bootstrap", _HEAVY), ("storage.cli.copies", (*_HEAVY, *_SERVICES))],
    ids=["all services", "pushing a folder"],
)
def test_a_command_does_not_load_what_it_does_not_need(opened: str, heavy: tuple[str, ...]) -> None:
    """pandas, DuckDB and the audio decoder together would double the start of every command."""
    code = f"import sys, {opened}; print([name for name in {heavy} if name in sys.modules])"
    assert _printed(code) == "[]"


def test_a_command_loads_no_arguments_of_others() -> None:
    """Making those of all of them took as long as reading a registry does."""
    code = (
        "import sys, storage.cli.main as main; main._parser().parse_args(['welcomes', 'push']);"
        "print([name for name in sys.modules if name.endswith('_args')])"
    )
    assert _printed(code) == "['storage.cli.welcomes_args']"
