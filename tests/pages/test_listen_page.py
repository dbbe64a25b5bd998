"""Listen: what a QA listener is shown, chooses, judges together and takes along."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
import streamlit as st
from page_rig import Console

from storage.bootstrap import Services
from storage.demo.catalogue import FOLDER
from storage.measurements import work
from storage.model.people import Actor, Role, local_actor
from storage.model.review import Scope
from storage.s3.client import Store
from ui import listening
from ui.listen import listen

STAGE, CANONICAL = "ssi-audio-stage", "popty-bach-lfs"
IDS = ("33BE48B1-BCDF-5275-9D83-53864A0AD8BE", "855F9F70-1D0A-54BD-B734-F06A1A45B9E3")
HOSTILE = "[click](https://evil.example) <b>sì</b>"
COURSE = Scope("course", "ita_for_eng")
ME = local_actor()


def manifest(phrases: Mapping[str, str], target: str = "ita", known: str = "eng") -> bytes:
    """One with a clip of the first voice for each phrase."""
    samples = {
        phrase: [{"id": one, "role": "target1", "cadence": "natural", "duration": 0.8}]
        for phrase, one in phrases.items()
    }
    facts = {"id": "x", "version": "1", "target": target, "known": known, "status": "alpha"}
    introduction = {"id": "", "role": "presentation", "cadence": "natural", "duration": 0}
    piece = {"id": "s", "version": "1", "seeds": [], "samples": samples}
    piece |= {"pooledEncouragements": [], "orderedEncouragements": []}
    return json.dumps({**facts, "introduction": introduction, "slices": [piece]}).encode()


@pytest.fixture
def tab(console: Console, stocked: Store, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A listener's tab; the Italian course has two clips in testing."""
    monkeypatch.setattr(listen, "_component", console._keeping(listen._component))
    for one in IDS:
        body = (FOLDER / "ssi" / f"{one}.mp3").read_bytes()
        stocked.client.put_object(Bucket=STAGE, Key=f"mastered/{one}.mp3", Body=body)
    put_course(stocked, "ita_for_eng", manifest({"voglio": IDS[0], HOSTILE: IDS[1]}))
    return console


def put_course(store: Store, course: str, data: bytes) -> None:
    key = f"courses/{course}/course_manifest.json"
    store.client.put_object(Bucket=CANONICAL, Key=key, Body=data)


def look(tab: Console, **address: str) -> Console:
    """The page at an address, once the bucket is listed."""
    tab.open("listen", project="ssi", **address)
    for _ in range(50):
        if "being listed" not in tab.words:
            return tab
        time.sleep(0.1)
        tab.again()
    raise AssertionError(tab.words)


def judge_next(services: Services, actor: Actor = ME) -> None:
    """Somebody listens, over HTTP."""
    for _ in range(50):
        if services.review.next(actor, "ssi", "stage", COURSE).clips:
            return
        time.sleep(0.1)
    raise AssertionError("nothing came")


def test_a_first_visit_says_what_there_is_to_hear(tab: Console) -> None:
    """Courses and folders as links; nothing plays before something is chosen."""
    words = look(tab).words
    assert "What do you want to hear?" in words
    assert "[Italian for English speakers (ita_for_eng)](?project=ssi&bucket=stage&course=" in words
    assert "Folder mastered/" in words
    assert "listening:player" not in tab.shown


def test_the_player_is_told_who_hears_what_and_a_rerun_changes_nothing(tab: Console) -> None:
    """Bucket, scope, order, reasons and limits of the project; and the same again."""
    data = look(tab, course="ita_for_eng", order="shortest").data("listening:player")
    assert data["query"] == {
        "layout": "ssi",
        "role": "stage",
        "scope": {"course": "ita_for_eng"},
        "order": "shortest",
    }
    assert (data["person"], data["limits"]["target_lufs"]) == (ME.id, -16.0)
    assert len({reason["code"] for reason in data["reasons"]}) == 9
    assert tab.again().data("listening:player") == data


def test_it_opens_where_the_person_stopped(tab: Console, installed: Services) -> None:
    """Without an address; the address then says it, so that it can be shared."""
    judge_next(installed)
    look(tab)
    assert tab.data("listening:player")["query"]["scope"] == {"course": "ita_for_eng"}
    assert tab.app.query_params["course"] in ("ita_for_eng", ["ita_for_eng"])


def tick(monkeypatch: pytest.MonkeyPatch, *rows: int) -> list[list[dict[str, Any]]]:
    """Ticks these rows of the table; the list it returns is given what the table showed."""
    shown: list[list[dict[str, Any]]] = []

    def dataframe(data: list[dict[str, Any]], **_options: Any) -> Any:
        shown.append(data)
        return {"selection": {"rows": list(rows)}}

    monkeypatch.setattr(st, "dataframe", dataframe)
    return shown


def test_ticked_clips_are_judged_together(
    tab: Console, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rejection needs a reason or a note; each clip has its verdict then, and progress shows it."""
    shown = tick(monkeypatch, 0, 1)
    look(tab, course="ita_for_eng", show="clips")
    assert {row["Said"] for row in shown[-1]} == {"voglio", HOSTILE}
    tab.app.segmented_control(key="listening:decision").set_value("rejected")
    tab.again()
    assert tab.app.button(key="listening:judge:go").disabled
    tab.app.text_input(key="listening:note").set_value("a hiss")
    tab.again()
    tab.press("listening:judge:go")
    assert {row["State"] for row in shown[-1]} == {"Rejected"}
    progress = installed.review.progress(ME, "ssi", "stage", COURSE)
    assert (progress.whole.rejected, progress.today) == (2, 2)
    look(tab, course="ita_for_eng", show="progress")
    metrics = {metric.label: metric.value for metric in tab.app.metric}
    assert (metrics["Rejected"], metrics["To hear"]) == ("2", "0")
    tab.press("listening:gate")
    assert "2 rejected" in tab.words


def test_ticked_clips_become_a_selection_to_hear(
    tab: Console, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a name, is in the address, and opens in the player."""
    tick(monkeypatch, 1)
    look(tab, course="ita_for_eng", show="clips")
    tab.app.text_input(key="listening:name").set_value("odd ones")
    tab.again()
    tab.press("listening:kept")
    (made,) = installed.review.selections(ME, "ssi", "stage")
    assert (made.name, len(made.keys)) == ("odd ones", 1)
    assert tab.data("listening:player")["query"]["scope"] == {"selection": made.id}


def test_what_is_said_in_other_courses_is_found_and_shown_as_text(
    tab: Console, installed: Services, stocked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search looks in all courses that were read, and a phrase never becomes a link of its own."""
    tick(monkeypatch)
    put_course(stocked, "cym_for_eng", manifest({"dw i'n siarad": IDS[0]}, "cym"))
    for course in ("ita_for_eng", "cym_for_eng"):
        installed.manifests.clips(ME, "ssi", course)
    look(tab, course="cym_for_eng", show="clips", find="SI")
    assert "Said in other courses too: 1" in [item.label for item in tab.app.expander]
    (line,) = [text for text in tab.markdown if "evil" in text]
    assert "](https://evil" not in line
    assert "course=ita_for_eng" in line


def test_a_clip_beside_the_table_says_what_is_said_in_it(
    tab: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As text, whatever it is; with its voice and what was said of it; also in a folder."""
    tick(monkeypatch)
    for scope in ({"course": "ita_for_eng"}, {"prefix": "mastered/"}):
        look(tab, **scope, show="clips", at=f"mastered/{IDS[1]}.mp3")
        (title,) = [text for text in tab.markdown if "evil" in text]
        assert "](https://evil" not in title
        assert "<b>" not in title
        assert "First voice · natural · Not heard" in tab.words
        assert "This clip is not measured yet" in tab.words


def test_measuring_from_the_page_fills_table_and_pictures(
    tab: Console, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job with its progress on the page; then each clip's figures, and a picture of them all."""
    shown = tick(monkeypatch)
    look(tab, course="ita_for_eng", show="clips")
    assert "Nothing is measured here yet" in tab.words
    tab.press("listening:measure")
    assert "Measure the course ita_for_eng" in tab.words
    for _ in range(500):
        jobs = installed.jobs.list(ME)
        if not any(job.active for job in jobs):
            break
        time.sleep(0.1)
    # in testing, and those that are live: to compare with, equally loud
    assert [(job.role, job.state) for job in jobs] == [("prod", "done"), ("stage", "done")]
    look(tab, course="ita_for_eng", show="clips", order="course")
    assert all(0.5 < row["Length"] < 1.2 for row in shown[-1])
    assert {row["Comes early for"] for row in shown[-1]} == {"single word", ""}
    assert len(tab.app.get("plotly_chart")) == 2
    assert "sound the same" not in tab.words


def test_what_is_being_measured_is_not_offered_again(
    tab: Console, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the menu nor on the player, also in a tab that was opened since."""
    go_on, taken = threading.Event(), work._taken

    def waiting(*given: Any) -> Any:
        assert go_on.wait(60)
        return taken(*given)

    monkeypatch.setattr(work, "_taken", waiting)
    look(tab, course="ita_for_eng")
    assert tab.data("listening:player")["may_measure"]
    tab.press("listening:measure")
    for _ in range(2):
        assert "Measure the course ita_for_eng" in tab.words
        assert not tab.data("listening:player")["may_measure"]
        del tab.app.session_state["listening:jobs"]
        look(tab, course="ita_for_eng")
    assert tab.again().app.button(key="listening:measure").disabled
    go_on.set()
    while any(job.active for job in installed.jobs.list(ME)):
        time.sleep(0.1)
    assert not tab.again().app.button(key="listening:measure").disabled


def test_a_course_can_be_added_from_a_file(tab: Console, installed: Services) -> None:
    """Its code is proposed from the file; a broken one is refused by the place of the mistake."""
    look(tab)
    uploader = tab.app.file_uploader(key="listening:manifest")
    uploader.set_value([("x.json", b'{"slices": [{"samples": {"a": [{"id": 3}]}}]}', "text/json")])
    tab.again()
    assert 'slices[0].samples["a"][0].id' in tab.words
    uploader = tab.app.file_uploader(key="listening:manifest")
    uploader.set_value([("c.json", manifest({"un": IDS[0]}, "fra"), "application/json")])
    tab.again()
    tab.press("listening:put")
    assert "fra_for_eng" in {entry.course for entry in installed.manifests.courses(ME, "ssi")}
    assert tab.data("listening:player")["query"]["scope"] == {"course": "fra_for_eng"}


@pytest.mark.parametrize(("role", "offered"), [("qa", True), ("operator", True), ("viewer", False)])
def test_the_menu_and_home_lead_those_there_who_may_judge(
    tab: Console, role: str, offered: bool
) -> None:
    """QA's card on Home leads to Listen; who may not judge is told so, and not offered it."""
    tab.open("home", project="ssi", **{"as": role})
    if role == "qa":
        card = tab.cards("people")["QA listener"]
        assert card["href"] == "listen?project=ssi&bucket=stage&as=qa"
    person = Actor("p", "P", frozenset({Role(role)}))
    assert listening.open_to(person) is offered
