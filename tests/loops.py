"""Async calls from tests, whichever ran before them in the same process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import anyio

T = TypeVar("T")


def run_async(call: Callable[..., Awaitable[T]], *args: object) -> T:
    """What `call(*args)` returns, on a loop in a thread of its own: the browser tests leave one
    running in the main thread.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, call, *args).result()
