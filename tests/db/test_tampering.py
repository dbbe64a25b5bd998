"""Whoever has the database but not the key cannot change the log without it showing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tampering import KEY, Clock, Log, event

from storage.audit.chain import COLUMNS, GENESIS, canonical, check_chain, row_mac, sealed
from storage.audit.rows import stored_form
from storage.audit.scrub import Scrub
from storage.errors import StorageError
from storage.model.audit import AuditFilter, Head, Tampering

FIXED = "870d507f5443264de54f726512a0d1d018b564e4372c3c10ca4f3377494dab86"
TEXTS = [name for name in COLUMNS if name != "seq"]


def test_an_untouched_log_is_clean(log: Log) -> None:
    """No finding, empty or full; the count and the head are told."""
    assert log.verify().findings == ()
    assert log.verify().head is None
    log.fill(1_205)  # more than is fetched at once
    verdict = log.verify()
    assert (verdict.rows, verdict.findings) == (1_205, ())
    assert verdict.head
    assert verdict.head.seq == 1_205


@pytest.mark.parametrize("column", [*TEXTS, "prev", "mac"])
def test_an_edit_of_any_column_is_found(log: Log, column: str) -> None:
    """At its row, and no other row is accused."""
    log.fill(5)
    log.run(f"UPDATE audit_events SET {column} = 'x' WHERE seq = 3")
    assert log.codes() == [("edited", 3)]


def test_values_of_another_type_are_found_not_stumbled_over(log: Log) -> None:
    """SQLite keeps anything in a column: bytes that are no text, numbers, a head without number."""
    if log.database.kind != "sqlite":
        pytest.skip("PostgreSQL keeps only what the column's type allows")
    log.fill(5)
    log.run("UPDATE audit_events SET note = CAST(x'ff00fe' AS TEXT) WHERE seq = 2")
    log.run("UPDATE audit_events SET note = x'ff' WHERE seq = 3")
    log.run("UPDATE audit_events SET detail = '{' WHERE seq = 4")
    assert log.codes() == [("edited", 2), ("edited", 3), ("edited", 4)]
    assert len(log.audit.search(AuditFilter()).rows) == 5
    log.run("UPDATE audit_head SET seq = 'many'")
    assert ("head", 0) in log.codes()
    with pytest.raises(StorageError, match="does not go on"):
        log.audit.append(event(1))


def test_a_removed_row_is_found(log: Log) -> None:
    """The gap is named; its neighbours are not accused."""
    log.fill(9)
    log.run("DELETE FROM audit_events WHERE seq IN (1, 4, 5)")
    assert log.codes() == [("missing", 1), ("missing", 4)]
    assert "Rows 4 to 5 are missing" in log.verify().findings[1].text


def test_a_removed_row_whose_gap_was_closed_is_found(log: Log) -> None:
    """Renumbering the rest breaks every mac of it, and the head."""
    log.fill(4)
    log.run("DELETE FROM audit_events WHERE seq = 2")
    log.run("UPDATE audit_events SET seq = 2 WHERE seq = 3")
    log.run("UPDATE audit_events SET seq = 3 WHERE seq = 4")
    assert log.codes() == [("edited", 2), ("edited", 3), ("cut", 4)]


def test_two_rows_that_changed_places_are_found(log: Log) -> None:
    """Both."""
    log.fill(4)
    log.run("UPDATE audit_events SET seq = 99 WHERE seq = 2")
    log.run("UPDATE audit_events SET seq = 2 WHERE seq = 3")
    log.run("UPDATE audit_events SET seq = 3 WHERE seq = 99")
    assert log.codes() == [("edited", 2), ("edited", 3)]


def test_a_forged_row_is_found(log: Log) -> None:
    """Behind the end, with or without a head to match: its mac or the head's seal is missing."""
    log.fill(3)
    row = log.rows()[2]
    log.put({**row, "seq": 4, "prev": row["mac"], "mac": "0" * 64})
    assert log.codes() == [("edited", 4), ("added", 4)]
    log.run("UPDATE audit_head SET seq = 4, mac = :mac", mac="0" * 64)
    assert log.codes() == [("edited", 4), ("head", 0)]
    with pytest.raises(StorageError):
        log.audit.append(event(5))


def test_a_forged_row_where_the_next_belongs_stops_the_console(log: Log) -> None:
    """It does not write around a row it did not make."""
    log.fill(1)
    log.put({**log.rows()[0], "seq": 2})
    with pytest.raises(StorageError, match="contradict"):
        log.audit.append(event(2))


def test_a_cut_tail_is_found(log: Log) -> None:
    """The head remembers how far the log went; so does the file, when the head goes too."""
    log.fill(6)
    log.run("DELETE FROM audit_events WHERE seq > 4")
    assert log.codes()[0] == ("cut", 5)
    log.run("DELETE FROM audit_head")
    assert ("head", 0) in log.codes()
    log.run("DELETE FROM audit_events")
    assert log.codes() == [("cut", 6)]  # by the heads file alone: the log looks new
    (log.folder / "audit-heads.jsonl").unlink()
    assert log.codes() == []


def test_an_older_state_put_back_is_found_by_the_heads_file(log: Log, clock: Clock) -> None:
    """Rows and head of yesterday fit one another, and are older than what the file has seen."""
    log.fill(3)
    rows, head = log.rows(), log.head()
    clock.now += timedelta(days=1)
    log.fill(3)
    log.run("DELETE FROM audit_events WHERE seq > 3")
    log.run("UPDATE audit_head SET seq = :seq, mac = :mac, seal = :seal WHERE id = :id", **head)
    assert log.rows() == rows
    assert log.codes() == [("cut", 6)]


def test_another_past_is_found(log: Log, clock: Clock) -> None:
    """After an older state was put back and went on, rows of the two pasts do not mix."""
    log.fill(2)
    head = log.head()
    log.fill(2)
    late = log.rows()[3]
    log.run("DELETE FROM audit_events WHERE seq > 2")
    log.run("UPDATE audit_head SET seq = :seq, mac = :mac, seal = :seal WHERE id = :id", **head)
    clock.now += timedelta(seconds=1)
    log.fill(3)
    log.run("DELETE FROM audit_events WHERE seq = 4")
    log.put(late)
    assert log.codes() == [("moved", 4), ("moved", 5)]


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '{"at": "2099-01-01T00:00:00+00:00", "seq": 1, "mac": "0", "seal": "0"}',
        '{"at": 5, "seq": "x", "mac": null, "seal": null}',
    ],
)
def test_a_changed_heads_file_is_found(log: Log, clock: Clock, line: str) -> None:
    """A line the console did not write is named, and stops no later one from being written."""
    log.fill(1)
    file = log.folder / "audit-heads.jsonl"
    file.write_text(file.read_text() + line)
    clock.now += timedelta(days=1)
    log.fill(1)
    assert len(file.read_text().splitlines()) == 3
    assert log.codes() == [("heads-file", 0)]


def test_a_line_of_the_heads_file_is_no_head_of_the_database(log: Log, clock: Clock) -> None:
    """Who reads the file cannot use it to cut the log back to that day."""
    log.fill(2)
    line = json.loads((log.folder / "audit-heads.jsonl").read_text())
    log.fill(2)
    log.run("DELETE FROM audit_events WHERE seq > 2")
    log.run(
        "UPDATE audit_head SET seq = :seq, mac = :mac, seal = :seal",
        seq=line["seq"], mac=line["mac"], seal=line["seal"],
    )  # fmt: skip
    assert log.codes() == [("head", 0)]


# -- any history of tampering: pure, on the rows themselves ----------------------------------------


def _chain(count: int) -> tuple[list[dict[str, Any]], Head]:
    rows: list[dict[str, Any]] = []
    prev = GENESIS
    for seq in range(1, count + 1):
        row: dict[str, Any] = {**stored_form(event(seq), Scrub([])), "seq": seq, "at": "t"}
        row["prev"] = prev
        prev = row["mac"] = row_mac(KEY.encode(), row)
        rows.append(row)
    return rows, sealed(KEY.encode(), count, prev)


CHAIN, HEAD = _chain(12)
ROW = st.integers(0, 30)
STEPS = st.one_of(
    st.tuples(
        st.just("edit"), ROW, st.sampled_from([*COLUMNS, "prev", "mac"]), st.text(max_size=3)
    ),
    st.tuples(st.just("remove"), ROW),
    st.tuples(st.just("cut"), ROW),
    st.tuples(st.just("swap"), ROW, ROW),
    st.tuples(st.just("copy"), ROW, ROW),
    st.tuples(st.just("renumber"), ROW),
    st.tuples(st.just("head"), ROW),
)


def _tamper(rows: list[dict[str, Any]], head: Head, step: tuple[Any, ...]) -> Head:
    what, at = step[0], step[1] % max(len(rows), 1)
    if what == "head":  # as good a head as can be made without the key
        end = rows[at] if rows else {"seq": 0, "mac": GENESIS}
        return Head(int(end["seq"]), str(end["mac"]), head.seal)
    if not rows:
        return head
    if what == "edit":
        rows[at][step[2]] = (int(rows[at]["seq"]) + 1) if step[2] == "seq" else step[3]
    elif what == "remove":
        del rows[at]
    elif what == "cut":
        del rows[at:]
    elif what == "swap":
        other = step[2] % len(rows)
        rows[at], rows[other] = rows[other], rows[at]
        rows[at]["seq"], rows[other]["seq"] = rows[other]["seq"], rows[at]["seq"]
    elif what == "copy":
        rows.insert(step[2] % len(rows), dict(rows[at]))
    else:
        for number, row in enumerate(rows, 1):
            row["seq"] = number
    return head


def _find(rows: list[dict[str, Any]], head: Head | None) -> list[Tampering]:
    return list(check_chain(KEY.encode(), sorted(rows, key=lambda row: row["seq"]), head))


@settings(max_examples=400)
@given(st.lists(STEPS, min_size=1, max_size=6))
def test_every_history_of_tampering_is_found(steps: list[tuple[Any, ...]]) -> None:
    """Edits, removals, cuts, swaps, copies, renumbering, other heads, in any order and number:
    found, unless all of it together changed nothing.
    """
    rows, head = [dict(row) for row in CHAIN], HEAD
    for step in steps:
        head = _tamper(rows, head, step)
    same = sorted(rows, key=lambda row: row["seq"]) == CHAIN and head == HEAD
    assert bool(_find(rows, head)) is not same


@given(st.integers(0, 12), st.integers(0, 12), st.booleans())
def test_the_untouched_part_is_not_accused(first: int, last: int, cut_head: bool) -> None:
    """Findings name removed rows and nothing else."""
    gone = set(range(min(first, last) + 1, max(first, last) + 1))
    rows = [row for row in CHAIN if row["seq"] not in gone]
    found = _find(rows, HEAD)
    assert len(found) == (1 if gone else 0)
    for finding in found:
        assert finding.seq == min(gone)
        assert finding.code == ("cut" if 12 in gone else "missing")


@given(
    st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=5)),
    st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=5)),
)
def test_no_two_rows_have_the_same_bytes(one: dict[str, str], other: dict[str, str]) -> None:
    """What a mac is over tells every pair of different rows apart, wherever the borders lie."""
    a, b = {**CHAIN[0], **one}, {**CHAIN[0], **other}
    assert (canonical(a) == canonical(b)) is (a == b)


def test_a_value_is_not_the_text_it_shows() -> None:
    """1 is not "1", nothing is not "", and bytes are not their repr."""
    forms = [1, "1", 1.0, None, "", "None", b"x", "b'x'", True, "{'bytes': \"b'x'\"}"]
    seen = [canonical({**CHAIN[0], "note": value}) for value in forms]
    assert len(set(seen)) == len(forms)


def test_the_chain_is_what_the_decision_says() -> None:
    """The form is fixed: a row written by this version verifies in every later one."""
    row = {name: name for name in COLUMNS} | {"seq": 7, "prev": GENESIS}
    assert canonical(row).startswith(
        b'["soundstage-audit-1","' + b"0" * 64 + b'",7,"at","actor_id"'
    )
    assert row_mac(b"k" * 32, row) == FIXED
