"""Consoles that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from consoles import Console, make_folder


@pytest.fixture
def run_console(tmp_path: Path) -> Iterator[Callable[..., Console]]:
    """`run_console(*arguments)`: a console that ends with the test."""
    folder = make_folder(tmp_path)
    started: list[Console] = []

    def run(*arguments: str) -> Console:
        started.append(Console(folder, *arguments))
        return started[-1]

    yield run
    for console in started:
        console.end()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One running console for the tests of a module."""
    running = Console(make_folder(tmp_path_factory.mktemp("console")), "--server.port=0")
    assert running.port
    yield running
    running.end()
