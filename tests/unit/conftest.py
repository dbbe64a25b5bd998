"""Property tests: a deadline for none (busy machines are slow, not wrong), more tries when long.

`make test-long` runs them again with HYPOTHESIS_PROFILE=long.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings

settings.register_profile("short", deadline=None, max_examples=40)
settings.register_profile("long", deadline=None, max_examples=400)
settings.register_profile("full", deadline=None, max_examples=3_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks this folder's property tests, so that `make test-long` finds them."""
    here = Path(__file__).parent
    for item in items:
        function = getattr(item, "obj", None)
        if here in item.path.parents and function and is_hypothesis_test(function):
            item.add_marker("property")
