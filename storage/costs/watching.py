"""Budgets as they stand, and telling of those that are crossed: once a month and threshold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from storage.costs.budget import BudgetState, state_of
from storage.costs.gathering import Gathered
from storage.costs.service import Costs
from storage.costs.telling import Webhook
from storage.costs.watchman import LOOK_EVERY_S, Watchman
from storage.db.costs import CostRows
from storage.errors import ConfigError
from storage.gate import Gate
from storage.model.money import Budget, Estimate, added
from storage.model.people import Actor, Can


class Watching:
    """The budgets of all projects against what their months cost."""

    def __init__(
        self,
        gate: Gate,
        costs: Costs,
        rows: CostRows,
        clock: Callable[[], datetime],
        *,
        webhook: Webhook | None,
        newest: Callable[[], str],
    ) -> None:
        self._gate = gate
        self._costs = costs
        self._rows = rows
        self._clock = clock
        self._webhook = webhook
        self._watchman = Watchman(self.tell, newest, look_every_s=LOOK_EVERY_S)

    @property
    def tells(self) -> bool:
        """Whether there is anybody to tell."""
        return self._webhook is not None

    def watch(self, actor: Actor) -> None:
        """From now on tells by itself, for `actor`; nothing where there is nobody to tell. Once."""
        if self._webhook is not None:
            self._watchman.start(actor)

    def close(self) -> None:
        """Ends that."""
        self._watchman.close()

    def states(self, actor: Actor, layout: str = "") -> tuple[BudgetState, ...]:
        """Each budget of a project, else of all: spent so far, expected, thresholds reached."""
        self._gate.enter_console(actor, Can.COST_READ)
        months: dict[str, tuple[Gathered, Estimate]] = {}
        states = []
        for budget in self._rows.budgets(layout):
            if budget.layout not in months:
                found = self._costs.gather(actor, budget.layout)
                months[budget.layout] = found, found.month.estimate()
            states.append(self._state(budget, *months[budget.layout]))
        return tuple(states)

    def _state(self, budget: Budget, found: Gathered, estimate: Estimate) -> BudgetState:
        title, monthly = found.layout.title, estimate.total
        if budget.role:
            bucket = found.layout.bucket(budget.role)
            title = f"{title}, {bucket.title}"
            sums = estimate.by("group")
            monthly = added([sums.get((bucket.bucket,), Decimal(0))])
        return state_of(budget, title, monthly, self._clock())

    def untold(self, actor: Actor) -> int:
        """How many thresholds are reached that the webhook has not been told of."""
        self._gate.enter_console(actor, Can.COST_READ)
        if self._webhook is None:
            return 0
        told = self._rows.told()
        return sum(one.key not in told for state in self.states(actor) for one in state.crossed)

    def tell(self, actor: Actor) -> tuple[BudgetState, ...]:
        """Tells the webhook of every threshold that is reached and was not told this month;
        returns the budgets it told of. Two consoles that tell at once tell each of them once.

        Raises ConfigError where there is no webhook, Unavailable where it does not take it: the
        rest is told the next time.
        """
        self._gate.enter_console(actor, Can.COST_READ)
        passage = self._gate.enter_console(actor, Can.COST_MANAGE)
        if self._webhook is None:
            raise ConfigError("No webhook is configured.", "Set COST_WEBHOOK, or look at the page.")
        told = []
        for state in self.states(actor):
            ours = [one.key for one in state.crossed if self._rows.tell(one.key, self._clock())]
            if not ours:
                continue
            try:
                with passage.changing("tell-budget", layout=state.budget.layout, keys=len(ours)):
                    self._webhook.send({"text": state.words(), "budget": state.as_json()})
            except Exception:
                for key in ours:
                    self._rows.untell(key)
                raise
            told.append(state)
        return tuple(told)
