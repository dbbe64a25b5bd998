"""HEAD of many objects of one bucket, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from storage.errors import NotFound
from storage.s3.client import Store
from storage.s3.direct import direct
from storage.s3.heads import head_answer

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef


def head_answers(
    store: Store,
    bucket: str,
    keys: Sequence[str],
    *,
    workers: int,
    stop: Callable[[], None] = lambda: None,
) -> Iterator[HeadObjectOutputTypeDef | None]:
    """The whole answer for each key, in order; None where nothing is. `stop` is called before each
    and may raise. Raises as `head_object`.
    """
    if not keys:
        return
    quick = direct(store, bucket)

    def one(key: str) -> HeadObjectOutputTypeDef | None:
        stop()
        answer = quick.head(key) if quick else None
        if answer is None:
            try:
                answer = head_answer(store, bucket, key)
            except NotFound:
                return None
        return answer

    with ThreadPoolExecutor(min(workers, len(keys)), thread_name_prefix="head") as pool:
        yield from pool.map(one, keys)
