"""`soundstage.toml`: the store, the projects to show, and what differs from their layouts.

The file holds no secrets; credentials come from the environment or from an AWS profile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from storage.errors import ConfigError
from storage.model.people import Role
from storage.settings import is_web_address
from storage.tomlfile import Field, FieldPath, Node, read_toml

_ROOT = {
    "store": Field("table"),
    "projects": Field("texts"),
    "layout_files": Field("texts"),
    "layouts": Field("table"),
    "login": Field("table"),
}
_STORE = {
    "endpoint_url": Field("text"),
    "region": Field("text"),
    "profile": Field("text"),
    "addressing": Field("text", choices=("", "auto", "path", "virtual")),
}
_BUCKET = {"bucket": Field("text"), "region": Field("text")}
OVERRIDES = {
    "buckets": Field("table"),
    "prefixes": Field("table"),
    "import_folder": Field("text"),
}
_LOGIN = {
    "public_url": Field("text", required=True),
    "session_hours": Field("number"),
    "groups_claim": Field("text"),
    "email_is_verified": Field("flag"),
    "contact": Field("text"),
    "people": Field("tables", required=True),
}
_WHO = ("email", "domain", "group", "claim")
_PEOPLE = {
    **dict.fromkeys((*_WHO, "value"), Field("text")),
    "roles": Field("texts", required=True, choices=tuple(Role)),
}
SESSION_HOURS = 12
SESSION_HOURS_MAX = 720  # Streamlit's login cookie lives 30 days
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_VALUES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "bucket": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]"),
        "A bucket name has letters, digits, dots and hyphens, at least three.",
    ),
    "region": (
        re.compile(r"[A-Za-z0-9._-]*"),
        'A region has letters, digits and hyphens, such as "eu-west-1".',
    ),
    "prefix": (
        re.compile(r"(?:[^/\x00-\x1f]+/)*(?:[^/\x00-\x1f]+)?"),
        'A prefix is a folder such as "pictures/", without "/" in front and without "//".',
    ),
    "import_folder": (re.compile(r"[^\x00]*"), "It is the path of a local folder."),
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), 'An address such as "ann@example.org".'),
    "domain": (
        re.compile(r"[^@\s/*.]+(?:\.[^@\s/*.]+)+"),
        'The whole domain after the "@", such as "example.org"; those below it are others.',
    ),
}


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where the objects are; "" leaves it to the environment and to AWS's own ways."""

    endpoint_url: str = ""
    region: str = ""
    profile: str = ""
    addressing: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """One changed value of a layout: `path` such as buckets.stage.region, and who says so.

    `said_by` reads like "soundstage.toml, line 12" and begins the message when it cannot be.
    """

    path: FieldPath
    value: str
    said_by: str


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One line of the roles table: who fits it has the roles, besides those of other lines.

    `claim` names the claim whose value is compared; "" for an e-mail address or a domain.
    """

    by: Literal["email", "domain", "claim"]
    value: str
    roles: frozenset[Role]
    claim: str = ""


@dataclass(frozen=True, slots=True)
class LoginConfig:
    """Who may sign in, as what, and for how long.

    `email_is_verified`: the provider is known to hand out only addresses it has verified, so that
    lines by e-mail and domain count although it does not say `email_verified`.
    """

    public_url: str  # scheme, host and port; no "/" at the end
    people: tuple[RoleLine, ...]
    session_hours: int = SESSION_HOURS
    email_is_verified: bool = False
    contact: str = ""  # whom to ask for a role

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.public_url}/oauth2callback"


@dataclass(frozen=True, slots=True)
class Config:
    """The config file; an empty one without a file. `overrides` are by name of layout."""

    store: StoreConfig = StoreConfig()
    projects: tuple[str, ...] = ()  # to show, in this order; empty: all
    layout_files: tuple[Path, ...] = ()
    overrides: Mapping[str, tuple[Override, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    projects_said_by: str = ""
    login: LoginConfig | None = None  # None: one local person, on this machine only


def load_config(path: Path | None) -> Config:
    """The config file at `path`; None is an empty one. Raises ConfigError naming file and line."""
    if path is None:
        return Config()
    root = read_toml(path)
    root.check(_ROOT)
    return Config(
        store=_store(root.table("store")),
        projects=root.texts("projects"),
        layout_files=tuple(
            path.parent / Path(item).expanduser() for item in root.texts("layout_files")
        ),
        overrides={
            name: _layout_overrides(node) for name, node in root.table("layouts").children().items()
        },
        projects_said_by=root.where("projects"),
        login=_login(root.table("login")) if "login" in root.values else None,
    )


def _store(node: Node) -> StoreConfig:
    node.check(_STORE)
    url = node.text("endpoint_url")
    if url and not is_web_address(url):
        raise node.wrong(
            "is not a web address.", "Write it like https://s3.example.org:9000.", "endpoint_url"
        )
    if "@" in url:
        raise node.wrong(
            "holds a user name or password, and secrets do not belong in this file.",
            "Take them out and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.",
            "endpoint_url",
        )
    region = check_value("region", node.text("region"), node.where("region"))
    return StoreConfig(url, region, node.text("profile"), node.text("addressing"))


def _login(node: Node) -> LoginConfig:
    node.check(_LOGIN)
    hours = node.number("session_hours")
    if hours is not None and not 1 <= hours <= SESSION_HOURS_MAX:
        raise node.wrong(
            f"may not be {hours}.", f"Choose 1 to {SESSION_HOURS_MAX} hours.", "session_hours"
        )
    groups = node.text("groups_claim") or "groups"
    return LoginConfig(
        public_url=_public_url(node),
        people=tuple(_role_line(line, groups) for line in node.tables("people")),
        session_hours=hours or SESSION_HOURS,
        email_is_verified=node.flag("email_is_verified"),
        contact=node.text("contact"),
    )


def _public_url(node: Node) -> str:
    url = node.text("public_url").lower().rstrip("/")
    example = "Write it like https://console.example.org, as people type it."
    if not is_web_address(url) or not url.isascii():
        raise node.wrong("is not a web address.", example, "public_url")
    parts = urlsplit(url)
    if url != f"{parts.scheme}://{parts.netloc}" or "@" in url:
        raise node.wrong("has more than a host and a port.", example, "public_url")
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise node.wrong(
            "is not https, so anybody on the way could take over a session.",
            "Put a proxy with a certificate in front, and write its https address here.",
            "public_url",
        )
    return url


def _role_line(node: Node, groups_claim: str) -> RoleLine:
    node.check(_PEOPLE)
    given = [name for name in _WHO if node.text(name)]
    if len(given) != 1:
        raise node.wrong(
            f"says {' and '.join(given) or 'nobody'}.",
            f"Name exactly one of {', '.join(_WHO)}; several lines may fit one person.",
        )
    (by,) = given
    value = node.text("value" if by == "claim" else by)
    if bool(node.text("value")) != (by == "claim"):
        raise node.wrong("does not fit.", "A claim has a value, and nothing else has.", "value")
    roles = frozenset(Role(role) for role in node.texts("roles"))
    match by:
        case "email" | "domain":
            return RoleLine(by, check_value(by, value, node.where(by)), roles)
        case "group":
            return RoleLine("claim", value, roles, groups_claim)
        case _:
            return RoleLine("claim", value, roles, node.text("claim"))


def _layout_overrides(node: Node) -> tuple[Override, ...]:
    node.check(OVERRIDES)
    return read_overrides(node)


def read_overrides(node: Node) -> tuple[Override, ...]:
    """What `[buckets.ROLE]`, `[prefixes]` and `import_folder` of a table change in a layout.

    Whether the layout has such a role or prefix is checked where it is applied.
    """
    found: list[Override] = []
    for role, bucket in node.table("buckets").children().items():
        bucket.check(_BUCKET)
        found += [
            Override(("buckets", role, name), bucket.text(name), bucket.where(name))
            for name in bucket.values
        ]
    prefixes = node.table("prefixes")
    prefixes.check(dict.fromkeys(prefixes.values, Field("text")))
    found += [
        Override(("prefixes", name), prefixes.text(name), prefixes.where(name))
        for name in prefixes.values
    ]
    if "import_folder" in node.values:
        folder = node.text("import_folder")
        found.append(Override(("import_folder",), folder, node.where("import_folder")))
    return tuple(found)


def check_value(what: str, value: str, said_by: str) -> str:
    """`value` as one of `_VALUES`, such as a "bucket" or a "prefix". Raises ConfigError.

    A prefix is a folder: the "/" at its end is added where it was left out.
    """
    pattern, remedy = _VALUES[what]
    if not pattern.fullmatch(value):
        raise ConfigError(f"{said_by}: {value!r} is not a valid {what.replace('_', ' ')}.", remedy)
    return value + "/" if what == "prefix" and value and not value.endswith("/") else value
