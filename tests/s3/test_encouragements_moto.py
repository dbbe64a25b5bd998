"""Encouragements over a store: listed, heard, changed under a condition, never overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from welcomes_rig import ME, Rig, rigged

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import InvalidInput, NotFound
from storage.gate import Gate
from storage.model.audit import AuditFilter
from storage.model.encouragements import Kind, Line, LinesConflict, LinesSaved
from storage.s3.client import Store
from storage.welcomes.encouragements import Encouragements

SHARED, WELSH = "canonical/encouragements.json", "canonical/cym_encouragements.json"
CLIP, OTHER = "0A7051FF-4AB7-5123-8250-466D740ADCEF", "72D5C1E6-97DB-57D0-BBA6-D40800344F40"
SAID = [("A", "Well done."), ("B", "Take a breath.")]


def file_of(pooled: Any = SAID, ordered: Any = (), language: str = "eng") -> bytes:
    lists = [
        [{"text": text, "id": one, "x": 1} for one, text in some] for some in (pooled, ordered)
    ]
    document = {"language": language, "version": "1.0"}
    return json.dumps(
        {**document, "pooledEncouragements": lists[0], "orderedEncouragements": lists[1]}, indent=2
    ).encode()


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(moto_store, gate_to, audit, console_database) as made:
        made.put("canonical", SHARED, file_of())
        yield made


def service(rig: Rig) -> Encouragements:
    return Encouragements(rig.welcomes._gate, rig.layouts)


def lines(rig: Rig, kind: Kind = "pooled", key: str = SHARED) -> tuple[Line, ...]:
    found = {one.key: one for one in service(rig).list(ME, "ssi")}
    return found[key].lines[kind]


def save(rig: Rig, base: Any, *wanted: Line, kind: Kind = "pooled") -> LinesSaved:
    there = service(rig)
    plan = there.plan_save(ME, "ssi", SHARED, kind, base=base, wanted=wanted)
    return there.save(ME, plan, note="why")


def test_all_files_are_listed_by_their_language(rig: Rig) -> None:
    """The shared one first; a broken one with why, and the others all the same."""
    rig.put("canonical", WELSH, b'{"pooled')
    rig.put("canonical", "canonical/fra_encouragements.json", file_of(language="fra"))
    rig.put("canonical", "canonical/notes.json", b"{}")
    found = service(rig).list(ME, "ssi")
    assert [(one.key, one.language) for one in found] == [
        (SHARED, "English"),
        (WELSH, "Welsh"),
        ("canonical/fra_encouragements.json", "French"),
    ]
    assert found[0].lines["pooled"] == tuple(Line(*one) for one in SAID)
    assert "not JSON" in found[1].findings[0].text
    with pytest.raises(InvalidInput, match="not JSON"):
        service(rig).plan_save(ME, "ssi", WELSH, "pooled", base=(), wanted=())


def test_a_save_adds_rewords_orders_and_removes(rig: Rig) -> None:
    """Ids stay, a new one gets one, unknown fields stay; the log tells of it."""
    first, second = lines(rig)
    save(rig, (first, second), Line("B", "Breathe."), Line("", "  Go on. "))
    there = json.loads(rig.body("canonical", SHARED))["pooledEncouragements"]
    new = there[1].pop("id")
    assert there == [{"text": "Breathe.", "id": "B", "x": 1}, {"text": "Go on."}]
    assert len(new) == 36
    (row,) = rig.audit.search(AuditFilter(key=SHARED, result="done"), limit=9).rows
    assert (row.event.detail["call"], row.event.note) == ("encouragements", "why")


def test_the_same_encouragement_is_reworded_in_both_lists(rig: Rig) -> None:
    """It has one id, so it says one thing; and the plan says so."""
    rig.put("canonical", SHARED, file_of(ordered=[("A", "Well done."), ("C", "On.")]))
    base = lines(rig)
    plan = service(rig).plan_save(
        ME, "ssi", SHARED, "pooled", base=base, wanted=(Line("A", "Great."), base[1])
    )
    assert any("other list" in words for words in plan.sentences)
    service(rig).save(ME, plan)
    assert lines(rig, "ordered") == (Line("A", "Great."), Line("C", "On."))


def test_what_others_saved_meanwhile_stays_or_is_a_conflict(rig: Rig) -> None:
    """Another sentence is merged; the same one is theirs, told with theirs."""
    first, second = base = lines(rig)
    assert not save(rig, base, Line("A", "Great."), second).merged
    assert save(rig, base, first, Line("B", "Breathe.")).merged
    assert lines(rig) == (Line("A", "Great."), Line("B", "Breathe."))
    before = rig.body("canonical", SHARED)
    with pytest.raises(LinesConflict) as told:
        save(rig, base, Line("A", "Super."), second)
    assert told.value.theirs == (Line("A", "Great."), Line("B", "Breathe."))
    assert rig.body("canonical", SHARED) == before


def test_two_editors_at_once_lose_nothing(rig: Rig) -> None:
    """Each rewords a sentence of their own again and again: both have their last one."""

    def work(at: int) -> None:
        for number in range(10):
            base = lines(rig)
            wanted = list(base)
            wanted[at] = Line(base[at].id, f"{at} {number}")
            save(rig, base, *wanted)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert [one.text for one in lines(rig)] == ["0 9", "1 9"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no text"),
        ("  ", "has no text"),
        ("a\0b", "cannot be seen"),
        ("x" * 501, "at most 500"),
        ("x" * 100_000, "at most 500"),
    ],
)
def test_what_is_no_sentence_is_refused(rig: Rig, text: str, words: str) -> None:
    """Saying which one, before anything is written."""
    base, before = lines(rig), rig.body("canonical", SHARED)
    with pytest.raises(InvalidInput, match=words) as refused:
        save(rig, base, *base, Line("", text))
    assert "umber 3" in refused.value.what
    assert rig.body("canonical", SHARED) == before


def test_strange_ids_and_keys_are_refused(rig: Rig) -> None:
    """An id comes from the file or from the console; a key is one of encouragements."""
    base = lines(rig)
    for wanted in ((*base, Line("made up", "a")), (*base, base[0])):
        with pytest.raises(InvalidInput, match="not the encouragements"):
            save(rig, base, *wanted)
    for key in (
        "canonical/welcomes.json",
        "canonical/../x_encouragements.json",
        "canonical/x.json",
    ):
        with pytest.raises(NotFound):
            service(rig).plan_save(ME, "ssi", key, "pooled", base=(), wanted=())


def test_a_sentence_is_heard_where_a_course_says_it(rig: Rig) -> None:
    """By the phrase in a manifest for speakers of the language, however it is written there; in
    testing before live; None where no course has it."""
    text = 'Well "done" é.'
    rig.put("canonical", SHARED, file_of([("A", text)]))
    assert service(rig).sound(ME, "ssi", SHARED, text) is None
    sample = {"id": CLIP, "cadence": "natural", "role": "presentation", "is_encouragement": True}
    manifest = {"slices": [{"samples": {text: [{"id": OTHER, "role": "target1"}, sample]}}]}
    rig.put("canonical", "courses/ita_for_eng/course_manifest.json", json.dumps(manifest).encode())
    for role in ("prod", "stage"):
        rig.put(role, f"mastered/{CLIP}.mp3", b"ID3")
        found = service(rig).sound(ME, "ssi", SHARED, text)
        assert found is not None
        assert (found.role, found.key) == (role, f"mastered/{CLIP}.mp3")
    assert service(rig).sound(ME, "ssi", SHARED, "Well") is None
    rig.put("canonical", WELSH, file_of([("A", text)], language="cym"))
    assert service(rig).sound(ME, "ssi", WELSH, text) is None
