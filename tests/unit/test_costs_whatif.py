"""What a change costs and saves, computed by hand; and the rule that makes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from costs_rig import GB, KB, MB, ON, TB, cell, month

from storage.costs.month import mean_bytes
from storage.costs.scenarios import Grow, Mirror, Move, Recode, Remove, Where
from storage.costs.whatif import what_if
from storage.errors import InvalidInput

OLD = ON - timedelta(days=200)


def test_clips_cost_more_in_infrequent_access() -> None:
    """819,200 clips of 20 KB: in Standard 15.625 GB * 0.023 = 0.359375. Copied into IA they are
    100 GB * 0.0125 = 1.25 a month, and 819.2 thousand PUTs at 0.01 = 8.192 once: told plainly."""
    clips = cell(819_200, 20 * KB, day=OLD)
    made = what_if(month(clips), Move("STANDARD_IA", how="copy"))
    assert made.now.total == Decimal("0.359375")
    assert made.steady.total == Decimal("1.25")
    assert made.once.total == Decimal("8.192")
    assert made.first_month == Decimal("9.442")
    assert made.saving == Decimal("-0.890625")
    assert made.pay_back_months is None
    assert made.warnings[0] == "This costs 0.8906 USD more a month, for ever."
    assert "819,200 of 819,200 objects are smaller than 128 KB" in made.warnings[1]
    assert "20 KB on average" in made.warnings[1]
    assert made.rule is None


def test_a_lifecycle_rule_leaves_small_objects_where_they_are() -> None:
    """By default nothing under 128 KB moves, and it is said; told otherwise they move and cost
    more, at 0.01 a thousand transitions."""
    rows = (cell(1000, 20 * KB, day=OLD), cell(1000, MB, day=OLD))
    made = what_if(month(*rows), Move("STANDARD_IA", Where(older_days=30)))
    assert made.objects == 1000
    assert made.once.total == Decimal("0.01")
    assert any("1,000 objects under 128 KB stay" in one for one in made.warnings)
    told = what_if(month(*rows), Move("STANDARD_IA", Where(older_days=30), small=True))
    assert told.objects == 2000
    assert told.once.total == Decimal("0.02")


def test_large_recordings_pay_back_in_infrequent_access() -> None:
    """1,024 recordings of 100 MB are 100 GB: 2.30 becomes 1.25 a month, for 1.024 thousand
    transitions at 0.01: 0.01024 is earned in 0.00975 months."""
    made = what_if(month(cell(1024, 100 * MB, day=OLD)), Move("STANDARD_IA"))
    assert (made.now.total, made.steady.total) == (Decimal("2.3"), Decimal("1.25"))
    assert made.saving == Decimal("1.05")
    assert made.once.total == Decimal("0.01024")
    assert round(made.pay_back_months or 0, 5) == Decimal("0.00975")
    assert made.warnings == ()


def test_reading_costs_where_it_is_billed() -> None:
    """Of 100 GB in Standard 50 are read a month, for nothing; in IA at 0.01: 0.50 of the 1.05 that
    storing saves."""
    rows = (cell(1024, 100 * MB, day=OLD),)
    made = what_if(month(*rows, a__read_gb="50"), Move("STANDARD_IA"))
    assert made.saving == Decimal("0.55")
    assert made.steady.by("meter")["retrieval",] == Decimal("0.5")


def test_archiving_says_that_nothing_can_be_played() -> None:
    """Moving to Glacier warns of it, and bills index and name of each object."""
    made = what_if(month(cell(1024, 100 * MB, day=OLD)), Move("GLACIER"))
    assert any("restored" in one for one in made.warnings)
    assert made.steady.by("meter")["archive-index",] == Decimal(1024 * 32 * KB) / GB * Decimal(
        "0.0036"
    )


def test_moving_early_is_billed_for_the_days_that_are_left() -> None:
    """1 GB in IA since 10 days, moved to Standard: 20 days of 0.0125/30 are due at once."""
    young = cell(1, GB, "STANDARD_IA", day=ON - timedelta(days=10))
    made = what_if(month(young), Move("STANDARD", how="copy"))
    early = made.once.by("meter")["early-deletion",]
    assert abs(early - Decimal("0.0125") * 2 / 3) < Decimal("1e-20")


def test_cleaning_up_versions_uploads_and_orphans() -> None:
    """Earlier versions, markers and parts cost what they do; deleting them saves that, for nothing."""
    rows = (
        cell(10, GB, day=OLD),
        cell(5, GB, state="noncurrent", day=OLD),
        cell(2, GB, state="noncurrent", day=ON),
        cell(3, GB, state="part", day=OLD),
        cell(4, GB, prefix="orphans/", day=OLD),
    )
    now = month(*rows)
    versions = what_if(now, Remove(Where(states=("noncurrent", "delete-marker"), older_days=30)))
    assert (versions.objects, versions.saving) == (5, 5 * Decimal("0.023"))
    parts = what_if(now, Remove(Where(states=("part",), older_days=7)))
    assert (parts.saving, parts.once.total) == (3 * Decimal("0.023"), 0)
    orphans = what_if(now, Remove(Where(prefix="orphans/")))
    assert orphans.saving == 4 * Decimal("0.023")
    half = what_if(now, Remove(Where(prefix="orphans/"), percent=50))
    assert half.saving == 2 * Decimal("0.023")


def test_compressing_to_another_bitrate() -> None:
    """1,024 recordings of 128 kbit/s and 100 MB become 64 kbit/s: half of 100 GB is saved, 1.15 a
    month, and each is written once: 1.024 thousand PUTs at 0.005."""
    made = what_if(month(cell(1024, 100 * MB, day=OLD)), Recode(128, 64))
    assert made.saving == Decimal("1.15")
    assert made.once.total == Decimal("0.00512")
    assert any("quality" in one for one in made.warnings)
    with pytest.raises(InvalidInput, match="nothing smaller"):
        what_if(month(cell(1, GB)), Recode(64, 128))


def test_compressing_under_128_kb_in_infrequent_access_saves_nothing() -> None:
    """Objects of 200 KB in IA halved to 100 KB are billed as 128 KB: 200 -> 128 of each, not 100."""
    made = what_if(month(cell(8192, 200 * KB, "STANDARD_IA", day=OLD)), Recode(128, 64))
    assert made.steady.total == Decimal(8192 * 128 * KB) / GB * Decimal("0.0125")


def test_a_second_region() -> None:
    """100 GB in 1,024 objects to Frankfurt: there 100 * 0.0245 = 2.45 a month; the way there
    100 * 0.02 = 2, and 1.024 thousand PUTs at 0.0054."""
    made = what_if(month(cell(1024, 100 * MB, day=OLD)), Mirror("eu-central-1"))
    assert made.steady.total - made.now.total == Decimal("2.45")
    assert made.once.total == Decimal("2.0055296")
    assert made.warnings == ()
    with pytest.raises(InvalidInput, match="no region"):
        what_if(month(cell(1, GB)), Mirror("mars-1"))


def test_a_second_region_is_kept_up_with_what_arrives() -> None:
    """Of 100 GB a tenth came this month: each month 10 GB more go there, at 0.02."""
    rows = (cell(900, GB // 10, day=OLD), cell(100, GB // 10, day=ON))
    made = what_if(month(*rows), Mirror("eu-west-1"))
    assert abs(made.steady.by("meter")["replication",] - Decimal("0.2")) < Decimal("1e-6")


def test_ten_times_the_courses() -> None:
    """6 TB become 60: the tier at 50 TB is passed, and traffic grows too:
    51,200 * 0.023 + 10,240 * 0.022 = 1,402.88; 1 million GETs become 10: 0.4 becomes 4."""
    made = what_if(month(cell(6, TB, day=OLD), a__gets="1000000"), Grow(10))
    assert made.now.total == 6 * 1024 * Decimal("0.023") + Decimal("0.4")
    assert made.steady.total == Decimal("1402.88") + 4
    assert not any("more a month" in one for one in made.warnings)


def test_nothing_fits() -> None:
    """A change about nothing says so."""
    made = what_if(month(cell(1, GB)), Move("STANDARD_IA", Where(prefix="none/")))
    assert made.warnings == ("Nothing that is stored fits: the change would change nothing.",)


RULES = [
    (
        Move("STANDARD_IA", Where(prefix="mastered/", older_days=90)),
        {"Prefix": "mastered/"},
        {"Transitions": [{"Days": 90, "StorageClass": "STANDARD_IA"}]},
    ),
    # S3 refuses IA before 30 days; small ones need a size of their own
    (
        Move("STANDARD_IA", small=True),
        {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}},
        {"Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]},
    ),
    (
        Move("GLACIER", Where(states=("noncurrent",), older_days=10)),
        {"Prefix": ""},
        {"NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "GLACIER"}]},
    ),
    (
        Remove(Where(states=("noncurrent", "delete-marker"), older_days=30)),
        {"Prefix": ""},
        {
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    ),
    (
        Remove(Where(states=("part",), older_days=7)),
        {"Prefix": ""},
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ),
]


@pytest.mark.parametrize(("change", "tests", "action"), RULES)
def test_the_rule_that_makes_it(change: Move | Remove, tests: object, action: dict) -> None:
    """The lifecycle configuration has the change's filter and action, and nothing else."""
    rule = (what_if(month(cell(1, GB)), change).rule or {})["Rules"][0]
    assert rule.pop("ID").startswith("soundstage-")
    assert rule == {"Status": "Enabled", "Filter": tests, **action}


def test_no_rule_for_what_rules_cannot() -> None:
    """A kind, half of something, a copy: no lifecycle rule does that, so none is offered."""
    for change in (
        Move("STANDARD_IA", Where(kind="clip")),
        Move("STANDARD_IA", how="copy"),
        Remove(Where(), percent=50),
        Recode(128, 64),
    ):
        assert what_if(month(cell(1, GB)), change).rule is None


def test_byte_hours_as_aws_counts_them() -> None:
    """AWS's FAQ: 100 GB for 15 days of March and 100 TB for the other 16 are 42,259,901,212,262,400
    byte-hours, 52,900 GB-months; and 4 GB kept all month with 5 GB from day 16 on, as a version,
    5,257,039,970,304 byte-hours, 6.581 GB-months."""
    begin, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    half = begin + timedelta(days=15)
    assert mean_bytes([(begin, 100 * GB), (half, 100 * TB)], begin, end) == 52_900 * GB
    versions = mean_bytes([(begin, 4 * GB), (half, 9 * GB)], begin, end)
    assert versions == 5_257_039_970_304 // 744
    assert round(Decimal(versions) / GB, 3) == Decimal("6.581")
