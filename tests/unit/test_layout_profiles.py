"""The five projects as they are shipped: what each kind of key is, who may do what, how fast."""

from __future__ import annotations

import pickle
import time
import uuid

import pytest

from storage.config import Config
from storage.errors import ConfigError
from storage.layout.load import BUILT_IN, load_layouts
from storage.layout.profile import Layout
from storage.model.people import Can, Role
from storage.settings import Settings

LAYOUTS = load_layouts(Settings(), Config(), {})
CLIP = "mastered/0F8FAD5B-D9CB-469F-A165-70867728950E.mp3"
PICTURE = "1700000000000-0f8fad5b-d9cb-469f-a165-70867728950e.png"


def test_the_five_projects_come_in_their_order() -> None:
    """Language courses first: the default."""
    assert tuple(LAYOUTS) == BUILT_IN
    assert LAYOUTS["ssi"].default_role == "stage"


@pytest.mark.parametrize(
    ("name", "buckets"),
    [
        (
            "ssi",
            {"stage": "ssi-audio-stage", "prod": "ssiborg-assets", "canonical": "popty-bach-lfs"},
        ),
        ("yoto", {"dev": "yoto-audio-dev-669589759577", "prod": "yoto-audio-prod-669589759577"}),
        ("speech-coach", {"main": "speech-coach-audio"}),
        (
            "autobio",
            {
                "main": "auto-bio-illustrations",
                "staging": "autobio-staging",
                "assets": "autobio-assets",
            },
        ),
        ("serene", {"main": "serene-relationship-mediator"}),
    ],
)
def test_the_buckets_are_those_of_the_teams(name: str, buckets: dict[str, str]) -> None:
    """Roles and bucket names, and each with a region to sign for."""
    assert {bucket.role: bucket.bucket for bucket in LAYOUTS[name].buckets} == buckets
    assert all(bucket.region for bucket in LAYOUTS[name].buckets)


@pytest.mark.parametrize(
    ("name", "role", "key", "kind", "fields"),
    [
        ("ssi", "stage", CLIP, "clip", {"id": CLIP[9:-4]}),
        ("ssi", "prod", CLIP.lower(), "clip", {"id": CLIP[9:-4]}),
        ("ssi", "canonical", CLIP, "", {}),
        ("ssi", "canonical", "canonical/welcomes.json", "welcome-registry", {}),
        ("ssi", "stage", "canonical/welcomes.json", "", {}),
        ("ssi", "canonical", "canonical/welcomes/ita.wav", "welcome", {"lang": "ita"}),
        (
            "ssi",
            "canonical",
            "canonical/welcomes/ita_for_jpn.wav",
            "pair-welcome",
            {"pair": "ita_for_jpn"},
        ),
        ("ssi", "canonical", "canonical/encouragements.json", "encouragements", {}),
        (
            "ssi",
            "canonical",
            "canonical/eng_encouragements.json",
            "language-encouragements",
            {"lang": "eng"},
        ),
        ("ssi", "canonical", "canonical/templates/a/b.txt", "template", {"path": "a/b.txt"}),
        (
            "ssi",
            "canonical",
            "courses/ita_for_eng_10seeds/course_manifest.json",
            "manifest",
            {"course": "ita_for_eng_10seeds"},
        ),
        ("yoto", "dev", "The Owl 🦉.MP3", "story", {"filename": "The Owl 🦉.MP3"}),
        ("yoto", "prod", "The Owl.txt", "transcript", {"filename": "The Owl.txt"}),
        ("yoto", "dev", "folder/x.mp3", "", {}),
        (
            "speech-coach",
            "main",
            "users/u|1/recordings/r/audio.m4a",
            "recording",
            {"user_id": "u|1", "recording_id": "r"},
        ),
        ("autobio", "main", "subjects/u.png", "subject", {"user_id": "u"}),
        ("autobio", "assets", "avatars/u.png", "avatar", {"user_id": "u"}),
        (
            "autobio",
            "main",
            f"generated/memory/u/{PICTURE}",
            "memory",
            {"user_id": "u", "timestamp": "1700000000000", "id": PICTURE[14:-4]},
        ),
        (
            "autobio",
            "main",
            f"generated/subject/u/{PICTURE}",
            "generated-subject",
            {"user_id": "u", "timestamp": "1700000000000", "id": PICTURE[14:-4]},
        ),
        ("autobio", "main", "stubs/none.png", "stub", {"name": "none"}),
        (
            "serene",
            "main",
            "analysis/r/c_analysis.json",
            "analysis",
            {"relationship_id": "r", "conflict_id": "c"},
        ),
        (
            "serene",
            "main",
            "repair_plans/r/c_repair_partner_b.json",
            "repair-plan-b",
            {"relationship_id": "r", "conflict_id": "c"},
        ),
        (
            "serene",
            "main",
            "handbooks/r/p.pdf",
            "handbook",
            {"relationship_id": "r", "pdf_id": "p"},
        ),
    ],
)
def test_keys_are_told_apart(
    name: str, role: str, key: str, kind: str, fields: dict[str, str]
) -> None:
    """Each documented key has its kind and fields; one in the wrong bucket has none."""
    found = LAYOUTS[name].classify(role, key)
    assert (found.kind, dict(found.fields)) == (kind, fields)
    assert bool(found.title) == bool(kind)
    assert LAYOUTS[name].classify_many(role, [key, "no such key"]) == [kind, ""]


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    """A role or kind that is not there is an error that lists what is."""
    with pytest.raises(ConfigError) as caught:
        LAYOUTS["ssi"].bucket("production")
    assert caught.value.remedy == "It has: stage, prod, canonical."
    with pytest.raises(ConfigError):
        LAYOUTS["ssi"].classify("production", CLIP)
    with pytest.raises(ConfigError, match="no kind"):
        LAYOUTS["ssi"].kind("clips")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_access_fits_the_kind_of_data(layout: Layout) -> None:
    """Admins reach every bucket; personal data is never archived, and viewers never open it."""
    for bucket in layout.buckets:
        assert {Can.OBJECT_LIST, Can.OBJECT_READ} <= layout.grants(Role.ADMIN, bucket.role)
        for person in Role:
            grants = layout.grants(person, bucket.role)
            assert not (layout.personal_data and Can.OBJECT_ARCHIVE in grants)
            assert Can.OBJECT_LIST in grants or not grants
        if layout.personal_data:
            assert Can.OBJECT_READ not in layout.grants(Role.VIEWER, bucket.role)
    assert layout.grants(Role.ADMIN, "no such role") == frozenset()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_people_start_where_they_may_look(layout: Layout) -> None:
    """Home sends nobody to a bucket whose names they may not see."""
    for start in layout.starts:
        assert Can.OBJECT_LIST in layout.grants(start.person, start.bucket)


def test_private_projects_are_marked() -> None:
    """Speech coach, autobio and serene hold personal data; courses and stories do not."""
    marked = {name for name, layout in LAYOUTS.items() if layout.personal_data}
    assert marked == {"speech-coach", "autobio", "serene"}


def test_every_project_has_one_live_bucket() -> None:
    """What listeners or users have now is marked in every project."""
    live = {name: [b.role for b in layout.buckets if b.live] for name, layout in LAYOUTS.items()}
    assert live == {
        "ssi": ["prod"],
        "yoto": ["prod"],
        "speech-coach": ["main"],
        "autobio": ["main"],
        "serene": ["main"],
    }


def test_a_layout_can_be_sent_to_another_process() -> None:
    """Layouts are plain data: equal after pickling, also once they have classified keys."""
    layout = LAYOUTS["ssi"]
    layout.classify("stage", CLIP)
    copy = pickle.loads(pickle.dumps(layout))
    assert copy == layout
    assert copy.classify("stage", CLIP).kind == "clip"
    assert hash(copy) == hash(layout)


def test_a_page_with_one_odd_key_is_still_told_apart() -> None:
    """The short cut for pages of one kind is not taken by a key that holds two, NUL between."""
    layout = LAYOUTS["ssi"]
    assert layout.classify_many("stage", [CLIP, f"{CLIP}\0{CLIP}"]) == ["clip", ""]
    assert layout.classify_many("stage", [CLIP, f"{CLIP}\n", CLIP]) == ["clip", "", "clip"]
    assert layout.classify_many("stage", []) == []


def test_a_page_of_clips_is_classified_in_a_quarter_of_a_millisecond() -> None:
    """1,000 UUID keys take 0.25 ms; asserted at twice that, best of many, for slower machines."""
    keys = [f"mastered/{str(uuid.uuid4()).upper()}.mp3" for _ in range(1_000)]
    best = 1.0
    for _ in range(100):
        started = time.perf_counter()
        kinds = LAYOUTS["ssi"].classify_many("stage", keys)
        best = min(best, time.perf_counter() - started)
    assert kinds == ["clip"] * 1_000
    assert best < 0.000_5
