"""Labels made of strings we do not trust."""

from __future__ import annotations

from collections.abc import Callable

from browser import settle
from hostile import HOSTILE
from playwright.sync_api import Page, expect

from ui.text import visible

JOINER = "\u2060"
KINDS = {"button": "button", "expander": "summary", "checkbox": "label"}


def test_labels_show_hostile_strings_literally(
    page: Page, run_streamlit: Callable[..., str]
) -> None:
    """A label is its text and nothing else: no picture, link, script, icon, formula or style."""
    page.goto(run_streamlit("tests/e2e/apps/labels.py"))
    expect(page.get_by_text("all shown")).to_be_visible()
    settle(page)
    for kind, tag in KINDS.items():
        for number, text in enumerate(HOSTILE):
            label = page.locator(f".st-key-{kind}-{number} {tag} [data-testid=stMarkdownContainer]")
            shown = label.inner_text().replace(JOINER, "")
            assert shown == visible(text), kind
            inside = label.evaluate("e => [...e.querySelectorAll('*')].map(c => c.tagName)")
            assert inside == ["P"], (kind, text)
    assert page.evaluate("window.hacked") is None
