"""The Listen page's player in Chromium, under the console's own security policy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from browser import OUTPUT, settle, streamlit_server
from playwright.sync_api import Page, expect
from review_desk import ARABIC, ReviewDesk, review_desk

CLIPS = 8
# every element that was told to play, for nobody hears it here
HEAR = """
window.sounds = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!window.sounds.includes(this)) window.sounds.push(this);
  return play.call(this);
};
"""
SIGNED_OUT = {"code": "not-signed-in", "what": "The session is over.", "remedy": "Sign in again."}


@pytest.fixture(scope="module")
def _servers() -> Iterator[tuple[ReviewDesk, str]]:
    with review_desk(CLIPS) as desk:
        log = OUTPUT / "logs" / "test_listen.log"
        env = {"MEDIA": desk.media.origin}
        with streamlit_server("tests/e2e/apps/listen_app.py", env, log=log) as url:
            yield desk, url


@pytest.fixture
def desk(_servers: tuple[ReviewDesk, str]) -> ReviewDesk:
    """The stand-in, as new."""
    desk = _servers[0]
    desk.refusal, desk.media.life_s = None, 600
    for kept in (desk.verdicts, desk.undone, desk.asked, desk.media.renewals, desk.media.fetches):
        kept.clear()
    return desk


@pytest.fixture
def open_page(_servers: tuple[ReviewDesk, str], page: Page) -> Callable[..., Page]:
    """`open_page(**query)`: the test page, once its first clip is shown."""
    page.add_init_script(HEAR)

    def go(**query: str) -> Page:
        page.goto(f"{_servers[1]}/?{urlencode(query)}")
        settle(page)
        expect(page.locator(".phrase")).not_to_be_empty()
        return page

    return go


def sounding(page: Page) -> list[dict[str, Any]]:
    """What plays now."""
    found: list[dict[str, Any]] = page.evaluate(
        "window.sounds.filter(a => !a.paused && !a.ended).map(a => ({src: a.src, at: a.currentTime,"
        " volume: a.volume, rate: a.playbackRate, pitch: a.preservesPitch}))"
    )
    return found


def wait(page: Page, fits: Callable[[], Any], why: str = "") -> Any:
    """What `fits` returns, once it is true; at most 10 s."""
    for _ in range(200):
        if found := fits():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(why or str(sounding(page)))


def phrase(page: Page) -> str:
    return page.locator(".phrase").inner_text()


def hears(page: Page, clip: dict[str, Any]) -> None:
    """Waits until that clip alone sounds."""
    wait(page, lambda: [clip["id"] in one["src"] for one in sounding(page)] == [True])


@pytest.mark.journey
def test_one_key_a_verdict_and_the_next_clip_sounds(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """Play by itself, approve, reject with reasons and a note at a moment, undo, skip, go back: all
    by keyboard; what the console is told is what was said.
    """
    page, clips = open_page(), desk.clips
    hears(page, clips[0])
    assert page.locator("canvas").first.is_visible()
    page.keyboard.press("a")
    hears(page, clips[1])
    expect(page.locator(".phrase")).to_have_text(ARABIC)
    assert page.locator(".phrase").evaluate("p => [p.lang, getComputedStyle(p).direction]") == [
        "ar",
        "rtl",
    ]
    expect(page.locator(".earlier")).to_contain_text("<b>hiss</b> at the end")
    page.keyboard.press("t")
    page.keyboard.type("a crack")
    page.keyboard.press("Enter")
    page.keyboard.press("3")
    page.keyboard.press("1")
    page.keyboard.press("3")
    page.keyboard.press("x")
    hears(page, clips[2])
    wait(page, lambda: len(desk.verdicts) == 2)
    rejected = list(desk.verdicts.values())[1]
    assert (rejected["key"], rejected["decision"]) == (clips[1]["key"], "rejected")
    assert rejected["reasons"] == ["cut-off"]
    assert [mark["text"] for mark in rejected["marks"]] == ["a crack"]
    expect(page.locator(".saved")).to_have_text("All saved")
    page.keyboard.press("u")
    expect(page.locator(".phrase")).to_have_text(ARABIC)
    assert desk.undone == [f"verdict-{rejected['nonce']}"]
    expect(page.get_by_role("button", name="Cut off")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("j")
    hears(page, clips[2])
    page.keyboard.press("k")
    hears(page, clips[1])
    assert desk.judged() == {clips[0]["key"]: "approved"}


def test_a_rejection_without_a_reason_is_asked_for_one(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """X alone asks why and judges nothing; a held key gives one verdict; Enter takes it with the reasons chosen since."""
    page = open_page()
    page.keyboard.down("x")
    page.keyboard.down("x")  # as the keyboard repeats it
    page.keyboard.up("x")
    expect(page.locator(".ask")).to_contain_text("Why?")
    page.wait_for_timeout(300)
    assert desk.verdicts == {}
    page.keyboard.press("Escape")
    expect(page.locator(".ask")).to_be_hidden()
    page.keyboard.press("x")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    wait(page, lambda: desk.verdicts)
    (said,) = desk.verdicts.values()
    assert (said["decision"], said["reasons"]) == ("rejected", ["noise"])


@pytest.mark.journey
def test_streamlit_hears_no_key_that_is_meant_for_listen(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """Typing r and c into a note neither runs the page again nor asks to clear caches, and letters
    typed elsewhere judge nothing. R by itself is still Streamlit's.
    """
    page = open_page()
    page.evaluate(
        "window.reached = []; document.addEventListener('keydown', e => window.reached.push(e.key))"
    )
    page.keyboard.press("n")
    page.keyboard.type("rc racc")
    page.keyboard.press("Enter")
    for key in ("b", "l", "l", "1", "ArrowRight", " ", "a"):
        page.keyboard.press(key)
    wait(page, lambda: desk.verdicts)
    assert page.evaluate("window.reached") == []
    assert next(iter(desk.verdicts.values()))["note"] == "rc racc"
    expect(page.get_by_text("run 1", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Elsewhere").fill("")
    page.get_by_label("Elsewhere").press_sequentially("axs")
    page.wait_for_timeout(200)
    assert len(desk.verdicts) == 1
    page.get_by_label("Elsewhere").press("Tab")
    page.locator(".numbers").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()
    settle(page)  # while a run lasts, Streamlit takes no notice of R
    page.keyboard.press("r")
    expect(page.get_by_text("run 3", exact=True)).to_be_visible()


def kept(page: Page) -> int:
    """Verdicts in the browser's storage."""
    return len(
        json.loads(
            page.evaluate(
                "JSON.stringify(Object.keys(localStorage).filter(k => k.includes(':verdict:')))"
            )
        )
    )


def test_verdicts_survive_a_lost_connection_a_reload_and_a_session_that_ended(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """What was said is kept, is said to be kept, and arrives once: by itself, or after signing in
    as the same person and no other.
    """
    page = open_page()
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.keyboard.press("s")
    expect(page.locator(".saved")).to_have_text("2 verdicts kept here")
    expect(page.locator(".banner")).to_contain_text("The console does not answer")
    assert kept(page) == 2
    desk.refusal = (401, SIGNED_OUT)
    page.context.set_offline(False)
    expect(page.locator(".banner")).to_contain_text("You have been signed out.")
    assert (kept(page), desk.verdicts) == (2, {})
    desk.refusal = None
    page = open_page(person="bob")
    page.wait_for_timeout(300)
    assert (kept(page), desk.verdicts) == (2, {})
    page = open_page()
    wait(page, lambda: len(desk.verdicts) == 2)
    wait(page, lambda: kept(page) == 0)
    first, second = desk.clips[:2]
    assert desk.judged() == {first["key"]: "approved", second["key"]: "second-ear"}
    expect(page.locator(".banner")).to_be_hidden()


def test_a_verdict_that_is_refused_for_good_is_shown_and_discarded(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """It is not sent for ever, and does not hold up those that follow."""
    page = open_page()
    desk.refusal = (
        400,
        {"code": "invalid-input", "what": "No such reason: <i>x</i>.", "remedy": ""},
    )
    page.keyboard.press("a")
    expect(page.locator(".banner")).to_contain_text(
        "1 verdict not taken: No such reason: <i>x</i>."
    )
    desk.refusal = None
    page.keyboard.press("a")
    wait(page, lambda: len(desk.verdicts) == 1)
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".banner")).to_be_hidden()
    assert kept(page) == 0


def test_compare_is_equally_loud_and_speed_keeps_the_pitch(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """B plays the live clip, which is 6 dB quieter: the new one is turned down by as much."""
    page = open_page()
    (own,) = wait(page, lambda: sounding(page))
    assert own["volume"] == pytest.approx(10 ** (-6 / 20), abs=0.01)
    page.keyboard.press("b")
    (live,) = wait(page, lambda: [one for one in sounding(page) if "prod" in one["src"]])
    assert live["volume"] == pytest.approx(1)
    expect(page.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("v")
    (other,) = wait(page, lambda: [one for one in sounding(page) if "prod" not in one["src"]])
    assert desk.clips[0]["neighbours"][0]["id"] in other["src"]
    page.keyboard.press(",")
    page.keyboard.press(",")
    (slow,) = wait(page, lambda: sounding(page))
    assert (slow["rate"], slow["pitch"]) == (0.5, True)


def test_a_stretch_repeats(desk: ReviewDesk, open_page: Callable[..., Page]) -> None:
    """I and O mark it while it plays; the sound stays inside until Escape."""
    page = open_page()
    wait(page, lambda: sounding(page))
    page.keyboard.press(" ")
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")  # half a second
    page.keyboard.press("i")
    wait(page, lambda: sounding(page) and sounding(page)[0]["at"] > 0.9)
    page.keyboard.press("o")
    repeat = page.get_by_role("button", name="Repeat stretch")
    expect(repeat).to_have_attribute("aria-pressed", "true")
    seen = []
    for _ in range(30):
        seen += [one["at"] for one in sounding(page)]
        page.wait_for_timeout(60)
    assert min(seen) >= 0.4
    assert max(seen) < 2
    assert any(later < earlier for earlier, later in pairwise(seen))
    page.keyboard.press("Escape")
    expect(repeat).to_be_hidden()
    wait(page, lambda: not sounding(page))


def test_an_address_that_ended_is_renewed_where_it_was(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """The next clip was fetched under an address that has expired since: it sounds all the same."""
    page = open_page()
    wait(page, lambda: sounding(page))
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    desk.media.revoke()
    page.evaluate("Date.now = () => 9e12")  # every address we know has expired
    page.keyboard.press("ArrowRight")
    renewed = wait(page, lambda: desk.media.renewals)
    assert renewed[0] == desk.clips[0]["renew"]
    where = wait(page, lambda: page.evaluate("window.sounds.at(-1)?.currentTime > 0.3"))
    assert where


def test_it_is_used_by_keyboard_alone_and_tells_what_it_does(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """Everything has a role and a name; Tab and Enter give a verdict, and what comes is said in its
    own language.
    """
    page = open_page()
    listen = page.get_by_role("region", name="Listen to clips")
    expect(listen.get_by_role("slider", name="Position")).to_have_attribute(
        "aria-valuetext", re.compile(r"0:0\d\.\d of 0:02\.6")
    )
    for name in ("Speed", "Volume", "Note", "Reasons", "Judged"):
        assert listen.get_by_label(name, exact=True).count() == 1, name
    page.keyboard.press(" ")
    listen.get_by_role("button", name="Play", exact=True).focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-keyshortcuts')"
        )
        if focused == "A":
            break
    page.keyboard.press("Enter")
    expect(listen.locator(".spoken")).to_have_text(f"Approved. {ARABIC}")
    assert listen.locator(".spoken span").get_attribute("lang") == "ar"
    wait(page, lambda: len(desk.verdicts) == 1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.wait_for_timeout(200)
    assert len(desk.verdicts) == 1


def test_nothing_slides_for_whom_motion_is_too_much(
    desk: ReviewDesk, open_page: Callable[..., Page]
) -> None:
    """The bar of how far it is grows at once where the system asks for less motion, and slowly
    where it does not; the next clip sounds in either case.
    """
    grows = {}
    for motion in ("no-preference", "reduce"):
        page = open_page(person=motion)
        page.emulate_media(reduced_motion=motion)
        hears(page, desk.clips[0])
        grows[motion] = page.locator(".meter i").evaluate("i => getComputedStyle(i).transition")
        page.keyboard.press("j")
        hears(page, desk.clips[1])
    assert "0.3s" in grows["no-preference"]
    assert "0.3s" not in grows["reduce"]


def test_clips_that_are_not_measured_say_so_and_how_they_are(
    desk: ReviewDesk, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the waveform would be; a press begins it without ending what is heard."""
    monkeypatch.setitem(desk.clips[0], "peaks", "")
    page = open_page(measure="1")
    expect(page.get_by_text("No sound was found in it")).to_be_visible()
    expect(page.get_by_role("button", name="Measure these clips")).to_be_hidden()
    monkeypatch.setitem(desk.clips[0], "measured", False)
    page = open_page()
    expect(page.get_by_text("Not measured yet")).to_be_visible()
    expect(page.get_by_role("button", name="Measure these clips")).to_be_hidden()
    page = open_page(measure="1")
    phrase = page.locator(".phrase").inner_text()
    page.get_by_role("button", name="Measure these clips").click()
    expect(page.get_by_text("measuring begins")).to_be_visible()
    expect(page.locator(".phrase")).to_have_text(phrase)


def test_what_was_measured_meanwhile_is_shown_of_the_clip_that_is_heard(
    desk: ReviewDesk, open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its figures and its waveform, when the page says that more is known; the sound goes on, and a
    note that was begun stays."""
    peaks = desk.clips[0]["peaks"]
    monkeypatch.setitem(desk.clips[0], "peaks", "")
    monkeypatch.setitem(desk.clips[0], "measured", False)
    page = open_page()
    hears(page, desk.clips[0])
    page.keyboard.press("l")  # for as long as this takes
    page.keyboard.press("n")
    page.keyboard.type("a hiss")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Not measured yet")).to_be_visible()
    desk.clips[0] |= {"peaks": peaks, "measured": True}
    asked = len(desk.media.renewals)
    page.get_by_text("Measured", exact=True).click()
    expect(page.get_by_text("Not measured yet")).to_be_hidden()
    expect(page.locator(".wave canvas").first).to_be_visible()
    expect(page.get_by_label("Note", exact=True)).to_have_value("a hiss")
    hears(page, desk.clips[0])
    assert len(desk.media.renewals) == asked
