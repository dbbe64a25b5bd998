"""Places as people type them and as SQL holds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.config import Config
from storage.errors import ConfigError, InvalidInput
from storage.layout.load import load_layouts
from storage.layout.paths import KEY_BYTES, parse_place, possible_places
from storage.settings import Settings

LAYOUTS = load_layouts(Settings(), Config(), {})
SSI, SERENE = LAYOUTS["ssi"], LAYOUTS["serene"]
HOST = "https://abc.supabase.co/storage/v1"
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.mark.parametrize(
    ("text", "role", "key"),
    [
        ("s3://ssiborg-assets/mastered/x.mp3", "prod", "mastered/x.mp3"),
        ("S3://ssiborg-assets/mastered/x.mp3", "prod", "mastered/x.mp3"),
        ("s3://ssiborg-assets", "prod", ""),
        ("s3://ssiborg-assets/", "prod", ""),
        ("s3://ssiborg-assets//lead%2F+?#", "prod", "/lead%2F+?#"),
        ("stage:mastered/", "stage", "mastered/"),
        ("canonical:", "canonical", ""),
        ("prod:a:b", "prod", "a:b"),
        ("stage:s3://x", "stage", "s3://x"),
        ("stage:https://x", "stage", "https://x"),
        ("production:x", "stage", "production:x"),
        (":x", "stage", ":x"),
        ("mastered/x y+%2F#?.mp3 \n", "stage", "mastered/x y+%2F#?.mp3 \n"),
        ("/lead", "stage", "/lead"),
        ("", "stage", ""),
        ("..", "stage", ".."),
    ],
)
def test_each_form_names_its_place(text: str, role: str, key: str) -> None:
    """s3://, role: and bare keys; a key is taken as it stands, colons and spaces too."""
    place = parse_place(text, SSI)
    assert (place.layout, place.role, place.key) == ("ssi", role, key)
    assert place.bucket == SSI.bucket(role).bucket


@given(KEYS)
def test_exact_forms_reach_any_key(key: str) -> None:
    """Whatever the key, role:key and s3://bucket/key mean exactly it, also in serene."""
    for layout in (SSI, SERENE):
        bucket = layout.buckets[0]
        assert parse_place(f"{bucket.role}:{key}", layout).key == key
        assert parse_place(f"s3://{bucket.bucket}/{key}", layout).key == key


@given(KEYS.filter(lambda key: not key.lower().startswith(("s3://", "http://", "https://"))))
def test_a_bare_key_is_itself_where_no_paths_are_kept(key: str) -> None:
    """A layout without SQL columns has no legacy forms: nothing is guessed."""
    assert parse_place(key, LAYOUTS["yoto"]).key == key or key.startswith(("dev:", "prod:"))


def test_another_bucket_is_shown_not_followed() -> None:
    """An s3:// of a bucket that is not the project's is refused, naming it and the ones there are."""
    with pytest.raises(InvalidInput) as caught:
        parse_place("s3://someone-elses/subjects/u.png", LAYOUTS["autobio"])
    assert "s3://someone-elses/subjects/u.png" in caught.value.what
    assert "shown, not followed" in caught.value.what
    assert "auto-bio-illustrations" in caught.value.remedy


@pytest.mark.parametrize("layout", [SSI, SERENE])
@pytest.mark.parametrize(
    "text", ["https://example.org/x.mp3", "HTTP://169.254.169.254/", "https://[", "https://x/%ff"]
)
def test_web_addresses_are_not_followed(text: str, layout: object) -> None:
    """A web address is no key and never fetched."""
    with pytest.raises(InvalidInput, match="web address"):
        parse_place(text, layout)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["x" * (KEY_BYTES + 1), "é" * 513, "stage:" + "x" * 1025, "\ud800"]
)
def test_keys_that_cannot_be_are_refused(text: str) -> None:
    """Longer than S3's 1,024 bytes, or no Unicode text."""
    with pytest.raises(InvalidInput):
        parse_place(text, SSI)
    assert parse_place("é" * 512, SSI).key == "é" * 512


@pytest.mark.parametrize(
    ("text", "column", "keys"),
    [
        ("transcripts/r/c.json", "conflicts.transcript_path", ["transcripts/r/c.json"]),
        ("r/c.json", "conflicts.transcript_path", ["transcripts/r/c.json"]),
        ("r/p.pdf", "profiles.file_path", ["profiles/r/p.pdf", "handbooks/r/p.pdf"]),
        ("handbooks/r/p.pdf", "profiles.file_path", ["handbooks/r/p.pdf"]),
        (
            "r/c_analysis.json",
            "conflict_analysis.analysis_path",
            ["analysis/r/c_analysis.json"],
        ),
        (
            "r/c_repair_partner_b.json",
            "repair_plans.plan_path",
            ["repair_plans/r/c_repair_partner_b.json"],
        ),
        (
            f"{HOST}/object/public/old-bucket/r/p.pdf?token=t",
            "profiles.file_path",
            ["profiles/r/p.pdf", "handbooks/r/p.pdf"],
        ),
        (
            f"{HOST}/object/sign/profiles/handbooks/r/a%20b.pdf",
            "profiles.file_path",
            ["handbooks/r/a b.pdf"],
        ),
        (
            "/storage/v1/object/authenticated/transcripts/r/c.json",
            "conflicts.transcript_path",
            ["transcripts/r/c.json"],
        ),
        ("old-bucket/r/c.json", "conflicts.transcript_path", ["transcripts/r/c.json"]),
        ("/r/c.json", "conflicts.transcript_path", ["transcripts/r/c.json"]),
        (
            "old-bucket/transcripts/r/c.json",
            "conflicts.transcript_path",
            ["transcripts/r/c.json"],
        ),
        (
            "s3://serene-relationship-mediator/profiles/r/p.pdf",
            "profiles.file_path",
            ["profiles/r/p.pdf"],
        ),
    ],
)
def test_paths_of_sql_columns(text: str, column: str, keys: list[str]) -> None:
    """Every form a column may hold leads to its keys; a profile may lie in either folder."""
    places = possible_places(text, SERENE, column=column)
    assert [place.key for place in places] == keys
    assert parse_place(text, SERENE, column=column) == places[0]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("r/c.json", ["transcripts/r/c.json"]),
        ("r/c_analysis.json", ["analysis/r/c_analysis.json"]),
        ("r/c_repair_partner_a.json", ["repair_plans/r/c_repair_partner_a.json"]),
        ("r/p.pdf", ["profiles/r/p.pdf", "handbooks/r/p.pdf"]),
        (f"{HOST}/object/public/b/r/c_analysis.json", ["analysis/r/c_analysis.json"]),
        ("transcripts/", ["transcripts/"]),
        ("transcripts/r/", ["transcripts/r/"]),
        ("transcripts/r/c.json", ["transcripts/r/c.json"]),
        ("old-bucket/r/c.json", ["old-bucket/r/c.json"]),
        ("notes.txt", ["notes.txt"]),
        ("main:r/c.json", ["r/c.json"]),
    ],
)
def test_legacy_keys_without_a_column(text: str, keys: list[str]) -> None:
    """Typed by hand, a legacy key goes to the narrowest kind; folders and odd keys stay themselves."""
    assert [place.key for place in possible_places(text, SERENE)] == keys


def test_an_unknown_column_lists_the_known_ones() -> None:
    """A column no layout speaks of is an error, not a guess."""
    with pytest.raises(ConfigError, match="has no column"):
        parse_place("r/c.json", SERENE, column="profiles.path")
    with pytest.raises(ConfigError) as caught:
        parse_place("x", SSI, column="a.b")
    assert caught.value.remedy == "It has: none."
