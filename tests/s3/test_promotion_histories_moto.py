"""Random histories of uploads, releases, rollbacks and writes past the console: prod is always as a
model of it says, and what a rollback refuses it says why.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from promotion_rig import Rig, clip, rigged

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.errors import RuleViolation
from storage.gate import Gate
from storage.model.releases import Release
from storage.s3.client import Store

HISTORIES = {"long": 60, "full": 1_000}  # by profile; 5 in `make test`
KEYS = 5

State = dict[str, str]


@pytest.fixture
def rig(
    moto_store: Store, gate_to: Callable[..., Gate], audit: Audit, console_database: Database
) -> Iterator[Rig]:
    with rigged(moto_store, gate_to, audit, console_database) as made:
        yield made


class Model:
    """What the two buckets hold by the rules alone, and what each release did to prod."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.chance = rig, random.Random(0)
        self.stage: State = {}
        self.prod: State = {}
        self.done: dict[str, tuple[State, State]] = {}  # before and after, of what it wrote
        self.releases: list[Release] = []

    def upload(self) -> None:
        """A new take of some clip arrives in stage."""
        key = clip(self.chance.randrange(KEYS))
        self.stage[key] = self.rig.put("stage", key, self.chance.randbytes(8))

    def past_the_console(self) -> None:
        """Somebody writes prod by hand, or deletes there."""
        key = clip(self.chance.randrange(KEYS))
        if key in self.prod and self.chance.random() < 0.5:
            self.rig.delete("prod", key)
            del self.prod[key]
        else:
            self.prod[key] = self.rig.put("prod", key, self.chance.randbytes(9))

    def release(self) -> None:
        """Everything in stage goes live."""
        if not self.stage:
            return
        before = dict(self.prod)
        release = self.rig.released()
        assert release.state == "live", release
        self.prod |= self.stage
        self._remember(release, before)

    def rollback(self) -> None:
        """One of the releases so far is undone, where nothing came after it."""
        if not self.releases:
            return
        release = self.rig.get(self.chance.choice(self.releases))
        if release.state != "live":
            return
        before, after = self.done[release.id]
        as_left = bool(after.keys() | before.keys()) and all(
            self.prod.get(key) == after.get(key) for key in after.keys() | before.keys()
        )
        try:
            back = self.rig.undone(release)
        except RuleViolation as refusal:
            if as_left and "later-releases" not in refusal.what:
                raise
            return
        assert as_left, "what others wrote was undone"
        was = dict(self.prod)
        for key in after.keys() | before.keys():
            if key in before:
                self.prod[key] = before[key]
            else:
                del self.prod[key]
        self._remember(back, was)

    def _remember(self, release: Release, before: State) -> None:
        wrote = {
            key for key in before.keys() | self.prod.keys() if before.get(key) != self.prod.get(key)
        }
        self.done[release.id] = tuple(
            {key: side[key] for key in wrote if key in side} for side in (before, self.prod)
        )  # type: ignore[assignment]
        self.releases.append(release)

    def check(self) -> None:
        assert self.rig.content("prod") == self.prod
        assert self.rig.content("stage") == self.stage


@pytest.mark.long
@pytest.mark.property
@pytest.mark.timeout(7_200)
@settings(
    max_examples=HISTORIES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("upload", "release", "rollback", "past_the_console")),
            st.integers(0, 1_000_000),
        ),
        min_size=6,
        max_size=10,
    )
)
def test_prod_is_always_as_the_model_says(rig: Rig, history: list[tuple[str, int]]) -> None:
    """Whatever was released, undone, done again and written in between."""
    model = Model(rig)
    for role in ("stage", "prod"):
        for key in rig.content(role):
            rig.delete(role, key)
    for act, seed in [("upload", 0), ("release", 0), *history]:
        model.chance = random.Random(seed)
        getattr(model, act)()
        model.check()
