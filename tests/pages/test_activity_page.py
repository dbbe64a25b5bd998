"""Activity: who sees what of the log, how it is filtered, and where its links lead."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from page_rig import A_CLIP, Console

from storage.audit.far_heads import FarHeadsState
from storage.bootstrap import Services
from storage.errors import Unavailable
from storage.model.audit import AuditEvent
from storage.model.people import Actor, Role, local_actor

ANN = Actor("id.example.org/ann", "Ann Lee", frozenset({Role.EDITOR}), "session", "192.0.2.7")
LOCAL = local_actor(address="127.0.0.1", request_id="r7")
STAGE = {"layout": "ssi", "role": "stage", "bucket": "ssi-audio-stage"}
HOSTILE = "**b** [x](javascript:alert(1)) <img src=x> :red[x] $x$ =1+1 \x1b[31m\u202e"


def add(services: Services, actor: Actor = ANN, action: str = "object:link", **facts: Any) -> None:
    """One row."""
    given = {"result": "allowed", **STAGE, "key": A_CLIP, **facts}
    services.audit.append(AuditEvent.by(actor, action, **given))


def rows(console: Console) -> list[Any]:
    """The rows of the table."""
    return list(console.data("activity:log")["rows"])


def seqs(console: Console) -> list[int]:
    return [row["seq"] for row in rows(console)]


def files(console: Console) -> dict[str, dict[str, list[str]]]:
    """The export's links: form -> query."""
    links = [item.proto.url for item in console.app.get("link_button")]
    queries = [parse_qs(urlsplit(url).query) for url in links if "/api/ui/activity" in url]
    return {query["form"][0]: query for query in queries}


@pytest.fixture
def filled(installed: Services) -> Services:
    """Three rows: Ann's, the local person's, Ann's change with a reason."""
    add(installed)
    add(installed, LOCAL, key="canonical/welcomes.json", bucket="popty-bach-lfs", role="canonical")
    detail = {"call": "edit", "size_bytes": 7}
    add(
        installed, action="object:write", result="done", note="Wrong voice",
        version_before="v1", version_after="v2", detail=detail,
    )  # fmt: skip
    return installed


def test_who_may_read_the_log_sees_every_row(console: Console, filled: Services) -> None:
    """Newest first, in words, each with all that is known of it."""
    assert seqs(console.open("activity")) == [3, 2, 1]
    row = rows(console)[0]
    assert (row["who"], row["what"], row["call"]) == ("Ann Lee", "Write an object", "edit")
    assert (row["result"], row["tone"]) == ("Done", "ok")
    facts = dict(row["facts"])
    assert facts["Who"] == "Ann Lee (id.example.org/ann)"
    assert facts["From"] == "192.0.2.7 in the browser"
    assert (facts["Version before"], facts["Version after"]) == ("v1", "v2")
    assert (facts["Why"], facts["Size (bytes)"]) == ("Wrong voice", "7")
    assert facts["Project"] == "Language courses, Stage (testing)"


@pytest.mark.parametrize("role", ["viewer", "editor", "qa"])
def test_others_see_their_own_rows(console: Console, filled: Services, role: str) -> None:
    """And are told that there is more; whom to look at is not theirs to choose, nor to take."""
    assert seqs(console.open("activity", **{"as": role})) == [2]
    assert "what you did yourself" in console.words
    assert not [box for box in console.app.selectbox if box.key == "activity:person"]
    assert files(console)["csv"]["person"] == ["local"]


def test_another_persons_rows_are_refused(console: Console, filled: Services) -> None:
    """By a shared link too: the page says which role it needs."""
    console.open("activity", **{"as": "viewer", "person": ANN.id})
    assert "audit:read" in console.words
    assert "activity:log" not in console.shown


def test_the_address_filters(console: Console, filled: Services) -> None:
    """Each of its parts; what means nothing is ignored."""
    today = date.today().isoformat()  # noqa: DTZ011  the page's own day
    for address, wanted in (
        ({"person": ANN.id}, [3, 1]),
        ({"what": "object:write"}, [3]),
        ({"result": "done"}, [3]),
        ({"project": "ssi", "bucket": "popty-bach-lfs"}, [2]),
        ({"starts": "canonical/"}, [2]),
        ({"find": "wrong VOICE"}, [3]),
        ({"bucket": "ssi-audio-stage", "key": A_CLIP}, [3, 1]),
        ({"span": "7"}, [3, 2, 1]),
        ({"span": "days", "since": "2020-01-01", "until": "2020-01-02"}, []),
        ({"span": "days", "since": today, "until": today}, [3, 2, 1]),
        ({"before": "3"}, [2, 1]),
        ({"before": "x", "span": "y", "show": "z"}, [3, 2, 1]),
        ({"span": "days", "since": "0001-01-01", "until": "9999-12-31"}, [3, 2, 1]),
    ):
        assert seqs(console.open("activity", **address)) == wanted, address


def test_a_choice_becomes_the_address(console: Console, filled: Services) -> None:
    """So that what is seen can be shared; "Clear" shows everything again."""
    console.open("activity", before="3")
    console.app.selectbox(key="activity:person").select(ANN.id)
    assert seqs(console.again()) == [3, 1]
    assert dict(console.app.query_params) == {"person": ANN.id}
    console.app.text_input(key="activity:find").input(" voice ")
    assert seqs(console.again()) == [3]
    assert dict(console.app.query_params) == {"person": ANN.id, "find": "voice"}
    assert seqs(console.press("activity:clear")) == [3, 2, 1]
    assert dict(console.app.query_params) == {}


def test_sign_ins_can_be_asked_for(console: Console, filled: Services) -> None:
    """Though no permission is called so: whatever the log has a title for can be chosen."""
    console.open("activity")
    console.app.selectbox(key="activity:what").select("session:begin")
    assert seqs(console.again()) == []
    assert dict(console.app.query_params) == {"what": "session:begin"}


def test_links_lead_on(console: Console, filled: Services) -> None:
    """To the person, the object's history, the object in Browse, and to the row itself."""
    links = dict(rows(console.open("activity", **{"as": "operator"}))[0]["links"])
    query = {name: parse_qs(urlsplit(href).query) for name, href in links.items()}
    assert query["All of this person"] == {"person": [ANN.id]}
    assert query["History of this object"] == {"bucket": ["ssi-audio-stage"], "key": [A_CLIP]}
    assert links["Show in Browse"].startswith("browse?")
    assert query["Show in Browse"] == {
        "project": ["ssi"], "bucket": ["stage"], "prefix": ["mastered/"], "at": [A_CLIP],
        "as": ["operator"],
    }  # fmt: skip
    row = {name: value[0] for name, value in query["Link to this row"].items()}
    assert seqs(console.open("activity", **row))[0] == 3
    assert console.data("activity:log")["opened"] == 3


def test_pages_hold_every_row_once(console: Console, installed: Services) -> None:
    """A hundred a page, by the row's number: new rows move nothing."""
    for number in range(5):
        installed.audit.append(
            *(
                AuditEvent.by(ANN, "object:link", result="allowed", key=f"{number}-{one}")
                for one in range(50)
            )
        )
    found = seqs(console.open("activity"))
    assert console.data("activity:log")["count"] == "100 rows (no. 250 to 151)"
    add(installed)
    while older := dict(console.data("activity:log")["pager"]).get("Older"):
        console.open("activity", **{k: v[0] for k, v in parse_qs(urlsplit(older).query).items()})
        found += seqs(console)
    assert found == list(range(250, 0, -1))
    assert dict(console.data("activity:log")["pager"]) == {"Newest": "?"}


def test_the_files_have_what_is_filtered(console: Console, filled: Services) -> None:
    """Two links with the page's own filters."""
    console.open("activity", find="voice", span="days", since="2026-01-01", until="2026-12-31")
    found = files(console)
    assert set(found) == {"csv", "jsonl"}
    assert found["csv"]["find"] == ["voice"]
    since = datetime.fromisoformat(found["csv"]["since"][0])
    assert since == datetime(2026, 1, 1, tzinfo=UTC)
    assert found["csv"]["until"][0].startswith("2027-01-01")


def test_hostile_words_stay_words(console: Console, installed: Services) -> None:
    """In every column, as names to choose from, and in the address: shown, never interpreted."""
    actor = Actor(f"id/{HOSTILE}", HOSTILE, frozenset(), "session", HOSTILE, HOSTILE)
    add(
        installed, actor, HOSTILE, key=HOSTILE, bucket=HOSTILE, layout=HOSTILE, role=HOSTILE,
        note=HOSTILE, version_before=HOSTILE, detail={"call": HOSTILE, "odd name": HOSTILE},
    )  # fmt: skip
    console.open("activity", bucket=HOSTILE, key=HOSTILE, what=HOSTILE[:60], project=HOSTILE)
    assert "History of" in console.words
    for raw in console.markdown:
        assert "](javascript" not in raw
        assert not re.search(r"(?<!\\)<img", raw)
        assert "\u202e" not in raw
    console.open("activity")
    (row,) = rows(console)
    for text in (row["who"], row["what"], row["name"], *(value for _, value in row["facts"])):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert not [label for label, href in row["links"] if "javascript" in href[:12].lower()]


def test_an_empty_log_says_what_comes_here(console: Console, filled: Services) -> None:
    """And one that is only filtered away says so; nothing is offered to take."""
    console.open("activity", person="nobody")
    assert console.data("activity:log")["empty"][0] == "Nothing fits these filters"
    assert not files(console)


def test_a_new_console_has_nothing_to_show(console: Console) -> None:
    """It says what will appear."""
    assert "Nothing happened yet" in console.open("activity").data("activity:log")["empty"]


def test_heads_that_do_not_arrive_are_told(
    console: Console, filled: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To who sees the whole log; the log itself goes on."""
    state = FarHeadsState("s3://b/heads/", error=Unavailable("The store does not answer."))
    monkeypatch.setattr(type(filled.audit), "far_heads", property(lambda _self: state))
    assert "not in s3://b/heads/: The store does not answer." in console.open("activity").words
    assert seqs(console) == [3, 2, 1]
    assert "heads" not in console.open("activity", **{"as": "viewer"}).words


def test_a_log_that_cannot_be_read_is_no_empty_log(
    console: Console, filled: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says what is wrong with the database."""

    def locked(*_args: Any, **_options: Any) -> Any:
        raise Unavailable("The console's database is locked.", "Wait.")

    monkeypatch.setattr(filled.audit, "search", locked)
    console.open("activity")
    assert "database is locked" in console.words
    assert "activity:log" not in console.shown


def test_jobs_have_their_own_view(console: Console, filled: Services) -> None:
    """By its address; without the log."""
    console.open("activity", show="jobs")
    assert "Long work of everybody" in console.words
    assert "No long work is here." in console.words
    assert "activity:log" not in console.shown
    assert "Your long work" in console.open("activity", **{"show": "jobs", "as": "qa"}).words
