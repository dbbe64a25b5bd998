"""Course manifests: every reference to audio and nothing else; mistakes are named by their place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.courses.manifest import parse
from storage.errors import InvalidInput
from storage.model.courses import CLIP_SCHEMA, Manifest
from tests import manifests

A, B, C = (f"0A7051FF-4AB7-5123-8250-466D740ADCE{digit}" for digit in "ABC")
Value = dict[str, Any]


def _small(**changes: Any) -> Value:
    row = {"id": A, "cadence": "natural", "role": "target1", "duration": 1.5}
    piece = {
        "id": C,
        "version": "1",
        "seeds": [{"id": C, "introductionItems": [{"id": C}]}],
        "samples": {"Voglio": [row, {**row, "id": B, "role": "source"}]},
        "pooledEncouragements": [],
        "orderedEncouragements": [],
    }
    intro = {"id": C, "cadence": "natural", "role": "presentation", "duration": 3}
    value: Value = {"id": "ita-eng", "version": "1", "target": "ita", "known": "eng"}
    return {**value, "status": "beta", "introduction": intro, "slices": [piece], **changes}


def _parsed(value: Any) -> Manifest:
    return parse(json.dumps(value).encode())


def _rows(value: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _parsed(value).clips.to_pylist()
    return found


def _samples(value: Value) -> Value:
    found: Value = value["slices"][0]["samples"]
    return found


def test_every_reference_to_audio() -> None:
    """Samples and the introduction, with all that is said of them."""
    manifest = _parsed(_small())
    assert (manifest.id, manifest.target, manifest.known) == ("ita-eng", "ita", "eng")
    assert (manifest.version, manifest.status, manifest.findings) == ("1", "beta", ())
    assert manifest.clips.schema == CLIP_SCHEMA
    intro, first, second = manifest.clips.to_pylist()
    assert (intro["id"], intro["kind"], intro["slice"], intro["phrase"]) == (
        *(C, "introduction", -1, ""),
    )
    assert first == {
        "id": A,
        "phrase": "Voglio",
        "role": "target1",
        "cadence": "natural",
        "duration_s": 1.5,
        "slice": 0,
        "is_encouragement": False,
        "kind": "sample",
    }
    assert (second["id"], second["role"]) == (B, "source")


def test_other_ids_are_no_audio() -> None:
    """Ids of slices, seeds, nodes and introduction items are in no row."""
    value = manifests.manifest(clips=300, seeds=5)
    wanted = {*manifests.kept(value), (value["introduction"]["id"], "")}
    found = _parsed(value).clips.select(["id", "phrase"]).to_pylist()
    assert {(row["id"], row["phrase"]) for row in found} == wanted
    text = json.dumps(value)
    others = text.count('"id": "') - 1 - sum(len(rows) for rows in _samples(value).values())
    assert others > 400  # or the manifest had nothing to be mistaken for audio


@pytest.mark.parametrize("name", ["", None])
def test_no_welcome_yet(name: str | None) -> None:
    """The introduction's id may be empty; other fields of it do not matter then."""
    assert len(_rows(_small(introduction={"id": name, "role": 7}))) == 2
    without = _small()
    del without["introduction"]
    assert len(_rows(without)) == 2


def test_lower_case_ids_are_read_as_upper_case() -> None:
    """And it is told that they were not."""
    value = _small()
    _samples(value)["Voglio"][0]["id"] = A.lower()
    manifest = _parsed(value)
    assert manifest.clips["id"].to_pylist() == [C, A, B]
    assert manifest.findings == ("1 id not in upper case, as keys are",)


def test_one_id_under_two_phrases_is_told() -> None:
    """Both rows are there; the same phrase in two slices is as it should be."""
    value = _small()
    _samples(value)["Vorrei"] = [{"id": A.lower()}]
    assert _parsed(value).findings[0] == f"1 id under more than one phrase: {A}"
    value = _small()
    value["slices"] *= 2
    assert len(_rows(value)) == 5
    assert _parsed(value).findings == ()


def test_encouragements() -> None:
    """Their clips are those under their text; their own ids are of no clip, whatever they are."""
    value = _small()
    value["slices"][0]["pooledEncouragements"] = [{"text": "Voglio", "id": C[:-1] + "D"}]
    value["slices"][0]["orderedEncouragements"] = [
        {"text": "Bravo", "id": "b1"},
        {"text": "Voglio"},
    ]
    _samples(value)["Bene"] = [{"id": A[:-1] + "E", "is_encouragement": True}, {"id": A[:-1] + "F"}]
    manifest = _parsed(value)
    marked = [(row["phrase"], row["id"][-1]) for row in _rows(value) if row["is_encouragement"]]
    assert marked == [("Voglio", "A"), ("Voglio", "B"), ("Bene", "E")]
    assert manifest.findings == ("1 encouragement without a sample of its text: Bravo",)
    assert len(_rows(value)) == 5


def test_what_nobody_knows_yet_is_kept() -> None:
    """A role and a cadence of a newer compiler; no duration is a placeholder's 0."""
    value = _small()
    _samples(value)["Voglio"] = [{"id": A, "role": "target3", "cadence": "sung"}]
    assert _parsed(value).findings == ("Unknown roles or cadences: target3, sung",)
    assert [row["duration_s"] for row in _rows(value)] == [3.0, 0.0]


def _put(*path: str | int, value: Any) -> Callable[[Value], None]:
    def change(document: Value) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


_PHRASE = ("slices", 0, "samples", "Voglio")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_put(*_PHRASE, 1, "id", value="x"), 'slices[0].samples["Voglio"][1].id is "x"'),
        (_put(*_PHRASE, 0, "id", value=None), 'slices[0].samples["Voglio"][0].id is null'),
        (_put(*_PHRASE, 0, "id", value=7), 'slices[0].samples["Voglio"][0].id is 7'),
        (_put(*_PHRASE, 0, "id", value=A + "0"), f'slices[0].samples["Voglio"][0].id is "{A}0"'),
        (_put(*_PHRASE, 0, value={}), 'slices[0].samples["Voglio"][0].id is missing'),
        (_put(*_PHRASE, 0, value=A), f'slices[0].samples["Voglio"][0] is "{A}"'),
        (_put(*_PHRASE, value={}), 'slices[0].samples["Voglio"] is an object'),
        (_put(*_PHRASE, 0, "role", value=3), 'slices[0].samples["Voglio"][0].role is 3'),
        (_put(*_PHRASE, 0, "duration", value="1"), 'samples["Voglio"][0].duration is "1"'),
        (_put(*_PHRASE, 0, "duration", value=-1), 'samples["Voglio"][0].duration is -1'),
        (_put(*_PHRASE, 0, "duration", value=True), 'samples["Voglio"][0].duration is true'),
        (_put("slices", 0, "samples", value=[]), "slices[0].samples is a list"),
        (_put("slices", 0, value=None), "slices[0] is null"),
        (_put("slices", value={}), "slices is an object"),
        (_put("introduction", "id", value="soon"), 'introduction.id is "soon"'),
        (_put("introduction", value=[]), "introduction is a list"),
        (_put("target", value=1), "target is 1"),
        (
            _put("slices", 0, "pooledEncouragements", value=[{"id": A}]),
            "slices[0].pooledEncouragements[0].text is missing",
        ),
    ],
)
def test_mistakes_are_named_by_their_place(change: Callable[[Value], None], told: str) -> None:
    """Where, what stands there, what belongs there."""
    value = _small()
    change(value)
    with pytest.raises(InvalidInput) as refused:
        _parsed(value)
    assert told in refused.value.what
    assert "expected" in refused.value.what
    assert refused.value.remedy


def test_a_phrase_that_stands_twice_is_refused() -> None:
    """JSON readers keep the last one: the clips of the first would be lost without a word."""
    text = json.dumps(_small()).replace('"Voglio": [', '"Voglio": [], "Voglio": [')
    with pytest.raises(InvalidInput, match=r'slices\[0\]\.samples\["Voglio"\] stands there twice'):
        parse(text.encode())


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is no JSON: Expecting value in line 1, column 1"),
        (b"[]", "The manifest is a list; an object is expected"),
        (b"{}", "slices is missing"),
        (b'{"slices": [', "is no JSON: Expecting value in line 1, column 13"),
        (b'{"slices": NaN}', "NaN is no JSON value"),
        (b"[" * 200_000, "nested too deeply"),
        ("{}".encode("utf-16"), "is no UTF-8 text"),
        (b'{"slices": [], "slices": []}', "stands there twice"),
    ],
)
def test_what_is_no_manifest(data: bytes, told: str) -> None:
    """Refused in words, with the line where JSON has one."""
    with pytest.raises(InvalidInput) as refused:
        parse(data)
    assert told in refused.value.what


@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    """No document makes the parser fail in another way."""
    value: Any = manifests.manifest(clips=12, seeds=1)
    at, path = value, [value]
    while isinstance(at, dict | list) and at and data.draw(st.integers(0, 5)):
        at = at[data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))]
        path.append(at)
    junk = data.draw(
        st.sampled_from([None, True, -1, 1e308, "", "\ud800x", [], {}, [[]], {"id": 1}])
    )
    holder = next((one for one in reversed(path) if isinstance(one, dict | list) and one), None)
    if isinstance(holder, dict):
        holder[data.draw(st.sampled_from(sorted(holder)))] = junk
    elif isinstance(holder, list):
        holder[0] = junk
    try:
        _parsed(value)
    except InvalidInput as error:
        assert error.what  # noqa: PT017  either way is fine


_MEASURED = """
import re, sys, time
from pathlib import Path
from storage.courses.manifest import parse
data = open(sys.argv[1], "rb").read()
began = time.process_time()
rows = parse(data).clips.num_rows
print(len(data), rows, time.process_time() - began,
      re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
# not ru_maxrss: that of a child begins with what its parent holds, here the whole test run


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_full_course_in_seconds_and_little_memory(tmp_path: Path) -> None:
    """60 MB and 60,000 clips: under 5 s and 1 GB, everything in the process counted."""
    file = tmp_path / "course_manifest.json"
    file.write_bytes(manifests.vast())
    run = [sys.executable, "-c", _MEASURED, str(file)]
    done = subprocess.run(run, check=True, capture_output=True, text=True, timeout=100)
    size, rows, seconds, peak_kib = map(float, done.stdout.split())
    assert size > 60_000_000
    assert rows > 60_000
    assert seconds < 5
    assert peak_kib < 1_000_000
