"""Who may approve a release, until when that is good, and who may run it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from storage.errors import AccessDenied, Conflict, InvalidInput, RuleViolation
from storage.layout.promoting import PromotionRules
from storage.model.people import Actor, Role
from storage.model.releases import STATE_WORDS, Approval, Person, Release

REASON_CHARACTERS = 10  # fewer say nothing


def approved(
    release: Release,
    actor: Actor,
    rules: PromotionRules,
    *,
    given_hash: str,
    at: str,
    note: str = "",
    override: str = "",
) -> Approval:
    """The approval that `actor` gives at that time (UTC, ISO-8601) to the plan of `given_hash`.

    Raises Conflict where that is no longer the plan, RuleViolation where a gate is shut,
    AccessDenied where it takes another person, InvalidInput for an override without a reason.
    """
    if release.state != "planned":
        raise Conflict(
            f"This release is {STATE_WORDS[release.state]}, so it cannot be approved.",
            "Look at it again; for another release make a new plan.",
        )
    if given_hash != release.hash:
        raise Conflict(
            "The plan is not the one that was looked at: its hash is another.",
            "Look at the plan again, and approve the hash that it shows.",
        )
    refuse_blocked(release)
    alone = release.planned.id == actor.id
    if alone and rules.second_person and actor.session is not None:
        _check_override(actor, override)
    else:
        override = ""
    until = datetime.fromisoformat(at) + timedelta(hours=rules.expires_hours)
    return Approval(
        Person.of(actor, at, note),
        release.hash,
        until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        alone=alone,
        override=override.strip(),
    )


def _check_override(actor: Actor, reason: str) -> None:
    if not reason.strip() or Role.ADMIN not in actor.roles:
        raise AccessDenied(
            "Whoever planned a release does not approve it: that takes another person.",
            "Ask a colleague. An admin may approve alone, by typing the reason.",
        )
    if len(reason.strip()) < REASON_CHARACTERS:
        raise InvalidInput(
            "That is no reason.", f"Say in {REASON_CHARACTERS} letters or more why it cannot wait."
        )


def countersigned(release: Release, actor: Actor, *, at: str, note: str = "") -> Approval:
    """The approval with a second person's signature under an override. Raises Conflict where none
    is wanted, AccessDenied for the one who approved.
    """
    approval = release.approval
    if approval is None or not approval.override or approval.countersigned is not None:
        raise Conflict("Nothing of this release waits to be countersigned.", "Look at it again.")
    if actor.id in (approval.by.id, release.planned.id):
        raise AccessDenied(
            "Whoever planned or approved a release does not countersign it.", "Ask a colleague."
        )
    return replace(approval, countersigned=Person.of(actor, at, note))


def refuse_blocked(release: Release) -> None:
    """Raises RuleViolation where a gate is shut."""
    if release.blocked:
        reasons = " ".join(f"{gate.name}: {gate.reason}" for gate in release.blocked)
        raise RuleViolation(
            f"The release is held back. {reasons}",
            "Settle what is in its way, and make a new plan.",
            bucket=release.header.target_bucket,
        )


def check_runnable(release: Release, now: datetime) -> None:
    """Raises Conflict where it is not approved, no longer, or not as it was approved."""
    approval = release.approval
    if approval is None or release.state in ("planned", "void"):
        raise Conflict(
            f"This release is {STATE_WORDS[release.state]}, so it cannot run.",
            "Have it approved first." if release.state == "planned" else "Make a new plan.",
        )
    if approval.hash != release.hash:
        raise Conflict("What was approved is another plan.", "Make a new plan.")
    if release.expired(now):
        raise Conflict(
            f"The approval ended at {approval.expires_at[:16]}Z.",
            "Make a new plan: the buckets may hold something else by now.",
        )
