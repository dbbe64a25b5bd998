"""What a promotion would do: compared by content, gated, hashed, and moved as a file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.config import Config
from storage.errors import InvalidInput
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.layout.promoting import PromotionRules
from storage.model.promotion import (
    PLAN_SCHEMA,
    ROWS_SCHEMA,
    STATES,
    Gate,
    Header,
    Origin,
    Plan,
    Scope,
)
from storage.promotion.comparing import compared, in_order
from storage.promotion.gates import Heard, Said, Sound
from storage.promotion.plan_file import compared_plans, read, written
from storage.promotion.planning import planned
from storage.settings import Settings

SSI = load_layouts(Settings(), Config(), {})["ssi"]
HEADER = Header(
    "promotion", "ssi", "stage", "a-stage", "prod", "a-prod", Scope("course", ("ita_for_eng",))
)
FINE = Said(Heard(0, "All heard."), Sound(0, 0))
A, B = "a" * 32, "b" * 32
OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def clip(number: int) -> str:
    return f"mastered/{number:08X}-0000-4000-8000-000000000000.mp3"


def bucket(*objects: tuple[Any, ...]) -> pa.Table:
    """Objects as (key, etag, size, modified, checksum), the last two as wanted."""
    rows = [(*one, OLD, "")[:5] if len(one) == 3 else (*one, "")[:5] for one in objects]
    names = ("key", "etag", "size", "modified", "checksum")
    table = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return pa.table({**table, "storage_class": ["STANDARD"] * len(rows)}).select(
        ROWS_SCHEMA.names
    ).cast(ROWS_SCHEMA)  # fmt: skip


def states(wanted: list[str], stage: pa.Table, prod: pa.Table) -> dict[str, str]:
    rows = compared(pa.array(wanted, pa.string()), stage, prod)
    return dict(
        zip(rows["key"].to_pylist(), (STATES[c] for c in rows["state"].to_pylist()), strict=True)
    )


def rules_of(layout: Layout) -> PromotionRules:
    assert layout.promotion is not None
    return layout.promotion


def plan_of(
    wanted: list[str], stage: pa.Table, prod: pa.Table, said: Said = FINE, header: Header = HEADER
) -> Plan:
    rows = compared(pa.array(wanted, pa.string()), stage, prod)
    return planned(SSI, rules_of(SSI), header, rows, said)


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        (("k", A, 5), None, "new"),
        (None, ("k", A, 5), "only-prod"),
        (None, None, "missing"),
        (("k", A, 5), ("k", A, 5, NEW), "same"),
        (("k", A, 5), ("k", B, 5), "changed"),
        (("k", A, 5), ("k", A, 6), "changed"),
        (("k", "", 5), ("k", "", 5), "unread"),
        (("k", f"{A}-2", 5), ("k", f"{A}-2", 5), "same"),
        (("k", f"{A}-2", 5), ("k", f"{B}-2", 5), "changed"),
        (("k", f"{A}-2", 5), ("k", f"{B}-3", 5), "unread"),
        (("k", f"{A}-2", 5), ("k", B, 5), "unread"),
        (("k", f"{A}-2", 5), ("k", B, 6), "changed"),
        (("k", f"{A}-2", 5, OLD, "SHA256:x"), ("k", B, 5, OLD, "SHA256:x"), "same"),
        (("k", f"{A}-2", 5, OLD, "SHA256:x"), ("k", B, 5, OLD, "SHA256:y"), "changed"),
        (("k", A, 5, OLD, "SHA256:x"), ("k", A, 5, OLD, "CRC32:x"), "same"),
        (("k", A, 5, OLD, "SHA256:x"), ("k", A, 5, OLD, "SHA256:y"), "changed"),
        (("k", A, 5, OLD, "SHA256:x"), ("k", B, 5), "changed"),
        (("k", "not an md5", 5), ("k", A, 5), "unread"),
    ],
)
def test_by_content(ours: Any, theirs: Any, state: str) -> None:
    """What differs is told by ETag, size and checksum, and never by a date."""
    stage, prod = bucket(*filter(None, [ours])), bucket(*filter(None, [theirs]))
    assert states(["k"], stage, prod) == {"k": state}


def test_what_is_wanted_decides() -> None:
    """Other keys of the buckets are no part of it, a key wanted twice is one row, and what is to be
    done comes first."""
    stage = bucket(("a", A, 1), ("b", A, 1), ("c", A, 1), ("z", A, 1))
    prod = bucket(("b", A, 1), ("c", B, 1), ("y", A, 1))
    assert states(["c", "b", "a", "b"], stage, prod) == {"a": "new", "c": "changed", "b": "same"}
    assert list(states(["c", "b", "a", "b"], stage, prod)) == ["a", "c", "b"]


def test_newer_in_prod_is_told() -> None:
    """Prod's other bytes that were written later than the source are counted, not skipped."""
    plan = plan_of(
        ["k", "l"], bucket(("k", A, 1), ("l", A, 1, NEW)), bucket(("k", B, 1, NEW), ("l", B, 1))
    )
    assert plan.newer_in_prod == 1
    assert plan.counts == {"changed": 2}


KEYS = st.sampled_from(["a", "b", "c", "d", "e\n", "f\x1f", "ü"])
CONTENTS = st.tuples(st.sampled_from([A, B, f"{A}-2"]), st.integers(0, 3))


@given(st.lists(KEYS), st.dictionaries(KEYS, CONTENTS), st.dictionaries(KEYS, CONTENTS))
def test_like_one_at_a_time(
    wanted: list[str], stage: dict[str, tuple[str, int]], prod: dict[str, tuple[str, int]]
) -> None:
    """The columns say what comparing key by key would."""

    def one(key: str) -> str:
        ours, theirs = stage.get(key), prod.get(key)
        if ours is None:
            return "only-prod" if theirs else "missing"
        if theirs is None:
            return "new"
        if ours == theirs:
            return "same"
        return (
            "unread"
            if ours[1] == theirs[1] and (ours[0] + theirs[0]).count("-") == 1
            else "changed"
        )

    tables = [bucket(*((key, *value) for key, value in side.items())) for side in (stage, prod)]
    assert states(wanted, *tables) == {key: one(key) for key in wanted}


# -- gates ----------------------------------------------------------------------------------------


def gate(plan: Plan, name: str) -> tuple[bool, str]:
    found = next(one for one in plan.gates if one.name == name)
    return found.ok or not found.on, found.reason


def test_open_gates() -> None:
    """A plain plan that QA has heard has no gate shut."""
    plan = plan_of([clip(1), clip(2)], bucket((clip(1), A, 5), (clip(2), A, 5)), bucket())
    assert plan.blocked == ()
    assert (plan.todo, plan.bytes, plan.requests) == (2, 10, 6)


def test_the_rule_shuts() -> None:
    """Shared files, and ids in the wrong case, may not go to prod."""
    keys = ["canonical/welcomes.json", clip(0xAB).lower()]
    plan = plan_of(keys, bucket(*((key, A, 5) for key in keys)), bucket())
    shut = next(one for one in plan.gates if one.name == "rules")
    assert (shut.ok, shut.count) == (False, 2)
    assert set(shut.examples) == set(keys)


def test_missing_shuts() -> None:
    """A reference without an object, and one that only prod has, are in the way by ssi's rules."""
    plan = plan_of([clip(1), clip(2), clip(3)], bucket((clip(1), A, 5)), bucket((clip(2), A, 5)))
    told = "Of 3 objects, 2 not in Stage (testing), 1 of them live already."
    assert gate(plan, "references") == (False, told)


def test_nothing_at_all_shuts() -> None:
    """An empty scope is no release."""
    assert not gate(plan_of([], bucket(), bucket()), "references")[0]


def test_unread_shuts() -> None:
    """As long as it is not known whether bytes are the same, nothing is approved."""
    plan = plan_of([clip(1)], bucket((clip(1), f"{A}-2", 5)), bucket((clip(1), B, 5)))
    assert not gate(plan, "content")[0]


@pytest.mark.parametrize(
    ("said", "heard", "audio"),
    [
        (Said(), False, True),
        (Said(Heard(2, "2 are left."), Sound(1, 0)), False, False),
        (Said(Heard(0, "Heard."), Sound(0, 9)), True, True),
    ],
)
def test_what_others_say(said: Said, heard: bool, audio: bool) -> None:
    """Verdicts that are wanting or not kept shut it, so do clips with errors; unmeasured ones do
    not, by ssi's rules."""
    plan = plan_of([clip(1)], bucket((clip(1), A, 5)), bucket(), said)
    assert (gate(plan, "heard")[0], gate(plan, "audio")[0]) == (heard, audio)


def test_limits_shut() -> None:
    """Empty objects, and such as are larger than their kind may be, are in the way."""
    stage = bucket((clip(1), A, 0), (clip(2), A, 11 * 2**20), (clip(3), A, 10 * 2**20))
    shut = next(
        one
        for one in plan_of([clip(1), clip(2), clip(3)], stage, bucket()).gates
        if one.name == "limits"
    )
    assert (shut.ok, shut.count, shut.examples) == (False, 2, (clip(1), clip(2)))


def test_wrong_types_shut() -> None:
    """A clip that is served as a text is in the way."""
    rows = compared(
        pa.array([clip(1), clip(2)]), bucket((clip(1), A, 5), (clip(2), A, 5)), bucket()
    )
    facts = [json.dumps({"content_type": one}) for one in ("audio/mpeg", "text/plain")]
    rows = rows.set_column(
        rows.schema.get_field_index("facts"), PLAN_SCHEMA.field("facts"), [facts]
    )
    shut = next(
        one for one in planned(SSI, rules_of(SSI), HEADER, rows, FINE).gates if one.name == "types"
    )
    assert (shut.ok, shut.examples) == (False, (clip(2),))


# -- as a file ------------------------------------------------------------------------------------


def mixed() -> Plan:
    stage = bucket((clip(1), A, 5, NEW), ("e\nü", B, 6), ("f", A, 7))
    return plan_of([clip(1), "e\nü", "f", "g"], stage, bucket((clip(1), B, 5), ("f", A, 7)))


def test_a_plan_travels() -> None:
    """What was written comes back as the same plan."""
    plan = mixed()
    back = read(written(plan))
    assert back.hash == plan.hash
    assert back.rows.equals(plan.rows)
    assert (back.header, back.gates, back.counts) == (plan.header, plan.gates, plan.counts)


@pytest.mark.parametrize(
    "field", ["state", "size", "etag", "prod_etag", "key", "source_version", "facts"]
)
def test_a_changed_file_is_no_plan(field: str) -> None:
    """Whoever changes one value of a file has no plan any more."""
    value = json.loads(written(mixed()))
    other = {"state": "same", "size": 1, "key": "x"}.get(field, "x")
    value["steps"][0][field] = other
    with pytest.raises(InvalidInput, match="its hash does not fit"):
        read(json.dumps(value).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b'{"format": "x"}', b"\xff", b'{"format": "soundstage-plan/1"}'],
)
def test_other_files_are_no_plans(data: bytes) -> None:
    """Whatever is no plan is refused in words."""
    with pytest.raises(InvalidInput, match="no plan of a promotion"):
        read(data)


def test_the_hash_is_of_everything() -> None:
    """Another scope, gate or row is another plan; how the table is laid out is not."""
    plan = mixed()
    chunks = pa.concat_tables([plan.rows.slice(0, 1), plan.rows.slice(1)])
    again = planned(SSI, rules_of(SSI), HEADER, in_order(chunks), FINE)
    assert again.hash == plan.hash
    elsewhere = Header(
        **{**{name: getattr(HEADER, name) for name in Header.__slots__}, "target_bucket": "x"}
    )
    assert planned(SSI, rules_of(SSI), elsewhere, plan.rows, FINE).hash != plan.hash
    assert planned(SSI, rules_of(SSI), HEADER, plan.rows, Said()).hash != plan.hash


@given(
    st.lists(st.text(st.sampled_from("ab\x1f\n"), max_size=3), min_size=2, max_size=4, unique=True)
)
def test_no_two_plans_of_one_hash(keys: list[str]) -> None:
    """Keys that run into one another when written in a row are still told apart."""
    joined = plan_of(["".join(keys), "q"], bucket(), bucket()).hash
    assert plan_of(keys, bucket(), bucket()).hash != joined


def test_two_plans_compared() -> None:
    """Keys that came or went, other states, other sources and destinations are told by key."""
    old = plan_of(["a", "b", "c"], bucket(("a", A, 1), ("b", A, 1)), bucket(("a", A, 1)))
    new = plan_of(
        ["a", "b", "d"], bucket(("a", B, 1), ("b", A, 1)), bucket(("a", A, 1), ("b", B, 1))
    )
    told = compared_plans(old, new)
    assert (told["added"], told["gone"]) == (["d"], ["c"])
    assert told["state"] == [
        {"key": "a", "old": "same", "new": "changed"},
        {"key": "b", "old": "new", "new": "changed"},
    ]
    assert (told["source"], told["destination"], told["same"]) == (["a"], ["b"], False)
    assert compared_plans(old, old)["same"]


def test_the_manifest_is_the_one_that_is_planned_from() -> None:
    """A course's plan says where its manifest was read; another one by now shuts the gate; one that
    was given as a file is told, because it is not published.
    """
    stored = Origin("ita_for_eng", "ab", "canonical", "courses/ita_for_eng/m.json", "e1")
    filed = Origin("fra_for_eng", "cd")
    header = replace(HEADER, scope=Scope("course", ("ita_for_eng",)), origins=(stored, filed))
    stage = bucket(("a", "1", 1))

    def gate(*now: Origin) -> Gate:
        said = replace(FINE, origins=now)
        return plan_of(["a"], stage, bucket(), said, header).gates[0]

    title = SSI.bucket("canonical").title
    open_ = gate(stored, filed)
    assert (open_.name, open_.ok) == ("manifest", True)
    assert open_.reason.startswith(f"Read from {title}. Given as a file, whose own bytes are not")
    assert f"into {title} as courses/fra_for_eng/course_manifest.json" in open_.reason
    shut = gate(replace(stored, digest="ff"), filed)
    assert (shut.ok, shut.reason) == (False, "Another by now: ita_for_eng.")
    assert "manifest" not in {one.name for one in plan_of(["a"], stage, bucket()).gates}
