"""Writes docs/settings.md and docs/permissions.md from the code, so that they say what it does. A
test compares.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from pathlib import Path

from storage.access import CONSOLE_GRANTS
from storage.config import load_config
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.accounts import TOKEN_CANS
from storage.model.people import BUCKET_CANS, CONSOLE_CANS, WRITING_CANS, Can, Role
from storage.settings import load_settings, settings_table

DOCS = Path(__file__).parents[1] / "docs"
SETTINGS = DOCS / "settings.md"
PERMISSIONS = DOCS / "permissions.md"

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
_PERMISSIONS = """\
# Permissions

Made by `python -m tools.make_docs` from `storage/access.py` and the built-in projects; do not edit
by hand.

A person has roles ([login.md](login.md)), a role has permissions: on buckets by the project's own
table ([layouts.md](layouts.md)), on the console by the one below. Who has several roles may do what
any of them may. The first line of every function of the library asks, whoever calls it: page, HTTP
or command line. Whoever is refused is told which permission it was and which roles have it, and the
attempt is in the audit log. Without a login there is one local person with all roles.

| permission | lets a person | writes | tokens |
| --- | --- | --- | --- |
"""
_AFTER_PERMISSIONS = """
*Writes*: refused to everybody while the console is switched to reading only (`READ_ONLY=1`, or an
admin's switch). Measuring clips goes on: it reads the store and writes the console's own database
alone. *Tokens*: an API token can be given it; a token has some of its maker's roles, of
what these may do only what it was given, and can be limited to some projects. No token can manage
tokens, people or the console: a leaked one could make itself a successor, or put out whoever looks
for it. A token limited to some projects has no permission on the console as a whole.

## The console

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


def permissions_page() -> str:
    """The whole page as markdown."""
    meanings = _meanings()
    page = _PERMISSIONS + "".join(
        f"| `{can}` | {meanings[can]} | {_yes(can in WRITING_CANS)} | {_yes(can in TOKEN_CANS)} |\n"
        for can in Can
    )
    page += _AFTER_PERMISSIONS + _by_role(
        (can for can in Can if can in CONSOLE_CANS), lambda role, can: can in CONSOLE_GRANTS[role]
    )
    for layout in load_layouts(load_settings({}), load_config(None), {}).values():
        page += f"\n## {layout.title} (`{layout.name}`)\n"
        for bucket in layout.buckets:
            page += f"\n### {bucket.title} (`{bucket.role}`)\n\n" + _by_role(
                (can for can in Can if can in BUCKET_CANS),
                lambda role, can, at=(layout, bucket.role): can in at[0].grants(role, at[1]),
            )
    return page


def _by_role(cans: Iterable[Can], has: Callable[[Role, Can], bool]) -> str:
    head = f"| permission | {' | '.join(Role)} |\n| --- |{' --- |' * len(Role)}\n"
    return head + "".join(
        f"| `{can}` | {' | '.join(_yes(has(role, can)) for role in Role)} |\n" for can in cans
    )


def _yes(true: bool) -> str:
    return "yes" if true else ""


def _meanings() -> dict[Can, str]:
    """The sentence that stands under each permission in the code."""
    (body,) = ast.parse(inspect.getsource(Can)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for name, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(name, ast.Assign) and isinstance(text, ast.Expr):
            assert isinstance(name.targets[0], ast.Name)
            sentence = ast.literal_eval(text.value)
            found[Can[name.targets[0].id]] = sentence[0].lower() + sentence[1:].rstrip(".")
    return found


if __name__ == "__main__":
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    PERMISSIONS.write_text(permissions_page(), encoding="utf-8")
