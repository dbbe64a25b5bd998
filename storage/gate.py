"""The door of every service: who may pass, and what the audit log is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from storage.access import require, require_console
from storage.audit.log import Audit
from storage.errors import AccessDenied, InvalidInput, NotSignedIn, StorageError
from storage.layout.profile import Bucket, Layout
from storage.model.audit import AuditEvent
from storage.model.people import WRITING_CANS, Actor, Can
from storage.s3.client import Store
from storage.sessions import Sessions
from storage.switches import Switches

ONCE = timedelta(hours=12)
"""One row for a person and a clip, or a private folder, in this time: what a session is, however
often it plays or is listed."""

TOKEN_USE = "token:use"  # noqa: S105  what the log calls it
"""No permission: somebody has a token, and it is over."""

# A page left open asks for these by itself, every few seconds: once its session is over, that is
# no attempt of anybody's.
_LOOKING = frozenset({Can.OBJECT_LIST, Can.OBJECT_READ, Can.AUDIT_READ, Can.JOB_MANAGE})


@dataclass(slots=True)
class Change:
    """What the audit log shall say of a change once it is done."""

    version_after: str = ""
    detail: dict[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsolePassage:
    """One permitted call on the console itself: who, by which permission."""

    actor: Actor
    can: Can
    audit: Audit

    def event(self, **facts: Any) -> AuditEvent:
        """What the log is told: `facts` are an AuditEvent's other fields, `result` among them."""
        return AuditEvent.by(self.actor, self.can.value, **facts)

    @contextmanager
    def changing(
        self, call: str, *, note: str = "", **detail: str | int | bool
    ) -> Iterator[Change]:
        """As `Passage.changing`, of something that is no object."""
        with _changing(self.audit, self.event, {"note": note}, {"call": call, **detail}) as change:
            yield change


@dataclass(frozen=True, slots=True)
class Passage:
    """One permitted call on a bucket: who, by which permission, in which one."""

    actor: Actor
    can: Can
    layout: Layout
    bucket: Bucket
    store: Store
    audit: Audit

    def recorded(
        self,
        call: str,
        *keys: str,
        version: str = "",
        once_within: timedelta | None = None,
        **detail: str | int | bool,
    ) -> AbstractContextManager[None]:
        """Around an act on `keys`: it is in the audit log before it begins, and again if it fails.

        Raises StorageError, and the act must not happen, when the log cannot take it.
        """
        facts = {"call": call, **detail}
        return self.audit.recorded(
            *(
                self.event(result="allowed", key=key, version_before=version, detail=facts)
                for key in keys
            ),
            once_within=once_within,
        )

    @contextmanager
    def changing(
        self,
        call: str,
        key: str,
        *,
        version_before: str = "",
        note: str = "",
        **detail: str | int | bool,
    ) -> Iterator[Change]:
        """Around a change: `allowed` is in the audit log before it begins; afterwards `done`, with
        what the caller put into the Change, or `failed`.

        Raises StorageError, and nothing may be changed, when the log cannot take the first row.
        """
        same = {"key": key, "version_before": version_before, "note": note}
        with _changing(self.audit, self.event, same, {"call": call, **detail}) as change:
            yield change

    def read(
        self, call: str, key: str, version: str = "", *, once_within: timedelta | None = None
    ) -> AbstractContextManager[None]:
        """As `recorded` where the layout holds personal data; elsewhere looking is not audited."""
        if not self.layout.personal_data:
            return nullcontext()
        return self.recorded(call, key, version=version, once_within=once_within)

    def refused(self, error: StorageError, key: str = "") -> StorageError:
        """`error`, with a row in the audit log that says so."""
        self.audit.append(self.event(result="refused", key=key, detail={"what": error.what}))
        return error

    def event(self, **facts: Any) -> AuditEvent:
        """What the log is told: `facts` are an AuditEvent's other fields, `result` among them."""
        return _event(self.actor, self.can, self.layout, self.bucket, **facts)


class Gate:
    """What every function of a service passes first. Thread-safe."""

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
        audit: Audit,
        sessions: Sessions,
        switches: Switches,
    ) -> None:
        self._layouts = layouts
        self._store_for = store_for
        self._audit = audit
        self._sessions = sessions
        self._switches = switches

    def enter(self, actor: Actor, can: Can, layout: str, role: str, key: str = "") -> Passage:
        """Raises AccessDenied, with a row in the audit log, when the person may not: NotSignedIn
        when the session is over, ReadOnly when nobody may write now. InvalidInput or ConfigError
        for an unknown layout or bucket.
        """
        found = self._layouts.get(layout)
        if found is None:
            raise InvalidInput(
                f"There is no project {layout!r}.", f"Choose one of {', '.join(self._layouts)}."
            )
        bucket = found.bucket(role)
        try:
            self._sessions.check(actor)
            require(actor, can, found, role)
            if can in WRITING_CANS:
                self._switches.check_writing()
        except AccessDenied as error:
            self._tell(error, can, _event(actor, can, found, bucket, key=key, **_refused(error)))
            raise
        return Passage(actor, can, found, bucket, self._store_for(found, bucket), self._audit)

    def enter_console(self, actor: Actor, can: Can) -> ConsolePassage:
        """As `enter`, for what concerns the console and no bucket."""
        try:
            self._sessions.check(actor)
            require_console(actor, can)
        except AccessDenied as error:
            self._tell(error, can, AuditEvent.by(actor, can.value, **_refused(error)))
            raise
        return ConsolePassage(actor, can, self._audit)

    def enter_own(self, actor: Actor, can: Can) -> ConsolePassage:
        """For what people do with their own where `can` is for that of others: the session only."""
        self._sessions.check(actor)
        return ConsolePassage(actor, can, self._audit)

    def check_session(self, actor: Actor) -> None:
        """Raises NotSignedIn when the session is over: for what a person may do with their own."""
        self._sessions.check(actor)

    def check_token(self, actor: Actor, token_id: str) -> None:
        """As `check_session`. That somebody goes on using a token that is over, such as one that
        was revoked because it leaked, is in the audit log: once in 12 hours, however often.
        """
        try:
            self._sessions.check(actor)
        except NotSignedIn as error:
            told = {"what": error.what, "token": token_id}
            event = AuditEvent.by(actor, TOKEN_USE, result="refused", detail=told)
            self._audit.append_once(event, ONCE)
            raise

    def _tell(self, error: AccessDenied, can: Can, event: AuditEvent) -> None:
        if not (isinstance(error, NotSignedIn) and can in _LOOKING):
            self._audit.append(event)


def _refused(error: AccessDenied) -> dict[str, Any]:
    return {"result": "refused", "detail": {"what": error.what}}


def _event(actor: Actor, can: Can, layout: Layout, bucket: Bucket, **facts: Any) -> AuditEvent:
    return AuditEvent.by(
        actor,
        can.value,
        layout=layout.name,
        role=bucket.role,
        bucket=bucket.bucket,
        **facts,
    )


@contextmanager
def _changing(
    audit: Audit,
    event: Callable[..., AuditEvent],
    same: Mapping[str, str],
    detail: Mapping[str, str | int | bool],
) -> Iterator[Change]:
    change = Change()
    with audit.recorded(event(result="allowed", detail=detail, **same)):
        yield change
    done = event(
        result="done",
        version_after=change.version_after,
        detail={**detail, **change.detail},
        **same,
    )
    try:
        audit.append(done)
    except StorageError as error:
        # the log's words are of its row: of what was done they would be wrong
        why = error.what.replace(", so nothing was done", "")
        raise StorageError(
            f"It was done, but the audit log could not be told that it was. {why}",
            f"Do not do it again: look at it first. For the log: {error.remedy}",
        ) from error
