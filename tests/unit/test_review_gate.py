"""What must still be heard before clips go live."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.model.content import Content
from storage.model.review import Policy
from storage.model.review_gate import GateClip, gate


def clip(
    number: int, state: str = "new", *, flagged: bool = False, measured: bool = True
) -> GateClip:
    content = Content(f"etag{number}", 100)
    return GateClip(f"k{number}", content, state, flagged, measured)  # type: ignore[arg-type]


def test_the_usual_policy() -> None:
    """None rejected, each flagged one heard, and a fiftieth of the rest."""
    clips = [
        clip(1, "approved", flagged=True),
        clip(2, flagged=True),
        clip(3, "void", measured=False),
        clip(4, "rejected"),
        clip(5, "disputed", flagged=True),
        clip(6, "second-ear"),
        *(clip(number) for number in range(100, 200)),
    ]
    report = gate(clips, Policy())
    assert not report.ok
    assert (report.rejected, report.disputed) == (("k4",), ("k5",))
    assert report.unheard == ("k2", "k3", "k6")
    assert (len(report.sample), report.sample_wanted, report.unmeasured) == (2, 2, 1)
    assert report.sentences == (
        "1 rejected",
        "1 disputed: people disagree",
        "3 to be heard",
        "2 more to be heard, of 2 as a sample of the rest",
    )


@pytest.mark.parametrize(("needs", "count"), [("everything", 50), ("nothing", 0), ("flagged", 1)])
def test_other_policies(needs: str, count: int) -> None:
    """Each clip; or only that none is rejected."""
    clips = [clip(number) for number in range(50)]
    report = gate(clips, Policy(needs=needs))  # type: ignore[arg-type]
    assert len(report.unheard) + len(report.sample) == count
    rejected = gate([*clips, clip(99, "rejected")], Policy(needs=needs))  # type: ignore[arg-type]
    assert not rejected.ok


states = st.sampled_from(["new", "void", "second-ear", "approved", "rejected", "disputed"])


@given(
    st.lists(st.tuples(states, st.booleans(), st.booleans()), max_size=60),
    st.sampled_from(["flagged", "everything", "nothing"]),
    st.integers(0, 100),
)
def test_hearing_what_it_asks_for_opens_it(
    rows: list[tuple[str, bool, bool]], needs: str, percent: int
) -> None:
    """Once all that it names is approved it is open; before, while it names anything, it is not."""
    clips = [
        clip(number, state, flagged=flagged, measured=measured)
        for number, (state, flagged, measured) in enumerate(rows)
    ]
    policy = Policy(needs, percent)  # type: ignore[arg-type]
    report = gate(clips, policy)
    named = {*report.rejected, *report.disputed, *report.unheard, *report.sample}
    assert report.ok == (not named)
    then = [replace(one, state="approved") if one.key in named else one for one in clips]
    assert gate(then, policy).ok
    assert gate(reversed(clips), policy).sample_wanted == report.sample_wanted
    assert set(gate(reversed(clips), policy).sample) == set(report.sample)


def test_other_bytes_and_missing_clips_close_it() -> None:
    """It is about exactly the bytes that are to go."""
    assert gate([clip(1, "approved")], Policy()).ok
    assert not gate([clip(1, "approved")], Policy(), changed=["k2"]).ok
    assert not gate([clip(1, "approved")], Policy(), missing=["K3"]).ok
