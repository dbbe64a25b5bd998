"""The address of Listen: what it shows, as a value."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from storage.model.review import Position, Scope
from ui.listening_view import ListeningView, read_view, where_stopped

SCOPES = [
    Scope("course", "ita_for_eng"),
    Scope("prefix", "mastered/ü &=#/"),
    Scope("prefix", ""),
    Scope("selection", "a1b2"),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_a_view_comes_back_from_its_address(scope: Scope) -> None:
    """Whatever is listened to, also everything in a bucket, and what narrows it."""
    view = ListeningView(project="ssi", bucket="stage", order="shortest", show="clips")
    view = view.of(scope).with_(find="perché no?", state="void").with_(page="3", at="a/b.mp3")
    assert view.scope == scope
    assert read_view(dict(parse_qsl(view.href()[1:]))) == view


def test_nothing_chosen_is_no_scope() -> None:
    """An address without one is not the same as all of a bucket."""
    assert read_view({}).scope is None
    assert read_view({"whole": "1"}).scope == Scope("prefix", "")


def test_another_scope_begins_anew() -> None:
    """The page, the search and the chosen clip belong to what was listened to before."""
    view = ListeningView(course="ita_for_eng", find="ciao", page="4", at="x", show="clips")
    other = view.of(Scope("course", "cym_for_eng"))
    assert (other.find, other.page, other.at, other.show) == ("", "1", "", "clips")
    assert view.with_(state="void").page == "1"
    assert view.with_(page="5").find == "ciao"


@pytest.mark.parametrize(
    "params", [{"order": "x"}, {"state": "open"}, {"show": "?"}, {"page": "-1"}, {"page": "٣"}]
)
def test_what_means_nothing_falls_back(params: dict[str, str]) -> None:
    """A mistyped address still opens."""
    assert read_view(params) == ListeningView()


def test_where_a_person_stopped_is_an_address() -> None:
    """Bucket, scope and order; the tab is the player's."""
    position = Position("ssi", "ann", "stage", Scope("prefix", "mastered/"), "newest", "k", "2026")
    assert where_stopped(position).params() == {
        "project": "ssi",
        "bucket": "stage",
        "prefix": "mastered/",
        "order": "newest",
    }
