"""What Costs shows, as one value that lives in the query string and comes back from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from storage.costs.breakdown import DIMENSIONS
from storage.costs.scenarios import Change, Grow, Mirror, Move, Recode, Remove, Where
from storage.errors import InvalidInput

PARTS: Mapping[str, str] = {
    "": "Now",
    "last": "Last month",
    "whatif": "What if",
    "forecast": "Forecast",
    "budgets": "Budgets",
    "prices": "Prices",
    "scans": "Scans",
}
CHANGES: Mapping[str, str] = {
    "versions": "Delete earlier versions",
    "uploads": "Delete unfinished uploads",
    "move": "Move to another storage class",
    "delete": "Delete a folder or kind",
    "bitrate": "Compress to another bitrate",
    "region": "Keep a copy in a second region",
    "times": "Many times the content",
}
CLASSES = (
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "STANDARD",
)
BITRATES = ("32", "48", "64", "96", "128", "192", "256", "320")


@dataclass(frozen=True, slots=True)
class CostsView:
    """One address of Costs. Defaults are left out of the query string."""

    project: str = ""
    part: str = ""  # of PARTS
    by: str = "prefix"  # of DIMENSIONS
    month: str = ""  # 2026-10; "": the last closed one
    what: str = "versions"  # of CHANGES
    to: str = "STANDARD_IA"
    bucket: str = ""  # its role; "": all
    prefix: str = ""
    kind: str = ""
    older: str = "30"
    small: str = ""  # "1" or ""
    how: str = ""  # "copy" or ""
    percent: str = "100"
    from_kbps: str = "128"
    to_kbps: str = "64"
    region: str = "eu-central-1"
    times: str = "10"
    count: str = "1000"  # of recordings
    mib: str = "1"
    plays: str = "1"

    def with_(self, **changes: str) -> CostsView:
        """The same view with `changes`."""
        return replace(self, **changes)

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = CostsView()
        values = {item.name: str(getattr(self, item.name)) for item in fields(CostsView)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())

    def number(self, name: str, least: int, most: int) -> int:
        """A number of the view, within its bounds; what is none is its default."""
        text = getattr(self, name)
        usual = getattr(CostsView(), name)
        value = int(text) if text.isdecimal() and len(text) < 12 else int(usual)
        return min(max(value, least), most)

    def change(self, bucket: str) -> Change:
        """What the What-if part asks for; `bucket` is the name of the one chosen, "" for all."""
        older = self.number("older", 0, 36_500)
        where = Where(bucket, self.prefix, self.kind, older_days=older)
        match self.what:
            case "versions":
                return Remove(replace(where, states=("noncurrent", "delete-marker")))
            case "uploads":
                return Remove(replace(where, states=("part",)))
            case "move":
                how = "copy" if self.how == "copy" else "lifecycle"
                return Move(self.to, where, bool(self.small), how)  # type: ignore[arg-type]
            case "delete":
                return Remove(where, self.number("percent", 1, 100))
            case _:
                return self._other(replace(where, older_days=0))

    def _other(self, where: Where) -> Change:
        if self.what == "bitrate":
            slow, fast = (self.number(name, 1, 2000) for name in ("to_kbps", "from_kbps"))
            return Recode(fast, slow, where)
        if self.what == "region":
            return Mirror(self.region, where=where)
        if self.what == "times":
            return Grow(self.number("times", 1, 1000))
        raise InvalidInput(f"There is no change {self.what!r}.", "Choose one of the list.")


def read_view(params: Mapping[str, str]) -> CostsView:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(CostsView) if item.name in params}
    for name, allowed in (
        ("part", PARTS),
        ("by", DIMENSIONS),
        ("what", CHANGES),
        ("to", CLASSES),
        ("from_kbps", BITRATES),
        ("to_kbps", BITRATES),
        ("small", ("", "1")),
        ("how", ("", "copy")),
    ):
        if known.get(name, "") not in allowed:
            known.pop(name, None)
    return CostsView(**known)
