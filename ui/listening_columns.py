"""The figures of all clips of a scene as columns, for pictures: asked for once, kept a while."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from storage.measurements.pace import characters_in, paces
from storage.model.courses import Manifest
from ui.listening import Scene, measured_scope
from ui.recent import recent

_MEASURED = ("duration_s", "loudness_lufs", "lead_silence_s", "trail_silence_s", "digest")


def columns(scene: Scene) -> pa.Table:
    """Of every clip that is there: key, what was measured (`_MEASURED`), its phrase and that one's
    `characters`, and `off_pace` as `paces` tells it. Nulls where nothing is known.
    """
    return recent("clip-columns", (*scene.place, scene.scope), lambda: _columns(scene))


def _columns(scene: Scene) -> pa.Table:
    measurements = scene.services.measurements
    rows = measurements.rows(*scene.place, measured_scope(scene))
    known = measurements.table(*scene.place, rows)
    table = pa.table([rows["key"], *(known[name] for name in _MEASURED)], ["key", *_MEASURED])
    if scene.scope.kind != "course":
        return _saying_nothing(table)
    manifest = scene.services.manifests.clips(scene.actor, scene.layout.name, scene.scope.name)
    return _saying(table, rows["id"], manifest)


def _saying_nothing(table: pa.Table) -> pa.Table:
    """Outside a course nobody knows what is said."""
    table = table.append_column("phrase", pa.nulls(table.num_rows, pa.string()))
    table = table.append_column("characters", pa.array([0] * table.num_rows, pa.int64()))
    return table.append_column("off_pace", pa.nulls(table.num_rows, pa.float64()))


def _saying(table: pa.Table, ids: pa.ChunkedArray, manifest: Manifest) -> pa.Table:
    """A clip that several phrases refer to keeps the first."""
    at = pc.index_in(ids, value_set=manifest.clips["id"].combine_chunks())
    for name in ("phrase", "role", "cadence"):
        table = table.append_column(name, pc.fill_null(pc.take(manifest.clips[name], at), ""))
    return paces(table.append_column("characters", characters_in(table["phrase"])))
