"""What a change would do, from what was read: no store, no clock."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.changes.arrivals import curl_line, link_limits
from storage.changes.plan import (
    delete_row,
    deletion_text,
    missing_step,
    refuse_doubles,
    refuse_shared_targets,
    target_keys,
    transfer_step,
    upload_item,
)
from storage.changes.tally import NAMED, Tally
from storage.config import Config
from storage.errors import Conflict, InvalidInput
from storage.layout.load import load_layouts
from storage.model.changes import Incoming, UploadPlan, Versioning
from storage.model.objects import ObjectHead, PresignedPost
from storage.settings import Settings
from storage.units import parse_bytes

LAYOUTS = load_layouts(Settings(), Config(), {})
SSI = LAYOUTS["ssi"]
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def head(key: str, bucket: str = "ssi-audio-stage", **facts: str) -> ObjectHead:
    return ObjectHead(bucket, key, 100, "e", NOW, facts.get("content_type", "audio/mpeg"))


def test_a_refused_name_has_no_key_and_blocks_only_itself() -> None:
    """The plan says which file and why; the others can be stored."""
    files = [Incoming("../x.mp3", 10, FRAME), Incoming("ok.txt", 2, b"ok")]
    items = tuple(upload_item(SSI, "canonical", "notes/", file) for file in files)
    plan = UploadPlan("ssi", "canonical", "b", "notes/", items)
    assert [(item.key, item.blocked) for item in items] == [("", True), ("notes/ok.txt", False)]
    assert (plan.blocked, plan.bytes, plan.conflicts) == (False, 2, ())


def test_two_files_of_one_name_are_not_stored_over_one_another() -> None:
    """Written with one or two characters, "é" is the same name: the second is refused."""
    names = ["caf\u00e9.txt", "cafe\u0301.txt", "../a", "../b"]
    items = refuse_doubles(
        [upload_item(SSI, "canonical", "", Incoming(name, 1, b"x")) for name in names]
    )
    assert [item.blocked for item in items] == [False, True, True, True]
    assert items[1].findings[-1].rule == "double"
    assert "double" not in {finding.rule for finding in items[3].findings}


def test_a_type_that_is_none_refuses_the_file() -> None:
    """It would be a header of its own."""
    item = upload_item(SSI, "canonical", "", Incoming("a.txt", 1, b"a", "text/plain\r\nx: y"))
    assert item.blocked


@given(
    keys=st.lists(st.text("ab/", min_size=1, max_size=8), min_size=1, max_size=5, unique=True),
    folder=st.sampled_from(["", "to/", "to/there/"]),
)
def test_what_goes_into_a_folder_stays_below_it(keys: list[str], folder: str) -> None:
    """Each under its last segment, in order."""
    targets = target_keys(keys, folder)
    assert len(targets) == len(keys)
    assert all(target.startswith(folder) for target in targets)
    assert all("/" not in target.removeprefix(folder) for target in targets)


def test_targets_need_a_folder_for_several() -> None:
    """One object may get a new name; several may not share it."""
    assert target_keys(["a/b"], "c") == ("c",)
    with pytest.raises(InvalidInput):
        target_keys(["a", "b"], "c")
    with pytest.raises(InvalidInput):
        target_keys(["a", "a"], "c/")


@pytest.mark.parametrize(
    ("role", "target", "rule"),
    [
        ("canonical", CLIP, "rule"),
        ("stage", "a//b", "name"),
        ("stage", "../b", "name"),
        ("stage", CLIP, "same-place"),
    ],
)
def test_a_copy_is_refused_by_its_target(role: str, target: str, rule: str) -> None:
    """THE RULE, names, and the object itself."""
    step = transfer_step(SSI, role, head(CLIP), target, None)
    assert step.blocked
    assert step.findings[0].rule == rule


def test_a_copy_of_another_type_is_only_warned_of() -> None:
    """Its bytes were not read, and old objects carry old spellings."""
    step = transfer_step(SSI, "stage", head("x", content_type="binary/octet-stream"), CLIP, None)
    assert [(finding.rule, finding.severity) for finding in step.findings] == [
        ("content-type", "warning")
    ]


def test_a_name_that_the_other_store_cannot_hold_refuses_the_copy() -> None:
    """Before a byte travels."""
    assert transfer_step(SSI, "stage", head("x"), "y", None, unholdable="no.").blocked


def test_two_objects_do_not_become_one() -> None:
    """The second to a target is refused; what is gone is refused too."""
    steps = refuse_shared_targets(
        [transfer_step(SSI, "stage", head(key), "c/x", None) for key in ("a/x", "b/x")]
        + [missing_step("b", "gone", "c/gone")]
    )
    assert [step.blocked for step in steps] == [False, True, True]


@pytest.mark.parametrize(
    ("versioning", "words"),
    [("on", "can be undone"), ("off", "gone for good"), ("unknown", "gone for good")],
)
def test_a_deletion_says_what_it_touches(versioning: Versioning, words: str) -> None:
    """How many, how much, where, and whether it comes back."""
    text = deletion_text(SSI.bucket("prod"), 1_200, 3 * 1_048_576, versioning)
    assert text.startswith("1,200 objects, 3.0 MiB, in Prod (live).")
    assert words in text
    assert deletion_text(SSI.bucket("prod"), 1, 5, "off").startswith("1 object, 5 B")


def test_what_is_gone_already_is_said() -> None:
    """No size is counted for it."""
    row = delete_row(SSI, "stage", CLIP, None)
    assert (row.gone, row.size) == (True, 0)
    assert delete_row(SSI, "stage", CLIP, head(CLIP)).kind == "clip"


def test_a_tally_counts_all_and_names_a_hundred() -> None:
    """And goes on from what a checkpoint kept."""
    tally = Tally()
    for number in range(NAMED + 50):
        tally.add(str(number), 2)
        tally.fail(f"f{number}", Conflict("changed"))
        tally.leave(f"l{number}", "newer")
    again = Tally(tally.as_json())
    again.add("last", 1)
    assert (again.done, again.bytes, again.seen) == (151, 301, 451)
    kept = again.result()
    assert [len(kept[name]) for name in ("items", "failures", "left_out")] == [NAMED] * 3


def test_a_job_in_which_nothing_worked_fails_with_the_first_reason() -> None:
    """One success among failures is a job that is done."""
    tally = Tally()
    tally.fail("a", Conflict("first"))
    tally.fail("b", Conflict("second"))
    with pytest.raises(Conflict, match="first"):
        tally.result()
    tally.add("c", 1)
    assert tally.result()["failed"] == 2


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=30), max_size=5))
def test_a_curl_line_holds_whatever_the_form_does(fields: dict[str, str]) -> None:
    """To a shell each field is one word, and curl takes it literally (also @ and <)."""
    words = shlex.split(curl_line(PresignedPost("http://x/?a&b", fields, NOW)))
    assert words[:2] == ["curl", "--fail-with-body"]
    assert words[-1] == "http://x/?a&b"
    given_fields = [word for before, word in pairwise(words) if before == "--form-string"]
    assert given_fields == [f"{name}={text}" for name, text in fields.items()]


def test_links_into_personal_data_end_sooner() -> None:
    """Five minutes at most, as every link there."""
    assert link_limits(LAYOUTS["speech-coach"]) == (60, 300)
    assert link_limits(SSI) == (300, 3_600)


def test_sizes_are_read_with_their_units() -> None:
    """Binary units only: what is meant by 1 MB is not guessed."""
    assert [parse_bytes(text) for text in ("5", "1KiB", "10MiB")] == [5, 1_024, 10_485_760]
    for text in ("", "1MB", "-1", "1.5MiB"):
        with pytest.raises(InvalidInput):
            parse_bytes(text)
