"""Welcomes: what an editor sees, changes and sends on, and what stays as it was."""

from __future__ import annotations

import pytest
from page_rig import Console
from welcome_desk import (
    GOOD,
    ITA,
    ITA_WAV,
    OLD,
    QUIET,
    REGISTRY,
    SHARED,
    STAGE,
    Desk,
    body,
    keys,
    put,
    registry,
    set_text,
    stock,
)

from storage.bootstrap import Services
from storage.errors import Unavailable
from storage.model.people import local_actor
from storage.s3.client import Store

CLIP = f"mastered/{ITA}.mp3"


@pytest.fixture
def desk(console: Console, stocked: Store) -> Desk:
    """An editor's tab over a registry of four courses."""
    stock(stocked)
    return Desk(console, stocked)


# -- the list ------------------------------------------------------------------------------------


def test_one_row_a_course_and_first_what_needs_doing(desk: Desk) -> None:
    """Names for people, where each recording is, what is to be done; keys of "_" are no courses."""
    rows = desk.open().rows
    assert list(rows) == ["ita_for_eng", "ita_for_eng_10seeds", "cmn_for_eng", "cym_for_eng"]
    italian, chinese = rows["ita_for_eng"], rows["cmn_for_eng"]
    assert (italian["name"], italian["length"]) == ("Italian for English speakers", "0:02")
    assert italian["steps"] == [("Recorded", "yes"), ("In testing", "no"), ("Live", "no")]
    assert ("Used in 2 courses", "info") in italian["todo"]
    assert ("No text yet", "warning") in chinese["todo"]
    assert chinese["steps"][0] == ("Recorded", "no")


def test_the_address_searches_filters_and_sorts(desk: Desk) -> None:
    """Each is a link that can be shared; words are found in texts, languages and voices."""
    assert list(desk.open(find="croeso").rows) == ["cym_for_eng"]
    assert list(desk.open(find="dewi welsh").rows) == ["cym_for_eng"]
    assert list(desk.open(show="recorded").rows) == ["ita_for_eng", "ita_for_eng_10seeds"]
    assert next(iter(desk.open(sort="course", desc="1").rows)) == "cym_for_eng"
    assert "sort=text" in desk.console.data("welcomes:table")["columns"][1][1]
    assert desk.open(find="nowhere").rows == {}
    assert desk.console.data("welcomes:table")["empty"][0] == "No welcome fits."


def test_typing_a_search_is_a_new_address(desk: Desk) -> None:
    """And the filters count what was found."""
    desk.open()
    desk.console.app.text_input(key="welcomes:find").input(" croeso ")
    desk.console.again()
    assert desk.console.app.query_params["find"] == "croeso"
    groups = {one.key: one for one in desk.console.app.get("button_group")}
    assert "All 1" in groups["welcomes:show"].options[0]


@pytest.mark.parametrize("role", ["viewer", "qa"])
def test_who_may_only_read_is_offered_nothing_else(desk: Desk, role: str) -> None:
    """They see and hear all of it; there is no field and no button that changes anything."""
    desk.open(**{"as": role})
    assert len(desk.rows) == 4
    assert "welcomes:begin" not in {button.key for button in desk.console.app.button}
    desk.open("ita_for_eng", **{"as": role})
    assert "welcomes:player:Recorded" in desk.console.shown
    assert not desk.console.app.text_area
    assert not desk.console.app.get("file_uploader")
    assert "Send to testing" not in desk.buttons


def test_reading_only_takes_the_fields_away(desk: Desk, services: Services) -> None:
    """While an admin has switched the console to reading only."""
    services.switches.set_read_only(local_actor(), "Moving house.")
    desk.open("ita_for_eng")
    assert not desk.console.app.text_area
    assert "Send to testing" not in desk.buttons
    services.switches.clear_read_only()


def test_projects_without_welcomes_are_not_offered(desk: Desk) -> None:
    """The page is about those that have some, whatever the address says."""
    desk.console.open("welcomes", project="yoto")
    assert "There is no project yoto here" in desk.words
    assert len(desk.rows) == 4


def test_a_registry_that_cannot_be_read_says_where(desk: Desk) -> None:
    """No table is made up."""
    put(desk.store, REGISTRY, b'{"welcomes": {"ita_for_eng": {"text": ')
    desk.open()
    assert desk.console.app.error
    assert "welcomes:table" not in desk.console.shown


# -- text and voice ------------------------------------------------------------------------------


def test_a_text_is_told_then_saved(desk: Desk) -> None:
    """In its own entry and nowhere else; then the page says that it was."""
    desk.open("cym_for_eng")
    assert "Save" not in desk.buttons
    desk.write(Text="Croeso eto!", Voice="Mair")
    assert "When you save" in desk.words
    before = registry(desk.store)
    desk.press("Save")
    assert "Saved." in desk.words
    after = registry(desk.store)
    assert (after["cym_for_eng"]["text"], after["cym_for_eng"]["voice"]) == ("Croeso eto!", "Mair")
    assert {name for name in after if after[name] != before[name]} == {"cym_for_eng"}
    assert "Save" not in desk.buttons


def test_courses_that_share_a_recording_can_take_the_text_too(desk: Desk) -> None:
    """They are named before; without the tick theirs stays."""
    desk.open("ita_for_eng").write(Text="Ciao!")
    shared = desk.console.data("welcomes:head:ita_for_eng")["shared"]
    assert [name for name, _href in shared] == ["Italian for English speakers (10seeds)"]
    desk.console.app.checkbox[0].check()
    desk.console.again()
    desk.press("Save")
    assert {
        registry(desk.store)[one]["text"] for one in ("ita_for_eng", "ita_for_eng_10seeds")
    } == {"Ciao!"}


def test_what_was_typed_waits_while_one_looks_elsewhere(desk: Desk) -> None:
    """The list tells of it; it is there again on coming back, and gone when thrown away."""
    desk.open("cym_for_eng").write(Text="Half a")
    assert ("You have not saved your changes", "warning") in desk.open().rows["cym_for_eng"]["todo"]
    assert desk.open("cym_for_eng").console.app.text_area[0].value == "Half a"
    desk.press("Throw away")
    assert desk.console.app.text_area[0].value == "Croeso! Welcome to Welsh."
    assert registry(desk.store)["cym_for_eng"]["text"] == "Croeso! Welcome to Welsh."


def test_texts_are_only_text(desk: Desk) -> None:
    """Whatever somebody typed is shown letter by letter, in the table and in what is told."""
    odd = "**b** <img src=x> ![](http://elsewhere.example/x) :red[r]"
    desk.open("cym_for_eng").write(Text=odd)
    assert odd in desk.words
    assert not any("](http" in item.value for item in desk.console.app.markdown)
    assert desk.press("Save").open().rows["cym_for_eng"]["text"] == odd


def test_a_text_that_cannot_be_kept_stays_typed(desk: Desk) -> None:
    """It says why, and nothing was changed."""
    desk.open("cym_for_eng").write(Text="a\x00b")
    assert "control characters" in desk.words
    assert "Save" not in desk.buttons
    assert desk.console.app.text_area[0].value == "a\x00b"


# -- a recording ---------------------------------------------------------------------------------


def test_a_good_recording_is_judged_and_saved(desk: Desk) -> None:
    """Drawn, heard, and every verdict in plain words; saved, it is the recording of both courses."""
    desk.open("ita_for_eng").drop("take 2.wav", GOOD)
    assert any(key.startswith("welcomes:wave:only") for key in desk.console.shown)
    assert desk.verdicts["Sound"] == ("ok", "Good: WAV, mono")
    assert "LUFS" not in str(desk.verdicts)
    assert "longer than before" in desk.verdicts["Length"][1]
    assert body(desk.store, ITA_WAV) == OLD
    desk.press("Save")
    assert body(desk.store, ITA_WAV) == GOOD
    entries = registry(desk.store)
    assert entries["ita_for_eng"]["duration"] == entries["ita_for_eng_10seeds"]["duration"] == 2.1
    assert entries["ita_for_eng"]["id"] == ITA


def test_level_and_silence_are_mended_by_one_press_each(desk: Desk) -> None:
    """Before and after are both there; a mend is taken back as easily; saved is what was mended."""
    desk.open("ita_for_eng").drop("quiet.wav", QUIET)
    assert "too quiet" in desk.verdicts["Level"][1]
    assert "silence" in desk.verdicts["Silence"][1]
    desk.press("Make it as loud as it should be").press("Cut the silence")
    assert {desk.verdicts[one][0] for one in ("Level", "Silence")} == {"ok"}
    assert sum(key.startswith("welcomes:wave:") for key in desk.console.shown) == 2
    desk.press("Take that back")
    assert "silence" in desk.verdicts["Silence"][1]
    desk.press("Cut the silence").press("Save")
    assert 2.2 < registry(desk.store)["ita_for_eng"]["duration"] < 2.6


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.wav", b"<html><body>Not found</body></html>"),
        ("empty.wav", b""),
        ("x.mp3", b"x" * 99),
    ],
)
def test_what_is_no_recording_is_refused_at_once(desk: Desk, name: str, data: bytes) -> None:
    """With the reason; nothing was changed, and the place for a file is still there."""
    desk.open("ita_for_eng").drop(name, data)
    assert desk.console.app.error
    assert desk.console.app.get("file_uploader")
    assert body(desk.store, ITA_WAV) == OLD


def test_another_language_pair_gets_a_recording_of_its_own(desk: Desk) -> None:
    """Italian for Japanese speakers overwrites nobody's Italian; the page says so before."""
    desk.open("ita_for_jpn")
    assert "no welcome of this course yet" in desk.words
    desk.write(Text="Benvenuti!").drop("it.wav", GOOD)
    assert "ita_for_jpn.wav" in desk.words
    desk.press("Save")
    assert body(desk.store, ITA_WAV) == OLD
    assert body(desk.store, "canonical/welcomes/ita_for_jpn.wav") == GOOD
    assert registry(desk.store)["ita_for_jpn"]["id"]


# -- somebody else -------------------------------------------------------------------------------


def test_changes_of_other_courses_are_merged_and_told(desk: Desk) -> None:
    """Nobody's work is lost, and nobody is asked where there is nothing to ask."""
    desk.open("cym_for_eng").write(Text="Mine")
    set_text(desk.store, "cmn_for_eng", "Theirs")
    assert "both are kept" in desk.press("Save").words
    assert registry(desk.store)["cmn_for_eng"]["text"] == "Theirs"
    assert registry(desk.store)["cym_for_eng"]["text"] == "Mine"


@pytest.mark.parametrize(("kept", "stored"), [("Mine", "My text"), ("Theirs", "Their text")])
def test_the_same_text_is_a_choice_side_by_side(desk: Desk, kept: str, stored: str) -> None:
    """Both are shown, nothing is written before the choice, and the chosen one is what stays."""
    desk.open("cym_for_eng").write(Text="My text", Voice="Mair")
    set_text(desk.store, "cym_for_eng", "Their text")
    desk.press("Save")
    assert {"My text", "Their text"} <= set(desk.words.splitlines())
    assert registry(desk.store)["cym_for_eng"]["text"] == "Their text"
    desk.console.app.radio[0].set_value(kept)
    desk.console.again()
    desk.press("Go on with these").press("Save")
    entry = registry(desk.store)["cym_for_eng"]
    assert (entry["text"], entry["voice"]) == (stored, "Mair")


def test_a_recording_stored_meanwhile_is_a_choice(desk: Desk) -> None:
    """Theirs is heard beside mine; keeping theirs leaves it as it is."""
    other = OLD + b"\0\0"
    desk.open("ita_for_eng").drop("mine.wav", GOOD)
    put(desk.store, ITA_WAV, other)
    desk.press("Save")
    assert "another recording meanwhile" in desk.words
    assert body(desk.store, ITA_WAV) == other
    desk.console.app.radio[0].set_value("Theirs")
    desk.console.again()
    desk.press("Go on with these")
    assert body(desk.store, ITA_WAV) == other
    assert "Save" not in desk.buttons


def test_a_failure_loses_nothing(
    desk: Desk, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed stays, and the same press works later."""
    real = type(services.welcomes).save

    def fails(*_args: object, **_named: object) -> None:
        raise Unavailable("The store is too busy.", "Wait a moment.")

    desk.open("cym_for_eng").write(Text="Patience")
    monkeypatch.setattr(type(services.welcomes), "save", fails)
    assert "too busy" in desk.press("Save").words
    monkeypatch.setattr(type(services.welcomes), "save", real)
    desk.press("Save")
    assert registry(desk.store)["cym_for_eng"]["text"] == "Patience"


# -- on its way to learners ----------------------------------------------------------------------


def test_to_testing_then_asked_for_then_on_the_operators_home(desk: Desk) -> None:
    """The MP3 is made by a job; the request is on Home for operators only, until it is taken back."""
    desk.open("ita_for_eng", **{"as": "editor"}).press("Send to testing").settled()
    assert CLIP in keys(desk.store, STAGE, "mastered/")
    assert "It is in testing now" in desk.words
    assert "welcomes:player:In testing" in desk.console.shown
    assert (
        dict(desk.open(**{"as": "editor"}).rows["ita_for_eng_10seeds"]["steps"])["In testing"]
        == "yes"
    )
    desk.open("ita_for_eng", **{"as": "editor"}).write(**{"A word to the operators": "New voice"})
    assert "Asked." in desk.press("Ask to go live").words
    assert "waits for an operator" in desk.words
    cards = desk.console.open(**{"as": "operator"}).data("home:people")["cards"]
    assert [card["number"] for card in cards if card["title"] == "welcome to go live"] == ["1"]
    assert "New voice" in str(cards)
    assert "promote?project=ssi&part=plan&course=ita_for_eng" in str(cards)
    assert "go live" not in str(desk.console.open(**{"as": "editor"}).data("home:people"))
    desk.open("ita_for_eng").press("Take the request back")
    assert "Ask to go live" in desk.buttons
    assert "go live" not in str(desk.console.open(**{"as": "operator"}).data("home:people"))


def test_an_editor_begins_on_this_page(desk: Desk) -> None:
    """Home's card leads here, not into a bucket."""
    assert (
        desk.console.open(**{"as": "editor"})
        .cards("people")["Content editor"]["href"]
        .startswith("welcomes?project=ssi")
    )


# -- history -------------------------------------------------------------------------------------


def test_an_earlier_text_and_recording_come_back(desk: Desk, services: Services) -> None:
    """Each version is there with who made it; what bringing it back changes is told first."""
    desk.open("ita_for_eng").write(Text="Second").drop("new.wav", GOOD).press("Save")
    desk.console.app.session_state["welcomes:history:ita_for_eng"] = True
    desk.console.again()
    assert "Welcome to Italian." in desk.words.splitlines()
    assert "You (local)" in desk.words
    rows = services.welcomes.history(local_actor(), "ssi", "ita_for_eng").rows
    for at, row in enumerate(rows):
        if not row.current:
            toggle = desk.console.app.toggle(key=f"welcomes:history:compare:{at}:{row.version_id}")
            toggle.set_value(True)
    compared = desk.console.again().words
    assert ":green-background[**Second**]" in compared
    assert "Then" in compared
    assert "Now" in compared
    for kind in ("recording", "text"):
        rows = services.welcomes.history(local_actor(), "ssi", "ita_for_eng").rows
        past = [(at, row) for at, row in enumerate(rows) if row.kind == kind and not row.current]
        at, row = past[0]
        desk.console.press(f"welcomes:history:back:{at}:{row.version_id}")
        assert "Bring it back now" in desk.buttons
        assert "It is back." in desk.press("Bring it back now").words
    assert registry(desk.store)["ita_for_eng"]["text"] == "Welcome to Italian."
    assert body(desk.store, ITA_WAV) == OLD


# -- a new welcome -------------------------------------------------------------------------------


def test_a_new_welcome_is_named_by_its_course(desk: Desk) -> None:
    """What the letters mean is said at once, also when they mean nothing."""
    desk.open()
    field = desk.console.app.text_input(key="welcomes:new")
    field.input("gle_for_xxx")
    assert "No language has the letters xxx" in desk.console.again().words
    desk.console.app.text_input(key="welcomes:new").input("gle_for_eng")
    assert "Irish for English speakers" in desk.console.again().words
    desk.press("Begin")
    assert desk.console.app.query_params["course"] == "gle_for_eng"
    desk.write(Text="Fáilte!").press("Save")
    assert registry(desk.store)["gle_for_eng"]["text"] == "Fáilte!"
    assert keys(desk.store, SHARED, "canonical/welcomes/gle") == []
