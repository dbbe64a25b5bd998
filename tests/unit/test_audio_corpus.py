"""A corpus of broken files, through real workers: each has the right finding, none ends anything."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.measurements.judging import findings_of
from storage.measurements.task import MODULES, Taken, take
from storage.model.audio import AudioFinding, AudioLimits
from storage.model.content import Content
from storage.model.measuring import ClipFacts
from storage.workers.interface import Limits, Outcome, Ticket
from storage.workers.local import LocalWorkers
from tests import broken

KINDS = dict(broken.kinds())
WHOLE = broken.whole()


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, Outcome[Taken]]]:
    """Every file measured once, at the limits that clips are held to."""
    workers = LocalWorkers(2, Limits(), MODULES)
    files = {told: one.data for told, one in KINDS.items()} | WHOLE
    tickets: dict[str, Ticket[Taken]] = {
        told: workers.submit(take, data) for told, data in files.items()
    }
    yield {told: ticket.result() for told, ticket in tickets.items()}
    workers.close()


def _findings(outcome: Outcome[Taken], name: str) -> tuple[AudioFinding, ...]:
    taken = outcome.value
    assert taken is not None, outcome.failure
    clip = ClipFacts(
        Content("", 0), taken.state, "", taken.facts, taken.sound, taken.digest, taken.damage
    )
    return findings_of(clip, AudioLimits(), name)


def test_there_are_many_kinds() -> None:
    """Issue 6: at least 60."""
    assert len(KINDS) >= 60


@pytest.mark.parametrize("told", KINDS)
def test_a_broken_file_is_told(told: str, outcomes: dict[str, Outcome[Taken]]) -> None:
    """By one of the findings that are right for it, and that is more than information."""
    found = _findings(outcomes[told], KINDS[told].name)
    assert {one.code for one in found if one.severity != "info"} & KINDS[told].right
    assert all(one.text.isprintable() for one in found)


@pytest.mark.parametrize("ending", WHOLE)
def test_the_whole_file_is_fine(ending: str, outcomes: dict[str, Outcome[Taken]]) -> None:
    """Or the findings on its broken kin would mean nothing."""
    assert _findings(outcomes[ending], f"a.{ending}") == ()


@pytest.mark.long
def test_the_script_writes_them(tmp_path: Path) -> None:
    """For trying them on other programs: one file a kind."""
    command = [sys.executable, "-m", "tests.broken", str(tmp_path / "made")]
    subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parents[2])
    assert len(list((tmp_path / "made").iterdir())) == len(KINDS)
