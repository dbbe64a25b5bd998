"""The audit log for the people who may read it.

Whoever has `audit:read` sees every row. Everybody else sees the rows of their own actions and no
others: what the log says of a person is no secret from that person, and "what did I just delete?"
must not need an admin. An API token has only what its scope names: without `audit:read` it sees
nothing, not even its owner's rows.

Reading the log is not itself written there, taking a copy of it along is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Literal

from storage.access import allowed_console
from storage.audit.export import as_csv, as_jsonl
from storage.audit.far_heads import FarHeadsState
from storage.audit.log import Audit
from storage.gate import Gate
from storage.jobs.service import Jobs
from storage.model.audit import AuditEvent, AuditFilter, AuditPage, AuditRow, Verdict
from storage.model.jobs import Job
from storage.model.people import Actor, Can

Form = Literal["csv", "jsonl"]
VERIFY = "audit-verify"  # the kind of the job


def sees_all(actor: Actor) -> bool:
    """Whether to offer more than the person's own rows; the service decides again when asked."""
    return allowed_console(actor, Can.AUDIT_READ)


class Activity:
    """The log `audit` behind `gate`. Everything raises AccessDenied for what the person may not."""

    def __init__(self, gate: Gate, audit: Audit) -> None:
        self._gate = gate
        self._audit = audit

    def search(
        self, actor: Actor, filters: AuditFilter, *, before: int | None = None, limit: int = 100
    ) -> AuditPage:
        """Up to `limit` rows (1 to 1,000) that fit, with numbers below `before`, newest first.

        Raises InvalidInput for another limit. A text that no row has is looked for in all of them:
        1.5 s in a million rows.
        """
        return self._audit.search(self._seen(actor, filters), before=before, limit=limit)

    def people(self, actor: Actor) -> list[tuple[str, str]]:
        """(id, name) of everybody who did something, to choose from."""
        self._gate.enter_console(actor, Can.AUDIT_READ)
        return self._audit.actors()

    def export(self, actor: Actor, filters: AuditFilter, form: Form) -> Iterator[bytes]:
        """Every row that fits, oldest first, as a file, made while it is taken.

        That it is taken is in the log before, so that it is the last row of a copy of everything.
        """
        rows = self.stream(actor, filters, form=form)
        return as_csv(rows) if form == "csv" else as_jsonl(rows)

    def stream(self, actor: Actor, filters: AuditFilter, *, form: str = "") -> Iterator[AuditRow]:
        """The rows of an export in `form`, as they are."""
        seen = self._seen(actor, filters)
        said = {name: str(value) for name, value in asdict(seen).items() if value}
        event = AuditEvent.by(
            actor,
            Can.AUDIT_READ.value,
            result="allowed",
            detail={"call": "export", "form": form, **said},
        )
        self._audit.append(event)
        return self._audit.stream(seen)

    def verify(
        self, actor: Actor, on_progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> Verdict:
        """Reads the whole log and tells whatever was changed in it: 20 s for a million rows.

        `on_progress` is given the rows read and how many there are; what it raises ends this.
        """
        self._gate.enter_console(actor, Can.AUDIT_READ)
        return self._audit.verify(on_progress)

    def begin_verify(self, actor: Actor, jobs: Jobs) -> Job:
        """`verify` as a job, for a long log takes minutes; its result is the Verdict as JSON."""
        self._gate.enter_console(actor, Can.AUDIT_READ)
        return jobs.start(actor, VERIFY, {}, title="Check the audit log", unit="rows")

    def far_heads(self, actor: Actor) -> FarHeadsState | None:
        """How it goes with the heads kept in a store; None where none are."""
        self._gate.enter_console(actor, Can.AUDIT_READ)
        return self._audit.far_heads

    def _seen(self, actor: Actor, filters: AuditFilter) -> AuditFilter:
        """What of `filters` the person may see: all of it, or their own rows."""
        theirs = actor.scope is None and filters.actor_id in ("", actor.id)
        if theirs and not sees_all(actor):
            self._gate.check_session(actor)
            return replace(filters, actor_id=actor.id)
        self._gate.enter_console(actor, Can.AUDIT_READ)
        return filters
