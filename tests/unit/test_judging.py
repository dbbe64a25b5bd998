"""What is wrong with clips, as columns and in words; and whether they take as long as their text."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest
import sounds

from storage.db.measurements import FACT_SCHEMA, row_of
from storage.measurements.judging import SEVERITIES, findings_of, judged
from storage.measurements.pace import OUTLIER, characters, off_manifest, paces
from storage.measurements.task import take
from storage.model.audio import AudioLimits
from storage.model.content import Content
from storage.model.measuring import ClipFacts

SPEECH = sounds.speech(2.0, 24_000)
FILES = {
    "fine": sounds.packed(sounds.speech(2.0, 24_000, level=0.5), "mp3"),
    "quiet": sounds.packed(sounds.speech(2.0, level=0.01), "mp3"),
    "loud": sounds.wav(sounds.TO_PUBLISH["loud"]()),
    "silent": sounds.wav(sounds.silence(1.0)),
    "short": sounds.wav(sounds.speech(0.2, level=0.4)),
    "lead": sounds.wav(sounds.joined(sounds.silence(0.8, 24_000), SPEECH)),
    "trail": sounds.wav(sounds.joined(SPEECH, sounds.silence(1.5, 24_000))),
    "pause": sounds.wav(sounds.joined(SPEECH, sounds.silence(3.5, 24_000), SPEECH)),
    "telephone": sounds.packed(sounds.speech(2.0, 8_000), "µ-law"),
    "adpcm": sounds.packed(SPEECH, "adpcm"),
    "float": sounds.wav(SPEECH, "f32"),
    "24 bit": sounds.wav(SPEECH, "s24"),
    "surround": sounds.wav(sounds.TO_PUBLISH["surround"]()),
    "offset": sounds.wav(sounds.Pcm(SPEECH.samples + np.float32(0.1), 24_000)),
    "cut": sounds.packed(SPEECH, "mp3")[:6_000],
    "stopped": sounds.wav(SPEECH, declared=0, riff_length=0),
    "html": b"<!doctype html><p>x",
    "empty": b"",
}


def _clip(data: bytes) -> ClipFacts:
    taken = take(data)
    content = Content("etag", len(data))
    return ClipFacts(content, taken.state, "", taken.facts, taken.sound, taken.digest, taken.damage)


CLIPS = {name: _clip(data) for name, data in FILES.items()}


def _table(clips: list[ClipFacts | None]) -> pa.Table:
    rows = [row_of(clip) if clip else dict.fromkeys(FACT_SCHEMA.names) for clip in clips]
    table = pa.Table.from_pylist(rows, schema=FACT_SCHEMA)
    return table.append_column("known", pa.array([clip is not None for clip in clips], pa.bool_()))


@pytest.mark.parametrize("limits", [AudioLimits(), AudioLimits(-30.0, 0.5, -20.0, 0.0, 0.0, 0.1)])
def test_columns_say_what_words_say(limits: AudioLimits) -> None:
    """The same codes and the same worst severity for every sort of file, by any limits."""
    table = judged(_table(list(CLIPS.values())), limits)
    seen: set[str] = set()
    for (name, clip), row in zip(CLIPS.items(), table.to_pylist(), strict=True):
        said = findings_of(clip, limits)
        assert set(row["codes"]) == {finding.code for finding in said}, name
        assert row["severity"] == max((SEVERITIES[one.severity] for one in said), default=0), name
        seen |= set(row["codes"])
    assert seen >= {"level", "peak", "truncated", "silent", "estimated", "unreadable", "coarse"}


def test_a_clip_that_is_fine_has_no_finding() -> None:
    """Or every other one would mean nothing."""
    loudness = CLIPS["fine"].sound
    assert loudness is not None
    limits = AudioLimits(target_lufs=loudness.loudness.integrated_lufs or 0, max_dbtp=0.0)
    (row,) = judged(_table([CLIPS["fine"]]), limits).to_pylist()
    assert (row["codes"], row["severity"]) == ([], 0)


def test_what_is_not_known_is_not_judged() -> None:
    """No severity rather than a good one; none at all is no trouble."""
    rows = judged(_table([None, CLIPS["quiet"]]), AudioLimits()).to_pylist()
    assert (rows[0]["codes"], rows[0]["severity"]) == ([], None)
    assert rows[1]["severity"] == 2
    assert judged(_table([]), AudioLimits()).num_rows == 0


def test_sixty_thousand_are_judged_at_once() -> None:
    """In a moment: a page asks for it each time it is drawn."""
    table = _table(list(CLIPS.values()))
    table = pa.concat_tables([table] * (60_000 // len(table))).combine_chunks()
    began = time.process_time()
    assert judged(table, AudioLimits()).num_rows > 59_000
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("phrase", "count"),
    [("Voglio, un po'!", 10), ("想说", 2), ("ภาษา", 4), ("हिन्दी", 3), ("…", 0), ("", 0), ("é", 1)],
)
def test_characters_are_what_is_spoken(phrase: str, count: int) -> None:
    """Letters and signs; marks on them, spaces and punctuation are not."""
    assert characters(phrase) == count


def _course(count: int, chance: np.random.Generator) -> pa.Table:
    """Phrases of 1 to 40 letters by two speakers, one of whom takes twice as long."""
    lengths = chance.integers(1, 40, count)
    slow = np.arange(count) % 2 == 1
    seconds = (0.25 + 0.07 * lengths) * np.where(slow, 2.0, 1.0) * chance.lognormal(0, 0.08, count)
    return pa.table(
        {
            "characters": lengths,
            "role": ["target1"] * count,
            "cadence": np.where(slow, "slow", "natural"),
            "duration_s": seconds + 0.3,
            "lead_silence_s": np.full(count, 0.1),
            "trail_silence_s": np.full(count, 0.2),
        }
    )


def _changed(table: pa.Table, row: int, **values: float) -> pa.Table:
    rows = table.to_pylist()
    rows[row] |= values
    return pa.Table.from_pylist(rows, schema=table.schema)


def test_a_clip_too_long_or_too_short_for_its_text_stands_out() -> None:
    """Beside its own role, cadence and length: hardly any other one does."""
    table = _course(4_000, np.random.default_rng(1))
    usual = paces(table)
    off = np.abs(usual["off_pace"].to_numpy())
    assert np.mean(off >= OUTLIER) < 0.002
    expected = usual["expected_s"].to_numpy()
    assert np.median(np.abs(expected / table["duration_s"].to_numpy() - 1)) < 0.15
    for row, factor, sign in ((100, 2.5, 1), (101, 0.3, -1)):
        seconds = table["duration_s"][row].as_py() * factor
        hit = paces(_changed(table, row, duration_s=seconds))["off_pace"][row].as_py()
        assert sign * hit >= OUTLIER


def test_many_broken_clips_do_not_hide_each_other() -> None:
    """A fifth of a course cut to half: each of them still stands out."""
    table = _course(2_000, np.random.default_rng(2))
    seconds = table["duration_s"].to_numpy().copy()
    seconds[::5] = 0.3 + (seconds[::5] - 0.3) * 0.3
    broken = table.set_column(3, "duration_s", pa.array(seconds))
    off = paces(broken)["off_pace"].to_numpy()[::5]
    assert np.mean(off <= -OUTLIER) > 0.95


def test_where_there_is_nothing_to_compare_nothing_is_said() -> None:
    """Few clips, no text, not measured: null, not a guess."""
    table = _course(10, np.random.default_rng(3))
    assert paces(table)["off_pace"].null_count == 10
    table = _changed(_course(200, np.random.default_rng(3)), 0, characters=0)  # type: ignore[arg-type]
    table = _changed(table, 1, duration_s=None)  # type: ignore[arg-type]
    found = paces(table)
    assert found["off_pace"].to_pylist()[:2] == [None, None]
    assert found["seconds_a_character"].to_pylist()[:2] == [None, None]
    assert found["off_pace"].null_count == 2


def test_clips_that_are_all_alike_are_no_outliers() -> None:
    """A generator without any variation: a hair's breadth is no finding."""
    table = _course(100, np.random.default_rng(4)).to_pylist()
    rows = [{**row, "characters": 4, "cadence": "slow", "duration_s": 1.0} for row in table]
    rows[0]["duration_s"] = 1.05
    off = paces(pa.Table.from_pylist(rows))["off_pace"].to_pylist()
    assert off == [0.0] * 100


def test_a_manifest_s_placeholder_is_no_difference() -> None:
    """0 seconds in the manifest means not measured yet."""
    found = off_manifest(np.array([2.0, 2.0, np.nan]), np.array([1.5, 0.0, 1.0]))
    assert found[0] == 0.5
    assert np.isnan(found[1:]).all()
