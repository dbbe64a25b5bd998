"""The door of the object service: who may pass, and what the audit log is told of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storage.access import require
from storage.audit.log import Audit
from storage.errors import AccessDenied, InvalidInput
from storage.layout.profile import Bucket, Layout
from storage.model.audit import AuditEvent
from storage.model.people import Actor, Can
from storage.s3.client import Store

PLAY_ONCE = timedelta(hours=12)
"""One row for a person and a clip in this time: what a session is, however often it plays."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One permitted call: who, by which permission, in which bucket."""

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
                self._event(result="allowed", key=key, version_before=version, detail=facts)
                for key in keys
            ),
            once_within=once_within,
        )

    def read(self, call: str, key: str, version: str = "") -> AbstractContextManager[None]:
        """As `recorded` where the layout holds personal data; elsewhere looking is not audited."""
        return (
            self.recorded(call, key, version=version)
            if self.layout.personal_data
            else nullcontext()
        )

    def refused(self, error: AccessDenied) -> AccessDenied:
        """`error`, with a row in the audit log that says so."""
        self.audit.append(self._event(result="refused", detail={"what": error.what}))
        return error

    def _event(self, **facts: Any) -> AuditEvent:
        return _event(self.actor, self.can, self.layout, self.bucket, **facts)


class Gate:
    """What every function of the service passes first. Thread-safe."""

    def __init__(
        self,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
        audit: Audit,
    ) -> None:
        self._layouts = layouts
        self._store_for = store_for
        self._audit = audit

    def enter(self, actor: Actor, can: Can, layout: str, role: str, key: str = "") -> Passage:
        """Raises AccessDenied, with a row in the audit log, when the person may not; InvalidInput
        or ConfigError for an unknown layout or bucket.
        """
        found = self._layouts.get(layout)
        if found is None:
            raise InvalidInput(
                f"There is no project {layout!r}.", f"Choose one of {', '.join(self._layouts)}."
            )
        bucket = found.bucket(role)
        try:
            require(actor, can, found, role)
        except AccessDenied as error:
            refused = {"result": "refused", "key": key, "detail": {"what": error.what}}
            self._audit.append(_event(actor, can, found, bucket, **refused))
            raise
        return Passage(actor, can, found, bucket, self._store_for(found, bucket), self._audit)


def _event(actor: Actor, can: Can, layout: Layout, bucket: Bucket, **facts: Any) -> AuditEvent:
    return AuditEvent.by(
        actor,
        can.value,
        layout=layout.name,
        role=bucket.role,
        bucket=bucket.bucket,
        **facts,
    )
