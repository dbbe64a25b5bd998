"""What promoting would do with each wanted key: two buckets compared by content, in columns.

A date never decides. Equal ETag and size are equal bytes; checksums of one kind decide where both
have one. Unequal ETags of uploads in parts tell nothing when the parts were cut differently: such
objects are "unread", and whoever can must read both and give their checksums.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.model.promotion import CODE, PLAN_SCHEMA, ROWS_SCHEMA, State

_TIME = ROWS_SCHEMA.field("modified").type
_SORTED_FIRST = [CODE[state] for state in ("new", "changed", "restored", "removed")]


def no_rows() -> pa.Table:
    """A bucket without objects."""
    return ROWS_SCHEMA.empty_table()


def compared(wanted: pa.Array, stage: pa.Table, prod: pa.Table) -> pa.Table:
    """The plan's rows (PLAN_SCHEMA) for the distinct keys `wanted`; `stage` and `prod` are what the
    buckets hold (ROWS_SCHEMA), more keys than are wanted included.
    """
    wanted = pc.unique(wanted.cast(pa.string()))
    ours, theirs = _rows_of(wanted, stage), _rows_of(wanted, prod)
    here, there = ours["etag"].is_valid(), theirs["etag"].is_valid()
    same, told = _same(ours, theirs)
    state = pc.case_when(
        pc.make_struct(
            pc.and_(pc.invert(here), there),
            pc.invert(here),
            pc.invert(there),
            pc.fill_null(same, False),
            pc.invert(told),
        ),
        *(_code(name) for name in ("only-prod", "missing", "new", "same", "unread")),
        _code("changed"),
    )
    newer = pc.and_(
        pc.equal(state, _code("changed")),
        pc.fill_null(pc.greater(theirs["modified"], ours["modified"]), False),
    )
    blank = pa.repeat("", len(wanted))
    columns = {
        "key": wanted,
        "state": state,
        "size": pc.fill_null(ours["size"], 0),
        "etag": _text(ours["etag"]),
        "checksum": _text(ours["checksum"]),
        "storage_class": _text(ours["storage_class"]),
        "modified": pc.fill_null(ours["modified"], pa.scalar(0, pa.int64()).cast(_TIME)),
        "source_key": wanted,
        "source_version": blank,
        "prod_etag": _text(theirs["etag"]),
        "prod_size": pc.fill_null(theirs["size"], 0),
        "newer_in_prod": newer,
        "facts": blank,
    }
    return in_order(pa.table(columns, schema=PLAN_SCHEMA))


def in_order(rows: pa.Table) -> pa.Table:
    """`rows` as a plan has them: what is to be done first, then the rest, each by key."""
    todo = pc.is_in(rows["state"], value_set=pa.array(_SORTED_FIRST, pa.int8()))
    late = pc.invert(todo).cast(pa.int8())
    keyed = rows.append_column("late", late)
    order = pc.sort_indices(keyed, [("late", "ascending"), ("key", "ascending")])
    return rows.take(order).combine_chunks()


def _code(state: State) -> pa.Scalar:
    return pa.scalar(CODE[state], pa.int8())


def _text(column: Any) -> Any:
    return pc.fill_null(column, "")


def _rows_of(wanted: pa.Array, rows: pa.Table) -> pa.Table:
    """The row of each wanted key, nulls where there is none."""
    at = pc.index_in(wanted, value_set=rows["key"].combine_chunks())
    others = rows.drop_columns(["key"])
    return others.take(at)


def _same(ours: pa.Table, theirs: pa.Table) -> tuple[Any, Any]:
    """Whether both are the same bytes, and whether that can be told; of keys that both have."""
    sizes = pc.equal(ours["size"], theirs["size"])
    etags = pc.and_(
        pc.equal(ours["etag"], theirs["etag"]), pc.not_equal(ours["etag"], pa.scalar(""))
    )
    sums = pc.equal(ours["checksum"], theirs["checksum"])
    kinds = pc.equal(_algorithm(ours["checksum"]), _algorithm(theirs["checksum"]))
    both_summed = pc.fill_null(kinds, False)  # null where one has none
    same = pc.and_(sizes, pc.if_else(both_summed, sums, etags))
    parts = _parts(ours["etag"]), _parts(theirs["etag"])
    # two of one piece, or cut into as many parts: then unequal ETags are unequal bytes
    alike = pc.and_(pc.equal(*parts), pc.not_equal(parts[0], pa.scalar("?")))
    told = pc.or_(pc.or_(pc.invert(sizes), both_summed), pc.or_(etags, alike))
    return same, pc.fill_null(told, True)


def _algorithm(checksums: Any) -> Any:
    """ "SHA256" of "SHA256:base64"; null where there is none."""
    return pc.struct_field(pc.extract_regex(checksums, r"^(?P<name>[A-Z0-9]+):"), [0])


def _parts(etags: Any) -> Any:
    """How many parts an ETag speaks of: "" for one piece, "?" where it is no ETag of S3's kind."""
    found = pc.struct_field(
        pc.extract_regex(etags, r"^[0-9a-fA-F]{32}(?P<parts>(?:-[0-9]+)?)$"), [0]
    )
    return pc.fill_null(found, "?")
