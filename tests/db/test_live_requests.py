"""Who asked for which welcome to go live, on both databases."""

from __future__ import annotations

from dataclasses import replace

from storage.db.engine import Database
from storage.db.live_requests import LiveRequests
from storage.model.welcomes import LiveRequest

ASKED = LiveRequest("ssi", "ita_for_eng", "ID", "etag", "why", "2026-11-21T07:00:00.0Z", "a", "Ann")


def test_a_request_is_kept_until_it_is_removed(database: Database) -> None:
    """One a course: a later one takes the place of an earlier one; other projects have their own."""
    requests = LiveRequests(database)
    assert list(requests.list("ssi")) == []
    other = replace(ASKED, course="cym_for_eng", at="2026-11-21T06:00:00.0Z")
    for one in (ASKED, other, replace(ASKED, layout="another")):
        requests.put(one)
    again = replace(ASKED, note="a new one", at="2026-11-21T08:00:00.0Z")
    requests.put(again)
    assert list(requests.list("ssi")) == [other, again]
    assert requests.remove("ssi", "ita_for_eng")
    assert not requests.remove("ssi", "ita_for_eng")
    assert list(requests.list("ssi")) == [other]
    assert len(requests.list("another")) == 1
