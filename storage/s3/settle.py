"""Writes whose answer was lost: a read tells what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from storage.errors import Conflict, NotFound, StorageError, Unavailable, Unconfirmed
from storage.s3.failures import in_doubt, was_retried

Outcome = TypeVar("Outcome")


def settled(
    write: Callable[[], Outcome], look: Callable[[], Outcome | None], *, lost: bool = False
) -> Outcome:
    """What `write` did; where its answer was lost, or that of a try before it (`lost`), what `look`
    finds.

    `look` returns the outcome when our write is there, None when all is as it was before, and
    raises Conflict when something else is there. An answer may be lost although a later try of
    the SDK was answered: a condition then fails because of our own first try. Raises what `write`
    raises, and Unconfirmed where the read cannot tell (yet): the write may still arrive.
    """
    try:
        return write()
    except (Unavailable, Conflict, NotFound) as error:
        failure = error
    answered = not isinstance(failure, Unavailable)
    doubt = lost or in_doubt(failure)
    if not doubt and not (answered and was_retried(failure)):
        raise failure
    try:
        found = look()
    except StorageError as silence:
        if not doubt:
            raise failure from failure.__cause__
        # a Conflict settles nothing: ours may lie under somebody else's, as an older version
        raise unconfirmed(silence if isinstance(silence, Conflict) else failure) from failure
    if found is not None:
        return found
    if answered:
        raise failure
    raise unconfirmed(failure) from failure


def unconfirmed(failure: StorageError) -> Unconfirmed:
    """`failure` as a write of which nobody knows whether it happened."""
    why = "the answer was lost, and another object is there now."
    return Unconfirmed(
        "Whether this was done is not known: "
        f"{why if isinstance(failure, Conflict) else failure.what}",
        "Reload in a moment, and look at the object and its versions before you try again.",
        bucket=failure.bucket,
        key=failure.key,
    )
