"""Holding a process to so much memory and processor time more than it has. Runs in the worker."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

if sys.platform != "win32":
    import resource

_STATUS = Path("/proc/self/status")
_LOOK_S = 0.2
OVER = 99  # exit status of a worker that was found over its limit
OUT_OF_TIME = -24  # of one that SIGXCPU ended
T = TypeVar("T")


def hold_to(memory_bytes: int) -> None:
    """From now on this process can take at most `memory_bytes` more: asking for more fails.

    Linux counts what is written to (RLIMIT_DATA: heap and private mappings, not the libraries that
    are mapped in). Elsewhere a thread looks, and ends the process when it is over.
    """
    if sys.platform == "linux":
        limit = _data_bytes() + memory_bytes
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crashes are expected here
    else:
        threading.Thread(target=_watch, args=(memory_bytes,), daemon=True).start()


def run_within(seconds: float, function: Callable[..., T], args: tuple[object, ...]) -> T:
    """What `function` returns; it is the end of the process when it takes more processor time."""
    if sys.platform != "win32":  # there the clock's limit holds alone
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = math.ceil(used.ru_utime + used.ru_stime + seconds)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
    return function(*args)


def _data_bytes() -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _watch(memory_bytes: int) -> None:
    import psutil  # noqa: PLC0415  only where there is no limit to set

    process = psutil.Process()
    most = process.memory_info().rss + memory_bytes
    wait = threading.Event()
    while not wait.wait(_LOOK_S):
        if process.memory_info().rss > most:
            os._exit(OVER)
