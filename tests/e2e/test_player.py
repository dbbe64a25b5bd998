"""The audio player in Chromium, under the console's own security policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from browser import OUTPUT, Watch, settle, streamlit_server
from hostile import HOSTILE
from media import Media, media_server, tone
from playwright.sync_api import Locator, Page, expect

from ui.text import visible

LONG_S = 1_500  # 24 MB: more than a browser takes in advance
FILES = {
    "long.wav": tone(LONG_S),
    "other.wav": tone(5),
    "short.wav": tone(1.5),
    "page.mp3": b"<!doctype html><title>Not found</title>" * 20,
    "empty.wav": b"",
    **{name: tone(1) for name in HOSTILE},
}


@pytest.fixture(scope="module")
def _servers() -> Iterator[tuple[Media, str]]:
    with media_server(FILES) as media:
        env = {"MEDIA": media.origin}
        log = OUTPUT / "logs" / "test_player.log"
        with streamlit_server("tests/e2e/apps/player_app.py", env, log=log) as url:
            yield media, url


@pytest.fixture
def media(_servers: tuple[Media, str]) -> Media:
    """The stand-in store, as new."""
    media = _servers[0]
    media.life_s, media.refusal = 600, None
    media.renewals.clear()
    media.fetches.clear()
    return media


@pytest.fixture
def show(_servers: tuple[Media, str], page: Page) -> Callable[..., Locator]:
    """`show(*clips)`: opens the test page with a player for each clip -> the first player."""

    def go(*clips: str, on: Page = page) -> Locator:
        on.goto(f"{_servers[1]}/?{urlencode([('clip', clip) for clip in clips])}")
        settle(on)
        return on.locator(".st-key-player-0 .player")

    return go


def audio(player: Locator) -> dict[str, object]:
    """What the element itself says, for nobody hears it here."""
    return player.locator("audio").evaluate(
        "a => ({at: a.currentTime, paused: a.paused, src: a.currentSrc, rate: a.playbackRate,"
        " muted: a.muted, volume: a.volume, loop: a.loop, ended: a.ended})"
    )


def wait_until(player: Locator, condition: Callable[[dict[str, object]], bool]) -> None:
    """Until the element's state is as it should be, at most 10 s."""
    for _ in range(100):
        if condition(audio(player)):
            return
        player.page.wait_for_timeout(100)
    raise AssertionError(f"still {audio(player)}")


def has_passed(seconds: float) -> Callable[[dict[str, object]], bool]:
    return lambda now: float(str(now["at"])) > seconds and not now["paused"]


def seek(player: Locator, seconds: float) -> None:
    player.get_by_label("Position").fill(str(seconds))


@pytest.mark.journey
def test_play_sounds_and_the_time_advances(media: Media, show: Callable[..., Locator]) -> None:
    """Pressing play moves currentTime and the clock; pressing again stops both."""
    player = show("long.wav")
    expect(player.locator(".total")).to_have_text("25:00")
    assert audio(player)["paused"]
    player.get_by_label("Play").click()
    wait_until(player, has_passed(1.0))
    expect(player.locator(".now")).to_have_text(re.compile("0:0[1-9]"))
    player.get_by_label("Pause").click()
    stopped = audio(player)
    player.page.wait_for_timeout(400)
    assert audio(player)["at"] == stopped["at"]
    assert media.renewals == []


def test_seeking_asks_the_store_for_the_range(media: Media, show: Callable[..., Locator]) -> None:
    """A seek far ahead goes on there, and fetches from there instead of all before it."""
    player = show("long.wav")
    player.get_by_label("Play").click()
    wait_until(player, has_passed(0.2))
    seek(player, 1_400)
    wait_until(player, has_passed(1_400.5))
    starts = [int(asked[6:].split("-")[0]) for _, asked, status in media.fetches if status == 206]
    assert max(starts) > 20_000_000
    assert media.renewals == []


@pytest.mark.parametrize("cause", ["Rerun", "New address", "theme"])
def test_sound_survives_what_happens_around_it(
    media: Media, show: Callable[..., Locator], cause: str
) -> None:
    """Reruns, newer addresses of the same bytes and a change of theme: the sound just goes on."""
    player = show("long.wav")
    player.get_by_label("Play").click()
    wait_until(player, has_passed(0.3))
    player.locator("audio").evaluate(
        "a => { window.interrupted = []; window.playing = a;"
        " for (const name of ['pause', 'emptied', 'seeking', 'loadstart'])"
        "   a.addEventListener(name, () => window.interrupted.push(name)); }"
    )
    before = audio(player)
    if cause == "theme":
        player.page.emulate_media(color_scheme="dark")
    else:
        for run in (2, 3):
            player.page.get_by_role("button", name=cause).click()
            expect(player.page.get_by_text(f"run {run}", exact=True)).to_be_visible()
    settle(player.page)
    wait_until(player, has_passed(float(str(before["at"])) + 0.7))
    assert player.page.evaluate("window.interrupted") == []
    assert player.locator("audio").evaluate("a => a === window.playing")
    assert media.renewals == []


def test_expired_while_paused_goes_on_where_it_was(
    media: Media, show: Callable[..., Locator]
) -> None:
    """Play after the address expired renews it once, and sounds on from the same position."""
    media.life_s = 3
    player = show("long.wav")
    player.get_by_label("Play").click()
    seek(player, 120)
    wait_until(player, has_passed(120.2))
    player.get_by_label("Pause").click()
    stopped = audio(player)
    player.page.wait_for_timeout(3_000)
    media.revoke()
    media.life_s = 600
    player.get_by_label("Play").click()
    wait_until(player, has_passed(float(str(stopped["at"])) + 0.3))
    now = audio(player)
    assert float(str(now["at"])) < float(str(stopped["at"])) + 5
    assert now["src"] != stopped["src"]
    assert media.renewals == [
        {"layout": "ssi", "role": "stage", "key": "long.wav", "etag": "abc"},
    ]


def test_a_seek_after_expiry_stays_paused_at_the_new_position(
    media: Media, show: Callable[..., Locator]
) -> None:
    """Renewing keeps the playing state too: what was paused stays paused."""
    media.life_s = 1
    player = show("long.wav")
    expect(player.locator(".total")).to_have_text("25:00")
    player.page.wait_for_timeout(1_000)
    media.revoke()
    media.life_s = 600
    first = audio(player)["src"]
    seek(player, 200)
    wait_until(player, lambda now: now["at"] == 200 and now["src"] != first)
    assert audio(player)["paused"]
    expect(player.locator(".now")).to_have_text("3:20")


@pytest.mark.parametrize("playing", [True, False])
def test_a_refusal_before_its_time_renews_as_well(
    media: Media, show: Callable[..., Locator], playing: bool
) -> None:
    """An address that stops working early (other credentials) is renewed at the error."""
    player = show("long.wav")
    expect(player.locator(".total")).to_have_text("25:00")
    if playing:
        player.get_by_label("Play").click()
        wait_until(player, has_passed(0.2))
    media.revoke()
    seek(player, 280)
    wait_until(player, lambda now: float(str(now["at"])) >= 280 and now["paused"] != playing)
    if playing:
        wait_until(player, has_passed(280.3))
    for _ in range(100):  # a seek shows its place before the browser has asked for it
        if media.renewals:
            break
        player.page.wait_for_timeout(100)
    assert len(media.renewals) == 1


def test_a_refused_renewal_says_what_and_remedy_and_can_be_tried_again(
    media: Media, show: Callable[..., Locator]
) -> None:
    """The server's words are shown as text; "Try again" goes on once the cause is gone."""
    media.life_s = 1
    player = show("long.wav")
    expect(player.locator(".total")).to_have_text("25:00")
    player.page.wait_for_timeout(1_000)
    media.revoke()
    media.life_s = 600
    media.refusal = {
        "code": "conflict",
        "what": "The object <b>changed</b>.",
        "remedy": "Reload the list.",
    }
    seek(player, 30)
    problem = player.get_by_role("alert")
    expect(problem).to_contain_text("The object <b>changed</b>.")
    expect(problem).to_contain_text("Reload the list.")
    assert audio(player)["paused"]
    media.refusal = None
    problem.get_by_role("button", name="Try again").click()
    expect(problem).to_be_hidden()
    wait_until(player, has_passed(30.2))


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        ("page.mp3", "This file cannot be played: it is damaged"),
        ("empty.wav", "This file cannot be played: it is empty"),
        ("gone.wav", "The file is no longer there."),
    ],
)
def test_what_cannot_be_played_says_so(
    media: Media, show: Callable[..., Locator], clip: str, words: str
) -> None:
    """Broken, empty and vanished files are told apart, after one renewal and not more."""
    player = show(clip)
    expect(player.get_by_role("alert")).to_contain_text(words)
    player.page.wait_for_timeout(500)
    assert len(media.renewals) == 1


def test_a_console_that_is_down_is_not_a_broken_file(
    media: Media, show: Callable[..., Locator], watch: Watch
) -> None:
    """When the renewal does not reach the console, that is what the player says."""
    player = show("page.mp3")
    expect(player.get_by_role("alert")).to_be_visible()
    player.page.route("**/api/ui/clip", lambda route: route.abort())
    player.get_by_role("button", name="Try again").click()
    expect(player.get_by_role("alert")).to_contain_text("The console does not answer.")


def test_a_store_that_is_down_is_not_a_broken_file(
    media: Media, show: Callable[..., Locator]
) -> None:
    """When the store does not answer, the player says so; "Try again" works once it does."""
    player = show("other.wav")
    page = player.page
    page.route(f"{media.origin}/**", lambda route: route.abort())
    page.reload()
    expect(player.get_by_role("alert")).to_contain_text("The store cannot be reached")
    page.unroute(f"{media.origin}/**")
    player.get_by_role("button", name="Try again").click()
    wait_until(player, has_passed(0.2))
    expect(player.get_by_role("alert")).to_be_hidden()


def test_another_object_stops_the_old_one(media: Media, show: Callable[..., Locator]) -> None:
    """Other bytes under the same player: silence, at 0, with the new clip's length."""
    player = show("long.wav")
    player.get_by_label("Play").click()
    seek(player, 100)
    wait_until(player, has_passed(100.2))
    player.page.get_by_role("button", name="Another clip").click()
    expect(player.locator(".total")).to_have_text("0:05.0")
    expect(player.locator(".name")).to_have_text("other.wav")
    now = audio(player)
    assert now["paused"]
    assert now["at"] == 0
    assert "other.wav" in str(now["src"])
    expect(player.get_by_label("Play")).to_be_visible()
    assert media.renewals == []


def test_a_player_that_is_taken_away_falls_silent(
    media: Media, show: Callable[..., Locator]
) -> None:
    """Leaving the object ends the sound and the connection."""
    player = show("long.wav")
    page = player.page
    player.get_by_label("Play").click()
    wait_until(player, has_passed(0.2))
    player.locator("audio").evaluate("a => { window.old = a; }")
    page.get_by_text("Without a player").click()
    expect(player).to_have_count(0)
    assert page.evaluate("window.old.paused")
    assert not page.evaluate("window.old.hasAttribute('src')")


def test_only_one_of_two_players_is_heard(media: Media, show: Callable[..., Locator]) -> None:
    """Starting the second stops the first."""
    first = show("long.wav", "other.wav")
    second = first.page.locator(".st-key-player-1 .player")
    first.get_by_label("Play").click()
    wait_until(first, has_passed(0.2))
    second.get_by_label("Play").click()
    wait_until(second, has_passed(0.2))
    assert audio(first)["paused"]
    expect(first.get_by_label("Play")).to_be_visible()


def test_keys_work_while_the_player_has_the_focus(
    media: Media, show: Callable[..., Locator]
) -> None:
    """Space plays and pauses, arrows seek and set the volume, Home goes back."""
    player = show("long.wav")
    expect(player.locator(".total")).to_have_text("25:00")
    player.get_by_label("Position").focus()
    keyboard = player.page.keyboard
    keyboard.press("ArrowRight")
    wait_until(player, lambda now: now["at"] == 5)
    keyboard.press("ArrowDown")
    assert audio(player)["volume"] == pytest.approx(0.9)
    keyboard.press("Space")
    wait_until(player, has_passed(5.2))
    keyboard.press("Space")
    wait_until(player, lambda now: bool(now["paused"]))
    keyboard.press("Home")
    wait_until(player, lambda now: now["at"] == 0)
    player.get_by_label("Play").focus()
    keyboard.press("Space")
    wait_until(player, has_passed(0.2))


def test_speed_repeat_and_volume_stay_for_the_next_clip(
    media: Media, show: Callable[..., Locator]
) -> None:
    """What a listener chose once holds for the next object too."""
    player = show("short.wav")
    player.get_by_label("Speed").select_option("2×")
    player.get_by_label("Repeat").click()
    player.get_by_label("Mute").click()
    expect(player.get_by_label("Repeat")).to_have_attribute("aria-pressed", "true")
    player.get_by_label("Play").click()
    player.page.wait_for_timeout(2_000)
    assert not audio(player)["paused"], "1.5 s at double speed is over, and repeats"
    player.page.get_by_role("button", name="Another clip").click()
    expect(player.locator(".name")).to_have_text("other.wav")
    now = audio(player)
    assert (now["rate"], now["loop"], now["muted"]) == (2, True, True)
    expect(player.get_by_label("Speed")).to_have_value("2")


def test_at_the_end_play_starts_again(media: Media, show: Callable[..., Locator]) -> None:
    """A clip that has ended shows play, and plays from the start."""
    player = show("short.wav")
    player.get_by_label("Play").click()
    wait_until(player, lambda now: bool(now["ended"]))
    player.get_by_label("Play").click()
    wait_until(player, lambda now: 0 < float(str(now["at"])) < 1.4 and not now["paused"])


def test_a_clip_of_one_word_shows_tenths(media: Media, show: Callable[..., Locator]) -> None:
    """Most clips end within seconds: their length and position are never just 0:00."""
    player = show("short.wav")
    expect(player.locator(".total")).to_have_text("0:01.5")
    seek(player, 0.72)
    expect(player.locator(".now")).to_have_text("0:00.7")


def test_hostile_names_are_text(media: Media, show: Callable[..., Locator]) -> None:
    """A key is shown character by character, and nothing comes of it."""
    names = HOSTILE[:-1]
    page = show(*names).page
    for number, name in enumerate(names):
        shown = page.locator(f".st-key-player-{number} .name")
        assert shown.evaluate("e => e.textContent") == visible(name)
        assert shown.evaluate("e => e.children.length") == 0
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_screen(
    media: Media, show: Callable[..., Locator], new_page: Callable[..., Page], scheme: str
) -> None:
    """At 320 pixels every control but the volume is there, and nothing sticks out."""
    page = new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    player = show("long.wav", "page.mp3", on=page)
    expect(player.locator(".total")).to_have_text("25:00")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    frame = player.bounding_box()
    assert frame is not None
    for label in ("Play", "Position", "Repeat", "Speed", "Mute"):
        box = player.get_by_label(label).bounding_box()
        assert box is not None
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
