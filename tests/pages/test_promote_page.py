"""The Promote page as people see it: planned, approved, run, undone, looked back at, refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from page_rig import A_CLIP, MP3, Console, own_s3

from storage import bootstrap
from storage.bootstrap import Services
from storage.model.people import Role, local_actor
from storage.model.promotion import Scope
from storage.model.releases import Release
from storage.s3.bucket import keep_versions
from storage.s3.client import Store
from ui import promoting, promoting_history, promoting_rows

ME = local_actor()
FOLDER = Scope("prefix", ("clips/",))
CLIPS = [f"clips/0A7051FF-4AB7-5123-8250-466D740ADC{number:02X}.mp3" for number in range(3)]
HOSTILE = "clips/[x](https://evil.example) <b>.mp3"
_ALL = '"promote:plan", "promote:approve", "promote:run", "promote:rollback"'
_LAYOUT = f"""
name = "pod"
title = "Podcast"
region = "us-east-1"
[buckets.draft]
title = "Drafts"
bucket = "pod-draft"
[buckets.prod]
title = "Prod"
bucket = "pod-prod"
live = true
[kinds.clip]
title = "Clip"
in = ["draft", "prod"]
key = "clips/{{id:UUID}}.mp3"
[promotion]
from = "draft"
to = "prod"
kind = "clip"
heard = "off"
audio = "off"
[access.viewer]
prod = ["object:list", "object:read"]
[access.editor]
draft = ["object:list", "object:read"]
[access.operator]
draft = ["object:list", "object:read", "object:archive"]
prod = ["object:list", "object:read", {_ALL}]
[access.admin]
draft = ["object:list", "object:read", "inventory:scan"]
prod = ["object:list", "object:read", "inventory:scan", {_ALL}]
"""
_PROJECTS = 'layout_files = ["pod.toml"]\nprojects = ["pod"]\n'
_LOGIN = """
[login]
public_url = "https://console.example.org"
session_hours = 1
contact = "help@example.org"
[[login.people]]
group = "operators"
roles = ["operator"]
[[login.people]]
group = "admins"
roles = ["admin"]
"""


@pytest.fixture
def pod(moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two buckets with three clips in the first, one of them other live; and the project's file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pod.toml").write_text(_LAYOUT)
    for bucket in ("pod-draft", "pod-prod"):
        moto_store.client.create_bucket(Bucket=bucket)
    keep_versions(moto_store, "pod-prod")
    put(moto_store, "pod-prod", CLIPS[0], MP3 + b"old")
    for number, key in enumerate(CLIPS):
        put(moto_store, "pod-draft", key, MP3 + bytes([number]))
    return moto_store


@pytest.fixture
def serving(pod: Store, tmp_path: Path) -> Services:
    """A console without a login, of that project."""
    return installed(pod, tmp_path, _PROJECTS)


@pytest.fixture
def tab(serving: Services, monkeypatch: pytest.MonkeyPatch) -> Console:
    return Console(monkeypatch)


@pytest.fixture
def signed(
    pod: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Console]]:
    """`signed(name, group)`: a tab of somebody who has signed in."""
    installed(pod, tmp_path, _PROJECTS + _LOGIN)

    def opened(name: str, group: str) -> Console:
        console = Console(monkeypatch)
        console.app.user = {
            "is_logged_in": True,
            "iss": "https://login.example.org",
            "sub": name,
            "name": name,
            "groups": [group],
            "iat": int(time.time() - 5),
        }
        console.app.secrets["auth"] = {"client_id": "soundstage"}
        return console

    return opened


def installed(store: Store, folder: Path, config: str) -> Services:
    (folder / "soundstage.toml").write_text(config)
    services = own_s3(store.connection.endpoint_url)
    bootstrap.install(services)
    return services


def put(store: Store, bucket: str, key: str, body: bytes) -> None:
    store.client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="audio/mpeg")


def content(store: Store) -> dict[str, bytes]:
    """What is live, but for backups."""
    rows = store.client.list_objects_v2(Bucket="pod-prod").get("Contents", [])
    return {
        row["Key"]: store.client.get_object(Bucket="pod-prod", Key=row["Key"])["Body"].read()
        for row in rows
    }


def planned(tab: Console, prefix: str = "clips/") -> Console:
    """A plan of a folder, made on the page; it is open."""
    return tab.open("promote", project="pod", part="plan", prefix=prefix).press("promoting:make")


def test_a_plan_by_inventories_tells_their_ages(tab: Console, serving: Services) -> None:
    """Once both buckets were measured; the plan says so, and a bucket that was not is named."""
    address = {"project": "pod", "part": "plan", "prefix": "clips/"}
    assert not tab.open("promote", **address).app.radio
    serving.inventories.start(ME, "pod", "draft", watch=lambda *_: None)
    [choice] = tab.open("promote", **address).app.radio
    assert "not measured yet" in choice.proto.captions[1].partition("Prod")[2]
    assert choice.disabled
    serving.inventories.start(ME, "pod", "prod", watch=lambda *_: None)
    [choice] = tab.open("promote", **address).app.radio
    assert choice.proto.captions[1].count("less than a minute old") == 2
    choice.set_value(choice.options[1])
    tab.again().press("promoting:make")
    assert "Planned from inventories: Drafts" in tab.words


def until(tab: Console, words: str) -> Console:
    end = time.monotonic() + 30  # two cores shared by several workers
    while words not in tab.words:
        assert time.monotonic() < end, tab.words
        time.sleep(0.05)
        tab.again()
    return tab


def run(tab: Console, typed: str = "clips/") -> Console:
    """Types what is to be typed, and presses the red button."""
    tab.app.text_input(key="promoting:typed").set_value(typed)
    return tab.again().press("danger:promoting:run")


def keys(tab: Console) -> set[str]:
    """Of the buttons on the page."""
    return {str(one.key) for one in tab.app.button}


def cells(tab: Console, key: str = "promoting:rows") -> list[list[str]]:
    """What a table shows, row by row."""
    return [[words for words, _ in row["cells"]] for row in tab.data(key)["rows"]]


def released(serving: Services, scope: Scope = FOLDER) -> Release:
    """Planned, approved and run past the page."""
    promotions = serving.promotions
    plan = promotions.plan(ME, "pod", scope)
    promotions.approve(ME, "pod", plan.id, plan.hash)
    typed = scope.text
    promotions.run(ME, "pod", plan.id, typed=typed, watch=lambda *_: None)
    return promotions.show(ME, "pod", plan.id)


def test_from_the_plan_to_the_rollback(tab: Console, pod: Store) -> None:
    """A folder is planned, its rows are filtered by an address, one is heard before and after; it
    is self-approved by hash, run after its scope is typed, live with what was verified, and rolled
    back by a plan of its own; afterwards prod is as it was, and the list has both.
    """
    before = content(pod)
    planned(tab)
    assert "Promote folder clips/" in tab.words
    assert "All gates are open" in tab.words
    release = tab.app.query_params["release"]
    shown = {one.label: one.value for one in tab.app.metric}
    assert (shown["To write"], shown["Still lacking"]) == ("3", "0")
    money = next(one.delta for one in tab.app.metric if one.label == "Requests, about")
    assert money == "0.000017 USD"  # three COPY at 0.005 and six HEAD at 0.0004 a thousand
    tab.open("promote", project="pod", release=release, state="changed")
    assert [row[:2] for row in cells(tab)] == [[CLIPS[0], "Changed"]]
    tab.open("promote", project="pod", release=release, at=CLIPS[0])
    assert {"promoting:player:Live now", "promoting:player:Afterwards"} <= tab.shown

    assert "recorded as self-approved" in tab.words
    tab.press("promoting:approve")
    assert "Approved. It can be run now." in tab.words
    for wrong in ("", "clips", "CLIPS/"):
        tab.app.text_input(key="promoting:typed").set_value(wrong)
        assert tab.again().app.button(key="danger:promoting:run").disabled
    until(run(tab), "It is live")
    assert content(pod) == {key: MP3 + bytes([at]) for at, key in enumerate(CLIPS)}
    assert "Self-approved by You (local)" in tab.words
    assert "3 objects asked for" in tab.words
    assert {row[4] for row in cells(tab)} == {"written"}
    assert len(tab.app.get("audio")) == 2  # the version before, and the one it wrote

    tab.press("promoting:undo")
    assert "Roll back folder clips/" in tab.words
    assert {row[1] for row in cells(tab)} == {"Brought back", "Taken away"}
    tab.press("promoting:approve")
    until(run(tab), "It is rolled back")
    assert content(pod) == before
    tab.open("promote", project="pod")
    assert [row[:2] for row in cells(tab, "promoting:history")] == [
        ["Roll back folder clips/", "live"],
        ["Promote folder clips/", "undone"],
    ]
    tab.open("promote", project="pod", release=release)
    (undoing,) = [one for one in tab.app.button if "Roll back folder" in one.label]
    undoing.click()
    assert "It is rolled back" in tab.again().words
    assert "promoting:undo" in keys(tab)  # forward again


def test_two_people(signed: Callable[..., Console], pod: Store) -> None:
    """Whoever planned is told who approves and given the address to send, and no button; another
    one approves, and either runs it. An admin alone types a reason, which stands on Home, with a
    way there, until somebody else signs it.
    """
    ann = planned(signed("ann", "operators"))
    assert "promoting:approve" not in keys(ann)
    assert "another person approves it: Operator or Admin" in ann.words
    release = ann.app.query_params["release"]
    assert any(one.value.endswith(f"release={release}") for one in ann.app.code)
    ben = signed("ben", "operators").open("promote", project="pod", release=release)
    ben.press("promoting:approve")
    assert "Approved by ben" in ben.words
    until(run(ann.again()), "It is live")
    assert "Run by ann" in ann.words

    eve = planned(signed("eve", "admins"))
    assert eve.app.button(key="danger:promoting:override").disabled
    reason = "Learners hear <b>nothing</b>."
    eve.app.text_area(key="promoting:override").set_value(reason)
    eve.again().press("danger:promoting:override")
    assert "It waits to be countersigned" in eve.words
    assert "promoting:sign" not in keys(eve)
    ben.open("home", project="pod")
    assert f"eve approved “Promote folder clips/” in Podcast alone: {reason}" in ben.words
    ben.open("promote", project="pod", release=eve.app.query_params["release"])
    ben.press("promoting:sign")
    assert "Countersigned by ben" in ben.words
    assert "waits to be countersigned" not in ben.open("home", project="pod").words


def test_who_sees_what(tab: Console, serving: Services) -> None:
    """A viewer sees releases and no button that would be refused; who may list nothing live is
    told so; the menu offers the page only to those who do something there.
    """
    release = released(serving)
    tab.open("promote", project="pod", **{"as": "viewer"})
    assert keys(tab) == set()
    assert "Releases are made by: Operator or Admin" in tab.words
    assert cells(tab, "promoting:history")[0][:2] == ["Promote folder clips/", "live"]
    tab.open("promote", project="pod", release=release.id, **{"as": "viewer"})
    assert keys(tab) == {"promoting:back"}
    tab.open("promote", project="pod", part="plan", **{"as": "viewer"})
    assert "A release is planned by: Operator or Admin" in tab.words
    tab.open("promote", project="pod", **{"as": "editor"})
    assert "No project with releases is open to this role" in tab.words
    offered = [role for role in Role if promoting.open_to(local_actor(frozenset({role})))]
    assert offered == [Role.OPERATOR, Role.ADMIN]


def test_what_cannot_be_planned_is_said(tab: Console, pod: Store) -> None:
    """An empty folder is held back; no key, a broken CSV, another bucket, a file that is no plan,
    and a release that is not there: each is said, and nothing ends the page.
    """
    planned(tab, "nothing/")
    assert "It is held back" in tab.words
    assert "the scope is empty" in tab.words
    new = {"project": "pod", "part": "plan"}
    tab.open("promote", **new, kind="keys")
    assert tab.app.button(key="promoting:make").disabled
    for text, words in (
        ("s3://elsewhere/clips/a.mp3", "is in another bucket"),
        ('"key"\n"clips/a', "This is no CSV"),
        ("\n \n", ""),
    ):
        (area,) = tab.app.text_area
        area.set_value(text)
        tab.again()
        assert words in tab.words
        assert tab.app.button(key="promoting:make").disabled
    tab.open("promote", **new, kind="file")
    (drop,) = tab.app.get("file_uploader")
    drop.upload("plan.json", b"{}", "application/json")
    tab.again().press("promoting:make")
    assert "This is no plan of a promotion" in tab.words
    tab.open("promote", project="pod", release="20260101-000000-abcdef")
    assert "There is no such release" in tab.words


def test_a_list_a_saved_plan_and_a_comparison(tab: Console, serving: Services, pod: Store) -> None:
    """Keys of any characters make a plan; its export comes back as the same plan; a later plan is
    compared with it by an address; a plan can be discarded, and says that it was.
    """
    put(pod, "pod-draft", HOSTILE, MP3)
    tab.open("promote", project="pod", part="plan", kind="keys")
    (area,) = tab.app.text_area
    area.set_value(f"{CLIPS[1]}\n{HOSTILE}\n{CLIPS[1]}")
    assert "2 objects" in tab.again().words
    tab.press("promoting:make")
    first = tab.app.query_params["release"]
    assert {row[0] for row in cells(tab)} == {CLIPS[1], HOSTILE}
    tab.open("promote", project="pod", release=first, at=HOSTILE)
    assert not any("](https" in words for words in tab.markdown)

    saved = serving.promotions.export(ME, "pod", first)
    tab.open("promote", project="pod", part="plan", kind="file")
    (drop,) = tab.app.get("file_uploader")
    drop.upload("plan.json", saved, "application/json")
    tab.again().press("promoting:make")
    second = tab.app.query_params["release"]
    assert second != first
    tab.open("promote", project="pod", release=second, against=first)
    assert "Both plans are the same." in tab.words
    put(pod, "pod-draft", CLIPS[1], MP3 + b"other")
    third = serving.promotions.plan(ME, "pod", Scope("keys", (CLIPS[1],)))
    tab.open("promote", project="pod", release=third.id, against=first)
    assert {"Only in the other: 1", "With other content to copy: 1"} <= {
        one.label for one in tab.app.expander
    }
    tab.open("promote", project="pod", release=third.id)
    tab.press("promoting:discard")
    assert "It is void" in tab.words
    tab.open("promote", project="pod", part="plan", kind="keys")
    (drop,) = tab.app.get("file_uploader")
    drop.upload("keys.csv", f'"key"\n"{CLIPS[0]}"\n'.encode(), "text/csv")
    assert "1 object, from keys.csv" in tab.again().words


def test_stopped_and_undone_in_order(tab: Console, serving: Services, pod: Store) -> None:
    """What was changed after planning is left and named, with the way on; a release is not rolled
    back under a later one of the same objects, and a press leads to that one.
    """
    plan = serving.promotions.plan(ME, "pod", FOLDER)
    serving.promotions.approve(ME, "pod", plan.id, plan.hash)
    put(pod, "pod-draft", CLIPS[2], MP3 + b"after planning")
    tab.open("promote", project="pod", release=plan.id)
    until(run(tab), "It stopped before it was done")
    assert "2 of 3 objects are written" in tab.words
    assert CLIPS[2] in tab.words
    assert {"promoting:resume", "promoting:undo"} <= keys(tab)

    later = released(serving)
    tab.press("promoting:undo")
    assert "It stopped before it was done" not in tab.words
    assert tab.app.query_params["release"] not in (plan.id, later.id)
    put(pod, "pod-draft", CLIPS[1], MP3 + b"newer")
    newest = released(serving)
    tab.open("promote", project="pod", release=plan.id).press("promoting:undo")
    assert "were written by later releases" in tab.words
    (way,) = [one for one in tab.app.button if newest.id in one.label.replace("\\", "")]
    way.click()
    assert "It is live" in tab.again().words


def test_two_places_compared(tab: Console, pod: Store) -> None:
    """Any two places by content: counts, the rows that differ or those of a state by an address,
    and what is the same only when it is asked for.
    """
    put(pod, "pod-prod", CLIPS[1], MP3 + bytes([1]))
    put(pod, "pod-prod", "clips/only.mp3", MP3)
    tab.open("promote", project="pod", part="diff", one="pod/draft:clips/", other="pod/prod:clips/")
    tab.press("promoting:compare")
    found = {row[0]: row[1] for row in cells(tab, "promoting:differing")}
    names = [key.removeprefix("clips/") for key in CLIPS]
    assert found == {
        names[0]: "Different",
        names[2]: "Only in the first",
        "only.mp3": "Only in the second",
    }
    tab.app.query_params["state"] = "same"
    assert [row[0] for row in cells(tab.again(), "promoting:differing")] == [names[1]]
    tab.open("promote", project="pod", part="diff", one="nowhere/x:", other="pod/prod:")
    assert tab.app.selectbox(key="promoting:one:nowhere/x").value == "pod/draft"


def test_what_is_chosen_elsewhere_comes_along(tab: Console, serving: Services) -> None:
    """Ticked objects and an open folder of Browse are the scope of the plan; only where releases
    come from.
    """
    tab.ticked = CLIPS[:2]
    tab.open("browse", project="pod", bucket="draft", prefix="clips/")
    tab.press("promoting:from-browse")
    assert tab.app.query_params["part"] == "plan"
    assert "2 objects" in tab.words
    tab.open("promote", project="pod", part="plan", prefix="clips/")
    assert tab.app.text_input(key="promoting:prefix:clips/").value == "clips/"
    tab.ticked = CLIPS[:1]
    tab.open("browse", project="pod", bucket="prod", prefix="clips/")
    assert "promoting:from-browse" not in keys(tab)
    serving.promotions.plan(ME, "pod", FOLDER)
    tab.open("home", project="pod")
    card = tab.cards("people")["Operator"]
    assert "under way" in card["title"] or "look at" in card["title"]


def test_without_releases_it_says_what_to_configure(
    pod: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A console whose projects have no [promotion] says how to get one, and offers no page."""
    head, _, rest = _LAYOUT.partition("[promotion]")
    (tmp_path / "pod.toml").write_text(head + rest[rest.index("[access.viewer]") :])
    installed(pod, tmp_path, _PROJECTS)
    tab = Console(monkeypatch).open("promote", project="pod")
    assert "No project here has releases" in tab.words
    assert "[promotion] table" in tab.words


def test_verified_again(tab: Console, serving: Services, pod: Store) -> None:
    """What was changed live behind the console's back is found by verifying again, and named."""
    release = released(serving)
    put(pod, "pod-prod", CLIPS[1], MP3 + b"somebody else's")
    tab.open("promote", project="pod", release=release.id)
    until(tab.press("promoting:verify"), "1 object is not as it should be.")
    assert any(CLIPS[1] in one.value for one in tab.app.code)


def test_copied_and_not_verified(tab: Console, serving: Services) -> None:
    """What is written and was not found as it should be is not called live; verifying it again is
    offered first, and makes it live.
    """
    release = released(serving)
    serving.lookback._shelf.change(release, {"state": "copied"})
    tab.open("promote", project="pod", release=release.id)
    assert "It is copied, and not verified" in tab.words
    assert {"promoting:verify", "promoting:undo"} <= keys(tab)
    until(tab.press("promoting:verify"), "It is live")


def test_reading_only(tab: Console, serving: Services) -> None:
    """A console that only reads says so instead of the red button."""
    plan = serving.promotions.plan(ME, "pod", FOLDER)
    serving.promotions.approve(ME, "pod", plan.id, plan.hash)
    serving.console.set_read_only(ME, "Moving house.")
    tab.open("promote", project="pod", release=plan.id)
    assert "The console is switched to reading only" in tab.words
    assert keys(tab) == {"promoting:back"}


def test_an_unknown_course(console: Console) -> None:
    """Courses can be typed; one without a manifest is refused, and what was typed stays."""
    console.open("promote", project="ssi", part="plan", course="ita_for_eng,xxx_for_eng")
    (chosen,) = console.app.multiselect
    assert chosen.value == ["ita_for_eng", "xxx_for_eng"]
    console.press("promoting:make")
    assert console.app.error
    assert "release" not in console.app.query_params
    (chosen,) = console.app.multiselect
    assert chosen.value == ["ita_for_eng", "xxx_for_eng"]


def test_what_is_listened_to_comes_along(console: Console, services: Services) -> None:
    """A course, folder or selection that is heard is the scope of a plan, for who may make one."""
    place = {"project": "ssi", "bucket": "stage"}
    console.open("listen", **place, prefix="mastered/")
    links = [str(one.proto.body) for one in console.app.get("html")]
    assert any("promote?project=ssi&amp;part=plan&amp;prefix=mastered%2F" in one for one in links)
    console.open("listen", **place, prefix="mastered/", **{"as": "qa"})
    assert not any("promote?" in str(one.proto.body) for one in console.app.get("html"))
    kept = services.review.save_selection(ME, "ssi", "stage", "Mine", [A_CLIP])
    console.open("promote", project="ssi", part="plan", selection=kept.id, **{"as": "operator"})
    (area,) = console.app.text_area
    assert area.value == A_CLIP
    console.open("promote", project="ssi", part="plan", selection="gone")
    assert "That selection is no longer there." in console.words


def test_pages_of_releases_and_rows(
    tab: Console, serving: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long lists come in pages, each an address; a page behind the last is the last."""
    monkeypatch.setattr(promoting_history, "_PAGE", 2)
    monkeypatch.setattr(promoting_rows, "PAGE_ROWS", 2)
    made = [serving.promotions.plan(ME, "pod", FOLDER).id for _ in range(3)]
    newest = tab.open("promote", project="pod").data("promoting:history")
    ((label, older),) = newest["pager"]
    assert (label, len(newest["rows"])) == ("Older", 2)
    tab.open("promote", **dict(parse_qsl(older[1:])))
    (row,) = tab.data("promoting:history")["rows"]
    assert f"release={min(made)}" in row["href"]
    assert [label for label, _ in tab.data("promoting:history")["pager"]] == ["Newest"]
    for page, shown in (("1", CLIPS[:2]), ("2", CLIPS[2:]), ("9", CLIPS[2:])):
        tab.open("promote", project="pod", release=made[0])
        tab.app.query_params["page"] = page
        assert [row[0] for row in cells(tab.again())] == shown
    assert tab.data("promoting:rows")["count"] == "3 objects"
