"""What Listen shows, as one value that lives in the query string and comes back from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from storage.model.review import ORDERS, STATE_WORDS, Order, Position, ReviewState, Scope

TABS: Mapping[str, str] = {"": "Listen", "clips": "Clips", "progress": "Progress"}
STATES: Mapping[str, str] = {
    "": "All",
    "new": "Not heard",
    "void": "Changed since",
    "second-ear": "Second ear",
    "approved": "Approved",
    "rejected": "Rejected",
    "disputed": "Disputed",
}


@dataclass(frozen=True, slots=True)
class ListeningView:
    """One address of Listen. Defaults are left out of the query string."""

    project: str = ""
    bucket: str = ""  # the bucket's role in the project
    course: str = ""  # of these three at most one is set
    prefix: str = ""
    selection: str = ""
    whole: str = ""  # "1": everything in the bucket, which is the empty prefix
    order: str = "risk"
    show: str = ""  # of TABS
    state: str = ""  # of STATES, in the table
    find: str = ""  # what is said
    at: str = ""  # the chosen key
    page: str = "1"

    @property
    def scope(self) -> Scope | None:
        """What is listened to; None where nothing was chosen."""
        if self.course:
            return Scope("course", self.course)
        if self.selection:
            return Scope("selection", self.selection)
        if self.prefix or self.whole:
            return Scope("prefix", self.prefix)
        return None

    @property
    def chosen_order(self) -> Order:
        """The order of what comes next."""
        return next(order for order in ORDERS if order == self.order)

    @property
    def chosen_state(self) -> ReviewState | None:
        """Which clips the table shows; None for all."""
        return next((state for state in STATE_WORDS if state == self.state), None)

    def of(self, scope: Scope) -> ListeningView:
        """The view of another course, folder or selection."""
        plain = replace(self, course="", prefix="", selection="", whole="", **_FROM_THE_START)
        if scope.kind == "prefix" and not scope.name:
            return replace(plain, whole="1")
        return replace(plain, **{scope.kind: scope.name})

    def with_(self, **changes: str) -> ListeningView:
        """The same view with `changes`; what narrows the table goes to its first page."""
        if {"find", "state", "order"} & changes.keys():
            changes = {"page": "1", "at": "", **changes}
        return replace(self, **changes)

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = ListeningView()
        values = {item.name: str(getattr(self, item.name)) for item in fields(ListeningView)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())


_FROM_THE_START = {"state": "", "find": "", "at": "", "page": "1"}


def read_view(params: Mapping[str, str]) -> ListeningView:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(ListeningView) if item.name in params}
    for name, values in (("order", ORDERS), ("show", TABS), ("state", STATES)):
        if known.get(name) not in values:
            known.pop(name, None)
    known["whole"] = "1" if known.get("whole") == "1" else ""
    page = known.get("page", "1")
    known["page"] = page if page.isascii() and page.isdigit() and 0 < int(page) < 100_000 else "1"
    return ListeningView(**known)


def where_stopped(position: Position) -> ListeningView:
    """The view of where a person stopped listening."""
    view = ListeningView(project=position.layout, bucket=position.role, order=position.order, at="")
    return view.of(position.scope)
