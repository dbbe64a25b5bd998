"""What Welcomes shows, as one value that lives in the query string and comes back from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from storage.model.welcomes import Welcome

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_STATE_RANK = {"missing": 0, "recorded": 1, "testing": 2, "live": 3}

FILTERS: Mapping[str, tuple[str, Callable[[Welcome], bool]]] = {
    "": ("All", lambda _one: True),
    "todo": ("Needs doing", lambda one: one.attention > 0),
    "missing": ("Not recorded", lambda one: one.state == "missing"),
    "recorded": ("Recorded", lambda one: one.state == "recorded"),
    "testing": ("In testing", lambda one: one.state == "testing"),
    "live": ("Live", lambda one: one.state == "live"),
}
SORTS: Mapping[str, Callable[[Welcome], Any]] = {
    "": lambda one: (-one.attention, one.language.casefold(), one.course),
    "course": lambda one: (one.language.casefold(), one.course),
    "text": lambda one: (not one.text, one.text.casefold(), one.course),
    "voice": lambda one: (not one.voice, (one.voice or "").casefold(), one.course),
    "length": lambda one: (one.duration_s, one.course),
    "state": lambda one: (_STATE_RANK[one.state], one.course),
    "changed": lambda one: (one.changed_at or _LONG_AGO, one.course),
}


PARTS: Mapping[str, str] = {"": "Welcomes", "encouragements": "Encouragements"}


@dataclass(frozen=True, slots=True)
class WelcomesView:
    """One address of Welcomes. Defaults are left out of the query string."""

    project: str = ""
    course: str = ""  # the one that is open; "" for the list
    find: str = ""
    show: str = ""  # of FILTERS
    sort: str = ""  # of SORTS; "": what needs attention first
    desc: str = ""  # "1" or ""
    part: str = ""  # of PARTS; "": the welcomes
    file: str = ""  # of encouragements; "" for the first
    kind: str = ""  # of them: "ordered", else those in any order

    def with_(self, **changes: str) -> WelcomesView:
        """The same view with `changes`."""
        return replace(self, **changes)

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = WelcomesView()
        values = {item.name: str(getattr(self, item.name)) for item in fields(WelcomesView)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())

    def sorted_by(self, sort: str) -> WelcomesView:
        """The view that orders by `sort`: the other way round where it does already."""
        again = sort == self.sort
        return replace(self, sort=sort, desc="1" if again and not self.desc else "")


def read_view(params: Mapping[str, str]) -> WelcomesView:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(WelcomesView) if item.name in params}
    if known.get("show") not in FILTERS:
        known.pop("show", None)
    if known.get("sort") not in SORTS:
        known.pop("sort", None)
    if known.get("part") not in PARTS:
        known.pop("part", None)
    known["desc"] = "1" if known.get("desc") == "1" else ""
    return WelcomesView(**known)


def found(welcomes: Sequence[Welcome], words: str) -> list[Welcome]:
    """Those in whose course, languages, text or voice each of the words occurs."""
    wanted = words.casefold().split()

    def fits(one: Welcome) -> bool:
        inside = " ".join((one.course, one.language, one.text, one.voice or "")).casefold()
        return all(word in inside for word in wanted)

    return [one for one in welcomes if fits(one)]


def arranged(welcomes: Sequence[Welcome], view: WelcomesView) -> list[Welcome]:
    """The welcomes of the view, in its order."""
    fits = FILTERS[view.show][1]
    chosen = [one for one in found(welcomes, view.find) if fits(one)]
    return sorted(chosen, key=SORTS[view.sort], reverse=bool(view.desc))
