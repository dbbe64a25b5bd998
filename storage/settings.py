"""Every setting the console reads from the environment, in one table.

`docs/settings.md` is generated from this table and a test holds them together. Layout-specific
variables (bucket names, prefixes) are named in the layout files instead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from storage.errors import ConfigError

_DOTENV = Path(".env")
_from_dotenv: dict[str, str] = {}  # what `environment()` set, so that it can take it back


class Secret(str):
    """A string that shows itself nowhere: not in a repr, a traceback's locals, a log or a page."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


def _setting(env: str, default: object, doc: str, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"env": env, "doc": doc, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """What the environment (and a `.env` file beside it) says. Read once by `bootstrap`."""

    storage: str = _setting(
        "STORAGE", "", "`aws`: use your own S3. Empty: the embedded store.", ("", "aws", "embedded")
    )
    config_file: str = _setting(
        "STORAGE_CONFIG", "", "Path of a config file; `soundstage.toml` is read when it exists."
    )
    layout: str = _setting(
        "STORAGE_LAYOUT", "", "The project that layout variables (bucket names …) apply to."
    )
    embedded: str = _setting(
        "STORAGE_EMBEDDED",
        "",
        "`moto`: an in-memory stand-in instead of the embedded SeaweedFS.",
        ("", "seaweedfs", "moto"),
    )
    data_dir: str = _setting(
        "STORAGE_DATA", ".local", "Folder for the embedded store and the console's own files."
    )
    endpoint_url: str = _setting(
        "S3_ENDPOINT_URL", "", "Your S3 server, such as `https://s3.example.org`. Empty: AWS."
    )
    addressing: str = _setting(
        "S3_ADDRESSING_STYLE",
        "",
        "How the bucket is put in the URL; empty picks path style for endpoints, else AWS's.",
        ("", "auto", "path", "virtual"),
    )
    region: str = _setting("AWS_REGION", "", "Region of buckets whose layout names none.")
    access_key_id: str = _setting(
        "AWS_ACCESS_KEY_ID", "", "Access key; empty uses the usual AWS chain (profile, role)."
    )
    secret_access_key: Secret = _setting("AWS_SECRET_ACCESS_KEY", Secret(""), "Its secret.")
    session_token: Secret = _setting(
        "AWS_SESSION_TOKEN", Secret(""), "Session token of temporary credentials."
    )

    read_only: str = _setting(
        "READ_ONLY", "", "`1`: every write is refused, whoever asks for it.", ("", "0", "1")
    )
    database_url: Secret = _setting(
        "DATABASE_URL",
        Secret(""),
        "`postgresql://user:password@host/name`: roles, jobs and the audit log in PostgreSQL. "
        "Empty: SQLite, in `console.db` in the data folder.",
    )
    audit_key: Secret = _setting(
        "AUDIT_KEY",
        Secret(""),
        "Key of the audit log's chain, at least 32 characters; the same for all consoles of one "
        "database. Empty: `audit.key` in the data folder, made on first use.",
    )
    token: Secret = _setting(
        "SOUNDSTAGE_TOKEN",
        Secret(""),
        "API token that commands act with (`sst_…`); needed where a login is configured.",
    )
    heads_place: str = _setting(
        "AUDIT_HEADS_PLACE",
        "",
        "`s3://bucket/prefix/`: once a day the audit log's head is kept there too, as an object "
        "that is never overwritten. Empty: only in `audit-heads.jsonl` in the data folder.",
    )
    job_workers: str = _setting(
        "JOB_WORKERS",
        "2",
        "How many jobs (uploads, copies, deletions of many objects) one console works on at the "
        "same time; further ones wait for their turn.",
        tuple(str(number) for number in range(1, 17)),
    )
    price_book: str = _setting(
        "PRICE_BOOK",
        "",
        "Path of a price book (TOML) of your own: a flat-rate S3, or negotiated prices. Empty: "
        "AWS's list prices, as shipped or as `costs prices update` took them in last.",
    )
    cost_webhook: Secret = _setting(
        "COST_WEBHOOK",
        Secret(""),
        "https address that is told, as JSON, when a budget's threshold is reached. Empty: budgets "
        "are shown only.",
    )
    measure_workers: str = _setting(
        "MEASURE_WORKERS",
        "",
        "How many processes one job has that measures recordings. Empty: one for each processor.",
        ("", *(str(number) for number in range(1, 65))),
    )

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).expanduser().resolve()


def _said_in(file: Path) -> Mapping[str, str | None]:
    from dotenv import dotenv_values  # noqa: PLC0415  most have no such file

    return dotenv_values(file)


def environment() -> Mapping[str, str]:
    """The process's environment, with the `.env` file in its folder; what is set already wins.

    The file is read anew each time, so that a corrected line counts when a start is tried again.
    Raises ConfigError when it cannot be read.
    """
    try:
        said = _said_in(_DOTENV) if _DOTENV.exists() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "The file .env cannot be read.", "Save it as plain text (UTF-8), or remove it."
        ) from error
    for name, value in _from_dotenv.items():
        if os.environ.get(name) == value:
            del os.environ[name]
    _from_dotenv.clear()
    _from_dotenv.update(
        (name, value)
        for name, value in said.items()
        if value is not None and name not in os.environ
    )
    os.environ.update(_from_dotenv)  # the SDK looks there by itself, for AWS_PROFILE and others
    return os.environ


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`. Raises ConfigError naming the variable and what it may be."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        raw = environ.get(item.metadata["env"])
        if raw is not None and raw.strip():
            values[item.name] = _checked(item, raw.strip())
    return Settings(**values)


def _checked(item: Field[Any], raw: str) -> str:
    choices: tuple[str, ...] = item.metadata["choices"]
    if choices and raw not in choices:
        allowed = ", ".join(repr(choice) for choice in choices if choice)
        raise ConfigError(
            f"{item.metadata['env']} is {raw!r}.", f"Set it to one of {allowed}, or leave it out."
        )
    if item.name == "endpoint_url":
        _check_endpoint(item.metadata["env"], raw)
    return Secret(raw) if isinstance(item.default, Secret) else raw


def _check_endpoint(variable: str, url: str) -> None:
    if "@" in url:  # so the value is not repeated
        raise ConfigError(
            f"{variable} holds a user name or password.",
            "Leave them out of the address and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        )
    if not is_web_address(url):
        raise ConfigError(
            f"{variable} is {url!r}, which is not a web address.",
            "Write it like https://s3.example.org:9000.",
        )


def is_web_address(url: str) -> bool:
    """Whether `url` is http or https with a host and, if any, a valid port."""
    try:
        parts = urlsplit(url)
        port = parts.port  # reading it is what checks it
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


@dataclass(frozen=True, slots=True)
class Said:
    """A setting as it is. `value` is never a secret's; `by` is who says so, "" for the default."""

    variable: str
    value: str
    by: str
    secret: bool
    doc: str


def said(environ: Mapping[str, str]) -> tuple[Said, ...]:
    """Every setting, and where it comes from, for an admin to look at."""
    settings, found = load_settings(environ), []
    for item in fields(Settings):
        variable, value = item.metadata["env"], getattr(settings, item.name)
        by = "" if not environ.get(variable, "").strip() else "the environment"
        if by and _from_dotenv.get(variable) == environ[variable]:
            by = ".env"
        secret = isinstance(value, Secret)
        shown = "" if secret else str(value)
        found.append(Said(variable, shown, by, secret, item.metadata["doc"]))
    return tuple(found)


def settings_table() -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, for the documentation."""
    return [
        (item.metadata["env"], str(item.default or ""), item.metadata["doc"])
        for item in fields(Settings)
    ]
