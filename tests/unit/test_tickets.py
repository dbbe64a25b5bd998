"""Tickets for downloads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from storage.errors import InvalidInput, NotFound
from storage.model.people import Actor, Role, local_actor
from storage.objects.tickets import MAX_TICKETS, TICKET_LIFE, Tickets

ME = local_actor()


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tickets(clock: Clock) -> Tickets:
    numbers = count()
    return Tickets(clock, lambda: f"id-{next(numbers)}")


def test_a_ticket_holds_the_selection(tickets: Tickets) -> None:
    """Place, keys in order and the person with their roles, as often as asked."""
    viewer = local_actor(frozenset({Role.VIEWER}))
    issued = tickets.issue(viewer, "ssi", "stage", ["b", "a"])
    for _ in range(2):
        ticket = tickets.redeem(ME, issued)
        assert (ticket.actor, ticket.layout, ticket.role) == (viewer, "ssi", "stage")
        assert ticket.keys == ("b", "a")


def test_a_ticket_ends(tickets: Tickets, clock: Clock) -> None:
    """Good until the last moment of its life, then as unknown as any other id."""
    issued = tickets.issue(ME, "ssi", "stage", ["a"])
    clock.now += TICKET_LIFE - timedelta(seconds=1)
    assert tickets.redeem(ME, issued)
    clock.now += timedelta(seconds=1)
    with pytest.raises(NotFound, match="expired"):
        tickets.redeem(ME, issued)


def test_a_ticket_is_one_persons(tickets: Tickets) -> None:
    """Nobody else can use it, nor learn that it exists."""
    issued = tickets.issue(ME, "ssi", "stage", ["a"])
    other = Actor(id="other", name="Other", roles=frozenset(Role))
    with pytest.raises(NotFound, match="expired"):
        tickets.redeem(other, issued)


def test_a_page_that_runs_again_shows_the_same_link(tickets: Tickets, clock: Clock) -> None:
    """While half of the life is left; another selection, place or role gets its own."""
    issued = tickets.issue(ME, "ssi", "stage", ["a"])
    assert tickets.issue(ME, "ssi", "stage", ["a"]) == issued
    assert tickets.issue(ME, "ssi", "stage", ["a", "b"]) != issued
    assert tickets.issue(ME, "ssi", "prod", ["a"]) != issued
    assert tickets.issue(local_actor(frozenset()), "ssi", "stage", ["a"]) != issued
    clock.now += TICKET_LIFE / 2
    assert tickets.issue(ME, "ssi", "stage", ["a"]) != issued


def test_tickets_are_bounded(tickets: Tickets) -> None:
    """The oldest goes first."""
    issued = [tickets.issue(ME, "ssi", "stage", [str(n)]) for n in range(MAX_TICKETS + 1)]
    with pytest.raises(NotFound):
        tickets.redeem(ME, issued[0])
    assert tickets.redeem(ME, issued[1]).keys == ("1",)
    assert tickets.redeem(ME, issued[-1]).keys == (str(MAX_TICKETS),)


def test_nothing_selected_is_no_ticket(tickets: Tickets) -> None:
    """An empty selection is told at once, not as an empty ZIP."""
    with pytest.raises(InvalidInput, match="Nothing is selected"):
        tickets.issue(ME, "ssi", "stage", [])


def test_ids_cannot_be_guessed() -> None:
    """By default 128 random bits."""
    made = Tickets()
    issued = {made.issue(ME, "ssi", "stage", [str(n)]) for n in range(MAX_TICKETS)}
    assert len(issued) == MAX_TICKETS
    assert min(map(len, issued)) >= 22  # 128 bits in base 64
