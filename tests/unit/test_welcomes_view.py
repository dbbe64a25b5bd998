"""The address of Welcomes, its order, and the verdicts on a recording: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sounds import joined, silence, speech, wav

from storage.audio.analyse import measure
from storage.model.audio import AudioFinding
from storage.model.welcomes import Base, Todo, Welcome
from ui.facts.facts import Fact
from ui.welcomes_takes import MENDS, given, mended, possible
from ui.welcomes_verdicts import clock, details, verdicts
from ui.welcomes_view import SORTS, WelcomesView, arranged, found, read_view

RATE_HZ = 16_000


def welcome(course: str, **fields: Any) -> Welcome:
    """A row of the list."""
    blank: dict[str, Any] = {
        "layout": "ssi",
        "course": course,
        "target": course[:3],
        "known": course[8:11],
        "suffix": "",
        "language": course,
        "text": "",
        "id": None,
        "voice": None,
        "generated_date": "",
        "duration_s": 0.0,
        "state": "missing",
        "certain": True,
        "recording": None,
        "testing": None,
        "live": None,
        "shared_with": (),
        "other_pairs": (),
        "todos": (),
        "findings": (),
        "base": Base({}),
    }
    return Welcome(**{**blank, **fields})


CALM = welcome("cym_for_eng", text="Croeso!", voice="Dewi", state="live", duration_s=3.0)
URGENT = welcome("spa_for_eng", todos=(Todo("gap", "error", "Save it again"),), state="recorded")
LATER = welcome("fra_for_eng", todos=(Todo("no-text", "warning", "No text yet"),))
ALL = (CALM, LATER, URGENT)


def test_what_needs_attention_comes_first() -> None:
    """Errors, then warnings, then the rest."""
    assert arranged(ALL, WelcomesView()) == [URGENT, LATER, CALM]


@pytest.mark.parametrize("sort", list(SORTS))
def test_every_order_has_all_and_its_reverse(sort: str) -> None:
    """Whatever is missing in a row; and asking for the same order again turns it round."""
    view = WelcomesView(sort=sort)
    forwards = arranged(ALL, view)
    assert set(map(id, forwards)) == set(map(id, ALL))
    assert arranged(ALL, view.sorted_by(sort)) == forwards[::-1]
    assert view.sorted_by(sort).sorted_by(sort) == view


def test_an_address_comes_back_whole_and_nonsense_falls_away() -> None:
    """Defaults are left out; what means nothing is the default."""
    view = WelcomesView("ssi", "cym_for_eng", "croeso & more", "live", "text", "1")
    assert read_view(view.params()) == view
    assert WelcomesView().params() == {}
    assert read_view({"show": "x", "sort": "x", "desc": "x", "else": "x"}) == WelcomesView()


def test_every_word_must_be_found_somewhere() -> None:
    """In any of course, language, text and voice, whatever the case."""
    assert found(ALL, "DEWI croe") == [CALM]
    assert found(ALL, "dewi spa") == []
    assert found(ALL, "  ") == list(ALL)


# -- verdicts ------------------------------------------------------------------------------------


def rows(data: bytes, before_s: float = 0.0) -> dict[str, Fact]:
    """The verdicts by what they are about."""
    return {fact.label: fact for fact in verdicts(measure(data), before_s).rows}


def test_nothing_found_is_good() -> None:
    """Every row says so, in words without units of sound engineers."""
    told = rows(wav(speech(2.0, RATE_HZ, level=0.7)))
    assert {fact.tone for fact in told.values()} == {"ok"}
    assert not any(unit in str(told) for unit in ("LUFS", "dBTP", "Hz"))


def test_each_finding_is_told_in_one_row_only() -> None:
    """Also one whose code nobody thought of: it is about the sound."""
    measured = measure(wav(speech(2.0, RATE_HZ, level=0.7)))
    strange = AudioFinding("strange", "error", "Something strange")
    quiet = AudioFinding("level", "warning", "Too quiet")
    told = verdicts(replace(measured, findings=(strange, quiet)), 0).rows
    assert [(one.label, one.tone) for one in told if "strange" in one.value] == [("Sound", "error")]
    assert [(one.label, one.tone) for one in told if "quiet" in one.value] == [("Level", "warning")]


@pytest.mark.parametrize(
    ("before_s", "tone", "words"),
    [
        (0.0, "ok", "2.0 s"),
        (2.0, "ok", "as before"),
        (2.3, "ok", "0.3 s shorter"),
        (1.8, "ok", "0.2 s longer"),
        (5.0, "warning", "right text?"),
    ],
)
def test_the_length_is_held_against_the_old_one(before_s: float, tone: str, words: str) -> None:
    """A length far off may be another text's."""
    told = rows(wav(speech(2.0, RATE_HZ, level=0.7)), before_s)["Length"]
    assert (told.tone, words in told.value) == (tone, True)


def test_figures_with_their_units_are_details() -> None:
    """For whoever wants them; silence has no loudness."""
    assert "LUFS" in str(details(measure(wav(speech(2.0, RATE_HZ)))))
    assert "no sound" in str(details(measure(wav(silence(1.0, RATE_HZ)))))


def test_short_lengths_keep_their_tenths() -> None:
    """From ten seconds on they are minutes and seconds."""
    assert [clock(seconds) for seconds in (3.94, 9.96, 12.4, 61.0)] == [
        "3.9 s",
        "10.0 s",
        "0:12",
        "1:01",
    ]


# -- mends ---------------------------------------------------------------------------------------


def test_what_is_found_can_be_mended_and_is_then_good() -> None:
    """Level and silence, one after the other; the name says WAV, the title what was done."""
    data = wav(joined(silence(1.5, RATE_HZ), speech(2.0, RATE_HZ, level=0.03)))
    take = given("take 1.mp3", data)
    assert list(possible(take)) == ["level", "silence"]
    louder = mended(take, MENDS["level"])
    assert list(possible(louder)) == ["silence"]
    both = mended(louder, MENDS["silence"])
    assert not possible(both)
    assert (both.name, both.title) == ("take 1.wav", "Level mended, silence cut")
    assert take.data == data
