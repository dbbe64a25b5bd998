"""What QA's verdicts say of a plan's clips, by the manifest of each course that is released."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from review_rig import ANN, BEN, Rig, clip_id, key_of, manifest_of

from storage.audit.log import Audit
from storage.db.engine import Database
from storage.gate import Gate
from storage.hearsay import Hearsay
from storage.model.people import Role
from storage.model.promotion import Scope
from storage.promotion.gates import Heard
from storage.s3.client import Store

BODIES = [f"clip {number}".encode() * 20 for number in range(5)]
BOTH = Scope("course", ("ita_for_eng", "fra_for_eng"))


@pytest.fixture
def rig(
    moto_store: Store,
    gate_to: Callable[..., Gate],
    audit: Audit,
    console_database: Database,
    tmp_path: Path,
) -> Iterator[Rig]:
    """Two courses with a clip in common; one of the first and one of the second is a single word,
    and all are measured and fine.
    """
    made = Rig.over(moto_store, gate_to, audit, console_database, tmp_path)
    made.course(
        (0, "Voglio", "target1", "natural"),
        (1, "Vorrei parlare con te", "target1", "natural"),
    )
    french = manifest_of(
        (1, "Vorrei parlare con te", "source", "natural"),
        (2, "Bonjour", "target1", "natural"),
        (3, "Je voudrais parler avec toi", "target1", "natural"),
    )
    key = "courses/fra_for_eng/course_manifest.json"
    made.store.client.put_object(Bucket=made.buckets["canonical"], Key=key, Body=french)
    for number, body in enumerate(BODIES):
        made.put(number, body)
        made.measure(body)
    yield made
    made.review.close()


def told(rig: Rig, scope: Scope, *numbers: int) -> Heard:
    """What is said of these clips, as a plan asks."""
    sources = rig.sources
    hearsay = Hearsay(rig.gate, rig.layouts, sources.manifests, sources.measurements, rig.review)
    contents = [rig.put(number, BODIES[number]) for number in numbers]
    rows = pa.table(
        {
            "key": [key_of(number) for number in numbers],
            "etag": [one.etag for one in contents],
            "size": [one.size for one in contents],
        }
    )
    actor = type(ANN)(ANN.id, ANN.name, frozenset(Role), ANN.via)
    found = hearsay.outside().heard(actor, "ssi", "stage", scope, rows)
    assert found is not None
    return found


def test_single_words_of_every_course_must_be_heard(rig: Rig) -> None:
    """Of two courses at once each clip is judged by the words of its own course; a sample of the
    rest, too.
    """
    found = told(rig, BOTH, 0, 1, 2, 3)
    assert "ita_for_eng: 1 to be heard" in found.reason
    assert "fra_for_eng: 1 to be heard" in found.reason
    assert {key_of(0), key_of(2)} <= set(found.examples)
    for number in (0, 2):
        rig.say(ANN, number, BODIES[number])
        rig.say(BEN, number, BODIES[number])
    heard = told(rig, BOTH, 0, 2)
    assert (heard.left, heard.reason) == (0, "2 of 2 approved.")


def test_what_no_course_tells_of_is_judged_too(rig: Rig) -> None:
    """A clip that the manifests do not name (a welcome) is asked about by its folder: rejected, it
    stands in the way.
    """
    rig.say(ANN, 4, BODIES[4], "rejected")
    found = told(rig, BOTH, 4)
    assert (found.left, found.examples) == (1, (key_of(4),))
    assert "1 rejected" in found.reason
    assert clip_id(4) not in found.reason
