"""The browser rig itself: it sees what the other browser tests rely on it to see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Watch, settle
from playwright.sync_api import Page, expect

PAGE = """
import streamlit as st
st.title("Rig")
if st.button("Add"):
    st.session_state["n"] = st.session_state.get("n", 0) + 1
    st.rerun()
st.text(f"added {st.session_state.get('n', 0)}")
"""


@pytest.mark.journey
def test_a_streamlit_script_is_served_clicked_and_settles(
    page: Page, run_streamlit: Callable[..., str], tmp_path: Path, watch: Watch
) -> None:
    """A script on a free port renders, reruns on a click, and asks this machine alone."""
    script = tmp_path / "page.py"
    script.write_text(PAGE)
    page.goto(run_streamlit(script))
    settle(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("added 1")).to_be_visible()
    settle(page)
    assert watch.problems() == []
    assert any(url.startswith("ws://127.0.0.1") for url in watch.requests)


@pytest.mark.journey
def test_a_server_that_does_not_start_says_why(
    run_streamlit: Callable[..., str], tmp_path: Path
) -> None:
    """A missing script fails at once, with the server's own words."""
    with pytest.raises(RuntimeError, match="does not exist"):
        run_streamlit(tmp_path / "missing.py")


@pytest.mark.journey
def test_another_host_and_a_csp_violation_are_problems(page: Page, watch: Watch) -> None:
    """An image from elsewhere and a blocked script are both seen; neither leaves the machine."""
    page.route(
        "http://localhost/**",
        lambda route: route.fulfill(
            content_type="text/html",
            headers={"Content-Security-Policy": "script-src 'self'"},
            body='<img src="http://elsewhere.example/x.png"><script>window.ran = 1</script>',
        ),
    )
    page.goto("http://localhost/")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert watch.elsewhere() == ["http://elsewhere.example/x.png"]
    assert len(watch.violations) == 1
    watch.requests.clear()
    watch.violations.clear()
