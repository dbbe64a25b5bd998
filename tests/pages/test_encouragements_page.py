"""Encouragements on the Welcomes page: what an editor changes, hears and keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from page_rig import Console
from welcome_desk import GOOD, STAGE, Desk, body, put, stock

from storage.s3.client import Store

FILE = "canonical/encouragements.json"
CLIP = "0A7051FF-4AB7-5123-8250-466D740ADCEF"  # the stand-in has it in testing
SAID = ("Well done.", "Take a breath.", "Go on. **b** <i>")
PART = {"part": "encouragements"}


def lines_of(*texts: str) -> list[dict[str, Any]]:
    return [{"text": text, "id": f"id {number}"} for number, text in enumerate(texts)]


def store_lines(store: Store, *texts: str) -> None:
    document = {"language": "eng", "pooledEncouragements": lines_of(*texts)}
    put(store, FILE, json.dumps({**document, "orderedEncouragements": []}, indent=2).encode())


def stored(store: Store) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body(store, FILE))["pooledEncouragements"]
    return found


@pytest.fixture
def desk(console: Console, stocked: Store) -> Desk:
    """An editor's tab over three encouragements, one of which a course has recorded."""
    stock(stocked)
    store_lines(stocked, *SAID)
    sample = [{"id": CLIP, "role": "presentation"}]
    manifest = {"slices": [{"samples": {SAID[1]: sample}}]}
    put(stocked, "courses/ita_for_eng/course_manifest.json", json.dumps(manifest).encode())
    stocked.client.put_object(Bucket=STAGE, Key=f"mastered/{CLIP}.mp3", Body=GOOD)
    return Desk(console, stocked)


def test_sentences_are_changed_moved_removed_added_and_saved(desk: Desk) -> None:
    """What will change is said first; ids stay; afterwards nothing is left to save."""
    desk.open(**PART)
    assert "Save" not in desk.buttons
    desk.write(**{"Number 1": "Very well done."})
    desk.press("Down", 1)
    desk.press("Remove", 1)
    desk.console.app.text_input(key="encouragements:new").input("Fáilte 👋")
    desk.press("Add")
    for words in ("1 encouragement added.", "1 encouragement reworded.", "removed."):
        assert words in desk.words
    desk.press("Save")
    assert "Saved." in desk.words
    assert "Save" not in desk.buttons
    there = stored(desk.store)
    assert [one["text"] for one in there] == ["Very well done.", "Take a breath.", "Fáilte 👋"]
    assert [one["id"] for one in there[:2]] == ["id 0", "id 1"]


def test_a_sentence_is_heard_where_a_course_has_recorded_it(desk: Desk) -> None:
    """And who has none is told so."""
    desk.open(**PART)
    desk.press("Listen", 1)
    assert any(key.startswith("welcomes:player:Number 2, in testing") for key in desk.console.shown)
    desk.press("Listen", 0)
    assert "No course has a recording of this sentence yet." in desk.words


def test_what_cannot_be_saved_is_told_before(desk: Desk) -> None:
    """An emptied sentence: no save is offered, and thrown away it is there again."""
    desk.open(**PART)
    desk.write(**{"Number 1": ""})
    assert "Number 1 has no text." in desk.words
    assert "Save" not in desk.buttons
    desk.press("Throw away")
    assert "has no text" not in desk.words
    assert stored(desk.store) == lines_of(*SAID)


def test_two_people_choose_between_theirs_and_mine(desk: Desk) -> None:
    """Nothing is overwritten unseen; who keeps theirs anyway saves over what they saw."""
    desk.open(**PART)
    desk.write(**{"Number 1": "Mine."})
    store_lines(desk.store, "Theirs.", *SAID[1:])
    desk.press("Save")
    assert "Somebody else changed the same encouragements" in desk.words
    assert stored(desk.store)[0]["text"] == "Theirs."
    assert "1. Theirs." in desk.words
    desk.press("Keep mine").press("Save")
    assert [one["text"] for one in stored(desk.store)] == ["Mine.", *SAID[1:]]


@pytest.mark.parametrize("role", ["viewer", "qa"])
def test_who_may_only_read_hears_and_changes_nothing(desk: Desk, role: str) -> None:
    """All of it is there, nothing that changes it; and no markup comes of a text."""
    desk.open(**PART, **{"as": role})
    assert SAID[2] in desk.words
    assert {"Listen"} <= set(desk.buttons)
    assert not {"Up", "Down", "Remove", "Add"} & set(desk.buttons)


def test_a_broken_file_is_told(desk: Desk) -> None:
    """With what to do about it; nothing is written over it."""
    put(desk.store, FILE, b'{"pooledEncouragements": [}')
    desk.open(**PART)
    assert "not JSON" in desk.words
    assert "Add" not in desk.buttons
