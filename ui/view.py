"""What Browse shows, as one value that lives in the query string and comes back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

PAGE_SIZES = (100, 500, 1000)
LIST_PAGE_KEYS = 1000  # ListObjectsV2: max-keys ceiling, so what one request can sort or search
SORTS = ("name", "kind", "size", "modified", "storage_class")


@dataclass(frozen=True, slots=True)
class View:
    """One address of Browse. Defaults are left out of the query string."""

    project: str = ""
    bucket: str = ""  # the bucket's role in the project
    prefix: str = ""
    starts: str = ""  # "starts with": asked of the server
    find: str = ""  # "contains": over the folder, or the listed page
    whole: str = ""  # "1": over the whole bucket, by its newest inventory
    sort: str = "name"
    desc: str = ""  # "1" or ""
    after: str = ""
    per: str = "100"
    at: str = ""  # the selected key

    @property
    def page_size(self) -> int:
        return int(self.per)

    @property
    def reordered(self) -> bool:
        """Whether the order or the choice of rows is ours, not the server's."""
        return bool(self.find or self.desc or self.sort != "name")

    @property
    def limit(self) -> int:
        """Keys to ask for: all that one request can bring where we sort or search ourselves."""
        return LIST_PAGE_KEYS if self.reordered else self.page_size

    def with_(self, **changes: str) -> View:
        """The same view with `changes`; any change but the selection or the page goes to page 1."""
        if not changes.keys() <= {"at", "after"}:
            changes = {"after": "", "at": "", **changes}
        return replace(self, **changes)

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = View()
        values = {item.name: str(getattr(self, item.name)) for item in fields(View)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())


def read_view(params: Mapping[str, str]) -> View:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(View) if item.name in params}
    if known.get("per") not in {str(size) for size in PAGE_SIZES}:
        known.pop("per", None)
    if known.get("sort") not in SORTS:
        known.pop("sort", None)
    for flag in ("desc", "whole"):
        known[flag] = "1" if known.get(flag) == "1" else ""
    return View(**known)


def crumbs(view: View) -> list[tuple[str, View]]:
    """The folders from the bucket down to the view's prefix, each with the view that opens it."""
    trail = [("", view.with_(prefix="", starts="", find=""))]
    position = 0
    while (cut := view.prefix.find("/", position)) >= 0:
        name = view.prefix[position : cut + 1]
        trail.append((name, view.with_(prefix=view.prefix[: cut + 1], starts="", find="")))
        position = cut + 1
    return trail
