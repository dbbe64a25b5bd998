"""What Promote shows, as one value that lives in the query string and comes back from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from storage.model.promotion import STATES
from ui.rows.tones import Tone

PARTS: Mapping[str, str] = {"": "Releases", "plan": "Plan", "diff": "Compare two places"}
KINDS: Mapping[str, str] = {
    "course": "Courses",
    "prefix": "A folder",
    "keys": "A list of objects",
    "file": "A saved plan",
}
STATE_TITLES: Mapping[str, str] = {
    "new": "New",
    "changed": "Changed",
    "restored": "Brought back",
    "removed": "Taken away",
    "missing": "Missing",
    "unread": "Not known",
    "left": "Changed since",
    "only-prod": "Only live",
    "same": "The same",
}
STATE_HELP: Mapping[str, str] = {
    "new": "not live yet",
    "changed": "live with other content",
    "same": "live with the same content",
    "missing": "wanted, and neither here nor live",
    "only-prod": "live, and not here; a promotion never deletes them",
    "unread": "only reading both would tell whether they are the same",
    "restored": "earlier content comes back",
    "removed": "was new, and goes",
    "left": "somebody wrote it since, so it is not touched",
}
DIFF_TITLES: Mapping[str, str] = {
    "changed": "Different",
    "new": "Only in the first",
    "only-prod": "Only in the second",
    "unread": "Not known",
    "same": "The same",
}
STATE_TONES: Mapping[str, Tone] = {
    "new": "info",
    "changed": "warning",
    "same": "faded",
    "missing": "error",
    "only-prod": "",
    "unread": "error",
    "restored": "info",
    "removed": "warning",
    "left": "error",
}
PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class PromoteView:
    """One address of Promote. Defaults are left out of the query string."""

    project: str = ""
    part: str = ""  # of PARTS
    release: str = ""  # the one that is open; "" for the list
    before: str = ""  # the list: older than this one
    state: str = ""  # rows of its plan, or of a comparison, in that state
    page: str = "1"
    at: str = ""  # the chosen row's key
    against: str = ""  # another release that its plan is compared with
    kind: str = ""  # of KINDS: how a new plan's scope is given
    course: str = ""  # codes, with a comma between
    prefix: str = ""
    selection: str = ""  # one that Listen keeps, by its id
    one: str = ""  # the places of a comparison: project/role:prefix
    other: str = ""

    def with_(self, **changes: str) -> PromoteView:
        """The same view with `changes`; what narrows a table goes to its first page."""
        if "state" in changes:
            changes = {"page": "1", "at": "", **changes}
        return replace(self, **changes)

    def opened(self, release: str) -> PromoteView:
        """The view of one release."""
        return PromoteView(self.project, release=release)

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = PromoteView()
        values = {item.name: str(getattr(self, item.name)) for item in fields(PromoteView)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())


def read_view(params: Mapping[str, str]) -> PromoteView:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(PromoteView) if item.name in params}
    for name, values in (("part", PARTS), ("kind", KINDS), ("state", dict.fromkeys(STATES))):
        if known.get(name) not in values:
            known.pop(name, None)
    page = known.get("page", "1")
    known["page"] = page if page.isascii() and page.isdigit() and 0 < int(page) < 100_000 else "1"
    return PromoteView(**known)
