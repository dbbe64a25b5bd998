"""What Promote reads from people and writes for them: lists of keys, addresses, CSV and report."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import UTC, datetime
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from storage.errors import InvalidInput
from storage.model.promotion import PLAN_SCHEMA, Gate, Header, Scope
from storage.model.releases import Approval, Person, Release, Step, Verified
from storage.promotion.report import as_csv, as_page
from ui.promoting_keys import keys_of
from ui.promoting_view import PromoteView, read_view
from ui.promoting_words import gate_title, releases_in

BAD = '<script>alert("x")</script>'
WHEN = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a/b.mp3\n\n  c.mp3 \na/b.mp3\n", ("a/b.mp3", "c.mp3")),
        ('"a,b.mp3"\r\nc, d.mp3', ("a,b.mp3", "c, d.mp3")),
        ('\ufeff"bucket","key"\r\n"x","a ""b"".mp3"\r\n"x","\'=1.mp3"', ('a "b".mp3', "=1.mp3")),
        ("Key;no\nb", ("Key;no", "b")),
        ("s3://mine/a/b.mp3", ("a/b.mp3",)),
    ],
)
def test_lists_of_keys(text: str, keys: tuple[str, ...]) -> None:
    """One a line as it is, the column "key" of a CSV, addresses of the bucket; each once."""
    assert keys_of(text, "mine") == keys


@pytest.mark.parametrize("text", ["", " \n\n", "s3://other/a", 'key\n"open', "key\n\n"])
def test_what_is_no_list(text: str) -> None:
    """Nothing, another bucket and a broken CSV are refused."""
    with pytest.raises(InvalidInput):
        keys_of(text, "mine")


def test_an_address_comes_back() -> None:
    """Every field of a view is in its address, and what means nothing is its default."""
    plain = PromoteView()
    odd = {"part": "plan", "kind": "keys", "state": "new", "page": "7"}
    view = PromoteView(**{one.name: odd.get(one.name, "ä&=?<b>") for one in fields(PromoteView)})
    assert read_view(view.params()) == view
    assert read_view({"part": "x", "kind": "x", "state": "x", "page": "-1", "y": "z"}) == plain
    assert plain.params() == {}
    assert view.with_(state="same").page == "1"


def rows(*keys: str) -> pa.Table:
    """New objects of a plan."""
    row = {
        "state": 1, "size": 2_048, "etag": "e", "checksum": "", "storage_class": "STANDARD",
        "modified": WHEN, "source_version": "", "prod_etag": "", "prod_size": 0,
        "newer_in_prod": False, "facts": "",
    }  # fmt: skip
    made = [{**row, "key": key, "source_key": key} for key in keys]
    return pa.Table.from_pylist(made, schema=PLAN_SCHEMA)


def test_rows_as_csv() -> None:
    """A line a row with what the journal says of it; no cell is a formula."""
    step = Step(1, "=b.mp3", "done", after_etag="f", after_version="v1")
    text = as_csv(rows("a.mp3", "=b.mp3"), [step]).decode("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(one["key"], one["state"], one["step"], one["after_version"]) for one in told] == [
        ("a.mp3", "new", "", ""),
        ("'=b.mp3", "new", "done", "v1"),
    ]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.seen.add(tag)


def test_the_report_escapes_all_it_is_told() -> None:
    """Scope, names, notes, reasons, keys and findings are text, whatever they hold."""
    me = Person(BAD, BAD, "2026-11-27T12:00:00.000000Z", BAD)
    release = Release(
        id="20261127-120000-abcdef",
        header=Header("promotion", "ssi", "stage", BAD, "prod", BAD, Scope("keys", (BAD,))),
        hash="0" * 64,
        counts={"new": 1},
        newer_in_prod=0,
        bytes=2_048,
        requests=3,
        gates=(Gate(BAD, False, BAD),),
        notes=("Planned from <inventories>.",),
        todo=1,
        state="copied",
        planned=me,
        approval=Approval(me, "0" * 64, me.at, override=BAD, countersigned=me),
        run=me,
        verified=Verified(me.at, 1, 1, 1, ((BAD, BAD),)),
        failures=((BAD, BAD),),
    )
    page = as_page(release, gate_title, rows(BAD), WHEN, cost="About <1> USD.")
    assert "<p>About &lt;1&gt; USD.</p><p>Planned from &lt;inventories&gt;.</p>" in page
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.seen
    assert page.count("&lt;script&gt;") >= 16
    assert "2.0 KiB" in page


def test_releases_in_a_reason() -> None:
    """Their ids, each once."""
    one, other = "20261127-120000-abcdef", "20261127-120001-0a0b0c"
    assert releases_in(f"written later: undo {one}, {other}, {one} first") == [one, other]
