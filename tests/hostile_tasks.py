"""What tasks can do to a worker: tests submit these by name."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

import numpy as np


def double(number: int) -> int:
    return 2 * number


def pid() -> int:
    return os.getpid()


def spin() -> None:
    """For ever, in Python."""
    while True:
        pass


def hear_nothing() -> None:
    """For ever, whoever asks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    ctypes.PyDLL(None).sleep(1_000)


def crash() -> None:
    ctypes.string_at(0)


def end(status: int) -> None:
    os._exit(status)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def eat(mib: int) -> int:
    """Takes and touches so much, in pieces; returns how much it got."""
    got = [np.ones(2**20) for _ in range(mib // 8)]
    return len(got) * 8


def eat_at_once(mib: int) -> int:
    return len(bytearray(mib * 2**20))


def eat_in_c(mib: int) -> bool:
    """Past Python: whether malloc gave it."""
    malloc = ctypes.CDLL(None).malloc
    malloc.restype = ctypes.c_void_p
    malloc.argtypes = [ctypes.c_size_t]
    return bool(malloc(mib * 2**20))


def fail() -> None:
    raise LookupError("no such \x1b[31mthing")


def mark(folder: str, name: str) -> None:
    """Leaves a file behind after a while."""
    time.sleep(0.5)
    Path(folder, name).touch()


def length(data: bytes) -> int:
    return len(data)
