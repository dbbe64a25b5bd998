"""A job as its row in the database, and back. Pure.

Who must look after a row is said by two columns. `runner` is the claim of whoever works on it, ""
for nobody; each run has one of its own. `beat_at` is when that runner gave the last sign, "" when
nothing is left to be done by anybody. A row that gave no sign for STALE is anybody's to take over,
also one whose state is an end: what it left half done is still to be tidied up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from storage.db.times import as_text, as_time
from storage.model.jobs import ACTIVE, Job
from storage.model.people import Actor, Can, Role, Scope, Session

# Consoles on several machines compare their clocks by these: they may differ by STALE - LAPSE.
BEAT = timedelta(seconds=5)
"""How often a runner gives a sign."""
LAPSE = timedelta(seconds=10)
"""A runner that could give none for so long asks whether the job is still its own."""
STALE = timedelta(seconds=15)
"""A job whose runner gave none for so long may be taken over."""
LONG_AGO = "1970-01-01T00:00:00.000000Z"
"""A beat that leaves the row to whoever looks first."""

_TEXT_MAX = 1_000  # characters of a title or a line of progress; a key has 1,024 bytes at most
# NUL is no text to PostgreSQL, and half a surrogate pair is none to either database
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


def keepable(text: str) -> str:
    """`text` as a database can keep it: without NUL and halves of pairs, at most 1,000 long."""
    clean = _UNKEEPABLE.sub(lambda odd: odd[0].encode("unicode_escape").decode(), text)
    return clean if len(clean) <= _TEXT_MAX else clean[: _TEXT_MAX - 1] + "…"


def acting(actor: Actor, now: datetime, job_id: str) -> Actor:
    """Who the job acts as from `now` on: its starter, or whoever resumes it."""
    session = actor.session and Session(now, None, "job", actor.session.token_id)
    return replace(actor, via="job", request_id=job_id, session=session)


def token_of(actor: Actor) -> str:
    """The id of the token that acts, or began the job; "" for a person's own session."""
    return actor.session.token_id if actor.session else ""


def actor_text(actor: Actor) -> str:
    """The column `actor`."""
    session, scope = actor.session, actor.scope
    return json.dumps(
        {
            "id": actor.id,
            "name": actor.name,
            "roles": sorted(actor.roles),
            "address": actor.address,
            "since": as_text(session.issued_at) if session else "",
            "token": token_of(actor),
            "scope": scope
            and {"permissions": sorted(scope.permissions), "layouts": sorted(scope.layouts)},
        }
    )


def actor_of(row: Mapping[str, Any]) -> Actor:
    """The actor that `actor_text` wrote into the row."""
    facts = json.loads(row["actor"])
    since, limits = as_time(facts["since"]), facts["scope"]
    return Actor(
        facts["id"],
        facts["name"],
        frozenset(map(Role, facts["roles"])),
        "job",
        facts["address"],
        row["id"],
        Session(since, None, "job", facts["token"]) if since else None,
        limits and Scope(frozenset(map(Can, limits["permissions"])), frozenset(limits["layouts"])),
    )


def is_live(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody works on it: here, or in another console or command."""
    return bool(row["runner"]) and row["beat_at"] >= as_text(now - STALE)


def is_resumable(row: Mapping[str, Any], now: datetime, kinds: Container[str]) -> bool:
    """Whether a run of these `kinds` may begin where the last one stopped."""
    stopped = row["state"] in ("interrupted", "failed") or (
        row["state"] in ACTIVE and not row["cancel"]
    )
    return stopped and row["kind"] in kinds and not is_live(row, now)


def as_job(row: Mapping[str, Any], now: datetime, kinds: Container[str]) -> Job:
    """What the row says at that time; `kinds` are those that can be resumed."""
    live, state, text = is_live(row, now), row["state"], row["text"]
    if state in ACTIVE and not live:
        state = "cancelled" if row["cancel"] else "interrupted"
    elif state not in ACTIVE and live:
        state, text = "running", "Cleaning up"
    return Job(
        **{name: row[name] for name in ("id", "kind", "title", "actor_id", "actor_name")},
        **{name: row[name] for name in ("layout", "role", "done", "total", "unit")},
        **{name: row[name] for name in ("created_at", "started_at", "finished_at")},
        state=state,
        text=text,
        result=json.loads(row["result"]),
        error=json.loads(row["error"]),
        resumable=is_resumable(row, now, kinds),
        cancelling=live and row["cancel"],
    )
