"""What measurements say of a sheet's clips, as columns: which ones have faults, and how bad."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from storage.measurements.judging import judged
from storage.measurements.pace import OUTLIER, off_manifest, paces
from storage.model.audio import AudioFinding, AudioLimits
from storage.review.ordering import WARNING
from storage.review.sheet import Sheet

_OFF_S, _OFF_SHARE = 0.3, 0.2  # of the manifest's figure: encoders' rounding is far below


@dataclass
class Measured:
    """Row by row. `off_pace` is 0 where there is nothing to compare with; `course` are findings
    that only the course as a whole can tell, by row.
    """

    known: NDArray[np.bool_]
    severity: NDArray[np.int8]  # of the worst finding: 0 none, 1 information, 2 warning, 3 error
    loudness: NDArray[np.float64]  # LUFS, NaN where there is none
    sha256: list[str]
    duration_s: NDArray[np.float64]  # NaN as well
    digest: pa.ChunkedArray  # of the sound
    off_pace: NDArray[np.float64]
    course: dict[int, tuple[AudioFinding, ...]] = field(default_factory=dict)

    def forget(self, row: int, sha256: str) -> None:
        """The row has other bytes now, of which no more is known."""
        self.known[row], self.severity[row], self.off_pace[row] = False, 0, 0.0
        self.loudness[row] = self.duration_s[row] = np.nan
        self.sha256[row] = sha256
        self.course.pop(row, None)


def measured_of(table: pa.Table, limits: AudioLimits, sheet: Sheet) -> Measured:
    """From what `Measurements.table` answered for the sheet's rows."""
    found = judged(table, limits)
    severity = found.column("severity").fill_null(0).to_numpy().astype(np.int8)
    off_pace, course = _beside_the_course(found, sheet)
    severity[list(course)] = np.maximum(severity[list(course)], WARNING)
    return Measured(
        known=found.column("known").to_numpy().astype(np.bool_),
        severity=severity,
        loudness=found.column("loudness_lufs").fill_null(np.nan).to_numpy().copy(),
        duration_s=found.column("duration_s").fill_null(np.nan).to_numpy().copy(),
        digest=found.column("digest"),
        off_pace=off_pace,
        sha256=found.column("sha256").fill_null("").to_pylist(),
        course=course,
    )


def _beside_the_course(
    table: pa.Table, sheet: Sheet
) -> tuple[NDArray[np.float64], dict[int, tuple[AudioFinding, ...]]]:
    texts = sheet.texts
    if texts is None or not table.num_rows:
        return np.zeros(table.num_rows), {}
    rows = sheet.text_rows

    def said(column: list[str]) -> pa.Array:
        return pa.array(column, pa.string()).take(pa.array(rows))

    clips = pa.table(
        {
            "characters": texts.letters[rows],
            # clips of several courses are compared within their language
            "role": pc.binary_join_element_wise(said(texts.roles), said(texts.langs), " "),
            "cadence": said(texts.cadences),
            **{
                name: table.column(name).combine_chunks()
                for name in ("duration_s", "lead_silence_s", "trail_silence_s")
            },
        }
    )
    paced = paces(clips)
    seconds = table.column("duration_s").fill_null(np.nan).to_numpy()
    expected = paced.column("expected_s").fill_null(np.nan).to_numpy()
    deviations = paced.column("off_pace").fill_null(0.0).to_numpy().copy()
    told = texts.duration_s[rows]
    off = off_manifest(seconds, told)
    with np.errstate(invalid="ignore"):
        wrong = np.abs(off) > np.maximum(_OFF_S, _OFF_SHARE * told)
    outlier = np.abs(deviations) >= OUTLIER
    found: dict[int, tuple[AudioFinding, ...]] = {}
    for row in np.flatnonzero(outlier | wrong).tolist():
        some = []
        if outlier[row]:
            how = "slow" if deviations[row] > 0 else "fast"
            text = f"Too {how} beside others: {seconds[row]:.1f} s, about {expected[row]:.1f} s"
            some.append(AudioFinding("pace", "warning", f"{text} expected"))
        if wrong[row]:
            text = f"Lasts {seconds[row]:.1f} s, the course says {told[row]:.1f} s"
            some.append(AudioFinding("off-manifest", "warning", text))
        found[row] = tuple(some)
    return deviations, found
