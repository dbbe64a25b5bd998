"""Whether the console may write at all: a setting, or an admin's switch in the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from storage.db.switches import SwitchRow, SwitchRows
from storage.db.times import as_text, as_time
from storage.errors import ReadOnly
from storage.model.people import Actor

_READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class ReadOnlyState:
    """Who switched the console to reading only, why, and when; no `since` for the setting."""

    by: str
    why: str
    since: datetime | None = None


_BY_SETTING = ReadOnlyState("READ_ONLY", "It was started with READ_ONLY=1.")


class Switches:
    """`always` is the setting READ_ONLY, which no switch overrides."""

    def __init__(self, rows: SwitchRows, clock: Callable[[], datetime], *, always: bool) -> None:
        self._rows = rows
        self._clock = clock
        self._always = always

    def read_only(self) -> ReadOnlyState | None:
        """Why every write is refused, None while writing is allowed. Asks the database."""
        if self._always:
            return _BY_SETTING
        row = self._rows.get(_READ_ONLY)
        return ReadOnlyState(row.by_name, row.value, as_time(row.at)) if row else None

    def check_writing(self) -> None:
        """Raises ReadOnly while nobody may write."""
        state = self.read_only()
        if state is not None:
            raise ReadOnly(
                f"The console is switched to reading only ({state.by}): {state.why}",
                "Nothing was changed. An admin can switch it back.",
            )

    def set_read_only(self, actor: Actor, why: str) -> None:
        """Refuses every write from now on. Who may is not asked here."""
        at = as_text(self._clock())
        self._rows.put(SwitchRow(_READ_ONLY, why, at, actor.id, actor.name))

    def clear_read_only(self) -> None:
        """Allows writing again, as far as the setting does. Who may is not asked here."""
        self._rows.clear(_READ_ONLY)
