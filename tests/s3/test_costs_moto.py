"""Money over a store: measured, kept, compared with a bill, told to a webhook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pyarrow as pa
import pytest
from botocore.stub import Stubber
from price_lists import IRELAND, offer_file, product
from receiver import Receiver

from storage import bootstrap
from storage.bootstrap import Services
from storage.cli.main import main
from storage.costs.scenarios import Move, Remove, Where
from storage.costs.telling import Webhook
from storage.errors import AccessDenied, ConfigError, InvalidInput, NotFound, Unavailable
from storage.model.audit import AuditFilter
from storage.model.people import Role, local_actor
from storage.s3.client import Store
from storage.s3.pricing import list_products

ME = local_actor()
STAGE, PROD, CANONICAL = "ssi-audio-stage", "ssiborg-assets", "popty-bach-lfs"
OBJECTS = {"mastered/a.mp3": 20_000, "mastered/b.mp3": 30_000, "notes/large.bin": 200_000}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def opened(moto_store: Store, tmp_path: Path) -> Callable[..., Any]:
    """`opened(NAME=value)`: services over the stand-in, with three buckets and what is in them."""
    for bucket in (STAGE, PROD, CANONICAL):
        moto_store.client.create_bucket(Bucket=bucket)
    moto_store.client.put_bucket_versioning(
        Bucket=STAGE, VersioningConfiguration={"Status": "Enabled"}
    )
    for key, size in OBJECTS.items():
        moto_store.client.put_object(Bucket=STAGE, Key=key, Body=b"x" * size)
    moto_store.client.put_object(Bucket=STAGE, Key="mastered/a.mp3", Body=b"y" * 10_000)

    @contextmanager
    def make(**env: str) -> Iterator[Services]:
        services = bootstrap.build(
            {
                "S3_ENDPOINT_URL": moto_store.connection.endpoint_url,
                "AWS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "never-shown",
                "STORAGE_DATA": str(tmp_path / "data"),
                **env,
            }
        )
        try:
            yield services
        finally:
            services.close()

    return make


def measure(services: Services, *roles: str) -> None:
    """As the page's button does, to the end."""
    for role in roles or ("stage",):
        services.inventories.start(
            ME, "ssi", role, versions=True, uploads=True, watch=lambda *_: None
        )


def test_what_was_measured_is_what_is_billed(opened: Callable[..., Any]) -> None:
    """Current objects 240,000 bytes, one earlier version of 20,000; four PUTs; each at its price,
    and the two buckets that nobody measured are named."""
    with opened() as services:
        measure(services)
        made = services.costs.estimate(ME, "ssi")
        sums = made.by("meter")
        assert sums["storage",] == Decimal(240_000) / 2**30 * Decimal("0.023")
        assert sums["storage-noncurrent",] == Decimal(20_000) / 2**30 * Decimal("0.023")
        assert sums["put",] == 4 * Decimal("0.000005")
        assert [note for note in made.notes if "never measured" in note] == [
            "Prod (live) was never measured.",
            "Canonical (shared files) was never measured.",
        ]


def test_nothing_measured_yet(opened: Callable[..., Any]) -> None:
    """Without a scan nothing is made up: no line, no change, no forecast; and measuring says how
    many requests it takes and what those cost."""
    with opened() as services:
        assert services.costs.estimate(ME, "ssi").lines == ()
        with pytest.raises(InvalidInput, match="Nothing of this project was measured"):
            services.costs.what_if(ME, "ssi", Remove(Where()))
        assert "Nothing was measured yet" in services.costs.forecast(ME, "ssi").why
        plan = services.costs.measuring(ME, "ssi", "stage")
        assert plan.requests >= 1
        assert plan.cost == plan.requests * Decimal("0.000005")


def test_down_to_the_object(opened: Callable[..., Any]) -> None:
    """The dearest first, earlier versions among them, below a prefix where one is given."""
    with opened() as services:
        measure(services)
        found = services.costs.dearest(ME, "ssi", "stage")
        assert [(one.key, one.size, one.state) for one in found] == [
            ("notes/large.bin", 200_000, "current"),
            ("mastered/b.mp3", 30_000, "current"),
            ("mastered/a.mp3", 20_000, "noncurrent"),
            ("mastered/a.mp3", 10_000, "current"),
        ]
        assert found[0].amount == Decimal(200_000) / 2**30 * Decimal("0.023")
        assert len(services.costs.dearest(ME, "ssi", "stage", "mastered/")) == 3


def test_what_is_assumed_is_kept_and_told(opened: Callable[..., Any]) -> None:
    """An assumption counts for everybody until it is emptied, and who set it is in the log."""
    with opened() as services:
        measure(services)
        services.ledger.assume(ME, "ssi", {"stage.gets": "1,000,000"})
        made = services.costs.estimate(ME, "ssi")
        assert made.by("meter")["get",] == Decimal("0.4")
        (said,) = [one for one in made.assumptions if one.name == "stage.gets"]
        assert (said.value, said.by) == ("1000000", "entered")
        rows = services.audit.search(AuditFilter(action="cost:manage"), limit=9).rows
        assert [row.event.result for row in rows] == ["done", "allowed"]
        services.ledger.assume(ME, "ssi", {"stage.gets": ""})
        assert ("get",) not in services.costs.estimate(ME, "ssi").by("meter")
        for wrong in ({"gets": "-1"}, {"gets": "many"}, {"mars.gets": "1"}, {"pets": "1"}):
            with pytest.raises(InvalidInput):
                services.ledger.assume(ME, "ssi", wrong)


def test_last_month_rebuilt_from_dates_beside_a_bill(opened: Callable[..., Any]) -> None:
    """Everything came today, so last month was empty; the bill of it is kept and compared."""
    with opened() as services:
        measure(services)
        before = services.costs.last_month(ME, "ssi")
        assert (before.basis, before.estimate.total, before.bill) == ("dates", 0, None)
        period = before.period.name
        text = f"Usage type,{period}\nEU-TimedStorage-ByteHrs,2.3\nEU-DataTransfer-Out-Bytes,9\n"
        services.ledger.take_bills(ME, "ssi", text.encode(), "costs.csv")
        made = services.costs.last_month(ME, "ssi", period)
        assert made.as_json()["billed"] == "11.3"
        assert {one.family for one in made.differences} == {"storage", "out"}
        assert all(one.why for one in made.differences)


def test_this_month_from_its_scans(opened: Callable[..., Any]) -> None:
    """A month that was scanned is reckoned from its scans, and says so."""
    with opened() as services:
        measure(services)
        month = f"{datetime.now(UTC):%Y-%m}"
        made = services.costs.last_month(ME, "ssi", month)
        assert made.basis == "scans"
        stored = [line for line in made.estimate.lines if line.meter == "storage"]
        assert sum(line.amount for line in stored) > 0


def test_a_book_of_ones_own(opened: Callable[..., Any], tmp_path: Path) -> None:
    """PRICE_BOOK is reckoned by instead of AWS's list, in its currency; AWS's list is then not
    taken in, and a book that cannot be read is told with its line."""
    book = tmp_path / "own.toml"
    book.write_text(
        'name = "Ours"\ncurrency = "EUR"\ndate = "2026-11-01"\nsource = "invoice"\n'
        '[regions.ANY]\nstorage = "0.01"\nput = "0"\nget = "0"\nout = "0"\n'
    )
    with opened(PRICE_BOOK=str(book)) as services:
        measure(services)
        made = services.costs.estimate(ME, "ssi")
        assert made.total == Decimal(260_000) / 2**30 * Decimal("0.01")
        assert made.book.currency == "EUR"
        with pytest.raises(InvalidInput, match="of your own"):
            services.ledger.plan_book(ME, [offer_file(*IRELAND)], "list")
        book.write_text("name = 5")
        with pytest.raises(ConfigError, match=r"own.toml, line 1"):
            services.costs.estimate(ME, "ssi")


def test_a_newer_list_is_shown_then_taken_and_the_old_kept(opened: Callable[..., Any]) -> None:
    """A plan changes nothing; taken in, the month is reckoned by it, and both books are there."""
    with opened() as services:
        measure(services)
        update = services.ledger.plan_book(ME, [offer_file(*IRELAND)], "list")
        assert services.costs.book(ME).name.date == "2026-08-07"
        services.ledger.take_book(ME, update, "newer")
        assert services.costs.book(ME).name.date == "2026-11-20"
        dearer = product("EU-TimedStorage-ByteHrs", "0.5", volumeType="Standard")
        services.ledger.take_book(ME, services.ledger.plan_book(ME, [offer_file(dearer)], "x"))
        made = services.costs.estimate(ME, "ssi")
        assert made.by("meter")["storage",] == Decimal(240_000) / 2**30 * Decimal("0.5")
        assert len(services.ledger.earlier_books(ME)) == 2


def test_budgets_are_told_once(opened: Callable[..., Any], receiver: Receiver) -> None:
    """A budget that is crossed is told to the webhook with its figures, once a month; who may
    only look cannot tell; removing it is final."""
    with opened(COST_WEBHOOK=receiver.url) as services:
        measure(services)
        budget = services.ledger.put_budget(ME, "ssi", "stage", Decimal("0.00001"))
        (state,) = services.budgets.states(ME)
        assert state.crossed
        assert services.budgets.untold(ME) == len(state.crossed)
        services.budgets.tell(ME)
        services.budgets.tell(ME)
        (message,) = receiver.got
        assert message["budget"]["id"] == budget.id
        assert "Stage" in message["text"]
        assert receiver.paths == ["/hook/key"]
        assert services.budgets.untold(ME) == 0
        with pytest.raises(AccessDenied):
            services.budgets.tell(local_actor(frozenset({Role.EDITOR})))
        services.ledger.remove_budget(ME, budget.id)
        with pytest.raises(NotFound):
            services.ledger.remove_budget(ME, budget.id)


def test_budgets_are_told_by_themselves(
    opened: Callable[..., Any], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A console that watches tells after a scan, each threshold once, and ends with its services."""
    monkeypatch.setattr("storage.costs.watching.LOOK_EVERY_S", 0.05)
    with opened(COST_WEBHOOK=receiver.url) as services:
        services.ledger.put_budget(ME, "ssi", "stage", Decimal("0.00001"))
        services.budgets.watch(ME)
        time.sleep(0.3)
        assert receiver.got == []  # nothing was measured, so nothing is reached
        measure(services)
        until = time.monotonic() + 20
        while not receiver.got and time.monotonic() < until:
            time.sleep(0.05)
        measure(services)
        time.sleep(0.3)
        assert len(receiver.got) == 1
    assert not [one for one in threading.enumerate() if one.name == "budgets"]


def test_what_the_webhook_does_not_take_is_told_again(
    opened: Callable[..., Any], receiver: Receiver
) -> None:
    """A receiver that fails, or sends elsewhere, took nothing: the next time it is told again. A
    redirect is not followed."""
    with opened(COST_WEBHOOK=receiver.url) as services:
        measure(services)
        services.ledger.put_budget(ME, "ssi", "", Decimal("0.00001"))
        receiver.status, receiver.location = 302, receiver.url.replace("/hook/key", "/elsewhere")
        with pytest.raises(Unavailable, match="answered 302") as refused:
            services.budgets.tell(ME)
        assert "/hook/key" not in refused.value.what + refused.value.remedy
        assert receiver.paths == ["/hook/key"]
        receiver.status, receiver.location = 204, ""
        assert len(services.budgets.tell(ME)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/y",
        "http://hooks.example.org/",
        "https://user:pw@h/",
        "hooks.example.org",
        "https://",
    ],
)
def test_a_webhook_that_cannot_be_one(url: str) -> None:
    """Only https, or this machine; the refusal does not repeat the address, which may be a key."""
    with pytest.raises(ConfigError) as refused:
        Webhook(url)
    assert url not in refused.value.what


def test_an_unreachable_webhook_keeps_its_address(receiver: Receiver) -> None:
    """Where nobody answers, the error says so without the address."""
    receiver.close()
    with pytest.raises(Unavailable) as failed:
        Webhook(receiver.url).send({})
    assert receiver.url not in failed.value.what


def test_the_rule_is_one_that_s3_takes(opened: Callable[..., Any], moto_store: Store) -> None:
    """What is exported as a lifecycle configuration is accepted and read back."""
    with opened() as services:
        measure(services)
        for change in (
            Move("STANDARD_IA", Where(prefix="mastered/", older_days=90), small=True),
            Remove(Where(states=("noncurrent", "delete-marker"), older_days=30)),
            Remove(Where(states=("part",), older_days=7)),
        ):
            rule = services.costs.what_if(ME, "ssi", change).rule
            assert rule is not None
            moto_store.client.put_bucket_lifecycle_configuration(
                Bucket=STAGE, LifecycleConfiguration=rule
            )
            kept = moto_store.client.get_bucket_lifecycle_configuration(Bucket=STAGE)
            assert kept["Rules"][0]["ID"] == rule["Rules"][0]["ID"]


def test_the_price_list_api_is_read_page_by_page() -> None:
    """Three services, each by its own field for the region, all pages; a refusal names the
    permission."""
    client = boto3.client(
        "pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    texts = [json.dumps(one) for one in IRELAND]
    with Stubber(client) as stub:
        for service, field, pages in (
            ("AmazonS3", "regionCode", (texts[:3], texts[3:])),
            ("AmazonS3GlacierDeepArchive", "regionCode", ([],)),
            ("AWSDataTransfer", "fromRegionCode", ([],)),
        ):
            where = {"Type": "TERM_MATCH", "Field": field, "Value": "eu-west-1"}
            for at, page in enumerate(pages):
                asked = {"ServiceCode": service, "Filters": [where], "FormatVersion": "aws_v1"}
                last = at == len(pages) - 1
                answer = {"PriceList": page, **({} if last else {"NextToken": f"t{at}"})}
                stub.add_response(
                    "get_products", answer, asked | ({"NextToken": f"t{at - 1}"} if at else {})
                )
        assert list(list_products(client, "eu-west-1")) == texts
        stub.add_client_error("get_products", "AccessDeniedException", http_status_code=400)
        with pytest.raises(AccessDenied, match="price list") as refused:
            list(list_products(client, "eu-west-1"))
        assert "pricing:GetProducts" in refused.value.remedy


def test_from_a_terminal(
    opened: Callable[..., Any],
    moto_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """estimate, whatif, forecast, bill, budgets and prices as JSON, in the form that is promised."""
    with opened() as services:
        measure(services)
        total = services.costs.estimate(ME, "ssi").total
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "S3_ENDPOINT_URL": moto_store.connection.endpoint_url,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "never-shown",
        "STORAGE_DATA": str(tmp_path / "data"),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*line: str, status: int = 0) -> Any:
        assert main(["--json", "costs", *line]) == status
        return json.loads(capsys.readouterr().out)

    found = run("estimate")
    assert Decimal(found["total"]) == sum(Decimal(one["amount"]) for one in found["lines"])
    assert abs(Decimal(found["total"]) - total) < Decimal("0.001")  # reading the list costs, too
    assert found["price_book"]["name"] == "Amazon S3 list prices"
    assert {"meter", "bucket", "storage_class", "quantity", "unit", "rate", "amount"} <= set(
        found["lines"][0]
    )
    assert Decimal(run("estimate", "--assume", "stage.gets=1000000")["total"]) > Decimal("0.4")
    changed = run("whatif", "move", "--to", "STANDARD_IA", "--copy")
    assert Decimal(changed["saving"]) < 0
    assert any("smaller than 128 KB" in one for one in changed["warnings"])
    rule = run("whatif", "delete-versions", "--older", "30", "--rule")
    assert rule["Rules"][0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert run("forecast")["months"] == []
    assert (
        "45 times" in run("forecast", "--recordings", "1000")["why_the_old_estimate_was_wrong"][0]
    )
    assert run("bill")["billed"] is None
    assert run("budgets", "--set", "0.0000001", status=1)[0]["crossed"]
    assert "eu-west-1" in run("prices")["regions"]
    (tmp_path / "offer.json").write_text(offer_file(*IRELAND))
    update = run("prices", "update", "--file", "offer.json", "--dry-run")
    assert len(update["changes"]) == 4
    assert run("prices")["date"] == "2026-08-07"
    error = run("estimate", "--assume", "gets", status=2)
    assert error["error"]["code"] == "invalid-input"


CLIPS = {
    "only-italian": "0A7051FF-4AB7-5123-8250-466D740ADCEF",
    "both": "1B834F14-EA86-5572-911A-5CDD4CE2A9CA",
    "orphan": "2C834F14-EA86-5572-911A-5CDD4CE2A9CB",
}


class References:
    """Two courses, one of which refers to a clip that is not there."""

    def __init__(self) -> None:
        gone = "FFFFFFFF-0000-5000-8000-000000000000"
        self._clips = {
            "ita_for_eng": [CLIPS["only-italian"], CLIPS["both"], CLIPS["both"]],
            "spa_for_eng": [CLIPS["both"], gone],
        }

    def courses(self, _actor: Any, _layout: str) -> list[Any]:
        return [SimpleNamespace(course=course) for course in self._clips]

    def clips(self, _actor: Any, _layout: str, course: str) -> Any:
        return SimpleNamespace(clips=pa.table({"id": pa.array(self._clips[course])}))


def test_by_course_with_what_is_shared_and_orphans(
    opened: Callable[..., Any], moto_store: Store
) -> None:
    """Each clip counts once: for its course, for several, or for none; in either case of its UUID;
    together they are all clips of the bucket. What is there twice is told with what it wastes."""
    bodies = {"only-italian": b"i" * 1000, "both": b"b" * 2000, "orphan": b"o" * 4000}
    with opened() as services:
        for name, body in bodies.items():
            clip = CLIPS[name].lower() if name == "orphan" else CLIPS[name]
            moto_store.client.put_object(Bucket=PROD, Key=f"mastered/{clip}.mp3", Body=body)
        moto_store.client.put_object(Bucket=PROD, Key="copy.bin", Body=bodies["both"])
        measure(services, "prod")
        services.costs._courses = References()
        assert services.costs.knows_courses("ssi")
        assert not services.costs.knows_courses("yoto")
        found = {
            one.name: (one.clips, one.bytes) for one in services.costs.by_course(ME, "ssi", "prod")
        }
        assert found == {
            "ita_for_eng": (1, 1000),
            "Shared by several courses": (1, 2000),
            "In no course (orphans)": (1, 4000),
        }
        (twice,) = services.costs.duplicates(ME, "ssi", "prod")
        assert twice.copies == 2
        assert twice.wasted == 2000
        assert twice.amount == Decimal(2000) / 2**30 * Decimal("0.023")
