"""Documentation that is made from the code is the code's."""

from __future__ import annotations

from tools.make_docs import SETTINGS, settings_page


def test_every_setting_is_documented() -> None:
    """docs/settings.md names every variable the console reads, with default and meaning."""
    assert SETTINGS.read_text(encoding="utf-8") == settings_page(), "run python -m tools.make_docs"
