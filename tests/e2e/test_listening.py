"""Listening, by hand in Chromium, on the real console and store: a QA listener's first clips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import OUTPUT, settle
from playwright.sync_api import Page, expect
from provider import running_provider, sign_in, signed_console, way_in
from real_console import Console, own_s3, put_many, wait_ready

from storage.audio.analyse import ANALYSIS
from storage.db.engine import open_database
from storage.db.measurements import MeasurementRows
from storage.ground import DATABASE_FILE
from storage.model.audio import AudioFacts, Loudness, Sound
from storage.model.content import Content
from storage.model.measuring import ClipFacts

STAGE, CANONICAL = "ssi-audio-stage", "popty-bach-lfs"
PREFIX = "mastered/FFFFFFF0"
SAMPLES = Path(__file__).parents[2] / "storage" / "demo" / "samples" / "ssi"


# where on the screen a point of the second picture is that stands out, and which clip it is
ODD_POINT = """picture => {
  const {x, y, customdata} = picture._fullData.find(({name}) => name === "far off");
  const {xaxis, yaxis} = picture._fullLayout;
  const {left, top} = picture.getBoundingClientRect();
  return [left + xaxis._offset + xaxis.d2p(x[0]), top + yaxis._offset + yaxis.d2p(y[0]),
    customdata[0], customdata.length];
}"""


@pytest.fixture
def measured_course(console: Console, console_store: tuple[object, Path]) -> Iterator[str]:
    """A course of 30 clips of one voice, one of which takes four times as long; its folder."""
    ids = [f"FFFFFFF1-0000-4000-8000-{number:012}" for number in range(30)]
    body = next(iter(sorted(SAMPLES.glob("*.mp3")))).read_bytes()
    bodies = {one: body + one.encode() for one in ids}
    put_many(console.client, STAGE, {f"mastered/{one}.mp3": bodies[one] for one in ids})
    phrases = {f"odd one out {number:02}": one for number, one in enumerate(ids)}
    key = "courses/fra_for_eng/course_manifest.json"
    console.client.put_object(Bucket=CANONICAL, Key=key, Body=manifest(phrases))
    with closing(open_database(console_store[1] / DATABASE_FILE)) as database:
        MeasurementRows(database, ANALYSIS).put(
            [(facts(bodies[one], 4.0 if one == ids[7] else 1.0), b"") for one in ids]
        )
    yield ids[7]
    for name in (key, *(f"mastered/{one}.mp3" for one in ids)):
        console.client.delete_object(Bucket=CANONICAL if name == key else STAGE, Key=name)


def facts(body: bytes, duration_s: float) -> ClipFacts:
    """A sound clip of that length."""
    sound = Sound(
        duration_s=duration_s,
        loudness=Loudness(-16.0, estimated=False, true_peak_dbtp=-3.0),
        lead_silence_s=0.1,
        trail_silence_s=0.1,
        inner_silence_s=0.0,
        clipped_runs=0,
        dc_offset=0.0,
    )
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    content = Content(etag, len(body), hashlib.sha256(body).hexdigest())
    form = AudioFacts("MP3", "mp3", 44_100, 1, 64_000, "CBR", duration_s, len(body))
    return ClipFacts(
        content, "measured", "2026-11-27T09:00:00.000000Z", form, sound, content.sha256, ()
    )


def manifest(phrases: Mapping[str, str]) -> bytes:
    """A French course with one clip a phrase."""
    samples = {
        phrase: [{"id": one, "role": "target1", "cadence": "natural", "duration": 0}]
        for phrase, one in phrases.items()
    }
    piece = {"id": "s", "version": "1", "seeds": [], "samples": samples}
    piece |= {"pooledEncouragements": [], "orderedEncouragements": []}
    facts = {"id": "x", "version": "1", "target": "fra", "known": "eng", "status": "alpha"}
    introduction = {"id": "", "role": "presentation", "cadence": "natural", "duration": 0}
    return json.dumps({**facts, "introduction": introduction, "slices": [piece]}).encode()


@pytest.mark.parametrize(
    "view",
    [("course=fra_for_eng", 900, "light"), ("prefix=mastered%2FFFFFFFF1", 1440, "dark")],
    ids=["course, 900, light", "folder, 1440, dark"],
)
def test_a_point_that_stands_out_opens_its_clip(
    console: Console,
    new_page: Callable[..., Page],
    measured_course: str,
    view: tuple[str, int, str],
) -> None:
    """In a course, and in a folder whose clips a course knows: what is said in it, how long it
    should take, and its sound; again after it was closed. In either theme nothing is too wide.
    """
    scope, width, scheme = view
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{console.url}/listen?project=ssi&bucket=stage&{scope}&show=clips&as=qa")
    for _ in range(2):
        picture = page.locator(".js-plotly-plot").nth(1)
        expect(picture.locator(".main-svg").first).to_be_visible()
        settle(page)
        left, top, key, count = picture.evaluate(ODD_POINT)
        assert (key, count) == (f"mastered/{measured_course}.mp3", 1)
        page.mouse.click(left, top)
        panel = page.locator(".st-key-listening-one")
        expect(panel).to_contain_text("odd one out 07")
        expect(panel).to_contain_text("4.0 s, about 1.0 s expected")
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)


@pytest.fixture
def clips(console: Console, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Three clips of our own under names that begin alike, with bytes that no other test judges."""
    own = request.node.name.encode()
    bodies = [path.read_bytes() + own for path in sorted(SAMPLES.glob("*.mp3"))[:3]]
    keys = [f"{PREFIX}-0000-4000-8000-00000000000{number}.mp3" for number in range(3)]
    put_many(console.client, STAGE, dict(zip(keys, bodies, strict=True)))
    yield keys
    for key in keys:
        console.client.delete_object(Bucket=STAGE, Key=key)


@pytest.mark.journey
def test_clips_are_heard_and_judged_and_the_page_opens_there_again(
    console: Console, page: Page, clips: list[str]
) -> None:
    """Home's card leads to the page; two keys judge two clips; what is left is there after a new
    start of the page without an address; a verdict taken back brings its clip again.
    """
    page.goto(f"{console.url}/?project=ssi&as=qa")
    settle(page)
    expect(page.get_by_role("link", name="Listen to the clips")).to_have_attribute(
        "href", "listen?project=ssi&bucket=stage&as=qa"
    )
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course"}
    page.goto(f"{console.url}/listen?{urlencode(query)}")
    numbers, phrase = page.locator(".numbers"), page.locator(".phrase")
    expect(numbers).to_have_text("3 of 3 clips to hear")
    first = phrase.inner_text()
    page.keyboard.press("a")
    expect(phrase).not_to_have_text(first)
    page.keyboard.press("1")
    page.keyboard.press("x")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    expect(page.locator(".saved")).to_have_text("All saved")
    page.goto(f"{console.url}/listen?project=ssi")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    assert PREFIX in page.url.replace("%2F", "/")
    page.keyboard.press("s")
    expect(page.locator(".empty")).to_contain_text("All of this is heard.")
    page.keyboard.press("u")
    expect(numbers).to_have_text("1 of 3 clips to hear")
    expect(phrase).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(900, "light"), (1440, "dark")])
def test_verdicts_are_taken_along_brought_in_and_counted_for_the_gate(
    console: Console,
    new_page: Callable[..., Page],
    clips: list[str],
    width: int,
    scheme: str,
) -> None:
    """The CSV that the menu gives is taken back by it as known; Progress tells what is left to hear
    before going live; nothing is wider than the screen, in either theme.
    """
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course", "as": "qa"}
    address = f"{console.url}/listen?{urlencode(query)}"
    page.goto(address)
    expect(page.locator(".numbers")).to_contain_text("clips to hear")
    page.keyboard.press("a")
    expect(page.locator(".saved")).to_have_text("All saved")
    page.goto(f"{address}&show=progress")
    page.get_by_role("button", name="What must be heard before going live?").click()
    expect(page.get_by_text("to be heard", exact=False).first).to_be_visible()
    page.screenshot(path=OUTPUT / "screenshots" / f"listening-gate-{width}-{scheme}.png")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as got:
        page.get_by_role("button", name="Verdicts as CSV").click()
    file = got.value.path()
    assert any(key in file.read_text("utf-8") for key in clips)
    page.locator(".st-key-listening-import input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_text("brought in,", exact=False)).to_be_visible()
    page.goto(f"{address}&show=clips")
    settle(page)
    expect(page.get_by_text("Tick rows to judge them together")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")
def test_a_sign_in_that_ends_within_the_player_loses_no_verdict(
    console: Console, page: Page, clips: list[str], tmp_path: Path
) -> None:
    """Two verdicts are given after the session's hours: the browser keeps them, the player says so
    and leads to the sign-in; back from the provider, at the same place, they are sent by themselves.
    """
    query = {"project": "ssi", "bucket": "stage", "prefix": PREFIX, "order": "course", "as": "qa"}
    env = own_s3(console.store)
    log = OUTPUT / "logs" / "test_a_sign_in_that_ends.log"
    with (
        running_provider() as provider,
        signed_console(provider, env, tmp_path, log=log) as signed,
    ):
        wait_ready(signed.url)
        page.context.add_cookies([signed.cookie("both", age_s=3_600 - 25)])
        address = f"{signed.url}/listen?{urlencode(query)}"
        page.goto(address)
        numbers, saved = page.locator(".numbers"), page.locator(".saved")
        expect(numbers).to_have_text("3 of 3 clips to hear")
        page.keyboard.press("a")
        expect(saved).to_have_text("All saved")
        page.wait_for_timeout(25_000)
        page.keyboard.press("s")
        page.keyboard.press("1")
        page.keyboard.press("x")
        expect(saved).to_have_text("2 verdicts kept here")
        banner = page.locator(".banner")
        expect(banner).to_contain_text("You have been signed out.")
        expect(banner).to_contain_text("2 verdicts kept in this browser; sent once you are signed")
        banner.get_by_role("button", name="Sign in").click()
        expect(way_in(page)).to_be_visible()
        sign_in(page, "both")
        assert page.url == address
        expect(saved).to_have_text("All saved")
        expect(numbers).to_have_text("0 of 3 clips to hear")
        page.goto(f"{address}&show=progress")
        expect(page.get_by_text("Bo Both").first).to_be_visible()
        assert (
            page.evaluate("Object.keys(localStorage).filter(k => /:verdict:/.test(k)).length") == 0
        )
