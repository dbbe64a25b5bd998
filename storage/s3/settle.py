"""Writes whose answer was lost: a read tells what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from storage.errors import Conflict, NotFound, StorageError, Unavailable, Unconfirmed
from storage.s3.failures import in_doubt, was_retried

Outcome = TypeVar("Outcome")


def settled(write: Callable[[], Outcome], look: Callable[[], Outcome | None]) -> Outcome:
    """What `write` did; where its answer was lost, what `look` finds.

    `look` returns the outcome when our write is there, None when all is as it was before, and
    raises Conflict when somebody else's is there. An answer may be lost although a later try of
    the SDK was answered: a condition then fails because of our own first try. Raises what `write`
    raises, and Unconfirmed where the read cannot tell (yet): the write may still arrive.
    """
    try:
        return write()
    except (Unavailable, Conflict, NotFound) as error:
        failure = error
    answered = not isinstance(failure, Unavailable)
    if not in_doubt(failure) and not (answered and was_retried(failure)):
        raise failure
    try:
        found = look()
    except Conflict as conflict:
        raise (failure if answered else conflict) from failure.__cause__
    except StorageError:
        if in_doubt(failure):
            raise unconfirmed(failure) from failure
        raise failure from failure.__cause__
    if found is not None:
        return found
    if answered:
        raise failure
    raise unconfirmed(failure) from failure


def unconfirmed(failure: StorageError) -> Unconfirmed:
    """`failure` as a write of which nobody knows whether it happened."""
    return Unconfirmed(
        f"Whether this was done is not known: {failure.what}",
        "Reload in a moment and look before you try again.",
        bucket=failure.bucket,
        key=failure.key,
    )
