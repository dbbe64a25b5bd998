"""Verdicts, leases, positions and selections, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.db.engine import Database, open_database
from storage.db.leases import Candidate, Leases
from storage.db.review_desk import ReviewDesk
from storage.db.verdicts import Verdicts, Writer
from storage.model.content import Content
from storage.model.review import Judgement, Mark, Position, Scope, Selection

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ANN = Writer("ssi", "stage", "bucket", "ann", "Ann")
BEN = Writer("ssi", "stage", "bucket", "ben", "Ben")


def said(nonce: str, etag: str = "e", decision: str = "approved") -> Judgement:
    content = Content(etag, 9, "f" * 64)
    marks = (Mark(1.5, "click ☃"),)
    return Judgement(nonce, f"{etag}.mp3", content, decision, ("cut-off",), "ÿ\n'", marks, "v1")  # type: ignore[arg-type]


def test_a_verdict_is_kept_as_it_was_given(database: Database) -> None:
    """Every field, and who and when; the newest comes first."""
    verdicts = Verdicts(database)
    (kept, other) = verdicts.add(ANN, [said("1"), said("2", "x")], NOW)
    (row, first) = verdicts.get("ssi", {kept.id, other.id})
    assert (first.id, first.content, first.decision) == (kept.id, said("1").content, "approved")
    assert (first.reasons, first.note, first.marks) == (("cut-off",), "ÿ\n'", said("1").marks)
    assert (first.by_name, first.at, first.version_id, first.key) == ("Ann", NOW, "v1", "e.mp3")
    assert row.key == "x.mp3"
    assert not verdicts.get("another", {kept.id})


def test_a_nonce_is_one_verdict_of_one_person(database: Database) -> None:
    """Again, twice in one request, from many threads at once: one row. Another person's is theirs."""
    verdicts = Verdicts(database)
    (first,) = verdicts.add(ANN, [said("n")], NOW)
    again = verdicts.add(ANN, [said("n", decision="rejected"), said("m"), said("m")], NOW)
    assert again[0].id == first.id
    assert [one.repeated for one in again] == [True, False, True]
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda _: verdicts.add(ANN, [said("p")], NOW)[0], range(12)))
    assert len({one.id for one in ends}) == 1
    assert sum(not one.repeated for one in ends) == 1
    assert not verdicts.add(BEN, [said("n")], NOW)[0].repeated
    rows = verdicts.since("ssi", 0, 100)
    assert [row.id for row in rows] == list(range(1, len(rows) + 1))


def test_undoing_adds_a_row_and_is_done_once(database: Database) -> None:
    """Nobody else's, nothing that is not there; what was said stays to be seen."""
    verdicts = Verdicts(database)
    (kept,) = verdicts.add(ANN, [said("1")], NOW)
    assert verdicts.undo(BEN, kept.id, NOW) is None
    assert verdicts.undo(ANN, 99, NOW) is None
    for _ in range(2):
        undone = verdicts.undo(ANN, kept.id, NOW)
        assert undone is not None
        assert undone.key == "e.mp3"
    rows = verdicts.since("ssi", 0, 100)
    assert [(row.decision, row.undoes) for row in rows] == [("approved", 0), ("undone", kept.id)]
    assert verdicts.undo(ANN, rows[1].id, NOW) is None, "an undoing is not undone"
    assert verdicts.count("ssi", "ann", NOW) == 0
    assert len(verdicts.get("ssi", {kept.id})) == 1


def test_what_one_did_today(database: Database) -> None:
    """Counted from a time on, and when, for the pace."""
    verdicts = Verdicts(database)
    verdicts.add(ANN, [said("1")], NOW - timedelta(days=1))
    verdicts.add(ANN, [said("2"), said("3")], NOW)
    verdicts.add(BEN, [said("4")], NOW)
    assert verdicts.count("ssi", "ann", NOW - timedelta(hours=1)) == 2
    assert verdicts.times("ssi", "ann", NOW - timedelta(hours=1)) == [NOW, NOW]


def test_many_listeners_at_once_never_get_the_same_bytes(
    database: Database, address: str | Path
) -> None:
    """Eight people in two consoles take clips as fast as they can: no clip twice, and all of them."""
    other = open_database(address)
    clips: list[Candidate] = [(f"{n}.mp3", Content(f"e{n}", 9)) for n in range(64)]
    given: dict[str, list[Candidate]] = {}
    start = threading.Barrier(8)

    def listen(name: str) -> None:
        leases = Leases(database if int(name) % 2 else other)
        by = Writer("ssi", "stage", "bucket", name, name)
        mine: list[Candidate] = []
        given[name] = mine

        def choose(held: frozenset[tuple[str, int]]) -> Sequence[Candidate]:
            free = [one for one in clips if (one[1].etag, 9) not in held and one not in mine]
            return free[:2]

        start.wait()
        while taken := leases.take(by, choose, NOW, NOW + timedelta(minutes=3)):
            mine.extend(taken)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(listen, "01234567"))
    finally:
        other.close()
    every = [one[0] for mine in given.values() for one in mine]
    assert len(every) == len(set(every)) == 64


def test_a_lease_ends_by_itself_by_judging_and_for_other_projects(database: Database) -> None:
    """Others get it then; who holds it keeps it by asking again."""
    leases, clip = Leases(database), ("a.mp3", Content("e", 9))

    def held(by: Writer, at: datetime) -> bool:
        seen: list[frozenset[tuple[str, int]]] = []

        def look(held: frozenset[tuple[str, int]]) -> Sequence[Candidate]:
            seen.append(held)
            return []

        leases.take(by, look, at, at)
        return ("e", 9) in seen[0]

    later = NOW + timedelta(minutes=3)
    leases.take(ANN, lambda _: [clip], NOW, later)
    assert held(BEN, NOW)
    assert not held(ANN, NOW)
    assert not held(Writer("yoto", "dev", "b", "ben", "Ben"), NOW)
    leases.take(ANN, lambda _: [clip], NOW, later + timedelta(minutes=1))
    assert held(BEN, later)
    assert not held(BEN, later + timedelta(minutes=1))
    leases.take(ANN, lambda _: [clip], NOW, later)
    leases.release("ssi", "ben", [clip[1]])
    assert held(BEN, NOW)
    leases.release("ssi", "ann", [clip[1]])
    assert not held(BEN, NOW)


def test_positions_and_selections_are_kept(database: Database) -> None:
    """One position a person and project; a selection with its keys in their order."""
    desk = ReviewDesk(database)
    assert desk.position("ssi", "ann") is None
    for order in ("risk", "newest"):
        position = Position(
            "ssi",
            "ann",
            "stage",
            Scope("course", "ita_for_eng"),
            order,
            "k",
            "2026",  # type: ignore[arg-type]
        )
        desk.put_position(position)
    assert desk.position("ssi", "ann") == position
    assert desk.position("ssi", "ben") is None
    chosen = Selection("id", "ssi", "stage", "mine", ("b", "ä\n"), "ann", "Ann", "2026")
    desk.put_selection(chosen)
    assert list(desk.selections("ssi", "stage")) == [chosen]
    assert desk.selection("ssi", "stage", "id") == chosen
    assert desk.selection("ssi", "prod", "id") is None
    assert desk.remove_selection("ssi", "stage", "id")
    assert not desk.remove_selection("ssi", "stage", "id")
