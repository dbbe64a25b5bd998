"""Looking at releases in both databases: whose override waits for a signature, and steps by key."""

from __future__ import annotations

from dataclasses import replace

from storage.db.engine import Database
from storage.model.promotion import PLAN_SCHEMA, Header, Scope
from storage.model.releases import Approval, Person, Step
from storage.promotion.planning import frozen
from storage.promotion.shelf import ReleaseShelf

ANN = Person("a", "Ann", "2026-11-27T12:00:00.000000Z")
HEADER = Header("promotion", "ssi", "stage", "s", "prod", "p", Scope("prefix", ("a/",)))
GIVEN = Approval(ANN, "0", ANN.at)


def test_overrides_that_nobody_has_signed(database: Database) -> None:
    """Those of the project alone, whatever words the reason has; newest first."""
    shelf = ReleaseShelf.of(database)
    approvals = {
        "none": None,
        "plain": GIVEN,
        "signed": replace(GIVEN, override='says "countersigned": null', countersigned=ANN),
        "first": replace(GIVEN, override='"override": "", 100 % sure'),
        "second": replace(GIVEN, override="Learners hear nothing."),
    }
    ids = {}
    plan = frozen(HEADER, PLAN_SCHEMA.empty_table(), ())
    for minute, (name, approval) in enumerate(approvals.items()):
        at = f"2026-11-27T12:{minute:02}:00.000000Z"
        release = shelf.add(plan, replace(ANN, at=at))
        ids[name] = release.id
        if approval is not None:
            shelf.change(release, {"approval": approval})
    elsewhere = frozen(replace(HEADER, layout="pod"), PLAN_SCHEMA.empty_table(), ())
    shelf.change(shelf.add(elsewhere, ANN), {"approval": approvals["second"]})
    found = [row["id"] for row in shelf.rows.overridden("ssi")]
    assert found == [ids["second"], ids["first"]]


def test_steps_by_key(database: Database) -> None:
    """Those of some keys, by number; keys of another release are not among them."""
    rows = ReleaseShelf.of(database).rows
    steps = [Step(number, key, "begun") for number, key in enumerate(("a", "b", "c"))]
    rows.begin("one", steps, ())
    rows.begin("other", [Step(0, "a", "begun")], ())
    assert rows.steps_of("one", ["c", "a", "x"]) == [steps[0], steps[2]]
    assert rows.steps_of("one", []) == []
