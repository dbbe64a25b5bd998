"""What callers know of workers, wherever these are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Failure = Literal["", "time", "memory", "crash", "fault", "cancelled"]
"""Why a task has no value: it took too long, wanted too much memory, ended its process, raised what
nobody expected, or was cancelled."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take: seconds of a processor, three times as many by the clock (a busy
    machine is not the task's fault), and memory beside what the worker itself needs.
    """

    seconds: float = 10.0
    memory_bytes: int = 512 * 2**20

    @property
    def clock_s(self) -> float:
        """Seconds by the clock."""
        return 3 * self.seconds


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T_co]):
    """What a task returned, or why it returned nothing."""

    value: T_co | None
    failure: Failure = ""


class Ticket(Protocol[T_co]):
    """One task that was submitted."""

    def result(self) -> Outcome[T_co]:
        """Waits for its end. Never raises, never waits for ever."""

    def cancel(self) -> None:
        """Ends it, running or not; its result is then "cancelled"."""


class Workers(Protocol):
    """Processes that carry out tasks, as many at a time as there are of them."""

    @property
    def count(self) -> int:
        """How many tasks at a time."""

    def submit(self, function: Callable[..., T], *args: object) -> Ticket[T]:
        """Has a module's function called with `args`: both travel, so they can be pickled. A task
        that fails takes no other one with it.
        """

    def close(self) -> None:
        """Ends all of them at once."""
