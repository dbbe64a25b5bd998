"""What Activity shows, as one value that lives in the query string and comes back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from storage.model.audit import AuditFilter

SPANS: Mapping[str, str] = {
    "1": "Last 24 hours",
    "7": "Last 7 days",
    "30": "Last 30 days",
    "": "Any time",
    "days": "From day to day …",
}


@dataclass(frozen=True, slots=True)
class LogView:
    """One address of Activity. Defaults are left out of the query string.

    `span` is a number of days back from now, or "days": from `since` to `until`, both included.
    """

    show: str = "log"  # or "jobs"
    person: str = ""
    what: str = ""  # a permission
    result: str = ""
    project: str = ""
    bucket: str = ""
    key: str = ""  # exactly
    starts: str = ""
    find: str = ""
    span: str = ""
    since: str = ""
    until: str = ""
    before: str = ""  # rows with a smaller number: where the page begins
    at: str = ""  # the row that is open
    job: str = ""  # behind which the page of jobs begins

    def with_(self, **changes: str) -> LogView:
        """The same view with `changes`, from the newest row on unless that is what changes."""
        return replace(self, **{"before": "", "at": "", **changes})

    def params(self) -> dict[str, str]:
        """The query string's parameters: only what differs from the default."""
        plain = LogView()
        values = {item.name: str(getattr(self, item.name)) for item in fields(LogView)}
        return {name: value for name, value in values.items() if value != getattr(plain, name)}

    def href(self) -> str:
        """A link to this view, relative to the page."""
        return "?" + urlencode(self.params())

    @property
    def filtered(self) -> bool:
        """Whether some rows are left out."""
        return bool(self.with_(show="log", job="").params())

    def filters(self, now: datetime, zone: tzinfo) -> AuditFilter:
        """The rows of this view, for a person in `zone`."""
        since, until = self._times(now, zone)
        return AuditFilter(
            actor_id=self.person,
            action=self.what,
            result=self.result,
            layout=self.project,
            bucket=self.bucket,
            key=self.key,
            prefix=self.starts,
            text=self.find,
            since=since,
            until=until,
        )

    def _times(self, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        if self.span.isdecimal():
            return now - timedelta(days=int(self.span)), None
        if self.span != "days":
            return None, None
        first, last = as_day(self.since), as_day(self.until)
        since = _begins(first, zone) if first else None
        until = _begins(last + timedelta(days=1), zone) if last and last < date.max else None
        return since, until


def as_day(text: str) -> date | None:
    """The day of `2026-11-21`, None for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _begins(day: date, zone: tzinfo) -> datetime:
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    # the first and last years have no UTC in some zones
    return begin if 1 < day.year < 9999 else begin.replace(tzinfo=UTC)


def read_view(params: Mapping[str, str]) -> LogView:
    """The view of a query string. Values that mean nothing fall back to the default."""
    known = {item.name: params[item.name] for item in fields(LogView) if item.name in params}
    if known.get("show") not in ("log", "jobs"):
        known.pop("show", None)
    if known.get("span") not in SPANS:
        known.pop("span", None)
    for name in ("before", "at"):
        value = known.get(name, "")
        if not (value.isascii() and value.isdecimal() and len(value) < 19):
            known.pop(name, None)
    return LogView(**known)
