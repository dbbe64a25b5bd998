"""`soundstage.toml`: the store, the projects to show, and what differs from their layouts.

The file holds no secrets; credentials come from the environment or from an AWS profile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from storage.errors import ConfigError
from storage.settings import is_web_address
from storage.tomlfile import Field, FieldPath, Node, read_toml

_ROOT = {
    "store": Field("table"),
    "projects": Field("texts"),
    "layout_files": Field("texts"),
    "layouts": Field("table"),
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
class Config:
    """The config file; an empty one without a file. `overrides` are by name of layout."""

    store: StoreConfig = StoreConfig()
    projects: tuple[str, ...] = ()  # to show, in this order; empty: all
    layout_files: tuple[Path, ...] = ()
    overrides: Mapping[str, tuple[Override, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    projects_said_by: str = ""


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
    """`value` as a "bucket", "region", "prefix" or "import_folder". Raises ConfigError.

    A prefix is a folder: the "/" at its end is added where it was left out.
    """
    pattern, remedy = _VALUES[what]
    if not pattern.fullmatch(value):
        raise ConfigError(f"{said_by}: {value!r} is not a valid {what.replace('_', ' ')}.", remedy)
    return value + "/" if what == "prefix" and value and not value.endswith("/") else value
