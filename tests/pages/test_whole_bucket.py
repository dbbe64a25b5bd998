"""Browse: a search over the whole bucket, by its newest inventory."""

from __future__ import annotations

from page_rig import A_CLIP, EMPTY_CLIP, Console

from storage import bootstrap
from storage.model.people import local_actor


def measure() -> None:
    bootstrap.services().inventories.start(local_actor(), "ssi", "stage", watch=lambda *_: None)


def test_a_search_reaches_the_whole_bucket_once_it_is_measured(console: Console) -> None:
    """Offered with its price, measured, and then answered without asking the store; the address
    says it, source and age stand above the table, and a hit opens."""
    console.open("browse", find="mastered")
    assert console.names == ["mastered/"]
    console.press("browse:everywhere")
    labels = {button.key: button.label for button in console.app.button}
    assert labels["browse:measure"] == "Measure now (about 1 request)"
    measure()
    console.app.session_state["recent:answers"] = {}
    console.open("browse", prefix="", find="mastered")
    console.press("browse:everywhere")
    assert console.app.query_params["whole"] == "1"
    assert console.again().requests == []
    assert console.names == [A_CLIP, EMPTY_CLIP, "mastered/2.txt"]
    assert "3 names hold this in the whole bucket" in console.words
    assert "measured by the console, 4 rows" in console.words
    console.open("browse", find="mastered", whole="1", at=A_CLIP)
    assert "panel:facts" in console.shown
    console.open("browse", find="nowhere", whole="1")
    assert console.data("browse:grid")["empty"][0] == "No name in this bucket contains that."


def test_who_may_not_measure_is_not_offered_it(console: Console) -> None:
    """A viewer searches what is measured, and nothing else."""
    console.open("browse", find="mastered", bucket="prod", **{"as": "viewer"})
    assert "browse:everywhere" not in {button.key for button in console.app.button}
    measure()
    console.open("browse", find="mastered", whole="1", **{"as": "viewer"})
    assert console.names == [A_CLIP, EMPTY_CLIP, "mastered/2.txt"]
