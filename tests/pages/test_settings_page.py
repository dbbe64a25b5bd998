"""Settings: for admins alone; switching, giving out, ending, looking up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from job_rig import until
from page_rig import Console

from storage.audit.far_heads import FarHeadsState
from storage.bootstrap import Services
from storage.errors import NotSignedIn, Unavailable
from storage.model.audit import AuditFilter
from storage.model.people import Role, local_actor
from ui.settings import open_to

HOSTILE = "**b** [x](javascript:alert(1)) <img src=x> \u202e"
ADMIN = local_actor()


@pytest.fixture
def settings(console: Console) -> Callable[..., Console]:
    """`settings(part)`: the page at that part, with all roles."""
    return lambda part, **address: console.open("settings", part=part, **address)


def cells(console: Console) -> list[dict[str, str]]:
    """The rows of the tables on the page."""
    return [row for table in console.app.dataframe for row in table.value.to_dict("records")]


def facts(console: Console, key: str) -> dict[str, str]:
    """Label and value of what is listed."""
    sections = console.data(key)["sections"]
    return {row["label"]: row["value"] for section in sections for row in section["rows"]}


def told(services: Services, action: str) -> list[tuple[str, str]]:
    """Result and reason of each row, oldest first."""
    found = services.audit.stream(AuditFilter(action=action))
    return [(row.event.result, row.event.note) for row in found]


@pytest.mark.parametrize("role", list(Role))
def test_only_admins_have_settings(role: Role) -> None:
    """The menu offers them to nobody else."""
    assert open_to(local_actor(frozenset({role}))) is (role is Role.ADMIN)


@pytest.mark.parametrize("role", ["viewer", "editor", "qa", "operator"])
@pytest.mark.parametrize("part", ["writing", "tokens", "people", "audit", "setup"])
def test_a_link_shows_nobody_else_anything(settings: Any, role: str, part: str) -> None:
    """Neither the page nor one of its parts."""
    console = settings(part, **{"as": role})
    assert not {"settings:heads", "settings:said"} & console.shown
    assert not [button for button in console.app.button if "settings:" in str(button.key)]
    assert not console.app.dataframe


# -- reading only -------------------------------------------------------------------------------


def test_an_admin_switches_to_reading_only_and_back(settings: Any, installed: Services) -> None:
    """With a reason, which everybody sees, and which is in the log."""
    console = settings("writing")
    console.app.text_area(key="settings:why").input(f"Buckets are moved {HOSTILE}")
    console.press("danger:settings:read-only")
    state = installed.switches.read_only()
    assert state is not None
    assert state.why == f"Buckets are moved {HOSTILE}"
    assert "Reading only since" in console.words
    assert all("](javascript" not in raw for raw in console.markdown)
    console.app.text_input(key="settings:why-writing").input("Moved")
    console.press("settings:allow-writing")
    assert installed.switches.read_only() is None
    assert "Everybody writes" in console.words
    notes = [note for result, note in told(installed, "console:manage") if result == "done"]
    assert notes == [state.why, "Moved"]


def test_without_a_reason_nothing_is_switched(settings: Any, installed: Services) -> None:
    """What is missing is told where it is."""
    console = settings("writing").press("danger:settings:read-only")
    assert "There is no reason." in console.words
    assert installed.switches.read_only() is None


def test_the_setting_wins_and_says_so(
    settings: Any, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """READ_ONLY=1: no button, but where it is set."""
    monkeypatch.setattr(installed.switches, "_always", True)
    console = settings("writing")
    assert "READ_ONLY" in console.words
    assert not [button for button in console.app.button if "settings:" in str(button.key)]


# -- tokens -------------------------------------------------------------------------------------


def make_token(console: Console, name: str = "nightly") -> Console:
    app = console.app
    app.text_input(key="settings:token-name").input(name)
    app.multiselect(key="settings:token-roles").select("editor")
    app.multiselect(key="settings:token-cans").select("object:list")
    return console.press("settings:make-token")


def test_a_token_is_shown_once(settings: Any, installed: Services) -> None:
    """It works; once its maker has it, no page and no row of the log has it any more."""
    console = make_token(settings("tokens"))
    (secret,) = [item.value for item in console.app.code]
    actor = installed.tokens.actor_of(secret, address="", request_id="")
    assert actor.roles == {Role.EDITOR}
    console.press("settings:have-it")
    assert not console.app.code
    assert console.app.text_input(key="settings:token-name").value == ""
    assert all(secret not in str(row) for row in cells(console))
    assert secret not in str(list(installed.audit.stream(AuditFilter())))
    (row,) = cells(console)
    assert (row["Name"], row["State"], row["May"]) == ("nightly", "works", "object:list")
    assert row["In"] == "every project"


def test_a_token_that_cannot_be_made_says_why(settings: Any) -> None:
    """And what was typed stays."""
    console = settings("tokens")
    console.app.text_input(key="settings:token-name").input("empty")
    console.press("settings:make-token")
    assert "nothing" in console.words
    assert console.app.text_input(key="settings:token-name").value == "empty"
    assert not console.app.code


def test_a_token_is_ended(settings: Any, installed: Services) -> None:
    """From then on it opens nothing; it stays in the list, as ended."""
    console = make_token(settings("tokens"), HOSTILE.replace("\u202e", ""))
    (secret,) = [item.value for item in console.app.code]
    console.press("settings:have-it")
    assert all("](javascript" not in raw for raw in console.markdown)
    console.press("danger:settings:token")
    assert "Choose a token first." in console.words
    (made,) = installed.tokens.list(ADMIN)
    console.app.selectbox(key="settings:token").select(made.id)
    console.press("danger:settings:token")
    assert [row["State"] for row in cells(console)] == ["ended"]
    with pytest.raises(NotSignedIn):
        installed.tokens.actor_of(secret, address="", request_id="")


# -- people -------------------------------------------------------------------------------------


def test_without_people_it_says_how_they_come(settings: Any) -> None:
    """Where nobody signs in, what to do so that they can."""
    assert "set up a login" in settings("people").words


def test_somebodys_access_is_ended(settings: Any, installed: Services) -> None:
    """All sessions until now; the list says when."""
    people = installed.users._people
    now = datetime.now(UTC)
    people.seen("id/ann", f"Ann {HOSTILE}", "ann@example.org", frozenset({Role.QA}), now)
    console = settings("people")
    (row,) = cells(console)
    assert (row["E-mail"], row["Roles"], row["Access ended"]) == (
        "ann@example.org",
        "QA listener",
        "",
    )
    assert "\u202e" not in row["Name"]
    console.app.selectbox(key="settings:person").select("id/ann")
    console.app.text_input(key="settings:person-why").input("Lost laptop")
    console.press("danger:settings:person")
    assert "has ended" in console.words
    assert all("](javascript" not in raw for raw in console.markdown)
    assert people.cutoffs("id/ann").revoked_before is not None
    assert cells(settings("people"))[0]["Access ended"]
    assert told(installed, "user:manage")[-1] == ("done", "Lost laptop")


# -- the audit log and the setup ----------------------------------------------------------------


def test_the_log_is_checked_as_a_job(settings: Any, installed: Services) -> None:
    """What it found stays on the page."""
    console = settings("audit").press("settings:verify")
    (job,) = installed.jobs.list(ADMIN)
    until(lambda: not installed.jobs.get(ADMIN, job.id).active)
    console.again()
    assert "rows, all as the console wrote them." in console.words
    assert facts(console, "settings:heads")["In a file"].endswith("audit-heads.jsonl")
    assert "AUDIT_HEADS_PLACE" in facts(console, "settings:heads")["In a store"]


def test_tampering_is_told(settings: Any, installed: Services) -> None:
    """Row by row, with what to do."""
    from storage.model.audit import Head, Tampering, Verdict

    found = (Tampering("edited", 2, f"Row 2 is not as the console wrote it. {HOSTILE}"),)
    verdict = Verdict(3, Head(3, "m", "s"), found, more=4, unread="Not compared with s3://b/.")
    installed.audit.verify = lambda *_: verdict  # type: ignore[method-assign]
    console = settings("audit").press("settings:verify")
    (job,) = installed.jobs.list(ADMIN)
    until(lambda: not installed.jobs.get(ADMIN, job.id).active)
    words = console.again().words
    assert "changed by something else than the console" in words
    assert "Row 2 is not as the console wrote it." in words
    assert "and 4 more" in words
    assert "Not compared with s3://b/." in words
    assert all("](javascript" not in raw for raw in console.markdown)


def test_heads_that_do_not_arrive_are_told(
    settings: Any, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do about it."""
    state = FarHeadsState("s3://b/heads/", error=Unavailable("No answer.", "Start it."))
    monkeypatch.setattr(type(installed.audit), "far_heads", property(lambda _self: state))
    shown = facts(settings("audit"), "settings:heads")
    assert shown["Not written"] == "No answer. Start it."


def test_the_setup_shows_no_secret(settings: Any, installed: Services) -> None:
    """What is set, by whom, and what the store can; a secret only that it is set."""
    console = settings("setup")
    said, stores = facts(console, "settings:said"), facts(console, "settings:stores")
    assert said["AWS_SECRET_ACCESS_KEY"] == "set, and kept secret (by the environment)"
    assert said["AWS_REGION"] == "us-east-1 (by the environment)"
    assert "DATABASE_URL" in said["Not set"]
    assert said["Database"].startswith("SQLite")
    assert "It can" in stores
    assert stores["Stage (testing)"] == "ssi-audio-stage in us-east-1"
    everything = str(console._given) + console.words
    assert "never-shown" not in everything


def test_a_store_that_is_away_is_said_in_its_place(
    settings: Any, installed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the setup is there."""
    from storage.s3.client import Store

    def away(_self: Store) -> Any:
        raise Unavailable("The store does not answer.")

    monkeypatch.setattr(Store, "capabilities", property(away))
    console = settings("setup")
    assert facts(console, "settings:stores")["Not reached"] == "The store does not answer."
