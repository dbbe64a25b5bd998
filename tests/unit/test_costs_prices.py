"""Price books: where each figure comes from, one's own in a few lines, and AWS's list read anew."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from costs_rig import BOOK, GB, bill, cell
from price_lists import IRELAND, offer_file, product

from storage.costs.booktext import as_toml, differences, merged
from storage.costs.pricebook import UNITS, parse_book
from storage.costs.pricelist import read_price_list
from storage.costs.usage import Bills
from storage.errors import ConfigError, InvalidInput

FLAT = """
name = "Our own store"
currency = "EUR"
date = "2026-11-01"
source = "the data centre's invoice"
[regions.ANY]
storage = "0.01"
put = "0"
get = "0"
out = "0.02"
"""


def test_every_shipped_figure_says_where_it_comes_from() -> None:
    """All four regions have every meter; each price has a title, and a date unless no list says
    it; those that no list says are marked."""
    assert set(BOOK.regions) == {"us-east-1", "eu-west-1", "eu-west-2", "eu-central-1"}
    for region in BOOK.regions:
        assert {figure for place, figure, _ in BOOK.figures if place == region} == set(UNITS)
    origins = {tier.origin for tiers in BOOK.figures.values() for tier in tiers}
    assert all(origin.title for origin in origins)
    assert [origin.date for origin in origins if not origin.sourced] == [""]
    ireland = BOOK.tiers("eu-west-1", "storage", "STANDARD")
    assert [(tier.price, tier.to_gb, tier.origin.sourced) for tier in ireland] == [
        (Decimal("0.023"), 51200, True),
        (Decimal("0.022"), 512000, False),
        (Decimal("0.021"), None, False),
    ]


def test_put_costs_a_12_5_fold_of_get() -> None:
    """The old note that had PUT at 0.0005 was wrong by ten: 0.005 and 0.0004 a thousand."""
    put, get = (BOOK.tiers("us-east-1", name, "STANDARD")[0].price for name in ("put", "get"))
    assert (put, get, put / get) == (Decimal("0.005"), Decimal("0.0004"), Decimal("12.5"))


def test_a_flat_rate_store_of_ones_own() -> None:
    """A dozen lines are a book: one price for every class and region, in its own currency, and
    without AWS's minimums and free data."""
    book = parse_book(FLAT, "flat.toml")
    made = bill(
        cell(1, 10 * GB, "STANDARD_IA"), book=book, bills=Bills({"a": "here"}, book.provider)
    )
    assert (made.total, made.book.currency) == (Decimal("0.1"), "EUR")
    assert book.free_out_gb == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('storage = "cheap"', "regions.ANY.storage is no price"),
        ("storage = 0.01", "regions.ANY.storage is no price"),
        ('storage = "-1"', "is no price"),
        ('storage = "NaN"', "is no price"),
        ('keeping = "0.01"', "regions.ANY.keeping is no meter"),
        ('storage = { price = "1", source = "x" }', "is no price"),
        ('storage.STANDARD = [{ price = "1" }, { price = "2" }]', "tiers that do not follow"),
        ("storage.STANDARD = []", "tiers that do not follow"),
        (
            'storage.STANDARD = [{to_gb=9,price="1"},{to_gb=9,price="1"},{price="2"}]',
            "tiers that do not follow",
        ),
    ],
)
def test_a_wrong_book_is_refused_by_its_line(wrong: str, words: str) -> None:
    """A book that cannot be meant is refused with file, line and field."""
    with pytest.raises(ConfigError, match=words) as refused:
        parse_book(FLAT.replace('storage = "0.01"', wrong), "flat.toml")
    assert "flat.toml, line 7" in refused.value.what


def test_a_book_written_and_read_is_the_same() -> None:
    """What `prices update` keeps is the book itself, sources and all."""
    again = parse_book(as_toml(BOOK), "kept")
    assert (again.figures, again.name, again.regions) == (BOOK.figures, BOOK.name, BOOK.regions)
    assert again.free_out_gb == BOOK.free_out_gb
    assert differences(BOOK, again) == []


def _rate(figure: str, storage_class: str, form: str) -> list[str]:
    texts = [json.dumps(one) for one in IRELAND] if form == "api" else [offer_file(*IRELAND)]
    found = read_price_list(texts, "list")
    return [str(tier.price) for tier in found.figures["eu-west-1", figure, storage_class]]


@pytest.mark.parametrize("form", ["api", "file"])
def test_aws_price_list(form: str) -> None:
    """Both forms of the list give the same figures: tiers in order, prices a thousand where AWS
    has them for one, and nothing from usage types that only look alike."""
    assert _rate("storage", "STANDARD", form) == ["0.024", "0.023", "0.022"]
    assert _rate("storage", "STANDARD_IA", form) == ["0.0125"]
    assert _rate("put", "STANDARD", form) == ["0.005"]
    assert _rate("get", "STANDARD_IA", form) == ["0.001"]
    assert _rate("transition", "GLACIER", form) == ["0.033"]
    assert _rate("transition", "DEEP_ARCHIVE", form) == ["0.055"]
    assert _rate("transition", "STANDARD_IA", form) == ["0.01"]
    assert _rate("retrieval", "GLACIER", form) == ["0.01"]
    assert _rate("retrieval", "DEEP_ARCHIVE", form) == ["0.02"]
    assert _rate("monitoring", "INTELLIGENT_TIERING", form) == ["0.0025"]
    assert _rate("out", "ANY", form) == ["0.09", "0.085", "0.07", "0.05"]
    # of the ways to other regions the dearest: an estimate is not to be too low
    assert _rate("between", "ANY", form) == ["0.09"]


def test_what_else_the_list_has_is_counted() -> None:
    """What is no meter of ours (S3 Tables, staging, restores) is counted and left; the free data
    out is read; nothing is in conflict."""
    found = read_price_list([offer_file(*IRELAND)], "list")
    assert (found.others, found.free_out_gb, found.conflicts) == (5, 100, [])
    assert found.published == "2026-11-20"


def test_two_prices_for_one_figure_are_told() -> None:
    """Where the list contradicts itself the higher price is used, and it is said."""
    two = [
        product("EU-Retrieval-SIA", "0.01", unit="GB"),
        product("EU-Retrieval-SIA", "0.03", unit="GB", regionCode="eu-west-1"),
    ]
    found = read_price_list([offer_file(*two)], "list")
    assert found.figures["eu-west-1", "retrieval", "STANDARD_IA"][0].price == Decimal("0.03")
    assert "two prices" in found.conflicts[0]


def test_an_update_shows_what_changed_and_keeps_the_rest() -> None:
    """Only what differs is a change: Standard's three tiers by 0.001 and the way to other regions;
    figures that the list has not stay, with their source, and new ones have the list's."""
    new = merged(BOOK, read_price_list([offer_file(*IRELAND)], "Ireland"))
    changes = [
        (one.figure, one.storage_class, one.tier, str(one.before), str(one.after))
        for one in differences(BOOK, new)
    ]
    assert changes == [
        ("between", "ANY", "", "0.02", "0.09"),
        ("storage", "STANDARD", "first 50 TB", "0.023", "0.024"),
        ("storage", "STANDARD", "next 450 TB", "0.022", "0.023"),
        ("storage", "STANDARD", "over 500 TB", "0.021", "0.022"),
    ]
    assert new.tiers("us-east-1", "storage", "STANDARD") == BOOK.tiers(
        "us-east-1", "storage", "STANDARD"
    )
    assert new.tiers("eu-west-1", "storage", "STANDARD")[1].origin.sourced
    assert new.name.date == "2026-11-20"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "is not JSON"),
        ("[]", "is no price list"),
        ('{"products": {}}', "has not the form"),
        ('{"PriceList": []}', "as a whole"),
        (offer_file(), "has no price of S3"),
        (offer_file(product("EU-TimedStorage-ByteHrs", "free")), "for a price"),
        (offer_file(product("EU-TimedStorage-ByteHrs", "-1")), "for a price"),
        (offer_file(product("EU-TimedStorage-ByteHrs", "1e999999")), "for a price"),
    ],
)
def test_what_is_no_price_list_is_refused(text: str, words: str) -> None:
    """A wrong file is refused in words, and gives no price."""
    with pytest.raises(InvalidInput, match=words):
        read_price_list([text], "list")
