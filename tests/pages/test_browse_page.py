"""Browse: lists, filters, sorts, pages, by the address alone; one listing request a view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from page_rig import A_CLIP, EMPTY_CLIP, Console

from storage.s3.client import Store
from ui import recent


def test_the_bucket_opens_with_folders_first(console: Console) -> None:
    """The first bucket's root: its folder, then its object; the panel describes the bucket."""
    console.open("browse")
    assert console.names == ["mastered/", "readme.txt"]
    assert console.data("browse:grid")["count"] == "1 folder, 1 object"
    assert "panel:bucket" in console.shown
    assert not console.app.error


def test_a_folder_lists_with_kinds_and_warnings(console: Console) -> None:
    """Kinds come from the layout; an empty file and a broken rule are marked in their row."""
    table = console.open("browse", prefix="mastered/").data("browse:grid")
    assert table["keys"] == [A_CLIP, EMPTY_CLIP, "mastered/2.txt"]
    assert table["kinds"] == ["clip", "clip", ""]
    assert table["warnings"] == {1: "This file is empty."}
    shared = console.open("browse", bucket="canonical", prefix="canonical/").data("browse:grid")
    assert shared["warnings"] == {0: "Course audio never goes to Canonical."}


def test_starts_with_and_contains(console: Console) -> None:
    """What is typed becomes the address, and the table holds what fits."""
    console.open("browse", prefix="mastered/")
    console.app.text_input(key="browse:starts").input("1B")
    assert console.again().names == [EMPTY_CLIP]
    assert console.app.query_params["starts"] == "1B"
    console.open("browse", prefix="mastered/", find="TXT")
    assert console.names == ["mastered/2.txt"]
    console.open("browse", prefix="mastered/", find="no such thing")
    assert console.data("browse:grid")["empty"][0] == "No name here contains that."


@pytest.mark.parametrize(
    ("sort", "desc", "first"),
    [("size", "", EMPTY_CLIP), ("size", "1", A_CLIP), ("name", "1", "mastered/2.txt")],
)
def test_sorting_is_over_the_whole_folder(
    console: Console, sort: str, desc: str, first: str
) -> None:
    """In a folder of one listing nothing is left out, and no hint says so."""
    console.open("browse", prefix="mastered/", sort=sort, desc=desc)
    assert console.names[0] == first
    assert "among the names listed here" not in console.data("browse:grid")["count"]


def test_pages_lose_and_repeat_nothing(console: Console, stocked: Store) -> None:
    """Next, next, and back: each of 250 names once, in order, and Previous leads where one was."""
    names = [f"many/{number:03}" for number in range(250)]
    for name in names:
        stocked.client.put_object(Bucket="ssi-audio-stage", Key=name, Body=b"x")
    seen: list[str] = []
    after = ""
    for _page in range(3):
        console.open("browse", prefix="many/", after=after)
        seen += console.names
        after = seen[-1]
    assert seen == names
    (back, to), (_forward, onwards) = console.data("browse:grid")["pager"]
    assert (back, onwards) == ("Previous", "")
    assert "many%2F099" in to
    console.open("browse", prefix="many/", per="1000")
    assert console.names == names
    # a link into the middle, opened by somebody else, knows no page before it
    fresh = console.open("browse", prefix="many/", starts="2", after="many/210")
    assert fresh.data("browse:grid")["pager"][0][0] == "First page"


def test_an_address_pasted_opens_its_object(console: Console) -> None:
    """s3://bucket/key in the field leads to the folder with the object selected."""
    console.open("browse")
    console.app.text_input(key="browse:starts").input(f"s3://ssiborg-assets/{A_CLIP}")
    console.again()
    assert console.app.query_params["bucket"] == "prod"
    assert console.app.query_params["at"] == A_CLIP
    assert "panel:facts" in console.shown
    console.app.text_input(key="browse:starts").input("s3://somebody-elses/x")
    assert "somebody-elses" in console.again().words


@pytest.mark.parametrize(
    "address",
    [
        {"per": "abc", "sort": "colour", "desc": "yes"},
        {"per": "-1", "after": "\u0000", "prefix": "//", "as": "nobody"},
        {"prefix": "x" * 2000},
        {"at": "y" * 2000},
        {"at": "mastered/", "prefix": "../.."},
        {"find": "(?[", "starts": "%zz", "bucket": "stage", "unknown": "1"},
        {"sort": "storage_class", "per": "500", "prefix": "mastered/", "at": "<script>"},
    ],
)
def test_a_wrong_address_never_breaks_the_page(console: Console, address: dict[str, str]) -> None:
    """Typing errors in the query string end in a page: a table, or words on what is wrong."""
    console.open("browse", **address)
    assert "browse:grid" in console.shown or console.app.error


def test_an_unknown_project_or_bucket_is_said(console: Console) -> None:
    """The page shows another one, and says that it does."""
    assert "no project nope here, so this is Language courses" in (
        console.open("browse", project="nope").words
    )
    assert "That bucket is not in this project" in console.open("browse", bucket="nope").words
    assert console.names == ["mastered/", "readme.txt"]
    console.open("home", project="**nope**")
    assert r"\*\*nope" in "".join(console.markdown)


def test_what_a_role_may_not_see_is_not_offered(console: Console) -> None:
    """A viewer ticks nothing and gives out no link; an operator does both."""
    console.open("browse", prefix="mastered/", at=A_CLIP, **{"as": "viewer"})
    assert not console.data("browse:grid")["selectable"]
    assert "Make the link" not in [button.label for button in console.app.button]
    console.open("browse", prefix="mastered/", at=A_CLIP, **{"as": "operator"})
    assert console.data("browse:grid")["selectable"]
    assert "Make the link" in [button.label for button in console.app.button]


# -- what it costs -------------------------------------------------------------------------------


def test_a_view_is_one_listing(console: Console) -> None:
    """One request, whatever is shown; a rerun of the same view asks for nothing."""
    for address in ({}, {"prefix": "mastered/"}, {"prefix": "mastered/", "sort": "size"}):
        console.open("browse", **address)
        assert len(console.requests) == len(console.listings) == 1
        assert console.again().requests == []


def test_an_object_costs_the_panel_only(console: Console) -> None:
    """Selecting adds a fixed number of requests, and the listing is not asked for again."""
    console.open("browse", prefix="mastered/")
    console.open("browse", prefix="mastered/", at=A_CLIP)
    assert console.listings == []
    # HEAD, first bytes, tags, versions; the player's URL costs none
    assert sorted(request.split("?")[0].split()[0] for request in console.requests) == [
        *(["GET"] * 3),
        "HEAD",
    ]
    assert "panel:player" in console.shown


def test_ticking_asks_for_nothing(console: Console) -> None:
    """Ticks change the panel: how many, how much, and the ways to take them; no request."""
    console.open("browse", prefix="mastered/")
    console.ticked = [A_CLIP, EMPTY_CLIP]
    console.again()
    assert console.requests == []
    assert "2 selected**, 410 B" in console.words
    assert "Download as ZIP" in [link.proto.label for link in console.app.get("link_button")]


def test_sorting_again_asks_for_nothing(console: Console) -> None:
    """The first order over a folder lists it whole; every other order and search uses that."""
    console.open("browse", prefix="mastered/", sort="size")
    upwards = console.names
    console.open("browse", prefix="mastered/", sort="size", desc="1")
    assert (console.names, console.listings) == (upwards[::-1], [])
    console.open("browse", prefix="mastered/", find="txt")
    assert (console.names, console.listings) == (["mastered/2.txt"], [])


def test_the_listing_is_asked_again_when_old_or_on_demand(
    console: Console, stocked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reload shows what came since; so does any click some time later."""
    console.open("browse")
    stocked.client.put_object(Bucket="ssi-audio-stage", Key="new.txt", Body=b"x")
    assert "new.txt" not in console.again().names
    assert "new.txt" in console.press("browse:reload").names
    stocked.client.delete_object(Bucket="ssi-audio-stage", Key="new.txt")
    monkeypatch.setattr(recent, "_FRESH_S", 0.0)
    assert "new.txt" not in console.again().names


# -- one object ----------------------------------------------------------------------------------


def test_a_tick_does_not_ask_for_the_open_object_again(console: Console) -> None:
    """The panel of a clip costs its requests once; the next runs of the page cost none."""
    console.open("browse", prefix="mastered/", at=A_CLIP)
    assert console.again().requests == []
    assert A_CLIP in console.data("panel:player")["url"]
    assert console.press("browse:reload").requests != []


def test_the_panel_tells_what_an_object_is(console: Console) -> None:
    """A clip: played by a URL that ends soon, with its kind, size and address to copy."""
    console.open("browse", prefix="mastered/", at=A_CLIP)
    played = console.data("panel:player")
    assert A_CLIP in played["url"]
    left = datetime.fromisoformat(played["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=4) < left <= timedelta(minutes=15)
    rows = {
        row["label"]: row
        for part in console.data("panel:facts")["sections"]
        for row in part["rows"]
    }
    assert rows["Kind"]["value"] == "Course clip"
    assert rows["Size"]["value"] == "410 B"
    assert rows["Address"]["copy"] == f"s3://ssi-audio-stage/{A_CLIP}"


def test_a_link_is_made_with_the_chosen_life(console: Console) -> None:
    """It appears only when asked for, and says until when it works."""
    console.open("browse", prefix="mastered/", at=A_CLIP)
    assert "X-Amz-Signature" not in console.words
    console.app.selectbox(key="panel:link-life").select(3600)
    words = console.press("panel:link-make").words
    assert "X-Amz-Expires=3600" in words
    assert "Anyone with this link can open the object until" in words


def test_private_projects_offer_five_minutes_and_no_bulk(console: Console, stocked: Store) -> None:
    """Personal data: no ZIP, no longer life of a link than 5 minutes."""
    stocked.client.create_bucket(Bucket="speech-coach-audio")
    key = "users/u/recordings/r/audio.m4a"
    stocked.client.put_object(Bucket="speech-coach-audio", Key=key, Body=b"x")
    console.open("browse", project="speech-coach", prefix="users/u/recordings/r/", at=key)
    console.ticked = [key]
    console.again()
    assert "1 selected" in console.words
    assert "Download as ZIP" not in [link.proto.label for link in console.app.get("link_button")]
    assert console.app.selectbox(key="panel:link-life").options == ["5 minutes"]


def test_text_is_shown_as_it_is(console: Console) -> None:
    """A text object is previewed in a block that interprets nothing."""
    console.open("browse", at="readme.txt")
    assert [block.value for block in console.app.code] == ["read me"]
