"""Making much at once: a queue is some 200,000 small objects, and all of them stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_making = 0


@contextmanager
def collecting_later() -> Iterator[None]:
    """Keeps the garbage collector from walking through all that is being made, again and again:
    it takes as long as the making. What falls to it meanwhile is collected afterwards.
    """
    global _making  # noqa: PLW0603  several queues may be made at once
    with _lock:
        _making += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _making -= 1
            if not _making:
                gc.enable()
