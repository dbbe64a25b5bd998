"""What was measured of clips, by ETag and size; their waveforms, by SHA-256."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    ARRAY,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.db.engine import MEASUREMENTS_LOCK, Database
from storage.db.schema import measurements, waveforms
from storage.model.audio import AudioFacts, AudioFinding, Loudness, Sound
from storage.model.content import Content
from storage.model.measuring import ClipFacts

FACT_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("etag", "sha256", "state", "container", "codec")),
        *((name, pa.string()) for name in ("bitrate_mode", "digest", "damage")),  # damage: JSON
        *((name, pa.int64()) for name in ("size", "sample_rate_hz", "channels", "bitrate_bps")),
        ("clipped_runs", pa.int64()),
        *((name, pa.float64()) for name in ("duration_s", "loudness_lufs", "true_peak_dbtp")),
        *((name, pa.float64()) for name in ("lead_silence_s", "trail_silence_s")),
        *((name, pa.float64()) for name in ("inner_silence_s", "dc_offset")),
        ("loudness_estimated", pa.bool_()),
    ]
)


class MeasurementRows:
    """The rows in `database` of this `analysis`: what an earlier one found is not seen, and is
    replaced in time. Everything raises StorageErrors when it cannot.
    """

    def __init__(self, database: Database, analysis: int) -> None:
        self._database = database
        self.analysis = analysis

    def put(self, found: Sequence[tuple[ClipFacts, bytes]]) -> None:
        """Keeps facts and waveforms, in the place of what was known of the same contents."""
        rows = {
            (one.content.etag, one.content.size): {**row_of(one), "analysis": self.analysis}
            for one, _ in found
        }
        drawn = {one.content.sha256: peaks for one, peaks in found if peaks}
        here = and_(measurements.c.etag == bindparam("e"), measurements.c.size == bindparam("s"))
        with self._database.writing(MEASUREMENTS_LOCK) as connection:
            if rows:
                gone = [{"e": etag, "s": size} for etag, size in rows]
                connection.execute(delete(measurements).where(here), gone)
                connection.execute(insert(measurements), list(rows.values()))
            if drawn:
                known = delete(waveforms).where(waveforms.c.sha256.in_(list(drawn)))
                connection.execute(known)
                made = [{"sha256": sha256, "peaks": peaks} for sha256, peaks in drawn.items()]
                connection.execute(insert(waveforms), made)

    def table(self, etags: Sequence[str]) -> pa.Table:
        """Everything known of contents with these ETags (`FACT_SCHEMA`), in no order."""
        columns = [measurements.c[name] for name in FACT_SCHEMA.names]
        wanted = select(*columns).where(self._current, self._among(measurements.c.etag, etags))
        with self._database.reading_many() as connection:
            rows = connection.execute(wanted).all()
        values = list(zip(*rows, strict=True)) or [() for _ in FACT_SCHEMA.names]
        arrays = [
            pa.array(column, field.type) for column, field in zip(values, FACT_SCHEMA, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=FACT_SCHEMA)

    def facts(self, contents: Sequence[Content]) -> Mapping[tuple[str, int], ClipFacts]:
        """What is known of `contents`, by ETag and size."""
        among = self._among(measurements.c.etag, [content.etag for content in contents])
        return self._facts(self._current, among)

    def with_sha256(self, digests: Sequence[str]) -> Mapping[str, ClipFacts]:
        """What is known of these bytes, whatever their ETag."""
        found = self._facts(self._current, self._among(measurements.c.sha256, digests))
        return {one.content.sha256: one for one in found.values()}

    def peaks(self, content: Content) -> bytes:
        """The waveform of the content, b"" where none is known."""
        here = and_(measurements.c.etag == content.etag, measurements.c.size == content.size)
        joined = waveforms.join(measurements, waveforms.c.sha256 == measurements.c.sha256)
        with self._database.reading() as connection:
            found = connection.execute(
                select(waveforms.c.peaks).select_from(joined).where(here)
            ).scalar()
        return bytes(found or b"")

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _current(self) -> ColumnElement[bool]:
        return measurements.c.analysis == self.analysis

    def _among(self, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
        """Whether the column is one of tens of thousands of values: given as one, for there is a
        limit to their number.
        """
        if self._database.kind == "sqlite":
            each = func.json_each(json.dumps(list(values))).table_valued("value")
            return column.in_(select(each.c.value))
        return column == any_(cast(list(values), ARRAY(Text)))

    def _facts(self, *wanted: ColumnElement[bool]) -> dict[tuple[str, int], ClipFacts]:
        with self._database.reading() as connection:
            rows = connection.execute(select(measurements).where(*wanted)).mappings().all()
        return {(row["etag"], row["size"]): facts_of(dict(row)) for row in rows}


_HEARD = (
    *("duration_s", "lead_silence_s", "trail_silence_s", "inner_silence_s", "dc_offset"),
    "clipped_runs",
)


def row_of(one: ClipFacts) -> dict[str, Any]:
    """The row of the table that keeps the facts, but for which analysis found them."""
    content, facts, sound = one.content, one.facts, one.sound
    values: dict[str, Any] = {
        "etag": content.etag,
        "size": content.size,
        "sha256": content.sha256,
        "state": one.state,
        "at": one.at,
        "digest": one.digest,
        "damage": json.dumps([finding.as_json() for finding in one.damage]),
        "loudness_lufs": sound.loudness.integrated_lufs if sound else None,
        "true_peak_dbtp": sound.loudness.true_peak_dbtp if sound else None,
        "loudness_estimated": bool(sound and sound.loudness.estimated),
    }
    for name in ("container", "codec", "bitrate_mode"):
        values[name] = getattr(facts, name) if facts else ""
    for name in ("sample_rate_hz", "channels", "bitrate_bps"):
        values[name] = getattr(facts, name) if facts else 0
    for name in _HEARD:
        values[name] = getattr(sound, name) if sound else 0
    return values


def facts_of(row: Mapping[str, Any]) -> ClipFacts:
    """The facts in a row of the table."""
    facts = sound = None
    if row["state"] == "measured":
        names = ("container", "codec", "sample_rate_hz", "channels", "bitrate_bps", "bitrate_mode")
        facts = AudioFacts(
            **{name: row[name] for name in names},
            duration_s=row["duration_s"],
            size_bytes=row["size"],
        )
        estimated = bool(row["loudness_estimated"])
        loudness = Loudness(row["loudness_lufs"], estimated, row["true_peak_dbtp"])
        sound = Sound(loudness=loudness, **{name: row[name] for name in _HEARD})
    damage = tuple(AudioFinding(**one) for one in json.loads(row["damage"]))
    content = Content(row["etag"], row["size"], row["sha256"])
    return ClipFacts(content, row["state"], row["at"], facts, sound, row["digest"], damage)
