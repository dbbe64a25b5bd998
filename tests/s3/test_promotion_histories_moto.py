"""Random histories of uploads, releases, rollbacks and writes past the console: prod is always as a
model of it says, and what a rollback refuses it refuses for a reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from promotion_rig import ME, Rig, clip, rigged

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import Conflict, RuleViolation, VerifyFailed
from storage.gate import Gate
from storage.model.promotion import Scope
from storage.model.releases import Release
from storage.s3.client import Store

HISTORIES = {"long": 80, "full": 1_000}  # by profile; 3 in `make test`
STEPS = 14  # a history
KEYS = 4

State = dict[str, str]

_keys = st.integers(0, KEYS - 1)
_takes = st.integers(0, 3)  # few, so that the same bytes come back


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


@dataclass
class Did:
    """What a release did to prod: of each key that it wrote, what was before and after."""

    release: Release
    before: State = field(default_factory=dict)
    after: State = field(default_factory=dict)
    undone: bool = False

    @property
    def keys(self) -> set[str]:
        return self.before.keys() | self.after.keys()


class Histories(RuleBasedStateMachine):
    """What the two buckets hold by the rules alone."""

    rig: Rig
    count = 0  # of histories: each has keys of its own, as the journal is that of all

    def __init__(self) -> None:
        super().__init__()
        Histories.count += 1
        self.names = [clip(Histories.count * KEYS + at) for at in range(KEYS)]
        self.stage: State = {}
        self.prod: State = {}
        self.waiting: list[Release] = []
        self.ran: list[Did] = []

    def teardown(self) -> None:
        for role in ("stage", "prod"):
            for key in self.rig.content(role):
                self.rig.delete(role, key)

    # -- what people do --

    @rule(at=_keys, take=_takes)
    def upload(self, at: int, take: int) -> None:
        """A take of some clip arrives in stage."""
        self.stage[self.names[at]] = self.rig.put("stage", self.names[at], b"take %d" % take)

    @precondition(lambda self: self.stage)
    @rule(at=_keys)
    def delete_from_stage(self, at: int) -> None:
        if self.stage.pop(self.names[at], None):
            self.rig.delete("stage", self.names[at])

    @rule(at=_keys, take=_takes)
    def write_past_the_console(self, at: int, take: int) -> None:
        self.prod[self.names[at]] = self.rig.put("prod", self.names[at], b"take %d" % take)

    @precondition(lambda self: self.prod)
    @rule(at=_keys)
    def delete_past_the_console(self, at: int) -> None:
        if self.prod.pop(self.names[at], None):
            self.rig.delete("prod", self.names[at])

    @precondition(lambda self: self.stage)
    @rule(some=st.sets(_keys, min_size=1))
    def release(self, some: set[int]) -> None:
        """What is in stage of these goes live, at once."""
        self._plan(some)
        if self.waiting:
            self._run(self.waiting.pop())

    @precondition(lambda self: self.stage)
    @rule(some=st.sets(_keys, min_size=1))
    def plan(self, some: set[int]) -> None:
        """It is planned and approved, and others go on meanwhile."""
        self._plan(some)

    @precondition(lambda self: self.waiting)
    @rule()
    def run(self) -> None:
        """The oldest plan that waits is run."""
        self._run(self.waiting.pop(0))

    @precondition(lambda self: self.ran)
    @rule(which=st.integers(0, 20))
    def roll_back(self, which: int) -> None:
        """A release, or a rollback (which is forward again), is undone."""
        did = self.ran[which % len(self.ran)]
        if did.undone:
            return
        as_left = all(self.prod.get(key) == did.after.get(key) for key in did.keys)
        later = self._later(did)
        if not did.keys or not as_left or later:
            with pytest.raises((RuleViolation, Conflict)):
                self.rig.undone(did.release)
            return
        back = self.rig.undone(did.release)
        assert back.state == "live", back
        self._write(back, {key: did.before.get(key, "") for key in did.keys})
        did.undone = True

    # -- the model --

    def _plan(self, some: set[int]) -> None:
        keys = tuple(self.names[at] for at in sorted(some) if self.names[at] in self.stage)
        if keys:
            release = self.rig.plan(Scope("keys", keys))
            self.waiting.append(self.rig.approve(release))

    def _run(self, release: Release) -> None:
        """Each object whose source and target are as planned goes live; the others stay."""
        every = self.rig.promotions.rows(ME, "ssi", release.id).to_pylist()
        rows, same = every[: release.todo], every[release.todo :]
        meant = {row["key"]: row["etag"] for row in rows}
        others = any(self.prod.get(row["key"]) != row["prod_etag"] for row in same)
        wrote, fails = {}, False
        for row in rows:
            key, live = row["key"], self.prod.get(row["key"], "")
            if self.stage.get(key) == meant[key] and live == row["prod_etag"]:
                wrote[key] = meant[key]
            elif self.stage.get(key) != meant[key] or live != meant[key]:
                fails = True
        if others and not fails:
            with pytest.raises(VerifyFailed):  # what was live already is so no longer
                self.rig.run(release)
        else:
            self.rig.run(release)
        ended = self.rig.get(release)
        assert ended.state == ("stopped" if fails else "copied" if others else "live"), ended
        self._write(ended, wrote)

    def _write(self, release: Release, wrote: Mapping[str, str]) -> None:
        did = Did(release)
        for key, etag in wrote.items():
            if key in self.prod:
                did.before[key] = self.prod.pop(key)
            if etag:
                self.prod[key] = did.after[key] = etag
        self.ran.append(did)

    def _later(self, did: Did) -> bool:
        """Whether a release that came after it, and stands, wrote some of the same."""
        after = self.ran[self.ran.index(did) + 1 :]
        return any(
            one.keys & did.keys and not one.undone and one.release.kind == "promotion"
            for one in after
        )

    @invariant()
    def prod_is_as_the_model_says(self) -> None:
        assert self.rig.content("prod") == self.prod
        assert self.rig.content("stage") == self.stage


@pytest.mark.property
@pytest.mark.timeout(7_200)
def test_prod_is_always_as_the_model_says(rig: Rig) -> None:
    """Whatever was planned, released, undone, done again and written in between."""
    Histories.rig = rig
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 3),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
