"""HEAD of many objects of one bucket, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from storage.errors import NotFound
from storage.s3.client import Store
from storage.s3.direct import direct
from storage.s3.heads import head_answer

_VOLLEY = 6  # quick requests that a thread sends before it reads the first answer

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


def volleys(keys: Sequence[str]) -> list[Sequence[str]]:
    """`keys` in portions, for each of which one thread asks at once."""
    return [keys[at : at + _VOLLEY] for at in range(0, len(keys), _VOLLEY)]


def head_answers(
    store: Store,
    bucket: str,
    keys: Sequence[str],
    *,
    workers: int,
    stop: Callable[[], None] = lambda: None,
) -> Iterator[HeadObjectOutputTypeDef | None]:
    """The whole answer for each key, in order; None where nothing is. `stop` is called now and then
    and may raise. Raises as `head_object`.
    """
    quick = direct(store, bucket)

    def one(key: str, answer: HeadObjectOutputTypeDef | None) -> HeadObjectOutputTypeDef | None:
        try:
            return head_answer(store, bucket, key) if answer is None else answer
        except NotFound:
            return None

    def some(names: Sequence[str]) -> list[HeadObjectOutputTypeDef | None]:
        stop()
        answers = quick.heads(names) if quick else [None] * len(names)
        return [one(*pair) for pair in zip(names, answers, strict=True)]

    portions = volleys(keys)
    if not portions:
        return
    with ThreadPoolExecutor(min(workers, len(portions)), thread_name_prefix="head") as pool:
        for found in pool.map(some, portions):
            yield from found
