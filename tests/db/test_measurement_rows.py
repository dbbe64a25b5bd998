"""What was measured, by content, on both databases."""

from __future__ import annotations

from dataclasses import replace

from storage.db.engine import Database
from storage.db.measurements import FACT_SCHEMA, MeasurementRows
from storage.model.audio import AudioFacts, AudioFinding, Loudness, Sound
from storage.model.content import Content
from storage.model.measuring import ClipFacts

FACTS = AudioFacts("MP3", "mp3", 24_000, 1, 64_000, "CBR", 2.3, 20_000)
SOUND = Sound(
    duration_s=2.3,
    loudness=Loudness(-16.25, True, None),
    lead_silence_s=0.1,
    trail_silence_s=0.25,
    inner_silence_s=0.0,
    clipped_runs=3,
    dc_offset=0.001,
)
DAMAGE = (AudioFinding("truncated", "error", "The end is missing"),)
CLIP = ClipFacts(
    Content("e" * 32, 20_000, "a" * 64),
    "measured",
    "2026-11-21T07:00:00.0Z",
    FACTS,
    SOUND,
    "d",
    DAMAGE,
)
REFUSED = ClipFacts(Content("f-2", 7, "b" * 64), "refused", CLIP.at, None, None, "", DAMAGE)


def test_facts_come_back_as_they_were(database: Database) -> None:
    """By content: the same ETag with another size is another content."""
    rows = MeasurementRows(database, 1)
    other = replace(CLIP, content=replace(CLIP.content, size=5), facts=replace(FACTS, size_bytes=5))
    rows.put([(CLIP, b"\x80\x7f"), (REFUSED, b""), (other, b"")])
    wanted = {(one.content.etag, one.content.size): one for one in (CLIP, REFUSED, other)}
    assert rows.facts([CLIP.content, REFUSED.content]) == wanted
    assert rows.with_sha256(["b" * 64, "c" * 64]) == {"b" * 64: REFUSED}
    assert rows.peaks(CLIP.content) == b"\x80\x7f"
    assert rows.peaks(REFUSED.content) == b""


def test_columns_are_the_same_facts(database: Database) -> None:
    """One row a content, null where a figure is not there."""
    rows = MeasurementRows(database, 1)
    assert rows.table(["x"]).schema == FACT_SCHEMA
    rows.put([(CLIP, b""), (REFUSED, b"")])
    table = rows.table([CLIP.content.etag, REFUSED.content.etag, "x"])
    by_state = {row["state"]: row for row in table.to_pylist()}
    assert by_state["measured"]["loudness_lufs"] == -16.25
    assert by_state["measured"]["true_peak_dbtp"] is None
    assert by_state["measured"]["loudness_estimated"] is True
    assert (by_state["measured"]["codec"], by_state["measured"]["digest"]) == ("mp3", "d")
    assert (by_state["refused"]["size"], by_state["refused"]["sha256"]) == (7, "b" * 64)


def test_measured_again_takes_the_place_of_before(database: Database) -> None:
    """Another waveform of the same bytes, too."""
    rows = MeasurementRows(database, 1)
    rows.put([(CLIP, b"1")])
    rows.put([(replace(CLIP, digest="e"), b"2")])
    rows.put([])
    assert [one.digest for one in rows.facts([CLIP.content]).values()] == ["e"]
    assert rows.peaks(CLIP.content) == b"2"


def test_what_an_earlier_analysis_found_is_not_known(database: Database) -> None:
    """So it is measured again; then the new figures are there alone."""
    MeasurementRows(database, 1).put([(CLIP, b"")])
    newer = MeasurementRows(database, 2)
    assert newer.facts([CLIP.content]) == {}
    assert newer.with_sha256([CLIP.content.sha256]) == {}
    assert newer.table([CLIP.content.etag]).num_rows == 0
    newer.put([(CLIP, b"")])
    assert len(newer.facts([CLIP.content])) == 1
    assert MeasurementRows(database, 1).facts([CLIP.content]) == {}


def test_more_contents_than_a_statement_has_places_for(database: Database) -> None:
    """70,000 at once, one of which is known."""
    rows = MeasurementRows(database, 1)
    rows.put([(CLIP, b"")])
    assert rows.table([*map(str, range(70_000)), CLIP.content.etag]).num_rows == 1
