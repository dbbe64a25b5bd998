"""Random histories of uploads and verdicts, with two listeners and two consoles."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from review_rig import ALL, ANN, BEN, Clock, Rig, content_of, judgement, key_of

from storage.audit.log import open_audit
from storage.db.engine import Database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.errors import StorageError
from storage.gate import Gate
from storage.model.people import Actor
from storage.s3.client import Store
from storage.sessions import Sessions
from storage.settings import Secret
from storage.switches import Switches

BODIES = [f"take {number}".encode() * 9 for number in range(4)]
CLIPS = range(5)


@pytest.fixture
def rig(database: Database, moto_store: Store, tmp_path: Path) -> Iterator[Rig]:
    clock = Clock()
    audit = open_audit(database, tmp_path, Secret(""), clock, [])
    sessions = Sessions(People(database), Tokens(database), clock)
    switches = Switches(SwitchRows(database), clock, always=False)

    def gate_to(layouts: object, store: Store) -> Gate:
        return Gate(layouts, lambda _l, _b: store, audit, sessions, switches)  # type: ignore[arg-type]

    made = Rig.over(moto_store, gate_to, audit, database, tmp_path)
    yield made
    made.review.close()


class History:
    """What the world did, told beside the console: bytes under keys, words about bytes."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.rig = rig
        self.random = random.Random(seed)
        self.lies: dict[int, bytes] = {}
        self.said: dict[tuple[str, bytes], list[tuple[int, str]]] = {}
        self.consoles = [rig.review, rig.another()]

    def step(self) -> None:
        steps = (self.upload, self.edit, self.judge, self.judge, self.undo)
        self.random.choice((*steps, self.upload, self.measure, self.restart))()
        self.rig.clock.skip(seconds=self.random.choice((1, 30, 400)))

    def upload(self) -> None:
        number, body = self.random.choice(CLIPS), self.random.choice(BODIES)
        self.rig.put(number, body)
        self.lies[number] = body

    def edit(self) -> None:
        if self.lies:
            number = self.random.choice(list(self.lies))
            self.rig.put(number, self.lies[number], Metadata={"x": str(self.random.random())})

    def judge(self) -> None:
        """Whatever somebody was handed, they judge; maybe after it was replaced."""
        who, console = self.random.choice((ANN, BEN)), self.random.choice(self.consoles)
        handed = console.next(who, "ssi", "stage", ALL, count=2)
        if self.random.random() < 0.3:
            self.upload()
        for clip in handed.clips:
            decision = self.random.choice(("approved", "rejected", "second-ear"))
            (end,) = console.judge(who, "ssi", "stage", [judgement(clip, decision)])
            number = next(one for one in CLIPS if key_of(one) == clip.place.key)
            body = next(one for one in BODIES if content_of(one).same_bytes(clip.content))
            if end.error:
                assert self.lies[number] != body, "only what was replaced is refused"
            else:
                self.said.setdefault((who.id, body), []).append((end.verdict_id, decision))

    def undo(self) -> None:
        mine = [(pair, told) for pair, told in self.said.items() if told]
        if mine:
            (by_id, _), told = self.random.choice(mine)
            number, _ = told.pop(self.random.randrange(len(told)))
            who: Actor = ANN if by_id == ANN.id else BEN
            self.random.choice(self.consoles).undo(who, "ssi", "stage", number)

    def measure(self) -> None:
        self.rig.measure(self.random.choice(BODIES))

    def restart(self) -> None:
        """The second console; it begins with what is kept on the disk."""
        self.consoles[1].close()
        self.consoles[1] = self.rig.another()

    def check(self) -> None:
        """Every console says of each clip what was said of its very bytes, by whom."""
        for console in self.consoles:
            begun, listed = self.rig.clock(), None
            while listed is None or listed < begun:  # not by what is being listed already
                listed = console.progress(ANN, "ssi", "stage", ALL, fresh=True).listing.at
            rows = {row.key: row for row in console.rows(ANN, "ssi", "stage", ALL).rows}
            assert set(rows) == {key_of(number) for number in self.lies}
            for number, body in self.lies.items():
                row = rows[key_of(number)]
                told = {
                    f"{who.name}: {self.said[who.id, body][-1][1]}"
                    for who in (ANN, BEN)
                    if self.said.get((who.id, body))
                }
                assert row.content.same_bytes(content_of(body))
                assert set(row.heard_by) == told
                if not told:
                    assert row.state in ("new", "void")


@pytest.mark.property
@pytest.mark.parametrize("seed", range(2))
def test_no_old_verdict_holds_for_new_bytes_and_nobodys_is_lost(rig: Rig, seed: int) -> None:
    """Uploads, metadata edits, the same bytes elsewhere, two people's verdicts and undoings,
    measurements and restarts.
    """
    history = History(rig, seed)
    for number in range(25):
        history.step()
        if number % 6 == 5:
            history.check()
    history.check()
    history.consoles[1].close()


def test_what_the_database_refuses_is_told_and_sent_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict whose keeping failed is not kept by half: the same nonce works afterwards."""
    rig.put(1, BODIES[1])
    (clip,) = rig.next(ANN, ALL, count=1)
    said = judgement(clip)
    with monkeypatch.context() as patch:
        patch.setattr(rig.review._verdicts, "add", _full)
        with pytest.raises(StorageError, match="full"):
            rig.judge(ANN, said)
    assert not rig.judge(ANN, said)[0].repeated
    assert rig.review.progress(ANN, "ssi", "stage", ALL).whole.approved == 1


def _full(*_: object) -> None:
    raise StorageError("The disk of the console's database is full.")
