"""The Costs page as people see it: nothing measured, measured, and each of its parts."""

from __future__ import annotations

import json
import threading
import time
from decimal import Decimal

import pytest
from page_rig import Console
from price_lists import IRELAND, offer_file

from storage.bootstrap import Services
from storage.inventory import taking
from storage.model.money import money
from storage.model.people import local_actor
from storage.s3.bucket_state import versioning_of
from storage.s3.client import Store

ME = local_actor()


def measure(services: Services, *roles: str) -> None:
    for role in roles or ("stage", "prod", "canonical"):
        services.inventories.start(
            ME, "ssi", role, versions=True, uploads=True, watch=lambda *_: None
        )


def metrics(console: Console) -> dict[str, str]:
    """The figures on top, by their labels."""
    return {one.label: one.value for one in console.app.metric}


def table(console: Console, *columns: str) -> list[dict[str, str]]:
    """The rows of the table that has these columns."""
    found = next(one for one in console.app.dataframe if {*columns} <= {*one.value.columns})
    rows: list[dict[str, str]] = found.value.to_dict("records")
    return rows


def test_nothing_measured_offers_to_measure(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a scan no figure is shown: what measuring would take and cost is, with its button;
    pressing it begins the jobs, which are not offered again meanwhile, and afterwards the figures
    are there with their source."""
    go_on = threading.Event()

    def waiting(store: Store, bucket: str) -> str:
        assert go_on.wait(60)
        return versioning_of(store, bucket)

    monkeypatch.setattr(taking, "versioning_of", waiting)
    console.open("costs", project="ssi")
    assert "Nothing was measured yet" in console.words
    assert metrics(console) == {}
    (button,) = [one for one in console.app.button if one.key == "costs:measure:first"]
    assert button.label.startswith("Measure now (about ")
    assert "requests, 0.0000" in button.label
    console.press("costs:measure:first")
    assert "The figures are shown here when this is done." in console.words
    assert "Nothing was measured yet" not in console.words
    console.open("costs", project="serene")  # where nothing runs
    assert "Nothing was measured yet" in console.words
    console.open("costs", project="ssi")
    go_on.set()
    until = time.monotonic() + 60  # two cores shared by several workers
    while "A month, as things are" not in metrics(console):
        assert time.monotonic() < until, console.words
        time.sleep(0.1)
        console.again()
    assert metrics(console)["A month, as things are"] != "0 USD"
    assert "Stage (testing): listed " in console.words
    assert "Prices: Amazon S3 list prices, 2026-08-07" in console.words


def test_now(console: Console, installed: Services) -> None:
    """The total is the sum of the lines beside it, bucket by bucket; the buckets' shares are in a
    table under the map, and the address says by what."""
    measure(installed)
    console.open("costs", project="ssi", by="kind")
    total = installed.costs.estimate(ME, "ssi").total
    shown = metrics(console)["A month, as things are"]
    assert Decimal(shown.split()[0]) == pytest.approx(total, rel=Decimal("0.2"))
    lines = table(console, "Line", "Tier")
    assert [row["Line"] for row in lines][-1] == "Total a month"
    assert {"Stage (testing)", "Prod (live)", "Canonical (shared files)", "All"} <= lines[0].keys()
    kinds = {row["Kind"] for row in table(console, "Kind", "Share")}
    assert {"Course clip", "Welcome recording", "no known kind"} <= kinds
    assert {one.key for one in console.app.get("download_button")} >= {
        "costs:csv",
        "costs:parquet",
        "costs:report",
    }


def test_what_if_is_an_address(console: Console, installed: Services) -> None:
    """A change that costs more says so first; every field of it is in the address, and choosing
    another one changes the address."""
    measure(installed)
    console.open("costs", project="ssi", part="whatif", what="move", how="copy", older="0")
    assert "more a month, for ever" in console.words
    assert "smaller than 128 KB" in console.words
    assert metrics(console)["Pays for itself"] == "Never"
    console.app.selectbox(key="costs:what:to").select("GLACIER_IR")
    console.again()
    assert console.app.query_params["to"] == "GLACIER_IR"
    assert "Glacier Instant" in console.words


def test_what_if_gives_the_rule(console: Console, installed: Services) -> None:
    """Deleting earlier versions can be done by a rule, which is shown."""
    measure(installed)
    console.open("costs", project="ssi", part="whatif", what="versions", older="30")
    (code,) = console.app.code
    assert json.loads(code.value)["Rules"][0]["NoncurrentVersionExpiration"] == {
        "NoncurrentDays": 30
    }


def test_addresses_that_mean_nothing(console: Console, installed: Services) -> None:
    """Whatever is in the query string, the page shows something and no error."""
    measure(installed, "stage")
    for address in (
        {"part": "<script>", "by": "x", "what": "y"},
        {"part": "whatif", "what": "times", "times": "many"},
        {"part": "whatif", "what": "bitrate", "from_kbps": "64", "to_kbps": "128"},
        {"part": "whatif", "what": "region", "region": "mars-1"},
        {"part": "whatif", "bucket": "nowhere", "prefix": "**bold** <b>"},
        {"part": "forecast", "count": "-1", "mib": "x", "plays": "9" * 40},
    ):
        console.open("costs", project="ssi", **address)
    console.open("costs", project="ssi", part="last", month="never")
    assert "is no month" in console.words


def test_forecast_and_recordings(console: Console, installed: Services) -> None:
    """One scan is no history, and says so; 1,000 and 10,000 recordings have their costs, and the
    old estimate its mistake."""
    measure(installed, "stage")
    console.open("costs", project="speech-coach", part="forecast", plays="20")
    assert "nothing can be foreseen" in console.words
    rows = table(console, "Recordings")
    assert [row["Recordings"] for row in rows] == ["1,000", "10,000"]
    assert rows[1]["A month in all"] == "8.93 USD"
    assert "0.0225 USD a month, not 1 USD" in console.words


def test_last_month_takes_in_a_bill(console: Console, installed: Services) -> None:
    """The closed month is estimated, and labelled by what; with a bill each difference has a
    reason."""
    measure(installed)
    console.open("costs", project="ssi", part="last")
    assert "rebuilt from the dates" in console.words
    assert metrics(console)["Billed"] == "no bill yet"
    period = installed.costs.last_month(ME, "ssi").period.name
    text = f"Usage type,{period}\nEU-TimedStorage-ByteHrs,2.30\nEU-Requests-Tier2,0.40\n"
    installed.ledger.take_bills(ME, "ssi", text.encode(), "costs.csv")
    console.open("costs", project="ssi", part="last", month=period)
    assert metrics(console)["Billed"] == "2.70 USD"
    why = {row["Line"]: row["Why"] for row in table(console, "Why")}
    assert "Listeners" in why["Requests: GET and others"]
    console.press("costs:last:assume")  # 0.40 USD at 0.0004 per 1,000
    assert installed.ledger.assumed("ssi") == {"prod.gets": "1000000"}
    assert "A month, as things are" in metrics(console)


def test_budgets_on_costs_home_and_activity(console: Console, installed: Services) -> None:
    """A budget is set by the form; crossed, it is told on Costs, on Home and on Activity, and not
    to an editor."""
    measure(installed)
    installed.ledger.put_budget(ME, "ssi", "stage", Decimal("0.0000001"))
    console.open("costs", project="ssi", part="budgets")
    console.app.number_input(key="costs:budget:amount").set_value(0.01)
    console.app.multiselect(key="costs:budget:at").set_value([80])
    (submit,) = [one for one in console.app.button if one.label == "Set budget"]
    submit.click()
    console.again()
    (budget,) = [one for one in installed.ledger.budgets(ME) if not one.role]
    assert (budget.amount, budget.thresholds) == (Decimal("0.01"), (80,))
    for page in ("costs", "home", "activity"):
        console.open(page, project="ssi", part="budgets")
        assert "will be reached" in console.words, page
    console.open("home", project="ssi", **{"as": "editor"})
    assert "will be reached" not in console.words


def test_prices_say_where_they_come_from(console: Console, installed: Services) -> None:
    """Every figure has a source; those that no list says are counted. A list that was taken in is
    the book in use, and the earlier one can be had."""
    console.open("costs", project="ssi", part="prices")
    assert "of these figures are second-hand" in console.words
    assert "of these figures are in no list" not in console.words
    console.app.selectbox(key="costs:prices:region").select("eu-central-1")
    console.again()
    rows = table(console, "Source")
    assert all(row["Source"] for row in rows)
    marks = {row["Mark"] for row in rows if row["Source"].startswith("No list")}
    assert marks == {"in no list"}
    assert "of these figures are in no list" in console.words
    update = installed.ledger.plan_book(ME, [offer_file(*IRELAND)], "list")
    installed.ledger.take_book(ME, update)
    console.open("costs", project="yoto", part="prices")
    assert "Of 2026-11-20" in console.words


def test_scans_are_listed_and_removed(console: Console, installed: Services) -> None:
    """Each inventory with where it is from, its age, rows and requests, and what is kept of it. A
    removed one is gone with its files; CloudWatch's sizes are read, and what is no report is not."""
    measure(installed, "stage", "stage")
    kept = installed.inventories.kept(ME, "ssi", "stage")
    console.open("costs", project="ssi", part="scans")
    rows = table(console, "From", "Requests")
    assert [row["Kept"] for row in rows] == ["single keys", "totals"]
    assert {row["From"] for row in rows} == {"Listed by the console"}
    assert [row["Rows"] for row in rows] == [one.rows for one in kept]
    assert rows[0]["Age"] == "just now"
    installed.inventories.remove(ME, "ssi", "stage", kept[0].id)
    assert not kept[0].cells_path.parent.exists()
    assert installed.inventories.scans(ME, "ssi", "stage") == (kept[1].scanned,)
    console.press("costs:scans:cloudwatch")
    rows = table(console, "From", "Requests")
    assert {row["From"] for row in rows} == {"CloudWatch's daily sizes", "Listed by the console"}
    console.app.text_input(key="costs:scans:manifest").set_value("s3://reports/x.csv")
    console.again()
    console.press("costs:scans:import")
    assert "That is not the place of a report" in console.words


def test_an_editor_sees_no_costs(console: Console, installed: Services) -> None:
    """Neither in the menu nor by the address."""
    console.open("costs", project="ssi", **{"as": "editor"})
    # a browser is led home; a tab that knew the page before is told whom it is for
    assert "Costs are for operators and admins" in console.words or "Home" in console.words
    assert metrics(console) == {}
    assert "USD" not in console.words


def test_an_operator_without_a_bucket_sees_the_others(
    console: Console, installed: Services
) -> None:
    """What somebody may not list is in none of their figures."""
    measure(installed, "stage")
    console.open("costs", project="ssi", **{"as": "operator"})
    assert "A month, as things are" in metrics(console)
    assert "Prod (live): never measured" in console.words


def test_money_for_people() -> None:
    """Whole cents from 1 up, four places under it, two figures under a cent, and 0 only for none."""
    assert [money(Decimal(one)) for one in ("1234.5", "1", "0.5", "0.0225", "0.01")] == [
        "1,234.50 USD",
        "1.00 USD",
        "0.50 USD",
        "0.0225 USD",
        "0.01 USD",
    ]
    assert [money(Decimal(one)) for one in ("0.005", "0.000012345", "0", "-0.5")] == [
        "0.0050 USD",
        "0.000012 USD",
        "0 USD",
        "-0.50 USD",
    ]
