"""The audit log: adding to it, asking it, and checking that nobody changed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from storage.audit.chain import GENESIS, Stored, check_chain, is_sealed, row_mac, sealed
from storage.audit.far_heads import FarHeads, FarHeadsState, FarPlace
from storage.audit.heads import HEADS_FILE, Heads
from storage.audit.keys import load_key
from storage.audit.rows import LIMITS, as_row, stored_form
from storage.audit.scrub import Scrub
from storage.db.engine import Database
from storage.db.events import Appending, Events, Wanted
from storage.errors import InvalidInput, StorageError
from storage.model.audit import (
    AuditEvent,
    AuditFilter,
    AuditPage,
    AuditRow,
    Head,
    Tampering,
    Verdict,
)
from storage.settings import Secret

SEARCH_MAX = 1_000  # rows a page
ACTORS_MAX = 1_000  # to choose from; a team has fewer
_TELL_EVERY = 1_000  # rows
_TEXT_BYTES = 500  # to look for
FINDINGS_SHOWN = 100  # one mistake with a database tool can break every row

_TAMPERED = "The audit log does not go on from where the console left it, so nothing was done."
_TAMPERED_REMEDY = (
    "Run `python -m storage audit verify`. Either something else changed the database (restore it "
    "from a backup), or AUDIT_KEY or audit.key is not the one it was made with."
)


class Audit:
    """The log in `events`, chained by `key`. Thread-safe; several processes may share a log."""

    def __init__(
        self,
        events: Events,
        key: bytes,
        heads: Heads,
        clock: Callable[[], datetime],
        scrub: Scrub,
        *,
        far_heads: FarHeads | None = None,
    ) -> None:
        self._events = events
        self._key = key
        self._heads = heads
        self._clock = clock
        self._scrub = scrub
        self._far_heads = far_heads

    @property
    def far_heads(self) -> FarHeadsState | None:
        """How it goes with the heads in a store; None where none are kept."""
        return self._far_heads.state if self._far_heads else None

    def close(self) -> None:
        """Lets go of the store of the heads; the log itself needs no closing."""
        if self._far_heads:
            self._far_heads.close()

    def append(self, *events: AuditEvent) -> None:
        """Adds the events, if any, all or none. Raises StorageError when the log cannot take them:
        then what they announce must not happen.
        """
        if not events:
            return
        with self._events.appending() as log:
            now = self._clock()
            head = self._add(log, events, now)
        self._keep(head, now)

    def append_once(self, event: AuditEvent, within: timedelta) -> bool:
        """Adds `event` unless the same (but for when, from where and by what request) was added
        `within` that time; returns whether it was added.
        """
        same = _sameness(stored_form(event, self._scrub))
        if self._events.holds(same, _text(self._clock() - within)):  # the usual case, without lock
            return False
        with self._events.appending() as log:
            now = self._clock()
            if log.holds(same, _text(now - within)):
                return False
            head = self._add(log, [event], now)
        self._keep(head, now)
        return True

    @contextmanager
    def recorded(self, *events: AuditEvent, once_within: timedelta | None = None) -> Iterator[None]:
        """Around an act: the events (`allowed`) are in the log before it begins, and when it fails
        with a StorageError they are there again as `failed`.
        """
        if once_within is None:
            self.append(*events)
        else:
            for event in events:
                self.append_once(event, once_within)
        try:
            yield
        except StorageError as error:
            failure = {"error": error.code, "what": error.what}
            # when the log fails as well, `error` still is what became of the act: the log's own
            # words ("nothing was done") are of the row, and `allowed` stands there without an end
            with suppress(StorageError):
                self.append(
                    *(replace(e, result="failed", detail={**e.detail, **failure}) for e in events)
                )
            raise

    def _add(self, log: Appending, events: Sequence[AuditEvent], now: datetime) -> Head:
        head = log.head() or sealed(self._key, 0, GENESIS)
        if not is_sealed(self._key, head):
            raise StorageError(_TAMPERED, _TAMPERED_REMEDY)
        seq, mac, rows = head.seq, head.mac, []
        scrub = cache(self._scrub)  # most of what a batch says it says of each
        at = _text(now)
        for event in events:
            seq += 1
            row: dict[str, Any] = {
                **stored_form(event, scrub),
                "seq": seq,
                "at": at,
                "prev": mac,
            }
            mac = row["mac"] = row_mac(self._key, row)
            rows.append(row)
        head = sealed(self._key, seq, mac)
        log.add(rows, head)
        return head

    def _keep(self, head: Head, now: datetime) -> None:
        self._heads.keep(head, now)
        if self._far_heads:
            self._far_heads.offer(head, now)

    def verify(self, on_progress: Callable[[int, int], None] = lambda _done, _all: None) -> Verdict:
        """Reads the whole log and tells every edited, missing, moved, cut or added row.

        `on_progress` is given the rows read and how many there are; what it raises ends this.
        """
        kept, findings, unread = self._kept_heads()
        wanted: dict[int, set[object]] = {}
        for one in kept:
            wanted.setdefault(one.seq, set()).add(one.mac)
        known: dict[int, object] = {}
        count = 0

        def watched(rows: Iterator[Stored]) -> Iterator[Stored]:
            nonlocal count
            for row in rows:
                count += 1
                if count % _TELL_EVERY == 0:
                    on_progress(count, head.seq if head else 0)
                if row["seq"] in wanted:
                    known[row["seq"]] = row["mac"]
                yield row

        with self._events.snapshot() as (head, rows):
            broken = check_chain(self._key, watched(rows), head)
            findings += islice(broken, FINDINGS_SHOWN)
            more = sum(1 for _ in broken)
        blamed = {finding.seq for finding in findings}
        findings += [
            Tampering(
                "edited" if seq in known else "cut",
                seq,
                f"Row {seq} is not the one whose mac was kept outside the database.",
            )
            for seq, macs in wanted.items()
            if macs != {known.get(seq)} and seq not in blamed
        ]
        return Verdict(count, head, tuple(findings), more, unread)

    def _kept_heads(self) -> tuple[list[Head], list[Tampering], str]:
        """The heads kept outside the database, what is wrong with them, why some are not read."""
        kept, findings = self._heads.read()
        if self._far_heads is None:
            return kept, findings, ""
        try:
            far, wrong = self._far_heads.read()
        except StorageError as error:
            place = self._far_heads.state.place
            return kept, findings, f"Not compared with the heads in {place}. {error.what}"
        return [*kept, *far], [*findings, *wrong], ""

    def search(
        self, filters: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> AuditPage:
        """Up to `limit` rows (1 to 1,000) that fit, newest first. Raises InvalidInput."""
        if not 1 <= limit <= SEARCH_MAX:
            raise InvalidInput(
                f"A page cannot have {limit} rows.", f"Choose 1 to {SEARCH_MAX:,} rows."
            )
        found = self._events.newest(self._wanted(filters), before=before, limit=limit + 1)
        rows = tuple(as_row(row) for row in found[:limit])
        return AuditPage(rows, rows[-1].seq if len(found) > limit else None)

    def stream(self, filters: AuditFilter) -> Iterator[AuditRow]:
        """Every row that fits, oldest first, read as it is taken."""
        return map(as_row, self._events.stream(self._wanted(filters)))

    def actors(self) -> list[tuple[str, str]]:
        """(id, name) of everybody in the log, at most 1,000."""
        return self._events.actors(ACTORS_MAX)

    def _wanted(self, filters: AuditFilter) -> Wanted:
        names = ("actor_id", "action", "result", "layout", "bucket", "key")
        asked = {name: getattr(filters, name) for name in names}
        since, until = filters.since, filters.until
        return Wanted(
            # in the form in which the log keeps them
            same={name: self._scrub(text, LIMITS[name]) for name, text in asked.items() if text},
            since=_text(since) if since else "",
            until=_text(until) if until else "",
            prefix=self._scrub(filters.prefix, LIMITS["key"]),
            text=self._scrub(filters.text, _TEXT_BYTES),
        )


def open_audit(
    database: Database,
    folder: Path,
    key: Secret,
    clock: Callable[[], datetime],
    secrets: Sequence[str],
    *,
    far: FarPlace | None = None,
) -> Audit:
    """The log in `database`, its key and heads file in `folder` unless `key` is given.

    `secrets` are removed from whatever is logged. With `far`, heads are kept there too. Raises
    ConfigError for an unusable key.
    """
    events = Events(database)
    loaded = load_key(key, folder, events.is_empty)
    scrub = Scrub([*secrets, loaded.decode()])
    far_heads = FarHeads(far, loaded) if far else None
    return Audit(
        events, loaded, Heads(folder / HEADS_FILE, loaded), clock, scrub, far_heads=far_heads
    )


def _text(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _sameness(row: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in row.items()
        if name not in ("address", "request_id", "actor_name", "roles")
    }
