"""Home: what waits for each kind of person, with real counts, and nothing hidden."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_rig import Console, with_store

from storage import bootstrap
from storage.bootstrap import Services
from storage.errors import Unavailable
from storage.layout.profile import Bucket, Layout
from storage.s3.client import Store


def test_each_kind_of_person_has_a_card_with_real_counts(console: Console) -> None:
    """What lies in the store is what is counted, and each card leads to where the work is."""
    people = console.open().cards("people")
    assert list(people) == ["Content editor", "QA listener", "Operator"]
    assert people["Content editor"]["number"] == "2"
    assert people["Content editor"]["href"].startswith("welcomes?project=ssi")
    assert people["QA listener"]["number"] == "2"
    assert "1 of them is empty" in people["QA listener"]["lines"]
    assert people["QA listener"]["href"] == "listen?project=ssi&bucket=stage"
    assert people["Operator"]["number"] == "1"  # the clip in the shared bucket
    assert "bucket=canonical" in people["Operator"]["href"]


def test_each_bucket_has_a_card_and_prod_is_marked(console: Console) -> None:
    """Objects and bytes by bucket; only Prod is live."""
    buckets = console.open().cards("buckets")
    assert {name: card["number"] for name, card in buckets.items()} == {
        "Stage (testing)": "4",
        "Prod (live)": "1",
        "Canonical (shared files)": "3",
    }
    assert [name for name, card in buckets.items() if card["live"]] == ["Prod (live)"]


@pytest.mark.parametrize(
    ("role", "people"),
    [
        ("editor", ["Content editor"]),
        ("qa", ["QA listener"]),
        ("operator", ["Operator"]),
        ("viewer", []),
    ],
)
def test_view_as_shows_the_card_of_that_role_only(
    console: Console, role: str, people: list[str]
) -> None:
    """An address with a role shows what that role sees; without work it says what to do."""
    console.open(**{"as": role})
    assert list(console.cards("people")) == people if people else "Browse shows" in console.words


def test_the_role_stays_from_page_to_page(console: Console) -> None:
    """Who chose "View as" on Home is still seen as that on Browse, and back."""
    console.open()
    console.app.selectbox(key="gate:view-as").select("qa")
    console.again()
    assert list(console.cards("people")) == ["QA listener"]
    console.app.switch_page("../pages/browse.py")
    console.again()
    assert console.app.selectbox(key="gate:view-as").value == "qa"
    console.app.switch_page("../pages/home.py")
    assert list(console.again().cards("people")) == ["QA listener"]


def test_a_bucket_that_fails_says_so_in_its_own_card(console: Console, stocked: Store) -> None:
    """The others work; the count of the failing one is no zero."""
    stocked.client.delete_object(Bucket="ssiborg-assets", Key=next(iter(_keys(stocked))))
    stocked.client.delete_bucket(Bucket="ssiborg-assets")
    buckets = console.open().cards("buckets")
    assert buckets["Prod (live)"]["number"] == "–"
    assert "no bucket 'ssiborg-assets'" in " ".join(buckets["Prod (live)"]["lines"])
    assert buckets["Stage (testing)"]["number"] == "4"
    assert any("ssiborg-assets" in line for line in console.cards("people")["Operator"]["lines"])


def _keys(store: Store) -> list[str]:
    rows = store.client.list_objects_v2(Bucket="ssiborg-assets")["Contents"]
    return [row["Key"] for row in rows]


def test_a_store_that_is_down_is_told_on_every_card(
    installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home stands when nothing answers: each card says why, no number is made up."""

    def down(_layout: Layout, _bucket: Bucket) -> Store:
        raise Unavailable("The store cannot be reached.", "Start it.")

    bootstrap.install(with_store(installed, down))
    console = Console(monkeypatch).open()
    cards = [*console.cards("people").values(), *console.cards("buckets").values()]
    assert all("The store cannot be reached." in " ".join(card["lines"]) for card in cards)
    assert all(card["number"] == "–" for card in console.cards("buckets").values())
    assert console.cards("people")["Operator"]["number"] == "3"
    assert "tries again every 5 seconds" in console.words


def test_the_stand_in_says_that_it_forgets(
    installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory, nothing is kept: the first thing on the page says so."""
    bootstrap.install(replace(installed, mode="moto"))
    assert "gone when the console ends" in Console(monkeypatch).open().words


def test_an_empty_bucket_is_none_that_fails(console: Console, stocked: Store) -> None:
    """Nothing in it is the number 0."""
    for key in _keys(stocked):
        stocked.client.delete_object(Bucket="ssiborg-assets", Key=key)
    assert console.open().cards("buckets")["Prod (live)"]["number"] == "0"


def test_every_project_opens(console: Console, installed: Services, stocked: Store) -> None:
    """Each of the five has its Home, named, with a card for each of its buckets."""
    for layout in installed.layouts.values():
        for bucket in layout.buckets:
            if bucket.bucket not in ("ssi-audio-stage", "ssiborg-assets", "popty-bach-lfs"):
                stocked.client.create_bucket(Bucket=bucket.bucket)
        console.open(project=layout.name)
        assert layout.title in console.words
        assert len(console.cards("buckets")) == len(layout.buckets)
