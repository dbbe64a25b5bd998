"""Signing in and out as people do: a real browser, a real console, a real provider."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import OUTPUT, settle
from playwright.sync_api import Page, expect
from provider import (
    PEOPLE,
    Provider,
    SignedConsole,
    running_provider,
    sign_in,
    sign_out,
    signed_console,
    way_in,
)
from real_console import CLIP, Console, open_view, own_s3, row, wait_ready
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from storage import bootstrap
from storage.model.people import Role, local_actor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib")

BROWSE = "/browse?project=ssi&bucket=stage&prefix=mastered%2F"
NAME = CLIP.rpartition("/")[2]
SHOWN = "what the page showed before"
ACTS = ["Act in the page", "Act in a fragment", "Act in a callback"]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def signed(
    console: Console, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedConsole]:
    """A console with a login, over the sample content. Nobody has asked it for a page yet."""
    folder = tmp_path_factory.mktemp("signed")
    log = OUTPUT / "logs" / "signed-console.log"
    with signed_console(provider, own_s3(console.store), folder, log=log) as running:
        wait_ready(running.url)
        yield running


@pytest.fixture(scope="module")
def acting(
    console: Console, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedConsole]:
    """The same with apps/acting_page.py as its only page."""
    folder = tmp_path_factory.mktemp("acting")
    log = OUTPUT / "logs" / "acting-console.log"
    script = "tests/e2e/apps/acting.py"
    env = own_s3(console.store)
    with signed_console(provider, env, folder, log=log, script=script) as running:
        wait_ready(running.url)
        yield running


@pytest.fixture(autouse=True)
def _provider_works(provider: Provider) -> Iterator[None]:
    yield
    provider.fault = ""


def status(url: str, headers: dict[str, str], *, method: str = "GET", body: bytes = b"") -> int:
    """What one request is answered with, redirects not followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args: object) -> None:
            return None

    asked = urllib.request.Request(url, body or None, headers, method=method)
    try:
        with urllib.request.build_opener(Stay).open(asked, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def first_run(url: str, page: str, **headers: str) -> str:
    """All that a browser's websocket gets that asks for `page`, as one text."""
    hello = BackMsg()
    hello.rerun_script.page_name = page
    hello.rerun_script.query_string = BROWSE.partition("?")[2]
    got = []
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(
        address, origin=url, subprotocols=["streamlit"], additional_headers=headers
    ) as line:
        line.send(hello.SerializeToString())
        while True:
            message = ForwardMsg.FromString(line.recv(timeout=30))
            got.append(str(message))
            if message.WhichOneof("type") == "script_finished":
                return "".join(got)


# -- nobody -------------------------------------------------------------------------------------


@pytest.mark.journey
def test_the_first_request_is_an_anonymous_deep_link(page: Page, signed: SignedConsole) -> None:
    """To a server that nobody has asked yet: the sign-in and nothing else; no name, bucket or menu
    is in anything the browser received.
    """
    received: list[str] = []
    page.on(
        "websocket", lambda line: line.on("framereceived", lambda data: received.append(str(data)))
    )
    page.goto(signed.url + BROWSE)
    expect(way_in(page)).to_be_visible()
    settle(page)
    assert page.url == signed.url + BROWSE
    whole = "".join(received)
    assert "Soundstage" in whole
    for word in ("mastered", "ssi-audio-stage", "Stage (testing)", NAME, "Browse", "Home"):
        assert word not in whole
    expect(page.get_by_role("link", name="Home")).to_have_count(0)


@pytest.mark.journey
@pytest.mark.parametrize("asked", ["browse", "", "home", "pages/browse", "activity"])
def test_nobody_gets_data_by_the_websocket(signed: SignedConsole, asked: str) -> None:
    """Whatever page it asks for, and with a cookie that is signed by somebody else."""
    forged = signed.cookie("adam", secret="0" * 64)
    for headers in ({}, {"Cookie": f"{forged['name']}={forged['value']}"}):
        shown = first_run(signed.url, asked, **headers)
        assert "Sign in" in shown
        assert "mastered" not in shown
        assert "ssi-audio-stage" not in shown


@pytest.mark.journey
def test_nobody_gets_anything_by_http(signed: SignedConsole) -> None:
    """Every route but health, Streamlit's files and uploads; a forged cookie changes nothing."""
    forged = signed.cookie("adam", secret="0" * 64)
    paths = [
        f"/api/ui/download?layout=ssi&role=stage&key={CLIP}",
        "/api/ui/zip?ticket=any",
        "/media/any.wav",
        "/_stcore/metrics",
    ]
    body = json.dumps({"layout": "ssi", "role": "stage", "key": CLIP, "etag": ""}).encode()
    for cookie in ({}, {"Cookie": f"{forged['name']}={forged['value']}"}):
        for path in paths:
            assert status(signed.url + path, cookie) == 401
        own = {**cookie, "Origin": signed.url, "Content-Type": "application/json"}
        assert status(f"{signed.url}/api/ui/clip", own, method="POST", body=body) == 401
        upload = f"{signed.url}/_stcore/upload_file/session/file"
        assert status(upload, own, method="PUT", body=b"x") == 401
    assert status(f"{signed.url}/api/health", {}) == 200


# -- in and out ---------------------------------------------------------------------------------


def test_the_page_asked_for_is_kept(page: Page, signed: SignedConsole) -> None:
    """From a deep link through the provider and back to it; the session cookie is out of reach of
    scripts and of other sites, and the provider was asked with state, nonce and a code.
    """
    page.goto(signed.url + BROWSE)
    with page.expect_request(lambda request: "/oauth2/authorize?" in request.url) as request:
        way_in(page).click()
    for part in ("response_type=code", "state=", "nonce="):
        assert part in request.value.url
    page.get_by_role("button", name="ella", exact=True).click()
    expect(row(page, NAME)).to_be_visible()
    assert page.url == signed.url + BROWSE
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(signed.url)}
    assert cookies["_streamlit_user"]["httpOnly"]
    assert cookies["_streamlit_user"]["sameSite"] == "Lax"
    assert "soundstage_next" not in cookies


def test_roles_decide(new_page: Callable[..., Page], signed: SignedConsole) -> None:
    """An editor and an admin see different menus and different work; whoever has two roles may
    look as one of them, and as no other.
    """
    seen = {}
    for sub in ("ella", "olga", "adam", "both"):
        page = new_page()
        page.goto(f"{signed.url}/?as=admin")
        sign_in(page, sub)
        expect(page.get_by_text("Stage (testing)").first).to_be_visible()
        seen[sub] = page
    expect(seen["ella"].get_by_text("Content editor").first).to_be_visible()
    expect(seen["ella"].get_by_text("things to look at")).to_have_count(0)
    expect(seen["olga"].get_by_text("things to look at")).to_be_visible()
    expect(seen["adam"].get_by_role("link", name="Settings")).to_be_visible()
    for sub in ("ella", "olga", "both"):
        expect(seen[sub].get_by_role("link", name="Settings")).to_have_count(0)
    open_view(seen["ella"], f"{signed.url}/settings?part=tokens")
    expect(seen["ella"].get_by_text("Settings are for admins")).to_be_visible()
    open_view(seen["both"], f"{signed.url}/?as=editor")
    expect(seen["both"].get_by_text("course clips to hear")).to_have_count(0)
    open_view(seen["both"], f"{signed.url}/?as=operator")
    expect(seen["both"].get_by_text("things to look at")).to_have_count(0)


def test_somebody_unknown_is_told_so(page: Page, signed: SignedConsole) -> None:
    """Who they are signed in as, letter by letter, whom to ask, and a way out; no data."""
    page.goto(signed.url + BROWSE)
    sign_in(page, "mallory")
    card = page.locator(".st-key-login")
    expect(card).to_contain_text("You are signed in as *Mallory* <b> (m@evil.example)")
    expect(card).to_contain_text("Ask help@example.org for one")
    expect(card).to_contain_text(signed.person("mallory"))
    expect(page.get_by_role("link", name="Home")).to_have_count(0)
    cookie = page.context.cookies(signed.url)
    sent = "; ".join(f"{one['name']}={one['value']}" for one in cookie)
    assert status(f"{signed.url}/api/ui/zip?ticket=any", {"Cookie": sent}) == 403
    page.get_by_role("button", name="Sign in as somebody else").click()
    page.get_by_role("button", name="End session").click()
    expect(way_in(page)).to_be_visible()


def long_but_the_fragment(*acts: str) -> list[object]:
    """Each act; all but the one that skips the script, which every run of the tests must show,
    belong to the long run.
    """
    return [act if "fragment" in act else pytest.param(act, marks=pytest.mark.long) for act in acts]


@pytest.mark.parametrize("act", long_but_the_fragment(*ACTS, "Act in a dialog"))
def test_signing_out_ends_the_other_tabs(
    new_page: Callable[..., Page], acting: SignedConsole, act: str
) -> None:
    """A button that was there before does nothing any more, wherever it is, and takes what the
    page showed with it; signing in again leads back.
    """
    here = new_page()
    here.goto(f"{acting.url}/?project=ssi")
    sign_in(here, "ella")
    other = here.context.new_page()
    open_view(other, f"{acting.url}/?project=ssi")
    if act == "Act in a dialog":
        other.get_by_role("button", name="Open the dialog").click()
        expect(other.get_by_role("button", name=act)).to_be_visible()
    else:
        other.get_by_role("button", name=act).click()
        if act != ACTS[0]:
            expect(other.get_by_text("acted 1 times")).to_be_visible()
        settle(other)
    sign_out(here)
    expect(here.get_by_text("You are signed out")).to_be_visible()

    other.get_by_role("button", name=act).click()
    expect(way_in(other)).to_be_visible()
    expect(other.get_by_text("you signed out")).to_be_visible()
    expect(other.get_by_text(SHOWN)).to_have_count(0)
    expect(other.get_by_role("dialog")).to_have_count(0)
    other.wait_for_timeout(1_000)  # a sign-in within the second of the sign-out is over too
    sign_in(other, "ella")
    expect(other.get_by_text(SHOWN)).to_be_visible()
    assert other.url == f"{acting.url}/?project=ssi"


@pytest.mark.parametrize("act", long_but_the_fragment(*ACTS))
def test_a_session_ends(page: Page, acting: SignedConsole, act: str) -> None:
    """After its hours the next press is refused, in the page and in every route."""
    cookie = acting.cookie("olga", age_s=3_600 - 8)
    page.context.add_cookies([cookie])
    open_view(page, acting.url)
    expect(page.get_by_text(SHOWN)).to_be_visible()
    sent = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    assert status(f"{acting.url}/media/none.wav", sent) == 404
    page.wait_for_timeout(9_000)
    page.get_by_role("button", name=act).click()
    expect(page.get_by_text("Your session has expired")).to_be_visible()
    expect(page.get_by_text(SHOWN)).to_have_count(0)
    assert status(f"{acting.url}/media/none.wav", sent) == 401
    assert status(f"{acting.url}/api/ui/zip?ticket=any", sent) == 401


@pytest.mark.parametrize(("act", "sub"), [*zip(ACTS, ("ella", "adam", "both"), strict=True)])
def test_an_admin_ends_a_running_tab(page: Page, acting: SignedConsole, act: str, sub: str) -> None:
    """A revocation, here from another process, holds for the next press of a button."""
    page.context.add_cookies([acting.cookie(sub)])
    open_view(page, acting.url)
    expect(page.get_by_text(SHOWN)).to_be_visible()
    with bootstrap.office(acting.env) as office:
        office.users.revoke(
            local_actor(frozenset({Role.ADMIN})), acting.person(sub), "left the team"
        )
    page.get_by_role("button", name=act).click()
    expect(page.get_by_text("was ended by an admin")).to_be_visible()
    expect(page.get_by_text(SHOWN)).to_have_count(0)


# -- what goes wrong at the provider ------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [("metadata", "The sign-in service cannot be reached"), ("token", "did not complete the sign")],
)
def test_a_provider_that_fails(
    page: Page, signed: SignedConsole, provider: Provider, fault: str, said: str
) -> None:
    """Words instead of an error page; and once it works, the page asked for is still known."""
    provider.fault = fault
    page.goto(signed.url + BROWSE)
    way_in(page).click()
    if fault == "token":
        page.get_by_role("button", name="ella", exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()
    settle(page)
    provider.fault = ""
    sign_in(page, "ella")
    assert page.url == signed.url + BROWSE


def test_consent_denied(page: Page, signed: SignedConsole) -> None:
    """Whoever says no is back at the sign-in, told so, and may try again."""
    page.goto(signed.url + BROWSE)
    way_in(page).click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("The sign-in was not completed")).to_be_visible()
    sign_in(page, "ella")
    assert page.url == signed.url + BROWSE


def test_a_callback_used_again(new_page: Callable[..., Page], signed: SignedConsole) -> None:
    """It signs nobody in: not somebody else, and not the same person by going back."""
    page = new_page()
    page.goto(signed.url + BROWSE)
    with page.expect_request(lambda request: "/oauth2callback?" in request.url) as callback:
        sign_in(page, "ella")
    page.goto(callback.value.url)
    expect(page.get_by_text("Stage (testing)").first).to_be_visible()
    thief = new_page()
    thief.goto(callback.value.url)
    expect(way_in(thief)).to_be_visible()
    expect(thief.get_by_text("That sign-in was used before")).to_be_visible()


@pytest.mark.journey
def test_the_log_tells_no_secret(signed: SignedConsole, acting: SignedConsole) -> None:
    """After all of the above: no claim, no code, no token, no secret, no cookie."""
    for running in (signed, acting):
        written = running.log.read_text()
        for secret in (
            running.cookie_secret,
            "client-secret-of-the-test",
            "code=",
            "state=",
            "eyJ",
            *(str(claims["email"]) for claims in PEOPLE.values()),
        ):
            assert secret not in written


def test_half_a_login_does_not_start(
    tmp_path: Path, run_streamlit: Callable[..., str], console: Console
) -> None:
    """[login] alone: the process ends and says what is missing, in words."""
    config = tmp_path / "soundstage.toml"
    config.write_text(
        '[login]\npublic_url = "http://127.0.0.1:1"\n[[login.people]]\n'
        'group = "g"\nroles = ["viewer"]\n'
    )
    env = {**own_s3(console.store), "STORAGE_CONFIG": str(config), "STORAGE_DATA": str(tmp_path)}
    with pytest.raises(RuntimeError, match=r"has \[login\], but .* has no \[auth\]") as ended:
        run_streamlit("app.py", env)
    assert "Traceback" not in str(ended.value)
