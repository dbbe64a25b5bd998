"""The hash that stands for a plan: over its header, its gates and every value of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.model.promotion import PLAN_SCHEMA, Gate, Header

_FORM = "soundstage-plan/1"


def plan_hash(header: Header, gates: Sequence[Gate], rows: pa.Table) -> str:
    """SHA-256 in hex. The same for the same plan on every machine: nothing of how Arrow lays its
    columns out is in it. A gate counts by its name, its answer and whether it is on.
    """
    digest = hashlib.sha256(_text([_FORM, header.as_json()]))
    digest.update(_text([[gate.name, gate.ok, gate.on] for gate in gates]))
    for field in PLAN_SCHEMA:
        digest.update(field.name.encode())
        _add(digest, rows[field.name].combine_chunks())
    return digest.hexdigest()


def _text(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _add(digest: Any, column: Any) -> None:
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) and column.num_chunks else column
    if pa.types.is_string(array.type):
        # lengths first: no two lists of texts have the same lengths and the same letters
        digest.update(pc.binary_length(array).to_numpy(zero_copy_only=False).astype("<i8"))
        for piece in range(0, len(array), 65_536):
            joined = pc.binary_join(
                pa.ListArray.from_arrays([0, len(part := array.slice(piece, 65_536))], part), ""
            )
            digest.update(joined[0].as_py().encode())
        return
    numbers = array.cast(pa.int64()) if not pa.types.is_boolean(array.type) else array.cast("int8")
    digest.update(numbers.to_numpy(zero_copy_only=False).astype("<i8"))
