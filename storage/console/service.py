"""What an admin does with the console as a whole."""

from __future__ import annotations

from storage.console.setup import Setup, look_at_stores
from storage.errors import Conflict, InvalidInput
from storage.gate import Gate
from storage.model.people import Actor, Can
from storage.switches import Switches

WHY_MAX = 500  # characters; a banner on every page shows it


class Console:
    """The switch and the setup, behind `gate`: everything needs `console:manage`."""

    def __init__(self, gate: Gate, switches: Switches, setup: Setup) -> None:
        self._gate = gate
        self._switches = switches
        self._setup = setup

    def set_read_only(self, actor: Actor, why: str) -> None:
        """From now on every write is refused, to everybody; a banner shows `why`.

        Raises InvalidInput without a reason.
        """
        passage = self._gate.enter_console(actor, Can.CONSOLE_MANAGE)
        reason = _checked(why)
        with passage.changing("read-only", note=reason):
            self._switches.set_read_only(actor, reason)

    def clear_read_only(self, actor: Actor, why: str = "") -> None:
        """Allows writing again. Raises Conflict while READ_ONLY=1 is set: that wins."""
        passage = self._gate.enter_console(actor, Can.CONSOLE_MANAGE)
        state = self._switches.read_only()
        if state is not None and state.since is None:
            raise Conflict(
                "The console was started with READ_ONLY=1, which no switch here overrides.",
                "Take READ_ONLY out of its environment or .env, and start it again.",
            )
        with passage.changing("allow-writing", note=why.strip()[:WHY_MAX]):
            self._switches.clear_read_only()

    def setup(self, actor: Actor) -> Setup:
        """How the console is set up, without secrets; asks each store what it can do."""
        self._gate.enter_console(actor, Can.CONSOLE_MANAGE)
        return look_at_stores(self._setup)


def _checked(why: str) -> str:
    reason = why.strip()
    if not reason:
        raise InvalidInput(
            "There is no reason.", "Say why: everybody who wants to write something will read it."
        )
    if len(reason) > WHY_MAX:
        raise InvalidInput(f"The reason has {len(reason):,} characters.", f"Use at most {WHY_MAX}.")
    return reason
