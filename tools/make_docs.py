"""Writes docs/settings.md from the code, so that no setting is undocumented. A test compares."""

from __future__ import annotations

from pathlib import Path

from storage.config import load_config
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.settings import load_settings, settings_table

SETTINGS = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = """\
# Settings

Made by `python -m tools.make_docs`; do not edit by hand.

Set them in the environment or in a file `.env` beside `app.py`; a variable that is already set wins
over the file. Secrets belong here and never into `soundstage.toml`.

| variable | default | meaning |
| --- | --- | --- |
"""
_LAYOUTS = """
## Variables of a project

They apply to the one project that `STORAGE_LAYOUT` names.

| project | variable | sets |
| --- | --- | --- |
"""


def settings_page() -> str:
    """The whole page as markdown."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {doc} |"
        for name, default, doc in settings_table()
    ]
    settings = load_settings({})
    layouts = load_layouts(settings, load_config(None), {})
    more = [
        f"| {layout.name} | `{variable}` | {meaning} |"
        for layout in layouts.values()
        for variable, meaning in _variables(layout)
    ]
    return _HEAD + "\n".join(rows) + "\n" + _LAYOUTS + "\n".join(more) + "\n"


def _variables(layout: Layout) -> list[tuple[str, str]]:
    found = []
    for bucket in layout.buckets:
        found += [(name, f"bucket of {bucket.role}") for name in bucket.bucket_env]
        found += [(name, f"region of {bucket.role}") for name in bucket.region_env]
    found += [(variable, f"prefix {name}") for name, variable in layout.prefix_env.items()]
    single = (
        (layout.import_dir_env, "local folder to import from"),
        (layout.access_key_env, "access key for this project"),
        (layout.secret_key_env, "its secret"),
    )
    return found + [(variable, meaning) for variable, meaning in single if variable]


if __name__ == "__main__":
    SETTINGS.write_text(settings_page(), encoding="utf-8")
