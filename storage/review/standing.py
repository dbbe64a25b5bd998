"""What listening stands on, whoever asks for what of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from storage.gate import Gate, Passage
from storage.model.people import Actor, Can
from storage.review.judging import Judging
from storage.review.scopes import Scopes, Tables
from storage.review.sources import Sources


class Standing:
    """The tables, the scopes that are open, and the way in."""

    def __init__(
        self,
        gate: Gate,
        tables: Tables,
        sources: Sources,
        clock: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._verdicts = tables.verdicts
        self._leases = tables.leases
        self._desk = tables.desk
        self._sources = sources
        self._clock = clock
        self._scopes = Scopes(tables, sources, clock)

    def close(self) -> None:
        """Ends what is done behind the scenes."""
        self._scopes.close()

    def _looking(self, actor: Actor, layout: str, role: str) -> Passage:
        self._gate.enter(actor, Can.OBJECT_LIST, layout, role)
        return self._gate.enter(actor, Can.OBJECT_READ, layout, role)

    def _hearing(self, actor: Actor, layout: str, role: str) -> Passage:
        self._looking(actor, layout, role)
        return self._gate.enter(actor, Can.REVIEW_VERDICT, layout, role)

    def _judging(self, where: Passage) -> Judging:
        ledger = self._scopes.ledger(where.layout.name)
        return Judging(
            where,
            self._verdicts,
            self._leases,
            self._sources.measurements,
            ledger,
            self._clock(),
        )
