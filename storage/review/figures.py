"""What was measured of a scope's clips, with a memory on this computer's disk.

Figures belong to bytes and to the analysis that found them: such a row never becomes wrong, only
fewer clips have it than are there by now. What could not be measured is asked for each time, for
another try may have gone better.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from storage.db.measurements import FACT_SCHEMA
from storage.gate import Passage
from storage.measurements.service import Measurements
from storage.model.review import Scope
from storage.review.kept import KeptTables


def figures_of(
    where: Passage, scope: Scope, contents: pa.Table, sources: Measurements, shelf: KeptTables
) -> pa.Table:
    """As `Measurements.table` of `contents`; what is kept of the scope is not asked for again."""
    layout, role = where.layout.name, where.bucket.role
    place = ("figures", str(sources.analysis), layout, role, scope.kind, scope.name)
    found = shelf.read(place, FACT_SCHEMA)
    kept = found[0] if found else pa.Table.from_batches([], FACT_SCHEMA)
    at = pc.index_in(_names(contents), value_set=_names(kept))
    unknown = pc.is_null(at)
    asked = sources.table(where.actor, layout, role, contents.filter(unknown))
    # first those that are kept, then those that were asked for, in the order of `contents`
    rows = np.where(unknown, kept.num_rows - 1 + np.cumsum(unknown), pc.fill_null(at, 0))
    told = pa.concat_tables([kept.append_column("known", _all(kept.num_rows)), asked])
    same = len(rows) == told.num_rows and bool((rows == np.arange(len(rows))).all())
    answer = told if same else told.take(pa.array(rows))  # mostly it is as it was kept
    if _measured(asked).num_rows:
        shelf.write(place, _measured(answer), "")
    return answer


def _measured(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["state"], "measured")).select(FACT_SCHEMA.names)


def _names(table: pa.Table) -> pa.Array:
    """What tells contents apart, as one value each."""
    sizes = table["size"].cast(pa.string())
    return pc.binary_join_element_wise(table["etag"], sizes, "/").combine_chunks()


def _all(rows: int) -> pa.Array:
    return pa.array(np.ones(rows, np.bool_))
