"""A scan finds every key once: whatever the names, whoever is faster, whenever it is stopped."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listings import Listing, failing, scanned

from storage.errors import Cancelled, Unavailable, Unsupported
from storage.inventory.ranges import Order, fraction, gaps, middle
from storage.inventory.scan import Progress, Scan
from storage.inventory.segments import LOG_FILE


def uuids(count: int, prefix: str = "mastered/") -> list[str]:
    numbers = random.Random(7)
    return [
        f"{prefix}{str(uuid.UUID(int=numbers.getrandbits(128), version=4)).upper()}.mp3"
        for _ in range(count)
    ]


SHAPES = {
    "uuids": uuids(900),
    "numbers": [f"take-{number}.mp3" for number in range(700)],
    "one folder holds nearly all": [*uuids(600, "z/"), *(f"{n}/x" for n in range(40))],
    "users": [f"users/{n % 90}/recordings/{n}/audio.m4a" for n in range(800)],
    "deep": ["/".join(["d"] * (n % 30)) + f"/{n}" for n in range(500)],
    "every script": [f"{chr(0x4E00 + n * 31)}/{chr(0x1F300 + n)}.mp3" for n in range(600)],
    "controls": [f"a{chr(1 + n % 30)}{n}" for n in range(400)],
    "names within names": ["a" * n for n in range(1, 400)],
    "around a slash": [f"a{sep}{n}" for n in range(90) for sep in "/-.!~"],
    "one": ["x"],
    "none": [],
}


@pytest.mark.parametrize("tree", [False, True], ids=["bytes", "tree"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_key_is_found_once(
    shape: str, tree: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of any distribution, in both orders, over many cuts; and no request is left out."""
    listing = Listing(SHAPES[shape], tree=tree)
    found, requests = scanned(listing, tmp_path, monkeypatch)
    assert [key for key, _ in found] == listing.keys
    assert requests == listing.asked


@pytest.mark.parametrize(
    "shape", ["uuids", "users", "names within names", "one folder holds nearly all"]
)
def test_ranges_are_shared_out_for_few_requests(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cutting costs less than half a page's request more for each, at 7 keys a page."""
    listing = Listing(SHAPES[shape])
    _, requests = scanned(listing, tmp_path, monkeypatch)
    assert requests < 1.6 * len(listing.keys) / 7


@pytest.mark.parametrize("tree", [False, True], ids=["bytes", "tree"])
@pytest.mark.parametrize("prefix", ["users/1", "users/7/", "users/", "u", "zzz", "users/7/rec"])
def test_a_prefix_is_all_that_is_below_it(
    prefix: str, tree: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing beside it."""
    listing = Listing(SHAPES["users"], tree=tree)
    found, _ = scanned(listing, tmp_path, monkeypatch, prefix=prefix)
    assert [key for key, _ in found] == [k for k in listing.keys if k.startswith(prefix)]


@pytest.mark.parametrize("versions", [1, 3, 40])
def test_versions_of_one_key_stay_together(
    versions: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one key has more of them than a page, or than a file, has rows."""
    listing = Listing(SHAPES["uuids"][:120], versions=versions)
    found, requests = scanned(listing, tmp_path, monkeypatch, versions=True)
    every = [f"v{number}" if versions > 1 else "" for number in range(versions, 0, -1)]
    assert found == [(key, version) for key in listing.keys for version in every]
    assert requests == listing.asked


_NAMES = st.lists(
    st.text(st.sampled_from("ab/-A\u00e9\U0001f3b5\U0010ffff\x01 "), min_size=1, max_size=8),
    max_size=80,
    unique=True,
)


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names=_NAMES, workers=st.integers(1, 6), page=st.integers(1, 5))
def test_any_names_any_pages_any_workers(
    names: list[str], workers: int, page: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every key once, in order of bytes."""
    listing = Listing(names)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("scan")
        found, requests = scanned(listing, folder, patch, page_keys=page, workers=workers)
    assert [key for key, _ in found] == listing.keys
    assert requests == listing.asked


def test_what_was_there_throughout_is_found_once_while_others_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are written and deleted between any two answers; none is listed twice."""
    lasting = SHAPES["uuids"]
    passing = [f"{key[:-4]}-x.mp3" for key in lasting]
    listing = Listing([*lasting, *passing[::2]])
    numbers = random.Random(3)

    def change(_number: int) -> None:
        there = set(listing.keys)
        for key in numbers.sample(passing, 30):
            there ^= {key}
        listing.keys = sorted(there)

    listing.at = change
    found = [key for key, _ in scanned(listing, tmp_path, monkeypatch)[0]]
    assert found == sorted(set(found)), "in order, so none twice"
    assert set(lasting) <= set(found)


@pytest.mark.parametrize("versions", [False, True])
@pytest.mark.parametrize("stops", [1, 5, 20, 60, 100])
def test_a_stopped_scan_goes_on_where_it_was(
    stops: int, versions: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a stop at any request the next run lists the rest, and no key is lost or there twice."""
    listing = Listing(SHAPES["uuids"], versions=2)

    def at(number: int) -> None:
        if number == stops:
            raise Cancelled("Stopped.")

    listing.at = at
    with pytest.raises(Cancelled):
        scanned(listing, tmp_path, monkeypatch, versions=versions)
    listing.at = lambda _number: None
    whole = (2 if versions else 1) * len(listing.keys)
    found, _ = scanned(listing, tmp_path, monkeypatch, versions=versions)
    assert len(found) == len(set(found)) == whole


def test_a_torn_log_and_lost_files_are_listed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill -9 leaves them: half a line, a file nobody finished, and one that was removed."""
    listing = Listing(SHAPES["uuids"])
    scanned(listing, tmp_path, monkeypatch)
    log = tmp_path / LOG_FILE
    lines = log.read_text().splitlines()
    log.write_text("\n".join(lines[:-3]) + "\n" + lines[-3][:20])
    next(tmp_path.glob("*.arrows")).unlink()
    (tmp_path / "999999-1.arrows").write_bytes(b"half a page")
    found, _ = scanned(listing, tmp_path, monkeypatch)
    assert [key for key, _ in found] == listing.keys
    assert not (tmp_path / "999999-1.arrows").exists()


def test_another_scan_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the folder counts only for the scan it was made for."""
    listing = Listing(SHAPES["users"])
    scanned(listing, tmp_path, monkeypatch)
    found, _ = scanned(listing, tmp_path, monkeypatch, prefix="users/7/")
    assert {key.split("/")[1] for key, _ in found} == {"7"}


def test_a_store_that_is_away_for_a_moment_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few unanswered requests in a row do not end a scan of hours; a store that is gone does."""
    listing = Listing(SHAPES["users"])
    listing.at = failing({10, 11, 12, 30, 31})
    found, _ = scanned(listing, tmp_path / "a", monkeypatch)
    assert [key for key, _ in found] == listing.keys
    listing.at = failing(set(range(10_000)))
    with pytest.raises(Unavailable):
        scanned(listing, tmp_path / "b", monkeypatch)


def test_an_order_that_cannot_be_shared_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that lists as a tree, taken for one that does not, gives no inventory with holes."""
    listing = Listing(SHAPES["around a slash"], tree=True)
    with pytest.raises(Unsupported, match="order of its own"):
        scanned(listing, tmp_path, monkeypatch, order=Order(tree=False))


def test_the_estimate_comes_near_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly spread names are estimated within a third after a quarter of the pages."""
    listing = Listing(uuids(20_000))
    told: list[Progress] = []
    listing.at = lambda number: told.append(here()) if number == 50 else None
    made: list[Scan] = []
    real = Scan.run

    def run(self: Scan, tell: object, stop: object) -> None:
        made.append(self)
        real(self, tell, stop)  # type: ignore[arg-type]

    def here() -> Progress:
        return made[0]._progress()

    monkeypatch.setattr(Scan, "run", run)
    scanned(listing, tmp_path, monkeypatch, page_keys=100, segment_rows=1_000)
    assert 13_000 < told[0].expected < 27_000


def test_the_middle_lies_between() -> None:
    """Or there is none."""
    hexadecimal = tuple("0123456789ABCDEF")
    assert middle("m/0A", "m/\U0010ffff", hexadecimal) == "m/8"
    assert middle("m/0F", "m/1", hexadecimal) == "m/0F8"
    assert middle("a", "a\x00", hexadecimal) is None
    assert middle("a", "b", ()) is None
    assert fraction("m/8", "m/0", "m/\U0010ffff", hexadecimal) == 0.5
    assert fraction("x", "x", "x", hexadecimal) == 0.0


def test_gaps_are_what_finished_ranges_leave() -> None:
    """In any order, with an open end or without."""
    assert gaps([]) == [("", None)]
    assert gaps([("", None)]) == []
    assert gaps([("c", "f"), ("", "b")]) == [("b", "c"), ("f", None)]
    assert gaps([("b", None)]) == [("", "b")]
