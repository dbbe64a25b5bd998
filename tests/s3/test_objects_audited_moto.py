"""What the object service tells the audit log: before it acts, and nothing of what is not asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from storage.audit.log import Audit
from storage.config import Config
from storage.errors import AccessDenied, InvalidInput, NotFound, StorageError, Unavailable
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.model.audit import AuditFilter
from storage.model.people import Actor, Role
from storage.objects.service import Objects
from storage.s3.client import Store
from storage.settings import Settings

ANN = Actor("ann", "Ann", frozenset(Role), "session", address="192.0.2.7", request_id="r7")
NOBODY = Actor("x", "Nobody", frozenset(), "session")
SOUND = "users/u1/recordings/r1/audio.m4a"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, moto_store: Store) -> list[str]:
    """The operations the store was asked for."""
    seen: list[str] = []
    moto_store.client.meta.events.register(
        "before-call.s3", lambda model, **_: seen.append(model.name)
    )
    return seen


@pytest.fixture
def objects(moto_store: Store, moto_bucket: str, gate_to: Callable[..., Gate]) -> Objects:
    """The built-in layouts with every bucket's name replaced by the test's, and two objects."""
    layouts = {
        name: replace(
            layout, buckets=tuple(replace(bucket, bucket=moto_bucket) for bucket in layout.buckets)
        )
        for name, layout in load_layouts(Settings(), Config(), {}).items()
    }
    for key in ("a.txt", "b.txt", SOUND):
        moto_store.client.put_object(Bucket=moto_bucket, Key=key, Body=b"text")
    return Objects(gate_to(layouts, moto_store), lambda: datetime.now(UTC))


def _told(audit: Audit) -> list[tuple[str, str, str, object]]:
    """(result, action, key, call) of every row, oldest first."""
    return [
        (row.event.result, row.event.action, row.event.key, row.event.detail.get("call"))
        for row in audit.stream(AuditFilter())
    ]


CALLS: dict[str, Callable[[Objects], Any]] = {
    "link": lambda objects: objects.link(ANN, "ssi", "stage", "a.txt", expires_s=600),
    "download": lambda objects: objects.download(ANN, "ssi", "stage", "a.txt"),
    "play": lambda objects: objects.clip_url(ANN, "ssi", "stage", "a.txt", etag="e"),
    "archive": lambda objects: objects.archive(ANN, "ssi", "stage", ["a.txt", "b.txt", "a.txt"]),
    "detail": lambda objects: objects.detail(ANN, "speech-coach", "main", SOUND),
    "preview": lambda objects: objects.preview(
        ANN, "speech-coach", "main", SOUND, "1cb251ec0d568de6a929b520c4aed8d1"
    ),
}


@pytest.mark.parametrize(
    ("call", "action", "keys"),
    [
        ("link", "object:link", ["a.txt"]),
        ("download", "object:read", ["a.txt"]),
        ("play", "object:read", ["a.txt"]),
        ("archive", "object:archive", ["a.txt", "b.txt"]),
        ("detail", "object:read", [SOUND]),
        ("preview", "object:read", [SOUND]),
    ],
)
def test_what_is_given_out_is_told(
    objects: Objects, audit: Audit, call: str, action: str, keys: list[str]
) -> None:
    """One row an object: who, from where, by which permission, in which bucket, which call."""
    CALLS[call](objects)
    assert _told(audit) == [("allowed", action, key, call) for key in keys]
    row = next(audit.stream(AuditFilter())).event
    assert (row.actor_id, row.via, row.address, row.request_id) == (
        "ann", "session", "192.0.2.7", "r7",
    )  # fmt: skip
    assert row.bucket.startswith("test-")
    assert row.roles == tuple(sorted(Role))


def test_no_signature_of_a_link_is_told(objects: Objects, audit: Audit) -> None:
    """The row says that a link was given and for how long, never the link."""
    link = objects.link(ANN, "ssi", "stage", "a.txt", expires_s=600)
    (row,) = audit.stream(AuditFilter())
    assert row.event.detail == {"call": "link", "expires_s": 600, "download": False}
    assert link.url.rpartition("=")[2] not in str(row.as_json())


def test_looking_and_listing_are_told_only_of_personal_data(objects: Objects, audit: Audit) -> None:
    """In the other projects a look leaves no row; a private folder one, however often listed."""
    detail = objects.detail(ANN, "ssi", "stage", "a.txt")
    objects.preview(ANN, "ssi", "stage", "a.txt", detail.head.etag)
    objects.list_page(ANN, "ssi", "stage")
    assert _told(audit) == []
    for _ in range(3):
        objects.list_page(ANN, "speech-coach", "main", "users/")
    assert _told(audit) == [("allowed", "object:list", "users/", "list")]


def test_playing_again_is_no_new_row(objects: Objects, audit: Audit) -> None:
    """Reruns and renewed URLs of one clip are one row; another version of it is another."""
    for _ in range(3):
        objects.clip_url(ANN, "ssi", "stage", "a.txt", etag="e1")
    objects.clip_url(ANN, "ssi", "stage", "a.txt", etag="e2")
    assert len(_told(audit)) == 2


@pytest.mark.parametrize("call", CALLS)
def test_the_log_comes_first(
    objects: Objects, audit: Audit, asked: list[str], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """When the database refuses the row, nothing is asked of the store and nothing given out."""

    @contextmanager
    def locked() -> Iterator[None]:
        raise Unavailable("The console's database is locked.")
        yield

    monkeypatch.setattr(audit._events, "appending", locked)
    asked.clear()
    with pytest.raises(Unavailable, match="database is locked"):
        CALLS[call](objects)
    assert asked == []


@pytest.mark.parametrize(
    "call",
    [
        lambda objects: objects.list_page(NOBODY, "ssi", "stage", "a.txt"),
        lambda objects: objects.detail(NOBODY, "ssi", "stage", "a.txt"),
        lambda objects: objects.preview(NOBODY, "ssi", "stage", "a.txt", "e"),
        lambda objects: objects.clip_url(NOBODY, "ssi", "stage", "a.txt", etag="e"),
        lambda objects: objects.link(NOBODY, "ssi", "stage", "a.txt", expires_s=600),
        lambda objects: objects.download(NOBODY, "ssi", "stage", "a.txt"),
        lambda objects: objects.archive(NOBODY, "ssi", "stage", ["a.txt"]),
    ],
    ids=["list_page", "detail", "preview", "clip_url", "link", "download", "archive"],
)
def test_a_refusal_is_told(objects: Objects, audit: Audit, call: Callable[[Objects], Any]) -> None:
    """Who tried what; the person sees the refusal as before."""
    with pytest.raises(AccessDenied):
        call(objects)
    ((result, action, key, _),) = _told(audit)
    assert result == "refused"
    assert key == ("" if action == "object:archive" else "a.txt")


def test_personal_data_in_bulk_is_a_refusal(objects: Objects, audit: Audit) -> None:
    """Even with every role."""
    with pytest.raises(AccessDenied):
        objects.archive(ANN, "speech-coach", "main", [SOUND])
    assert [row[:2] for row in _told(audit)] == [("refused", "object:archive")]


def test_what_was_allowed_and_failed_is_told_twice(objects: Objects, audit: Audit) -> None:
    """The attempt, and that it did not work, with the reason."""
    with pytest.raises(NotFound):
        objects.detail(ANN, "speech-coach", "main", "gone")
    assert [row[:3] for row in _told(audit)] == [
        ("allowed", "object:read", "gone"),
        ("failed", "object:read", "gone"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        lambda objects: objects.link(ANN, "ssi", "stage", "a", expires_s=1),
        lambda objects: objects.archive(ANN, "ssi", "stage", []),
        lambda objects: objects.archive(ANN, "ssi", "stage", [str(n) for n in range(2_001)]),
        lambda objects: objects.link(ANN, "nowhere", "stage", "a", expires_s=600),
    ],
    ids=["life", "nothing", "too many", "unknown project"],
)
def test_a_mistake_in_the_question_is_no_attempt(
    objects: Objects, audit: Audit, call: Callable[[Objects], Any]
) -> None:
    """What could not be asked for is told to the person, not to the log."""
    with pytest.raises((InvalidInput, StorageError)):
        call(objects)
    assert _told(audit) == []
