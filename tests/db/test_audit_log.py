"""The audit log: what it keeps, what it never keeps, and that no action goes without it."""

from __future__ import annotations

import json
import stat
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tampering import ANN, KEY, Clock, Log, event

from storage.audit.keys import load_key
from storage.audit.log import open_audit
from storage.audit.scrub import REMOVED, Scrub
from storage.db.engine import Database
from storage.errors import ConfigError, InvalidInput, NotFound, StorageError, Unavailable
from storage.model.audit import AuditEvent, AuditFilter
from storage.settings import Secret

EVERY_FIELD = AuditEvent(
    actor_id="ann@example.org",
    actor_name="Ann Ü. 👩‍🎤",
    roles=("operator", "qa"),
    via="session",
    address="192.0.2.7",
    action="object:link",
    result="done",
    layout="ssi",
    role="stage",
    bucket="ssi-audio-stage",
    key="mastered/a b+é\t\n\u202e.mp3",
    version_before="v1",
    version_after="v2",
    note='Because, = they \\ "said" so',
    request_id="r1",
    detail={"call": "link", "expires_s": 900, "download": True},
)


def test_every_field_comes_back(log: Log, clock: Clock) -> None:
    """What was said is what is read, with number and time; the newest first."""
    log.audit.append(EVERY_FIELD)
    clock.now += timedelta(microseconds=1)
    log.audit.append(event(2))
    second, first = log.audit.search(AuditFilter()).rows
    assert (first.seq, first.at) == (1, "2026-11-21T07:36:00.000000Z")
    assert first.event == EVERY_FIELD
    assert (second.seq, second.at) == (2, "2026-11-21T07:36:00.000001Z")
    assert not log.verify().findings


TEXTS = st.text(max_size=80) | st.text(alphabet="\x00\ud800\\x0�", max_size=8)


@given(key=TEXTS, note=TEXTS, name=TEXTS)
def test_any_text_can_be_logged(key: str, note: str, name: str) -> None:
    """NUL and half characters are written as escapes, everything else as it is; pure."""
    scrub = Scrub([])
    for given_text in (key, note, name):
        kept = scrub(given_text, 10_000)
        kept.encode()
        assert "\x00" not in kept
        if "\x00" not in given_text and "\ud800" not in given_text and kept != given_text:
            assert REMOVED in kept


def test_difficult_texts_are_kept_by_both_databases(log: Log) -> None:
    """NUL, half characters, and far too long keys and notes: one row each, chain unbroken."""
    long = "ключ/" * 1_000
    for odd in ("\x00", "\ud800", "a\x00b\udfff", long, "'; DROP TABLE audit_events; --"):
        log.audit.append(event(key=odd, note=odd, detail={"what": odd}))
    rows = log.audit.search(AuditFilter()).rows
    assert [row.event.key for row in reversed(rows)][:3] == ["\\x00", "\\ud800", "a\\x00b\\udfff"]
    assert rows[1].event.key.endswith("[cut]")
    assert len(rows[1].event.key.encode()) < 1_100
    assert log.audit.search(AuditFilter(key=long)).rows == (rows[1],)
    assert not log.verify().findings


def test_rows_are_found_by_each_filter_and_page_by_page(log: Log, clock: Clock) -> None:
    """Every filter narrows; pages hold every row once, without a gap."""
    for number in range(25):
        clock.now += timedelta(hours=1)
        log.audit.append(event(number % 5, result="refused" if number % 2 else "allowed"))
    search = log.audit.search
    assert len(search(AuditFilter(key="mastered/3.mp3")).rows) == 5
    assert len(search(AuditFilter(result="refused")).rows) == 12
    assert not search(AuditFilter(actor_id="bob")).rows
    assert len(search(AuditFilter(since=clock.now, action="object:link")).rows) == 1
    assert len(search(AuditFilter(until=clock.now, layout="ssi", bucket="b")).rows) == 24
    seen, before = [], None
    while True:
        page = search(AuditFilter(), before=before, limit=10)
        seen += [row.seq for row in page.rows]
        before = page.next
        if before is None:
            break
    assert seen == list(range(25, 0, -1))
    assert [row.seq for row in log.audit.stream(AuditFilter(key="mastered/3.mp3"))] == [
        4,
        9,
        14,
        19,
        24,
    ]
    with pytest.raises(InvalidInput):
        search(AuditFilter(), limit=0)


def test_a_session_and_clip_are_one_row(log: Log, clock: Clock) -> None:
    """Within twelve hours once, from wherever; another clip, person or version is another row."""
    hours = timedelta(hours=12)
    assert log.audit.append_once(event(1), hours)
    clock.now += hours
    assert not log.audit.append_once(replace(event(1), address="elsewhere", request_id="2"), hours)
    assert log.audit.append_once(event(2), hours)
    assert log.audit.append_once(event(1, version_before="v2"), hours)
    assert log.audit.append_once(replace(event(1), actor_id="bob"), hours)
    clock.now += timedelta(seconds=1)
    assert log.audit.append_once(event(1), hours)
    assert log.verify().rows == 5


def test_events_are_added_all_or_none(log: Log) -> None:
    """Of a ZIP of a thousand objects either every one is in the log, or the ZIP is not made."""
    bad = event(2, detail={"what": object()})
    with pytest.raises(TypeError):
        log.audit.append(event(1), bad)
    assert log.verify().rows == 0


def test_no_events_are_nothing_to_add(log: Log) -> None:
    """An act on nothing, such as a ZIP of an empty folder, leaves the log as it is."""
    log.audit.append(event(1))
    log.audit.append()
    with log.audit.recorded():
        pass
    assert log.verify().rows == 1


def test_what_fails_is_told_after_what_was_allowed(log: Log) -> None:
    """Two rows: the attempt, before it began, and how it ended."""

    def fail() -> None:
        with log.audit.recorded(event(1)):
            assert log.verify().rows == 1
            raise NotFound("The object is no longer there.")

    with pytest.raises(NotFound):
        fail()
    after, before = log.audit.search(AuditFilter()).rows
    assert (before.event.result, after.event.result) == ("allowed", "failed")
    assert after.event.detail["error"] == "not-found"


def test_nothing_happens_that_the_log_cannot_take(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses the row: the act is not begun."""

    @contextmanager
    def locked(*_args: object) -> Any:
        raise Unavailable("The console's database is locked.")
        yield

    monkeypatch.setattr(log.database, "writing", locked)
    for once in (None, timedelta(hours=1)):
        with (
            pytest.raises(Unavailable, match="locked"),
            log.audit.recorded(event(1), once_within=once),
        ):
            pytest.fail("it was done unaudited")


SECRETS = {
    "the store's key": "wJalrXUtnFEMI/K7MDENG+bPx=",
    "the database's password": "hunter22 & co",
    "the chain's key": str(KEY),
}
LEAKS = [
    "https://s3/b/k?X-Amz-Expires=9&X-Amz-Signature=deadbeefcafe&X-Amz-Date=1",
    "https://s3/b/k?x-amz-signature%3Ddeadbeefcafe",
    "X-Amz-Security-Token=deadbeefcafe==",
    "X-Amz-Credential=deadbeefcafe/20261121/eu-west-1/s3/aws4_request",
    "Authorization: AWS4-HMAC-SHA256 Credential=deadbeefcafe/2026, Signature=deadbeefcafe",
    "Authorization: Basic deadbeefcafe",
    '{"secret_access_key": "deadbeefcafe", "session_token": "deadbeefcafe"}',
    "Bearer deadbeefcafe.deadbeefcafe.deadbeefcafe",
    "postgresql://user:deadbeefcafe@db/console",
    "password = deadbeefcafe",
    "sst_0123456789abcdef_deadbeefcafe",
    "https://x/cb?id_token=deadbeefcafe&access_token=deadbeefcafe",
]


def test_no_secret_ever_gets_in(
    database: Database, tmp_path: Path, clock: Clock, address: str | Path
) -> None:
    """Whatever field it was put in, by mistake or on purpose: not in a row, a file or an export."""
    data = tmp_path / "data"
    audit = open_audit(database, data, KEY, clock, list(SECRETS.values()))
    leaks = [*SECRETS.values(), *(quote(secret, safe="") for secret in SECRETS.values()), *LEAKS]
    fields = ("actor_id", "actor_name", "via", "address", "layout", "role", "bucket", "key",
              "version_before", "version_after", "note", "request_id")  # fmt: skip
    for leak in leaks:
        hidden = f"before {leak} after"
        audit.append(replace(event(1), **dict.fromkeys(fields, hidden), detail={"what": hidden}))
    kept = json.dumps([row.as_json() for row in audit.stream(AuditFilter())])
    raw = str(Log(database, data, clock).rows())
    files = "".join(file.read_text() for file in data.iterdir() if file.is_file())
    if isinstance(address, Path):
        raw += "".join(
            file.read_bytes().decode("utf-8", "replace")
            for file in address.parent.glob(f"{address.name}*")
        )
    for where in (kept, raw, files):
        assert "deadbeefcafe" not in where
        for secret in SECRETS.values():
            assert secret not in where
            assert quote(secret, safe="") not in where
    assert kept.count("before ") == len(leaks) * (len(fields) + 1)
    for row in audit.stream(AuditFilter()):  # what stands around a secret stays
        assert row.event.note.endswith(" after")


@given(st.text(alphabet="abc/ .-_é&=?:@", max_size=60))
def test_innocent_texts_are_left_alone(key: str) -> None:
    """A key without a credential's name is in the log as it is."""
    assert Scrub(["a", "secret-of-8"])(key, 1_024) == key


def test_words_of_people_are_left_alone() -> None:
    """Notes that speak of signatures and passwords stay readable."""
    scrub = Scrub([])
    for note in (
        "basic vocabulary.mp3",
        "The signature tune was too quiet",
        "bearer of news/token ring.mp3",
        "key=5/secret garden.mp3",
    ):
        assert scrub(note, 1_000) == note


# -- the key ------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """64 random hex digits, mode 0600; the same at the next start."""
    key = load_key(Secret(""), tmp_path, lambda: True)
    assert len(bytes.fromhex(key.decode())) == 32
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    assert load_key(Secret(""), tmp_path, lambda: False) == key
    assert load_key(Secret(""), tmp_path / "other", lambda: True) != key


def test_a_lost_key_is_not_replaced(log: Log, clock: Clock) -> None:
    """With rows there, a new key would make all of them look forged."""
    log.fill(1)
    with pytest.raises(ConfigError, match="is gone"):
        open_audit(log.database, log.folder, Secret(""), clock, [])


@pytest.mark.parametrize("key", ["tiny", "x" * 31])
def test_a_short_key_is_refused(tmp_path: Path, key: str) -> None:
    """From the setting and from the file; it is not shown."""
    with pytest.raises(ConfigError, match="too short") as caught:
        load_key(Secret(key), tmp_path, lambda: True)
    assert key not in caught.value.what
    (tmp_path / "audit.key").write_text(key)
    with pytest.raises(ConfigError, match="too short"):
        load_key(Secret(""), tmp_path, lambda: True)


def test_another_key_continues_nothing(log: Log, clock: Clock) -> None:
    """A console with the wrong key is stopped at its first row, before it breaks the chain."""
    log.fill(2)
    other = open_audit(log.database, log.folder, Secret("z" * 64), clock, [])
    with pytest.raises(StorageError, match="does not go on"):
        other.append(event(3))
    assert log.verify().rows == 2
    assert not log.verify().findings


# -- the heads file -----------------------------------------------------------------------------


def test_the_head_is_written_out_once_a_day(log: Log, clock: Clock) -> None:
    """The first row of each day (UTC) puts the head into the file, whichever console adds it."""
    file = log.folder / "audit-heads.jsonl"
    for _day in range(3):
        log.fill(2)
        Log(log.database, log.folder, clock).fill(1)
        clock.now += timedelta(days=1)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [2, 5, 8]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not log.verify().findings


def test_without_its_heads_file_nothing_is_done(log: Log, clock: Clock) -> None:
    """It cannot be written: the action is refused, and the reason said."""
    (log.folder / "audit-heads.jsonl").mkdir()
    with pytest.raises(Unavailable, match="heads file"), log.audit.recorded(event(1)):
        pytest.fail("it was done")


def test_the_log_only_grows(log: Log) -> None:
    """The database itself refuses to change or remove a row."""
    log.fill(2)
    statements = ["UPDATE audit_events SET note = 'x'", "DELETE FROM audit_events"]
    if log.database.kind == "postgresql":
        statements.append("TRUNCATE audit_events")
    for statement in statements:
        with pytest.raises(StorageError), log.database.writing(1) as connection:
            connection.execute(text(statement))
    assert log.verify().rows == 2


def test_times_are_utc_whatever_the_clock_says(
    database: Database, tmp_path: Path, log: Log
) -> None:
    """A clock of another zone gives the same instant."""
    when = datetime.fromisoformat("2026-11-21T09:36:00+02:00")
    audit = open_audit(database, tmp_path / "data", KEY, lambda: when, [])
    audit.append(event(1))
    (row,) = audit.search(AuditFilter(since=datetime(2026, 11, 21, 7, 36, tzinfo=UTC))).rows
    assert row.at == "2026-11-21T07:36:00.000000Z"
    assert row.event.actor_id == ANN.id
