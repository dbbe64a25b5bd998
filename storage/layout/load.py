"""The layouts to show: built in, the user's own, and what files and environment change in them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from storage.config import OVERRIDES, Config, Override, check_value, read_overrides
from storage.errors import ConfigError
from storage.layout.build import build_layout
from storage.layout.profile import Bucket, Layout
from storage.settings import Secret, Settings
from storage.tomlfile import Field, Node, parse_toml, read_toml

BUILT_IN = ("ssi", "yoto", "speech-coach", "autobio", "serene")
_PROFILES = Path(__file__).parent / "profiles"
_FALLBACK_REGION = "us-east-1"  # AWS's own default


def load_layouts(
    settings: Settings, config: Config, environ: Mapping[str, str]
) -> dict[str, Layout]:
    """The layouts by name, in the order to show them.

    What the environment says about buckets, regions and prefixes applies to the layout named by
    STORAGE_LAYOUT alone, and wins over the config file, which wins over layout files. Raises
    ConfigError naming the file and line, or the variable, and what is allowed.
    """
    nodes = {name: _built_in(name) for name in BUILT_IN}
    overrides = {name: list(_store_region(nodes[name], settings, config)) for name in BUILT_IN}
    for path in config.layout_files:
        node = read_toml(path)
        name = node.text("name")
        if name in nodes:
            overrides[name] += _changes(node)
        else:
            build_layout(node)  # its own mistakes first, with its own lines
            nodes[name], overrides[name] = node, []
    for name, changes in config.overrides.items():
        _check_layout(name, nodes, changes[0].said_by if changes else f"layouts.{name}")
        overrides[name] += changes
    if settings.layout:
        _check_layout(settings.layout, nodes, "The environment variable STORAGE_LAYOUT")
        overrides[settings.layout] += _environment(build_layout(nodes[settings.layout]), environ)
    for name in config.projects:
        _check_layout(name, nodes, config.projects_said_by)
    region = settings.region or config.store.region or _FALLBACK_REGION
    return {
        name: _with_region(build_layout(_applied(nodes[name], overrides[name])), region)
        for name in config.projects or nodes
    }


def layout_credentials(
    layout: Layout, settings: Settings, environ: Mapping[str, str]
) -> tuple[str, Secret] | None:
    """Access key id and secret of the layout's own variables, None where they do not apply.

    Raises ConfigError when only one of the two is set.
    """
    if layout.name != settings.layout or not layout.access_key_env:
        return None
    key = environ.get(layout.access_key_env, "").strip()
    secret = environ.get(layout.secret_key_env, "").strip()
    if bool(key) != bool(secret):
        missing = layout.secret_key_env if key else layout.access_key_env
        raise ConfigError(
            f"The environment variable {missing} is missing.",
            f"Set both {layout.access_key_env} and {layout.secret_key_env}, or neither.",
        )
    return (key, Secret(secret)) if key else None


def _built_in(name: str) -> Node:
    text = (_PROFILES / f"{name}.toml").read_text(encoding="utf-8")
    return parse_toml(text, f"{name}.toml (built in)")


def _store_region(node: Node, settings: Settings, config: Config) -> Iterable[Override]:
    """On one's own S3 server the AWS regions of the built-in layouts mean nothing."""
    region = settings.region or config.store.region
    if region and (settings.endpoint_url or config.store.endpoint_url):
        for role in node.table("buckets").values:
            yield Override(("buckets", role, "region"), region, "The store's region")


def _changes(node: Node) -> tuple[Override, ...]:
    """What a user's file changes in a layout that is there already, by its name."""
    if "kinds" in node.values:
        raise node.wrong(
            f"is {node.text('name')!r}, which is taken.",
            "Choose another name for a project of your own. To change buckets, regions or prefixes "
            f"of that one, leave in the file only: name, {', '.join(OVERRIDES)}.",
            "name",
        )
    node.check({"name": Field("text", required=True), **OVERRIDES})
    return read_overrides(node)


def _check_layout(name: str, known: Iterable[str], said_by: str) -> None:
    if name not in known:
        raise ConfigError(
            f"{said_by}: there is no project {name!r}.", f"Allowed: {', '.join(known)}."
        )


def _environment(layout: Layout, environ: Mapping[str, str]) -> Iterable[Override]:
    def said(path: tuple[str, ...], names: Iterable[str]) -> Iterable[Override]:
        for name in names:
            if value := environ.get(name, "").strip():
                yield Override(path, value, f"The environment variable {name}")
                return

    for bucket in layout.buckets:
        meant = [
            name
            for name in bucket.bucket_env
            if _bucket_meant(layout, name, environ.get(name, "").strip()) is bucket
        ]
        yield from said(("buckets", bucket.role, "bucket"), meant)
        yield from said(("buckets", bucket.role, "region"), bucket.region_env)
    for prefix, name in layout.prefix_env.items():
        yield from said(("prefixes", prefix), (name,))
    yield from said(("import_folder",), (layout.import_dir_env,))


def _bucket_meant(layout: Layout, variable: str, value: str) -> Bucket:
    """The bucket a variable speaks of: where several roles share it, the one it looks like.

    So a live bucket's name in the variable does not end up under a role for trying out.
    """
    sharing = [bucket for bucket in layout.buckets if variable in bucket.bucket_env]
    for bucket in sharing:
        if bucket.like is not None and bucket.like.match(value) is not None:
            return bucket
    return sharing[0]


def _applied(node: Node, overrides: Iterable[Override]) -> Node:
    values = copy.deepcopy(dict(node.values))
    for override in overrides:
        _check_place(values, override)
        *groups, name = override.path
        table = values
        for group in groups:
            table = table[group]
        what = "prefix" if groups == ["prefixes"] else name
        table[name] = check_value(what, override.value, override.said_by)
    return replace(node, values=values)


def _check_place(values: Mapping[str, Mapping[str, object]], override: Override) -> None:
    """Raises ConfigError where the layout has no such bucket role or prefix."""
    if override.path[0] in ("buckets", "prefixes"):
        group, name = override.path[:2]
        known = values.get(group, {})
        if name not in known:
            raise ConfigError(
                f"{override.said_by}: this project has no {group} entry {name!r}.",
                f"Allowed: {', '.join(known) or 'none'}.",
            )


def _with_region(layout: Layout, region: str) -> Layout:
    buckets = (replace(b, region=b.region or region) for b in layout.buckets)
    return replace(layout, buckets=tuple(buckets))
