"""Listening over HTTP, as the player of Listen does it, on a real store."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from api_rig import LONGER_MP3, MP3, Api

WHERE = {"layout": "ssi", "role": "stage"}


class Player:
    """A browser of the local person, or of whoever's token it has."""

    def __init__(self, api: Api, token: str = "") -> None:
        self.api = api
        self.scope = {"prefix": f"{uuid.uuid4()}/"}
        self.keys = [f"{self.scope['prefix']}{name}.mp3" for name in "ab"]
        self.headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": api.url}

    def post(self, name: str, **values: Any) -> httpx.Response:
        url = f"{self.api.url}/api/ui/{name}"
        return httpx.post(url, json={**WHERE, **values}, headers=self.headers, timeout=30)

    def next(self, **values: Any) -> dict[str, Any]:
        until = datetime.now(UTC) + timedelta(seconds=20)
        while True:
            answer = self.post("next", **{"scope": self.scope, **values})
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            if found["listing"]["state"] == "ready":
                return found
            assert datetime.now(UTC) < until

    def say(self, clip: dict[str, Any], decision: str = "approved", **more: Any) -> dict[str, Any]:
        answer = self.post("verdict", scope=self.scope, verdicts=[said(clip, decision, **more)])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def said(clip: dict[str, Any], decision: str = "approved", **more: Any) -> dict[str, Any]:
    same = {name: clip[name] for name in ("key", "etag", "size", "version_id")}
    return {"nonce": uuid.uuid4().hex, "decision": decision, **same, **more}


@pytest.fixture
def player(api: Api) -> Player:
    """Two clips in a folder of their own, with bytes that nobody has heard."""
    made = Player(api)
    for key in made.keys:
        api.put("stage", key, MP3 + uuid.uuid4().bytes)
    return made


def test_a_clip_is_heard_and_judged(player: Player) -> None:
    """It plays exactly the bytes it says; the verdict is kept, counted, and can be undone."""
    handed = player.next(count=1)
    (clip,) = handed["clips"]
    played = httpx.get(clip["url"])
    assert len(played.content) == clip["size"]
    assert played.headers["etag"].strip('"') == clip["etag"]
    answer = player.say(clip, "rejected", reasons=["cut-off"], marks=[{"t": 0.5, "text": "click"}])
    (result,) = answer["results"]
    assert (result["ok"], result["state"], result["repeated"]) == (True, "rejected", False)
    assert (answer["progress"]["rejected"], answer["progress"]["left"]) == (1, 1)
    assert clip["key"] not in {one["key"] for one in player.next(count=5)["clips"]}
    undone = player.post("undo", verdict_id=result["verdict_id"], scope=player.scope).json()
    assert (undone["ok"], undone["key"], undone["state"]) == (True, clip["key"], clip["state"])
    assert undone["progress"]["left"] == 2


def test_a_verdict_that_is_sent_again_is_one(player: Player) -> None:
    """As a browser does whose connection broke before the answer came."""
    (clip,) = player.next(count=1)["clips"]
    once = said(clip)
    first = player.post("verdict", verdicts=[once]).json()["results"][0]
    again = player.post("verdict", verdicts=[once, once]).json()["results"]
    assert {one["verdict_id"] for one in again} == {first["verdict_id"]}
    assert all(one["ok"] and one["repeated"] for one in again)


def test_an_expired_sign_in_is_told_and_the_verdict_can_come_later(
    player: Player, api: Api
) -> None:
    """401, nothing kept; after signing in again the same one is kept."""
    (clip,) = player.next(count=1)["clips"]
    once = said(clip)
    late = Player(api, f"sst_{'0' * 16}_{'0' * 64}").post("verdict", verdicts=[once])
    assert (late.status_code, late.json()["error"]["code"]) == (401, "not-signed-in")
    (result,) = player.post("verdict", verdicts=[once]).json()["results"]
    assert (result["ok"], result["repeated"]) == (True, False)


def test_a_clip_that_was_replaced_meanwhile_is_not_judged(player: Player, api: Api) -> None:
    """Told, not to be sent again; it comes again with its new bytes."""
    clips = {one["key"]: one for one in player.next(count=2)["clips"]}
    etag = api.put("stage", player.keys[0], LONGER_MP3 + uuid.uuid4().bytes)
    (result,) = player.say(clips[player.keys[0]])["results"]
    assert (result["ok"], result["again"], result["error"]["code"]) == (False, False, "conflict")
    etags = {one["key"]: one["etag"] for one in player.next(count=2)["clips"]}
    assert etags[player.keys[0]] == etag


def test_one_clip_of_the_table_can_be_heard(player: Player) -> None:
    """Whatever was said of it; one that is not there is 404."""
    (clip,) = player.next(count=1)["clips"]
    player.say(clip)
    (again,) = player.next(key=clip["key"])["clips"]
    assert (again["key"], again["state"]) == (clip["key"], "approved")
    assert [(one["decision"], one["mine"]) for one in again["verdicts"]] == [("approved", True)]
    assert player.post("next", scope=player.scope, key="mastered/none.mp3").status_code == 404


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("next", {}, "what to listen to"),
        ("next", {"scope": {"course": "a", "prefix": "b"}}, "what to listen to"),
        ("next", {"scope": {"prefix": 3}}, "what to listen to"),
        ("next", {"scope": {"prefix": "x/"}, "order": "loudest"}, "loudest"),
        ("next", {"scope": {"prefix": "x/"}, "count": 6}, "6 clips"),
        ("next", {"scope": {"prefix": "x/"}, "count": True}, "count is missing or of another type"),
        ("next", {"scope": {"prefix": "x/"}, "skip": ["x"] * 51}, "skip is no list"),
        ("next", {"scope": {"prefix": "x/"}, "since": "yesterday"}, "a time that is none"),
        ("next", {"scope": {"course": "cym_for_eng"}}, "cym_for_eng"),
        ("next", {"scope": {"selection": "none"}}, "selection is not there"),
        ("verdict", {}, "no verdicts"),
        ("verdict", {"verdicts": [{}] * 101}, "no verdicts"),
        ("verdict", {"verdicts": [3]}, "no object"),
        ("verdict", {"verdicts": [{"nonce": "n"}]}, "lacks key, etag, decision"),
        ("undo", {"verdict_id": "1"}, "verdict_id is missing"),
        ("undo", {"verdict_id": 10**6}, "no such verdict"),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(
    player: Player, name: str, values: dict[str, Any], words: str
) -> None:
    """In words, with a status of its own; never a 500."""
    answer = player.post(name, **values)
    assert answer.status_code in (400, 404)
    assert words in answer.json()["error"]["what"]


def test_marks_that_are_none_are_refused(player: Player) -> None:
    """NaN and infinity too, which Python's JSON takes."""
    (clip,) = player.next(count=1)["clips"]
    for mark in ({"t": "1", "text": "x"}, {"t": 1}, [], {"t": True, "text": "x"}):
        assert player.post("verdict", verdicts=[said(clip, marks=[mark])]).status_code == 400
    body = '{"layout":"ssi","role":"stage","verdicts":[{"nonce":"n","key":"k","etag":"e","size":1,'
    body += '"decision":"approved","marks":[{"t":NaN,"text":"x"}]}]}'
    headers = {**player.headers, "Content-Type": "application/json"}
    answer = httpx.post(f"{player.api.url}/api/ui/verdict", content=body, headers=headers)
    assert answer.status_code == 400


def test_another_page_cannot_judge(player: Player, api: Api) -> None:
    """A request of another origin is refused."""
    player.headers = {"Origin": "http://evil.example"}
    assert player.post("verdict", verdicts=[]).status_code == 403
