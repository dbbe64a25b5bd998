"""THE RULE, and one UUID in two cases: refused before a write, found afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.config import Config
from storage.errors import ConfigError, RuleViolation
from storage.layout.load import load_layouts
from storage.layout.rules import check_keys, check_write
from storage.settings import Settings

SSI = load_layouts(Settings(), Config(), {})["ssi"]
UUID = "0F8FAD5B-D9CB-469F-A165-70867728950E"
CLIP = f"mastered/{UUID}.mp3"
SHARED = [
    "canonical/welcomes.json",
    "canonical/welcomes/ita.wav",
    "canonical/welcomes/ita_for_jpn.wav",
    "canonical/encouragements.json",
    "canonical/eng_encouragements.json",
    "canonical/templates/x",
    "canonical/anything else",
    "courses/ita_for_eng/course_manifest.json",
]


@pytest.mark.parametrize(
    "key",
    [
        CLIP,
        CLIP.lower(),
        f"{UUID}.mp3",
        f"{UUID}.WAV",
        f"canonical/{UUID}.mp3",
        f"canonical/templates/{UUID}.mp3",
        f"a/b/c/{UUID}.m4a",
    ],
)
def test_course_audio_never_goes_to_canonical(key: str) -> None:
    """UUID-named audio is refused and found in Canonical, in whatever folder it is put."""
    with pytest.raises(RuleViolation) as caught:
        check_write(SSI, "canonical", key)
    assert caught.value.key == key
    assert caught.value.bucket == "popty-bach-lfs"
    assert "Canonical" in caught.value.what
    assert caught.value.remedy
    (finding,) = check_keys(SSI, "canonical", [*SHARED, key])
    assert (finding.rule, finding.key) == ("course-audio-in-canonical", key)
    assert finding.severity == "error"


@pytest.mark.parametrize("role", ["stage", "prod"])
@pytest.mark.parametrize("key", SHARED)
def test_canonical_files_never_go_to_stage_or_prod(role: str, key: str) -> None:
    """Shared files are refused and found in the buckets of clips."""
    with pytest.raises(RuleViolation, match="never go to Stage or Prod"):
        check_write(SSI, role, key)
    (finding,) = check_keys(SSI, role, [CLIP, key])
    assert (finding.rule, finding.key) == ("canonical-file-outside", key)


def test_what_is_in_its_place_is_allowed() -> None:
    """Clips in Stage and Prod, shared files in Canonical: nothing to say."""
    for role, keys in {"stage": [CLIP], "prod": [CLIP], "canonical": SHARED}.items():
        assert check_keys(SSI, role, keys) == ()
        for key in keys:
            check_write(SSI, role, key)


@given(st.sampled_from(["stage", "prod", "canonical"]), st.text(max_size=60))
def test_writing_and_finding_agree(role: str, key: str) -> None:
    """What a scan calls misplaced is exactly what a write refuses."""
    for candidate in (key, f"canonical/{key}", f"{key}/{UUID}.mp3"):
        refused = False
        try:
            check_write(SSI, role, candidate)
        except RuleViolation:
            refused = True
        assert refused == bool(check_keys(SSI, role, [candidate]))


def test_the_same_uuid_in_two_cases_is_found() -> None:
    """Each spelling but the written one is a finding that names its twin; order does not matter."""
    other = "mastered/11111111-D9CB-469F-A165-70867728950E.mp3"
    mixed = CLIP.replace("D9CB", "d9CB")
    for keys in ([CLIP, CLIP.lower(), other, mixed], [mixed, other, CLIP.lower(), CLIP]):
        found = check_keys(SSI, "stage", keys)
        assert {finding.key for finding in found} == {CLIP.lower(), mixed}
        assert {finding.rule for finding in found} == {"uuid-in-two-cases"}
        assert all(CLIP in finding.text for finding in found)


def test_one_spelling_alone_is_no_finding() -> None:
    """A lower-case key without a twin is read like any other, listed twice or not."""
    assert check_keys(SSI, "stage", [CLIP.lower(), CLIP.lower()]) == ()
    (finding,) = check_keys(SSI, "stage", [mixed := CLIP.replace("D9CB", "d9CB"), CLIP.lower()])
    assert finding.key == CLIP.lower()
    assert mixed in finding.text


def test_a_uuid_is_written_in_upper_case() -> None:
    """A write in lower case is refused, with the key to write instead."""
    with pytest.raises(RuleViolation) as caught:
        check_write(SSI, "stage", CLIP.lower())
    assert CLIP in caught.value.remedy


def test_an_unknown_bucket_is_an_error() -> None:
    """A role that is not there never passes for one without rules."""
    with pytest.raises(ConfigError):
        check_write(SSI, "live", CLIP)
    with pytest.raises(ConfigError):
        check_keys(SSI, "live", [])


def test_a_finding_as_json() -> None:
    """The fields of `check --json`."""
    (finding,) = check_keys(SSI, "prod", ["canonical/welcomes.json"])
    assert finding.as_dict() == {
        "rule": "canonical-file-outside",
        "bucket": "ssiborg-assets",
        "key": "canonical/welcomes.json",
        "severity": "error",
        "text": "Canonical files never go to Stage or Prod.",
        "remedy": "Keep shared files in Canonical, the only place where every course finds them.",
    }
