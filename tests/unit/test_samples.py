"""The committed sample content is complete, consistent and small, and its defects are planted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from storage.audio.sniff import agrees, sniff
from storage.config import load_config
from storage.demo.catalogue import FOLDER, Sample, Samples, load_samples
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.settings import load_settings

PLANTED = {
    "long-silence",
    "clipped",
    "too-quiet",
    "cut-off-start",
    "truncated",
    "empty",
    "html",
    "content-type",
    "two-cases",
    "duplicate",
    "unreferenced",
    "course-audio-in-canonical",
    "canonical-file-outside",
}
CLIP = re.compile(r"mastered/[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\.mp3")


@pytest.fixture(scope="module")
def samples() -> Samples:
    return load_samples()


@pytest.fixture(scope="module")
def layouts() -> Mapping[str, Layout]:
    return load_layouts(load_settings({}), load_config(None), {})


def _at(samples: Samples, role: str) -> dict[str, Sample]:
    return {row.key: row for row in samples.objects if (row.layout, row.role) == ("ssi", role)}


def _manifest(course: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"ssi/{course}.json").read_text("utf-8"))
    return loaded


def _references(manifest: dict[str, Any]) -> Iterator[str]:
    """Keys of all audio a manifest mentions."""
    yield f"mastered/{manifest['introduction']['id']}.mp3"
    for part in manifest["slices"]:
        for recordings in part["samples"].values():
            yield from (f"mastered/{recording['id']}.mp3" for recording in recordings)


def _sound(samples: Samples, role: str, keys: set[str]) -> set[str]:
    return {key for key, row in _at(samples, role).items() if key in keys and not row.defect}


def test_index_and_files_match(samples: Samples) -> None:
    """Every committed file is used, every file the index names is committed: at most 4 MB in all."""
    used = {file for row in (*samples.objects, *samples.unfinished) for file in row.files}
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert there - used == {"README.md", "index.json"}
    assert used <= there
    assert sum((FOLDER / path).stat().st_size for path in there) <= 4 * 1024 * 1024


def test_no_key_is_listed_twice(samples: Samples) -> None:
    """One entry an object, so that a seeding has one idea of each."""
    seen = Counter((row.layout, row.role, row.key) for row in samples.objects)
    assert [place for place, count in seen.items() if count > 1] == []


def test_all_five_projects_have_content_in_every_bucket(
    samples: Samples, layouts: Mapping[str, Layout]
) -> None:
    """No bucket of the console is empty on the first start."""
    filled = {(row.layout, row.role) for row in samples.objects}
    assert filled == {
        (layout.name, bucket.role) for layout in layouts.values() for bucket in layout.buckets
    }


def test_every_key_has_a_kind(samples: Samples, layouts: Mapping[str, Layout]) -> None:
    """Keys follow the layouts; strays are the planted ones and the folder of odd names alone."""
    strays = [
        row for row in samples.objects if not layouts[row.layout].classify(row.role, row.key).kind
    ]
    assert {row.defect for row in strays if not row.key.startswith("odd names/")} == {
        "course-audio-in-canonical",
        "canonical-file-outside",
    }
    assert sum(row.key.startswith("odd names/") for row in strays) >= 20


def test_both_unicode_forms_are_there(samples: Samples) -> None:
    """One name exists composed and decomposed, or nobody would notice them being mixed up."""
    keys = {row.key for row in samples.objects}
    assert any("caf\u00e9" in key for key in keys)
    assert any("cafe\u0301" in key for key in keys)


def test_clip_names_are_upper_case(samples: Samples) -> None:
    """Course audio is named by upper-case UUIDs, but for the one planted in lower case."""
    odd = [
        row
        for role in ("stage", "prod")
        for key, row in _at(samples, role).items()
        if key.startswith("mastered/") and not CLIP.fullmatch(key)
    ]
    assert [row.defect for row in odd] == ["two-cases"]
    assert odd[0].key.upper() in {
        key.upper() for key in _at(samples, "stage") if CLIP.fullmatch(key)
    }


def test_welsh_could_be_promoted_as_it_is(samples: Samples) -> None:
    """Every clip of cym_for_eng is in stage, without a defect."""
    wanted = set(_references(_manifest("cym_for_eng")))
    assert len(wanted) > 50
    assert _sound(samples, "stage", wanted) == wanted


def test_italian_lacks_the_planted_clips_alone(samples: Samples) -> None:
    """What ita_for_eng mentions is in stage, except the two clips listed as missing."""
    wanted = set(_references(_manifest("ita_for_eng")))
    gone = {key for _, _, key in samples.missing}
    assert len(gone) == 2
    assert wanted - set(_at(samples, "stage")) == gone


def test_every_defect_is_planted(samples: Samples) -> None:
    """Later pages find each kind of defect somewhere in the demo."""
    assert {row.defect for row in samples.objects} - {""} == PLANTED
    by_defect = {row.defect: row for row in samples.objects}
    assert by_defect["empty"].body(by_defect["empty"].files[0]) == b""
    for defect, said in (("html", "an HTML page"), ("content-type", "MP3")):
        row = by_defect[defect]
        body = row.body(row.files[-1])
        found = sniff(body[:4096], len(body))
        assert found.label == said
        assert not agrees(row.content_type, found)
    twins = [row.files for row in samples.objects if row.defect == "duplicate"]
    assert len(twins) == 2
    assert twins[0] == twins[1]
    assert len(samples.unfinished) == 1


def test_sound_objects_are_what_they_say(samples: Samples) -> None:
    """But for the planted ones, every stored content type agrees with the bytes."""
    for row in samples.objects:
        body = row.body(row.files[-1])
        if row.defect not in ("empty", "html", "content-type"):
            assert agrees(row.content_type, sniff(body[:4096], len(body))), row.key


def test_stage_and_prod_differ_in_every_way(samples: Samples) -> None:
    """A promotion has something new, changed, the same, and something only prod has."""
    stage, prod = _at(samples, "stage"), _at(samples, "prod")
    both = stage.keys() & prod.keys()
    same = {key for key in both if stage[key].files[-1] == prod[key].files[-1]}
    for course in ("ita_for_eng", "cym_for_eng"):
        wanted = set(_references(_manifest(course)))
        assert wanted & same
        assert wanted & (both - same)
        assert wanted & (stage.keys() - prod.keys())
    assert prod.keys() - stage.keys()


def test_old_versions_differ(samples: Samples) -> None:
    """Objects with a history have other bytes in each version."""
    old = [row for row in samples.objects if len(row.files) > 1]
    assert {row.layout for row in old} == {"ssi", "yoto"}
    for row in old:
        assert len({row.body(file) for file in row.files}) == len(row.files)


def test_manifests_have_the_real_shape() -> None:
    """Phrases lead to recordings by role and cadence; encouragements are found under their text."""
    for course, at_least in (("ita_for_eng", 55), ("cym_for_eng", 35)):
        manifest = _manifest(course)
        part = manifest["slices"][0]
        assert len(part["samples"]) >= at_least
        rows = [row for recordings in part["samples"].values() for row in recordings]
        assert {row["role"] for row in rows} == {"target1", "target2", "source", "presentation"}
        assert {row["cadence"] for row in rows} == {"natural", "slow"}
        for said in (*part["pooledEncouragements"], *part["orderedEncouragements"]):
            assert part["samples"][said["text"]][0]["is_encouragement"] is True
        audio = {row["id"] for row in rows}
        assert audio.isdisjoint(seed["id"] for seed in part["seeds"])


def test_registry_shows_every_state(samples: Samples) -> None:
    """Welcomes: shared by a pair, published, recorded only, text only, and nothing yet."""
    registry = json.loads((FOLDER / "ssi/welcomes.json").read_text("utf-8"))["welcomes"]
    canonical, stage = _at(samples, "canonical"), _at(samples, "stage")
    assert registry["ita_for_eng"]["id"] == registry["ita_for_eng_10seeds"]["id"]
    assert f"mastered/{registry['cym_for_eng']['id']}.mp3" in stage
    assert "canonical/welcomes/spa.wav" in canonical
    assert f"mastered/{registry['spa_for_eng']['id']}.mp3" not in stage
    assert registry["fra_for_eng"]["text"]
    assert registry["fra_for_eng"]["id"] is None
    assert registry["cmn_for_eng"]["text"] == ""
    assert {"_comment", "_structure"} <= registry.keys()
