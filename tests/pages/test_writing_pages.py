"""Writing in Browse: what each dialog says before, what it does, and what it refuses."""

from __future__ import annotations

import time
from typing import Any

import pytest
from page_rig import A_CLIP, MP3, STAGE, Console

from storage.bootstrap import Services
from storage.errors import Unavailable
from storage.s3.client import Store
from ui.text import plain_markdown

WAV = (
    b"RIFF\x24\x08\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
    b"data\0\x08\0\0" + b"\0" * 2048
)
SHARED = "popty-bach-lfs"
WELCOMES = {"bucket": "canonical", "prefix": "canonical/welcomes/"}
ITA = "canonical/welcomes/ita.wav"


@pytest.fixture
def shared(stocked: Store) -> Store:
    """The stand-in, whose shared files keep their versions."""
    stocked.client.put_bucket_versioning(
        Bucket=SHARED, VersioningConfiguration={"Status": "Enabled"}
    )
    stocked.client.put_object(Bucket=SHARED, Key=ITA, Body=WAV, ContentType="audio/wav")
    return stocked


def body(store: Store, key: str, bucket: str = SHARED) -> bytes:
    """What is stored there."""
    return store.client.get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(store: Store, prefix: str, bucket: str = SHARED) -> list[str]:
    """What there is, below a prefix."""
    listed = store.client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [row["Key"] for row in listed.get("Contents", [])]


def labels(console: Console) -> list[str]:
    """The buttons on the page."""
    return [button.label for button in console.app.button]


def settled(console: Console) -> Console:
    """The page once no job is going on."""
    deadline = time.monotonic() + 20
    while any(label == "Cancel" for label in labels(console)):
        assert time.monotonic() < deadline, console.words
        time.sleep(0.1)
        console.again()
    return console


def upload(console: Console, *files: tuple[str, bytes]) -> Console:
    """Opens the dialog and drops the files into it."""
    console.press("writing:upload")
    given = [(name, data, "application/octet-stream") for name, data in files]
    console.app.file_uploader(key="uploading:files").set_value(given)
    return console.again()


# -- who is offered what -------------------------------------------------------------------------


def test_only_those_who_may_are_offered_to_write(console: Console) -> None:
    """A viewer sees no button that writes; an editor sees them in the shared files only."""
    console.open("browse", at=ITA, **WELCOMES, **{"as": "viewer"})
    assert not {"Upload", "Replace", "Edit", "Copy or move", ":red[Delete]"} & set(labels(console))
    console.open("browse", at=ITA, **WELCOMES, **{"as": "editor"})
    assert {"Upload", "Replace", "Edit", "Copy or move", ":red[Delete]"} <= set(labels(console))
    console.open("browse", bucket="prod", prefix="mastered/", at=A_CLIP, **{"as": "editor"})
    assert not {"Upload", "Replace", "Edit", ":red[Delete]"} & set(labels(console))


def test_the_menu_has_what_the_place_allows(console: Console) -> None:
    """A whole bucket cannot be deleted; a folder can, by who may."""
    console.open("browse", bucket="canonical", **{"as": "operator"})
    assert console.app.get("menu_button")[0].options == [
        "Make an upload link …",
        "Show deleted …",
    ]
    console.open("browse", **WELCOMES, **{"as": "operator"})
    assert "Delete this folder" in console.app.get("menu_button")[0].options[-1]
    console.open("browse", **WELCOMES, **{"as": "editor"})
    assert "Delete this folder" not in console.app.get("menu_button")[0].options[-1]


def test_reading_only_gives_way_to_the_banner(
    console: Console, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched to reading only, nothing that writes is offered; what is open refuses."""
    upload(console.open("browse", **WELCOMES), ("gle.wav", WAV))
    services.switches.set_read_only(_admin(), "Moving house.")
    console.press("uploading:go")
    assert "Moving house" in console.words
    console.open("browse", at=ITA, **WELCOMES)
    assert not {"Upload", "Replace", "Edit", ":red[Delete]"} & set(labels(console))
    services.switches.clear_read_only()


def _admin() -> Any:
    from storage.model.people import local_actor

    return local_actor()


def test_what_a_dialog_offered_is_asked_again(console: Console, shared: Store) -> None:
    """Who lost the permission while the dialog was open is refused by the library."""
    upload(console.open("browse", **WELCOMES, **{"as": "editor"}), ("gle.wav", WAV))
    console.app.query_params["as"] = "viewer"
    console.press("uploading:go")
    assert "You may not do that" in console.words
    assert "canonical/welcomes/gle.wav" not in keys(shared, "canonical/welcomes/")


# -- upload --------------------------------------------------------------------------------------


def test_uploading_new_files(console: Console, shared: Store) -> None:
    """They are told before, stored by a job, linked to afterwards, and in the table."""
    upload(console.open("browse", **WELCOMES), ("gle.wav", WAV), ("spa.wav", WAV + b"\0\0"))
    assert "Upload 2 files" in labels(console)
    console.press("uploading:go")
    settled(console)
    assert body(shared, "canonical/welcomes/gle.wav") == WAV
    head = shared.client.head_object(Bucket=SHARED, Key="canonical/welcomes/spa.wav")
    assert head["ContentType"] == "audio/wav"
    assert {"canonical/welcomes/gle.wav", "canonical/welcomes/spa.wav"} <= set(console.names)
    assert not console.app.get("file_uploader")
    console.app.button[labels(console).index(plain_markdown("gle.wav"))].click()
    console.again()
    assert console.app.query_params["at"] == "canonical/welcomes/gle.wav"


def test_replacing_takes_a_tick(console: Console, shared: Store) -> None:
    """Old and new are shown side by side; without the tick the old one stays."""
    upload(console.open("browse", **WELCOMES), ("ita.wav", WAV + b"\0\0"), ("gle.wav", WAV))
    assert "There now" in console.words
    assert "New" in console.words
    assert "Upload 1 file" in labels(console)
    assert "1 file will be left out" in console.words
    console.app.checkbox(key=f"uploading:{ITA!a}:tick").check()
    console.again()
    assert "Upload 2 files" in labels(console)
    settled(console.press("uploading:go"))
    assert body(shared, ITA) == WAV + b"\0\0"


def test_all_can_be_replaced_at_once(console: Console, shared: Store) -> None:
    """One tick for all of them."""
    cym = "canonical/welcomes/cym.wav"
    upload(console.open("browse", **WELCOMES), ("ita.wav", WAV + b"12"), ("cym.wav", WAV + b"34"))
    assert "Nothing to upload" in labels(console)
    console.app.checkbox(key="uploading:all").check()
    settled(console.again().press("uploading:go"))
    assert (body(shared, ITA), body(shared, cym)) == (WAV + b"12", WAV + b"34")


def test_what_the_rules_refuse_is_said_and_not_stored(console: Console, shared: Store) -> None:
    """THE RULE, and bytes that are not what the name says."""
    name = "0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
    upload(console.open("browse", **WELCOMES), (name, MP3), ("fra.wav", b"<html></html>"))
    assert "Course audio never goes to Canonical" in console.words
    assert "an HTML page" in console.words
    assert "Nothing to upload" in labels(console)
    assert console.app.button(key="uploading:go").disabled


def test_hostile_names_are_only_text(console: Console, shared: Store) -> None:
    """Markdown, HTML and climbing in a file's name: shown as they are, or refused."""
    upload(
        console.open("browse", bucket="canonical", prefix="canonical/templates/"),
        ("![x](http://elsewhere.example/x.png)", b"text"),
        ("../../out.txt", b"text"),
        ("<script>alert(1)</script>.txt", b"text"),
    )
    written = "".join(console.markdown)
    assert "](http" not in written
    assert "<script>" not in written
    settled(console.press("uploading:go"))
    assert not [key for key in keys(shared, "") if ".." in key.split("/")]


def test_another_name_can_be_given(console: Console, shared: Store) -> None:
    """The name typed into the table is the one that is judged and stored."""
    upload(console.open("browse", **WELCOMES), ("Recording 7.wav", WAV))
    renamed = {"edited_rows": {0: {"Becomes": "gle.wav"}}, "added_rows": [], "deleted_rows": []}
    console.app.session_state["uploading:table"] = renamed
    console.again()
    settled(console.press("uploading:go"))
    assert body(shared, "canonical/welcomes/gle.wav") == WAV


def test_nothing_chosen_is_lost_by_a_failure(
    console: Console, services: Services, shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog stays with its files and ticks, and the same press works later."""
    fails = True
    real = services.changes.upload

    def once(*args: Any, **kwargs: Any) -> Any:
        if fails:
            raise Unavailable("The store is too busy.", "Wait a moment.")
        return real(*args, **kwargs)

    monkeypatch.setattr(type(services.changes), "upload", lambda _self, *a, **k: once(*a, **k))
    upload(console.open("browse", **WELCOMES), ("gle.wav", WAV)).press("uploading:go")
    assert "too busy" in console.words
    assert "Upload 1 file" in labels(console)
    fails = False
    settled(console.press("uploading:go"))
    assert body(shared, "canonical/welcomes/gle.wav") == WAV


def test_one_object_is_replaced(console: Console, shared: Store) -> None:
    """Whatever the new file is called, it takes the object's place."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:replace")
    given = ("Take 2.wav", WAV + b"\0\0\0\0", "audio/wav")
    console.app.file_uploader(key="uploading:one").set_value(given)
    assert "There now" in console.again().words
    settled(console.press("uploading:go"))
    assert body(shared, ITA) == WAV + b"\0\0\0\0"


# -- edit ----------------------------------------------------------------------------------------


def add_row(console: Console, table: str, name: str, value: str) -> None:
    """Types a pair into a table of pairs, below what is there."""
    console.app.session_state[table] = {
        "edited_rows": {},
        "added_rows": [{"Name": name, "Value": value}],
        "deleted_rows": [],
    }


def test_type_metadata_and_tags_are_edited(console: Console, shared: Store) -> None:
    """What was typed is there; the bytes and what was not touched are as before."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:edit")
    assert console.app.button(key="editing:go").disabled
    console.app.text_input(key="editing:cache").input("max-age=60")
    add_row(console, "editing:metadata", "voice", "anna")
    add_row(console, "editing:tags", "state", "checked")
    console.again().press("editing:go")
    head = shared.client.head_object(Bucket=SHARED, Key=ITA)
    assert (head["CacheControl"], head["Metadata"]) == ("max-age=60", {"voice": "anna"})
    assert head["ContentType"] == "audio/wav"
    tags = shared.client.get_object_tagging(Bucket=SHARED, Key=ITA)["TagSet"]
    assert tags == [{"Key": "state", "Value": "checked"}]
    assert body(shared, ITA) == WAV
    assert "Saved" in console.words


def test_a_second_editor_is_told_and_nothing_is_lost(console: Console, shared: Store) -> None:
    """Somebody saved meanwhile: theirs is shown, mine is still there and goes on top of it."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:edit")
    add_row(console, "editing:metadata", "voice", "anna")
    shared.client.put_object(Bucket=SHARED, Key=ITA, Body=WAV + b"\0\0", ContentType="audio/x-wav")
    console.again().press("editing:go")
    assert "Somebody changed it meanwhile" in console.again().words
    assert "audio/wav → audio/x-wav" in console.words
    console.press("editing:go")
    head = shared.client.head_object(Bucket=SHARED, Key=ITA)
    assert (head["ContentType"], head["Metadata"]) == ("audio/x-wav", {"voice": "anna"})


def test_a_change_of_metadata_alone_is_a_conflict_too(console: Console, shared: Store) -> None:
    """The bytes and so the ETag are the same, and still it is another object by now."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:edit")
    add_row(console, "editing:metadata", "voice", "anna")
    shared.client.put_object(
        Bucket=SHARED, Key=ITA, Body=WAV, ContentType="audio/wav", Metadata={"take": "2"}
    )
    console.again().press("editing:go")
    assert "Metadata take: none → 2" in console.again().words
    console.press("editing:go")
    head = shared.client.head_object(Bucket=SHARED, Key=ITA)
    assert head["Metadata"] == {"take": "2", "voice": "anna"}


def test_of_an_edit_that_comes_second_no_half_is_written(console: Console, shared: Store) -> None:
    """Tags are written on their own, and yet not where the rest is refused: theirs is shown, and
    nothing of mine passes for theirs.
    """
    console.open("browse", at=ITA, **WELCOMES).press("writing:edit")
    console.app.text_input(key="editing:cache").input("max-age=60")
    add_row(console, "editing:tags", "state", "checked")
    shared.client.put_object(
        Bucket=SHARED, Key=ITA, Body=WAV, ContentType="audio/wav", CacheControl="no-store"
    )
    console.again().press("editing:go")
    assert "Cache control: none → no-store" in console.again().words
    assert "Tag state" not in console.words
    assert shared.client.get_object_tagging(Bucket=SHARED, Key=ITA)["TagSet"] == []
    console.press("editing:go")
    tags = shared.client.get_object_tagging(Bucket=SHARED, Key=ITA)["TagSet"]
    assert tags == [{"Key": "state", "Value": "checked"}]
    assert shared.client.head_object(Bucket=SHARED, Key=ITA)["CacheControl"] == "max-age=60"


def test_a_type_that_is_none_is_refused_and_stays_typed(console: Console) -> None:
    """The words of the library, and the field as it was."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:edit")
    console.app.text_input(key="editing:type").input("not a type\r\nX: y")
    console.again().press("editing:go")
    assert console.app.error
    assert "not a type" in console.app.text_input(key="editing:type").value


# -- copy and move -------------------------------------------------------------------------------


def test_an_object_is_copied_under_another_name(console: Console, shared: Store) -> None:
    """The plan is shown first; the source stays."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:transfer")
    assert "Choose another bucket, folder or name" in console.words
    console.app.text_input(key="moving:name").input("fra.wav")
    assert "Copy 1 object" in labels(console.again())[-1]
    settled(console.press("moving:go"))
    assert body(shared, "canonical/welcomes/fra.wav") == body(shared, ITA) == WAV


def test_ticked_objects_are_moved_together(console: Console, stocked: Store) -> None:
    """They are in the folder, and gone where they were."""
    chosen = ["mastered/2.txt", A_CLIP]
    console.open("browse", prefix="mastered/")
    console.ticked = chosen
    console.again().press("writing:transfer:many")
    console.app.get("button_group")[-1].set_value("Move")
    console.app.text_input(key="moving:folder").input("old/")
    settled(console.again().press("moving:go"))
    assert keys(stocked, "old/", "ssi-audio-stage") == [
        "old/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3",
        "old/2.txt",
    ]
    assert not set(chosen) & set(keys(stocked, "mastered/", "ssi-audio-stage"))


def test_the_rule_holds_for_copies(console: Console) -> None:
    """Course audio to Canonical: refused in the plan, and nothing to press."""
    console.open("browse", prefix="mastered/", at=A_CLIP).press("writing:transfer")
    console.app.selectbox(key="moving:role").select("canonical")
    assert "Course audio never goes to Canonical" in console.again().words
    assert console.app.button(key="moving:go").disabled


# -- delete, undo, restore -----------------------------------------------------------------------


def test_a_deleted_object_comes_back_by_undo(console: Console, shared: Store) -> None:
    """The dialog says what goes; afterwards Undo brings exactly that back."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:delete")
    assert "1 object" in console.words
    console.app.text_input(key="deleting:note").input("A wrong take.")
    console.again().press("danger:delete")
    assert ITA not in keys(shared, "canonical/")
    assert "Deleted" in console.words
    assert ITA not in console.names
    console.press("outcomes:undo")
    assert body(shared, ITA) == WAV
    assert ITA in console.names


def test_without_versions_it_is_gone_and_that_is_said_before(
    console: Console, stocked: Store
) -> None:
    """Stage keeps no versions here: the dialog says so, and there is no Undo."""
    console.open("browse", prefix="mastered/", at="mastered/2.txt").press("writing:delete")
    assert "for good" in console.words
    console.press("danger:delete")
    assert "mastered/2.txt" not in keys(stocked, "", "ssi-audio-stage")
    assert "outcomes:undo" not in {button.key for button in console.app.button}


def test_a_live_bucket_asks_to_type(console: Console, stocked: Store) -> None:
    """Nothing is deleted from what listeners have now without its name typed."""
    bucket = "yoto-audio-prod-669589759577"
    stocked.client.create_bucket(Bucket=bucket)
    stocked.client.put_object(Bucket=bucket, Key="story.mp3", Body=MP3)
    console.open("browse", project="yoto", bucket="prod", at="story.mp3")
    console.press("writing:delete")
    assert console.app.button(key="danger:delete").disabled
    console.app.text_input(key="deleting:typed:prod").input("prod")
    console.again().press("danger:delete")
    assert keys(stocked, "", bucket) == []


def test_what_changed_since_the_dialog_opened_stays(console: Console, shared: Store) -> None:
    """The object was replaced meanwhile: it is not deleted, and the reason is shown."""
    console.open("browse", at=ITA, **WELCOMES).press("writing:delete")
    shared.client.put_object(Bucket=SHARED, Key=ITA, Body=WAV + b"new", ContentType="audio/wav")
    console.press("danger:delete")
    assert body(shared, ITA) == WAV + b"new"
    assert "Deleted 0 objects" in console.words
    assert "changed" in console.words


def menu(console: Console, option: str) -> Console:
    """Chooses in the menu “More”."""
    found = console.app.get("menu_button")[0]
    found.click(next(label for label in found.options if option in label))
    return console.again()


def test_a_folder_is_deleted_by_its_name(console: Console, stocked: Store) -> None:
    """Counted first; the button waits for the folder's name; a job does it."""
    console.open("browse", prefix="mastered/")
    menu(console, "Delete this folder")
    assert f"{len(STAGE) - 1} objects" in console.words
    assert console.app.button(key="danger:delete-folder").disabled
    console.app.text_input(key="deleting:folder").input("mastered")
    settled(console.again().press("danger:delete-folder"))
    assert keys(stocked, "", "ssi-audio-stage") == ["readme.txt"]


def test_a_folder_whose_name_cannot_be_typed_is_deleted_by_what_is_shown(
    console: Console, stocked: Store
) -> None:
    """A direction mark in it is typed as the page writes it; its one object is named once."""
    stocked.client.put_object(Bucket=SHARED, Key="a\u202eb/x.txt", Body=b"x")
    console.open("browse", bucket="canonical", prefix="a\u202eb/")
    menu(console, "Delete this folder")
    assert "a\\u{202e}b/x.txt" in [block.value for block in console.app.code]
    console.app.text_input(key="deleting:folder").input("a\\u{202e}b")
    settled(console.again().press("danger:delete-folder"))
    assert keys(stocked, "a", SHARED) == []


def test_an_older_version_is_restored(console: Console, shared: Store) -> None:
    """It becomes the newest; the others stay below it."""
    shared.client.put_object(Bucket=SHARED, Key=ITA, Body=WAV + b"2", ContentType="audio/wav")
    console.open("browse", at=ITA, **WELCOMES).press("writing:versions")
    restore = [button for button in console.app.button if button.label == "Restore this one"]
    restore[0].click()
    console.again()
    assert body(shared, ITA) == WAV
    assert "again as it was" in console.words


def test_deleted_objects_are_shown_and_restored(console: Console, shared: Store) -> None:
    """Those below the folder, with what was in them."""
    shared.client.delete_object(Bucket=SHARED, Key=ITA)
    console.open("browse", **WELCOMES)
    menu(console, "Show deleted")
    assert console.app.dataframe[-1].value["Name"].to_list() == ["ita.wav"]
    chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    console.app.session_state["undeleting:table"] = chosen
    console.again().press("undeleting:go")
    assert body(shared, ITA) == WAV
    assert "Brought back 1 object" in console.words


# -- upload link ---------------------------------------------------------------------------------


def test_an_upload_link_is_made(console: Console, shared: Store) -> None:
    """A command to run, exactly this key, and a job that waits for what comes."""
    console.open("browse", **WELCOMES)
    menu(console, "Make an upload link")
    console.app.text_input(key="receiving:name").input("gle.wav")
    console.again()
    console.app.selectbox(key="receiving:life").select(300)
    console.press("receiving:go")
    assert "curl" in "".join(block.value for block in console.app.code)
    assert "canonical/welcomes/gle.wav" in console.words
    console.press("receiving:done")
    assert "Cancel" in labels(console)
    console.app.button[labels(console).index("Cancel")].click()
    settled(console.again())


# -- what it costs -------------------------------------------------------------------------------


def test_writing_costs_a_view_nothing(console: Console) -> None:
    """The buttons ask the store for nothing; an open dialog is not asked for again."""
    console.open("browse", at=ITA, **WELCOMES)
    assert console.again().requests == []
    console.press("writing:delete")
    assert console.requests
    assert console.again().requests == []
