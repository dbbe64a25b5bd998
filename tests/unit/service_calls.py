"""Every call of the services that a person makes, by name, with the permissions it needs.

`test_role_matrix.py` finds a call that is missing here by itself. A call is given a bucket by
layout and role; one that concerns the console as a whole leaves them alone.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pyarrow as pa

from storage.bootstrap import Services
from storage.costs.ledger import BookUpdate
from storage.costs.pricebook import shipped
from storage.costs.scenarios import Grow
from storage.model.audit import AuditFilter
from storage.model.changes import DeletePlan, Deletion, PrefixPlan, TransferPlan, UploadPlan
from storage.model.content import Content
from storage.model.encouragements import Line, LinesPlan
from storage.model.measuring import MeasureScope
from storage.model.objects import ObjectHead, Place
from storage.model.people import Actor, Can, Role
from storage.model.promotion import Scope
from storage.model.review import Judgement
from storage.model.review import Scope as ReviewScope
from storage.model.welcome_plans import FieldChange, Past, PublishPlan, PublishStep, SavePlan
from storage.model.welcomes import Base, StoredSound
from storage.s3.objects import IfAbsent

KEY = "mastered/0A7051FF-4AB7-5123-8250-466D740ADCEF.mp3"
SOMEBODY = "id.example.org/somebody"
"""A person who signed in once, has a job, and is in the audit log."""
_THEN = datetime(2026, 11, 21, tzinfo=UTC)
_HEAD = ObjectHead("b", KEY, 1, "etag", _THEN, "audio/mpeg")

Run = Callable[[Services, Actor, str, str], object]


@dataclass(frozen=True)
class Call:
    """One method of a service, and all permissions it needs at once: in the bucket it is given, or
    in `buckets` of its own, by their role."""

    run: Run
    cans: frozenset[Can]
    buckets: Mapping[str, frozenset[Can]] | None = None


def _call(run: Run, *cans: Can) -> Call:
    return Call(run, frozenset(cans))


def _welcomes(run: Run, **buckets: set[Can]) -> Call:
    """A call that works in the project's own buckets, whichever it is given."""
    needs = {role: frozenset(cans) for role, cans in buckets.items()}
    return Call(run, frozenset[Can]().union(*needs.values()), needs)


def _here(*_: Any) -> None:
    """Progress of a job, which then runs in the calling thread."""


def _somebodys_job(services: Services) -> str:
    return services.jobs.list(Actor(SOMEBODY, "", frozenset()))[0].id


_OBJECTS: Mapping[str, Call] = {
    "objects.list_page": _call(lambda s, a, *at: s.objects.list_page(a, *at), Can.OBJECT_LIST),
    "objects.search": _call(lambda s, a, *at: s.objects.search(a, *at, "welcome"), Can.OBJECT_LIST),
    "objects.head": _call(lambda s, a, *at: s.objects.head(a, *at, KEY), Can.OBJECT_READ),
    "objects.stream": _call(
        lambda s, a, *at: s.objects.stream(a, *at, KEY, etag="etag"), Can.OBJECT_READ
    ),
    "objects.detail": _call(lambda s, a, *at: s.objects.detail(a, *at, KEY), Can.OBJECT_READ),
    "objects.preview": _call(
        lambda s, a, *at: s.objects.preview(a, *at, KEY, "etag"), Can.OBJECT_READ
    ),
    "objects.clip_url": _call(
        lambda s, a, *at: s.objects.clip_url(a, *at, KEY, etag="etag"), Can.OBJECT_READ
    ),
    "objects.download": _call(lambda s, a, *at: s.objects.download(a, *at, KEY), Can.OBJECT_READ),
    "objects.link": _call(
        lambda s, a, *at: s.objects.link(a, *at, KEY, expires_s=300), Can.OBJECT_LINK
    ),
    "objects.archive": _call(
        lambda s, a, *at: s.objects.archive(a, *at, [KEY]), Can.OBJECT_ARCHIVE
    ),
}
_CHANGES: Mapping[str, Call] = {
    "changes.plan_upload": _call(
        lambda s, a, *at: s.changes.plan_upload(a, *at, "", []), Can.OBJECT_WRITE
    ),
    "changes.upload": _call(
        lambda s, a, *at: s.changes.upload(a, UploadPlan(*at, "b", "", ()), [], watch=_here),
        Can.OBJECT_WRITE,
    ),
    "changes.unfinished": _call(
        lambda s, a, *at: s.changes.unfinished(a, UploadPlan(*at, "b", "", ()), []),
        Can.OBJECT_WRITE,
    ),
    "changes.check_storing": _call(
        lambda s, a, *at: s.changes.check_storing(a, *at), Can.OBJECT_WRITE
    ),
    "changes.store": _call(
        lambda s, a, *at: s.changes.store(a, *at, KEY, BytesIO(b""), precondition=IfAbsent()),
        Can.OBJECT_WRITE,
    ),
    "changes.put": _call(
        lambda s, a, *at: s.changes.put(a, *at, KEY, b"", precondition=IfAbsent()),
        Can.OBJECT_WRITE,
    ),
    "changes.plan_transfer": _call(
        lambda s, a, *at: s.changes.plan_transfer(
            a, *at, [KEY], target_layout=at[0], target_role=at[1], target="x/", move=False
        ),
        *(Can.OBJECT_READ, Can.OBJECT_WRITE),
    ),
    "changes.transfer": _call(
        lambda s, a, *at: s.changes.transfer(
            a, TransferPlan(*at, "b", *at, "b", True, ()), watch=_here
        ),
        *(Can.OBJECT_READ, Can.OBJECT_WRITE, Can.OBJECT_DELETE),
    ),
    "changes.edit": _call(
        lambda s, a, *at: s.changes.edit(a, *at, KEY, expected=_HEAD),
        Can.OBJECT_WRITE,
    ),
    "changes.set_tags": _call(
        lambda s, a, *at: s.changes.set_tags(a, *at, KEY, {}, expected=_HEAD, expected_tags={}),
        Can.OBJECT_WRITE,
    ),
    "changes.plan_delete": _call(
        lambda s, a, *at: s.changes.plan_delete(a, *at, [KEY]), Can.OBJECT_DELETE
    ),
    "changes.delete": _call(
        lambda s, a, *at: s.changes.delete(a, DeletePlan(*at, "b", (), "on", "")),
        Can.OBJECT_DELETE,
    ),
    "changes.remove": _call(
        lambda s, a, *at: s.changes.remove(a, *at, KEY, etag=None), Can.OBJECT_DELETE
    ),
    "changes.undo": _call(
        lambda s, a, *at: s.changes.undo(a, Deletion(*at, "b", ())), Can.OBJECT_DELETE
    ),
    "changes.plan_prefix": _call(
        lambda s, a, *at: s.changes.plan_prefix(a, *at, "x/"), Can.PREFIX_DELETE
    ),
    "changes.delete_prefix": _call(
        lambda s, a, *at: s.changes.delete_prefix(
            a,
            PrefixPlan(*at, "b", "x/", 0, 0, None, "", "", {}, _THEN, _THEN, "on", ""),
            watch=_here,
        ),
        Can.PREFIX_DELETE,
    ),
    "changes.deleted": _call(lambda s, a, *at: s.changes.deleted(a, *at, ""), Can.OBJECT_WRITE),
    "changes.restore": _call(
        lambda s, a, *at: s.changes.restore(a, *at, KEY, "v1", etag=None), Can.OBJECT_WRITE
    ),
    "changes.upload_link": _call(
        lambda s, a, *at: s.changes.upload_link(
            a, *at, KEY, content_type="audio/mpeg", max_bytes=1_000
        ),
        Can.OBJECT_RECEIVE,
    ),
}
_LOOK = {Can.OBJECT_LIST, Can.OBJECT_READ}
_SEE = {"canonical": _LOOK, "stage": _LOOK, "prod": _LOOK}
_SAVE = {"canonical": _LOOK | {Can.OBJECT_WRITE}}
_PUBLISH = {"canonical": _LOOK, "stage": {Can.WELCOME_PUBLISH}}
_COURSE = "ita_for_eng"
_PAST = Past("text", "v1", _THEN, "", current=False)
_SAVE_PLAN = SavePlan(
    "ssi",
    _COURSE,
    Base({}),
    "",
    True,
    (FieldChange(_COURSE, "text", "", "a"),),
    None,
    (),
    (),
    (),
    (),
)
_SOUND = StoredSound("canonical", "b", "k", "etag", 1, _THEN)
_PUBLISH_PLAN = PublishPlan(
    "ssi", "b", (PublishStep("id", KEY, (_COURSE,), _SOUND, None, needed=True),), (), ()
)
_WELCOMES: Mapping[str, Call] = {
    "welcomes.list": _welcomes(lambda s, a, *at: s.welcomes.list(a, at[0]), **_SEE),
    "welcomes.show": _welcomes(lambda s, a, *at: s.welcomes.show(a, at[0], _COURSE), **_SEE),
    "welcomes.requests": _welcomes(lambda s, a, *at: s.welcomes.requests(a, at[0]), **_SEE),
    "welcomes.manifest_findings": _welcomes(
        lambda s, a, *at: s.welcomes.manifest_findings(a, at[0], ()), canonical=_LOOK
    ),
    "welcomes.history": _welcomes(
        lambda s, a, *at: s.welcomes.history(a, at[0], _COURSE), canonical=_LOOK
    ),
    "welcomes.plan_save": _welcomes(
        lambda s, a, *at: s.welcomes.plan_save(a, at[0], _COURSE, text="a"), **_SAVE
    ),
    "welcomes.plan_restore": _welcomes(
        lambda s, a, *at: s.welcomes.plan_restore(a, at[0], _COURSE, _PAST), **_SAVE
    ),
    "welcomes.save": _welcomes(lambda s, a, *_: s.welcomes.save(a, _SAVE_PLAN), **_SAVE),
    "welcomes.plan_publish": _welcomes(
        lambda s, a, *at: s.welcomes.plan_publish(a, at[0], [_COURSE]), **_PUBLISH
    ),
    "welcomes.publish": _welcomes(
        lambda s, a, *_: s.welcomes.publish(a, _PUBLISH_PLAN, watch=_here), **_PUBLISH
    ),
    "welcomes.ask_to_go_live": _welcomes(
        lambda s, a, *at: s.welcomes.ask_to_go_live(a, at[0], _COURSE),
        **{**_SEE, "stage": _LOOK | {Can.WELCOME_PUBLISH}},
    ),
    "welcomes.end_request": _welcomes(
        lambda s, a, *at: s.welcomes.end_request(a, at[0], _COURSE), stage={Can.WELCOME_PUBLISH}
    ),
}
_NO_CLIPS = pa.table({"etag": pa.array([], pa.string()), "size": pa.array([], pa.int64())})
_MANIFEST = json.dumps({"slices": []}).encode()
_LISTEN: Mapping[str, Call] = {
    "manifests.courses": _welcomes(
        lambda s, a, *at: s.manifests.courses(a, at[0]), canonical=_LOOK
    ),
    "manifests.clips": _welcomes(
        lambda s, a, *at: s.manifests.clips(a, at[0], _COURSE), canonical=_LOOK
    ),
    "manifests.every": _welcomes(lambda s, a, *at: s.manifests.every(a, at[0]), canonical=_LOOK),
    "manifests.search": _welcomes(
        lambda s, a, *at: s.manifests.search(a, at[0], "voglio"), canonical=_LOOK
    ),
    "manifests.put": _welcomes(
        lambda s, a, *at: s.manifests.put(a, at[0], _COURSE, _MANIFEST),
        canonical={Can.COURSE_PUT},
    ),
    "measurements.start": _call(
        lambda s, a, *at: s.measurements.start(a, *at, MeasureScope("prefix")), Can.CLIP_MEASURE
    ),
    "measurements.rows": _call(
        lambda s, a, *at: s.measurements.rows(a, *at, MeasureScope("prefix")), Can.OBJECT_LIST
    ),
    "measurements.table": _call(
        lambda s, a, *at: s.measurements.table(a, *at, _NO_CLIPS), Can.OBJECT_LIST
    ),
    "measurements.facts": _call(
        lambda s, a, *at: s.measurements.facts(a, *at, []), Can.OBJECT_LIST
    ),
    "measurements.peaks": _call(
        lambda s, a, *at: s.measurements.peaks(a, *at, Content("etag", 1)), Can.OBJECT_READ
    ),
}
_INVENTORIES: Mapping[str, Call] = {
    "inventories.newest": _call(lambda s, a, *at: s.inventories.newest(a, *at), Can.OBJECT_LIST),
    "inventories.get": _call(lambda s, a, *at: s.inventories.get(a, *at, "id"), Can.OBJECT_LIST),
    "inventories.scans": _call(lambda s, a, *at: s.inventories.scans(a, *at), Can.OBJECT_LIST),
    "inventories.kept": _call(lambda s, a, *at: s.inventories.kept(a, *at), Can.OBJECT_LIST),
    "inventories.remove": _call(
        lambda s, a, *at: s.inventories.remove(a, *at, "id"), Can.INVENTORY_SCAN
    ),
    "inventories.history": _call(lambda s, a, *at: s.inventories.history(a, *at), Can.OBJECT_LIST),
    "inventories.estimate": _call(
        lambda s, a, *at: s.inventories.estimate(a, *at), Can.INVENTORY_SCAN
    ),
    "inventories.start": _call(
        lambda s, a, *at: s.inventories.start(a, *at, watch=_here), Can.INVENTORY_SCAN
    ),
    "inventories.import_report": _call(
        lambda s, a, *at: s.inventories.import_report(
            a, *at, "s3://r/x/manifest.json", watch=_here
        ),
        Can.INVENTORY_SCAN,
    ),
    "inventories.take_cloudwatch": _call(
        lambda s, a, *at: s.inventories.take_cloudwatch(a, *at), Can.INVENTORY_SCAN
    ),
    "inventories.unfinished": _call(
        lambda s, a, *at: s.inventories.unfinished(a, *at), Can.INVENTORY_SCAN
    ),
}
_HEAR = (Can.OBJECT_LIST, Can.OBJECT_READ, Can.REVIEW_VERDICT)
_SCOPE = ReviewScope("prefix", "x/")
_SAID = Judgement("n", KEY, Content("etag", 1), "approved")
_REVIEW: Mapping[str, Call] = {
    "review.next": _call(lambda s, a, *at: s.review.next(a, *at, _SCOPE), *_HEAR),
    "review.hear": _call(lambda s, a, *at: s.review.hear(a, *at, _SCOPE, KEY), *_HEAR),
    "review.progress": _call(
        lambda s, a, *at: s.review.progress(a, *at, _SCOPE, fresh=True), *_LOOK
    ),
    "review.summary": _call(lambda s, a, *at: s.review.summary(a, *at, _SCOPE), *_LOOK),
    "review.rows": _call(lambda s, a, *at: s.review.rows(a, *at, _SCOPE), *_LOOK),
    "review.columns": _call(lambda s, a, *at: s.review.columns(a, *at, _SCOPE), *_LOOK),
    "review.gate": _call(lambda s, a, *at: s.review.gate(a, *at, _SCOPE), *_LOOK),
    "review.export_csv": _call(lambda s, a, *at: s.review.export_csv(a, *at, _SCOPE), *_LOOK),
    "review.export_json": _call(lambda s, a, *at: s.review.export_json(a, *at, _SCOPE), *_LOOK),
    "review.look": _call(lambda s, a, *at: s.review.look(a, *at, [KEY]), *_HEAR),
    "review.judge": _call(lambda s, a, *at: s.review.judge(a, *at, [_SAID]), *_HEAR),
    "review.undo": _call(lambda s, a, *at: s.review.undo(a, *at, 1), *_HEAR),
    "review.import_file": _call(
        lambda s, a, *at: s.review.import_file(a, *at, b"key,etag,size,decision"), *_HEAR
    ),
    "review.selections": _call(lambda s, a, *at: s.review.selections(a, *at), *_LOOK),
    "review.save_selection": _call(
        lambda s, a, *at: s.review.save_selection(a, *at, "name", [KEY]), *_HEAR
    ),
    "review.remove_selection": _call(
        lambda s, a, *at: s.review.remove_selection(a, *at, "none"), *_HEAR
    ),
}
_LIST = "canonical/encouragements.json"
_LINES = (Line("", "Well done."),)
_ENCOURAGEMENTS: Mapping[str, Call] = {
    "encouragements.list": _welcomes(
        lambda s, a, *at: s.encouragements.list(a, at[0]), canonical=_LOOK
    ),
    "encouragements.sound": _welcomes(
        lambda s, a, *at: s.encouragements.sound(a, at[0], _LIST, "Well done."), **_SEE
    ),
    "encouragements.plan_save": _welcomes(
        lambda s, a, *at: s.encouragements.plan_save(
            a, at[0], _LIST, "pooled", base=(), wanted=_LINES
        ),
        **_SAVE,
    ),
    "encouragements.save": _welcomes(
        lambda s, a, *_: s.encouragements.save(
            a, LinesPlan("ssi", _LIST, "pooled", (), _LINES, (), ())
        ),
        **_SAVE,
    ),
}
_SEE_LIVE = {"prod": {Can.OBJECT_LIST}}
_STAGE = {"stage": _LOOK}
_RELEASE = "20261127-120000-abcdef"


def _promotions(run: Run, can: Can, **more: set[Can]) -> Call:
    """A call on releases: in the bucket they go to, and what else it needs."""
    return _welcomes(run, prod={can}, **more)


_PROMOTIONS: Mapping[str, Call] = {
    "promotions.plan": _promotions(
        lambda s, a, *at: s.promotions.plan(a, at[0], Scope("prefix", ("mastered/",))),
        Can.PROMOTE_PLAN,
        **_STAGE,
    ),
    "promotions.import_plan": _promotions(
        lambda s, a, *at: s.promotions.import_plan(a, at[0], b"{}"), Can.PROMOTE_PLAN, **_STAGE
    ),
    "promotions.plan_rollback": _promotions(
        lambda s, a, *at: s.promotions.plan_rollback(a, at[0], _RELEASE), Can.PROMOTE_ROLLBACK
    ),
    "promotions.show": _welcomes(
        lambda s, a, *at: s.promotions.show(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "promotions.rows": _welcomes(
        lambda s, a, *at: s.promotions.rows(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "promotions.export": _welcomes(
        lambda s, a, *at: s.promotions.export(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "promotions.compare": _welcomes(
        lambda s, a, *at: s.promotions.compare(a, at[0], _RELEASE, _RELEASE), **_SEE_LIVE
    ),
    "promotions.history": _welcomes(lambda s, a, *at: s.promotions.history(a, at[0]), **_SEE_LIVE),
    "promotions.diff": _welcomes(
        lambda s, a, *at: s.promotions.diff(
            a, Place(at[0], "stage", "b", "x/"), Place(at[0], "prod", "b", "x/")
        ),
        stage=_LOOK,
        prod=_LOOK,
    ),
    "promotions.approve": _promotions(
        lambda s, a, *at: s.promotions.approve(a, at[0], _RELEASE, "0"), Can.PROMOTE_APPROVE
    ),
    "promotions.countersign": _promotions(
        lambda s, a, *at: s.promotions.countersign(a, at[0], _RELEASE), Can.PROMOTE_APPROVE
    ),
    "promotions.run": _promotions(
        lambda s, a, *at: s.promotions.run(a, at[0], _RELEASE, typed="x", watch=_here),
        Can.PROMOTE_RUN,
    ),
    "promotions.resume": _promotions(
        lambda s, a, *at: s.promotions.resume(a, at[0], _RELEASE, watch=_here), Can.PROMOTE_RUN
    ),
    "promotions.verify": _promotions(
        lambda s, a, *at: s.promotions.verify(a, at[0], _RELEASE, watch=_here), Can.PROMOTE_RUN
    ),
    "promotions.pause": _promotions(
        lambda s, a, *at: s.promotions.pause(a, at[0], _RELEASE), Can.PROMOTE_RUN
    ),
    "promotions.cancel": _promotions(
        lambda s, a, *at: s.promotions.cancel(a, at[0], _RELEASE), Can.PROMOTE_RUN
    ),
    "lookback.totals": _welcomes(
        lambda s, a, *at: s.lookback.totals(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "lookback.written_bytes": _welcomes(
        lambda s, a, *at: s.lookback.written_bytes(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "lookback.steps": _welcomes(
        lambda s, a, *at: s.lookback.steps(a, at[0], _RELEASE, [KEY]), **_SEE_LIVE
    ),
    "lookback.undoing": _welcomes(
        lambda s, a, *at: s.lookback.undoing(a, at[0], _RELEASE), **_SEE_LIVE
    ),
    "lookback.unsigned": _welcomes(lambda s, a, *at: s.lookback.unsigned(a, at[0]), **_SEE_LIVE),
    "lookback.csv": _welcomes(lambda s, a, *at: s.lookback.csv(a, at[0], _RELEASE), **_SEE_LIVE),
}
_OTHERS_ROWS = AuditFilter(actor_id=SOMEBODY)
_CONSOLE: Mapping[str, Call] = {
    "activity.search": _call(lambda s, a, *_: s.activity.search(a, _OTHERS_ROWS), Can.AUDIT_READ),
    "activity.stream": _call(lambda s, a, *_: s.activity.stream(a, _OTHERS_ROWS), Can.AUDIT_READ),
    "activity.export": _call(
        lambda s, a, *_: s.activity.export(a, _OTHERS_ROWS, "csv"), Can.AUDIT_READ
    ),
    "activity.people": _call(lambda s, a, *_: s.activity.people(a), Can.AUDIT_READ),
    "activity.verify": _call(lambda s, a, *_: s.activity.verify(a), Can.AUDIT_READ),
    "activity.begin_verify": _call(
        lambda s, a, *_: s.activity.begin_verify(a, s.jobs), Can.AUDIT_READ
    ),
    "activity.far_heads": _call(lambda s, a, *_: s.activity.far_heads(a), Can.AUDIT_READ),
    "jobs.list": _call(lambda s, a, *_: s.jobs.list(a, everyone=True), Can.JOB_MANAGE),
    "jobs.get": _call(lambda s, a, *_: s.jobs.get(a, _somebodys_job(s)), Can.JOB_MANAGE),
    "jobs.cancel": _call(lambda s, a, *_: s.jobs.cancel(a, _somebodys_job(s)), Can.JOB_MANAGE),
    "jobs.resume": _call(lambda s, a, *_: s.jobs.resume(a, _somebodys_job(s)), Can.JOB_MANAGE),
    "jobs.resume_here": _call(
        lambda s, a, *_: s.jobs.resume_here(a, _somebodys_job(s)), Can.JOB_MANAGE
    ),
    "tokens.list": _call(lambda s, a, *_: s.tokens.list(a), Can.TOKEN_MANAGE),
    "tokens.create": _call(
        lambda s, a, *_: s.tokens.create(
            a,
            name="one more",
            roles={Role.ADMIN},
            permissions={Can.OBJECT_LIST},
            layouts=set(),
            expires_s=3_600,
        ),
        Can.TOKEN_MANAGE,
    ),
    "tokens.revoke": _call(lambda s, a, *_: s.tokens.revoke(a, "old"), Can.TOKEN_MANAGE),
    "users.list": _call(lambda s, a, *_: s.users.list(a), Can.USER_MANAGE),
    "users.revoke": _call(lambda s, a, *_: s.users.revoke(a, SOMEBODY), Can.USER_MANAGE),
    "console.setup": _call(lambda s, a, *_: s.console.setup(a), Can.CONSOLE_MANAGE),
    "console.set_read_only": _call(
        lambda s, a, *_: s.console.set_read_only(a, "why"), Can.CONSOLE_MANAGE
    ),
    "console.clear_read_only": _call(
        lambda s, a, *_: s.console.clear_read_only(a), Can.CONSOLE_MANAGE
    ),
}
_COSTS: Mapping[str, Call] = {
    "costs.book": _call(lambda s, a, *_: s.costs.book(a), Can.COST_READ),
    "costs.gather": _call(lambda s, a, one, _: s.costs.gather(a, one), Can.COST_READ),
    "costs.estimate": _call(lambda s, a, one, _: s.costs.estimate(a, one), Can.COST_READ),
    "costs.what_if": _call(lambda s, a, one, _: s.costs.what_if(a, one, Grow(2)), Can.COST_READ),
    "costs.forecast": _call(lambda s, a, one, _: s.costs.forecast(a, one), Can.COST_READ),
    "costs.recordings": _call(lambda s, a, one, _: s.costs.recordings(a, one, 5), Can.COST_READ),
    "costs.copying": _call(
        lambda s, a, one, _: s.costs.copying(a, one, "stage", "prod", {"": (1, 2)}), Can.COST_READ
    ),
    "costs.last_month": _call(lambda s, a, one, _: s.costs.last_month(a, one), Can.COST_READ),
    # asking the bucket itself how large it is needs inventory:scan besides, and is refused there
    "costs.measuring": _call(lambda s, a, *at: s.costs.measuring(a, *at, before=5), Can.COST_READ),
    "costs.dearest": _call(lambda s, a, *at: s.costs.dearest(a, *at), Can.COST_READ),
    "costs.by_course": _call(lambda s, a, *at: s.costs.by_course(a, *at), Can.COST_READ),
    "costs.duplicates": _call(lambda s, a, *at: s.costs.duplicates(a, *at), Can.COST_READ),
    "ledger.earlier_books": _call(lambda s, a, *_: s.ledger.earlier_books(a), Can.COST_READ),
    "ledger.plan_book": _call(lambda s, a, *_: s.ledger.plan_book(a, [], "x"), Can.COST_MANAGE),
    "ledger.take_book": _call(
        lambda s, a, *_: s.ledger.take_book(a, BookUpdate(shipped(), (), (), 0)), Can.COST_MANAGE
    ),
    "ledger.bill_traffic": _call(
        lambda s, a, one, _: s.ledger.bill_traffic(a, one, "2026-10"), Can.COST_READ
    ),
    "ledger.assume": _call(lambda s, a, one, _: s.ledger.assume(a, one, {}), Can.COST_MANAGE),
    "ledger.take_bills": _call(
        lambda s, a, one, _: s.ledger.take_bills(a, one, b"", "x"), Can.COST_MANAGE
    ),
    "ledger.budgets": _call(lambda s, a, *_: s.ledger.budgets(a), Can.COST_READ),
    "ledger.put_budget": _call(
        lambda s, a, one, _: s.ledger.put_budget(a, one, "", Decimal(5)), Can.COST_MANAGE
    ),
    "ledger.remove_budget": _call(lambda s, a, *_: s.ledger.remove_budget(a, "x"), Can.COST_MANAGE),
    "budgets.states": _call(lambda s, a, *_: s.budgets.states(a), Can.COST_READ),
    "budgets.untold": _call(lambda s, a, *_: s.budgets.untold(a), Can.COST_READ),
    "budgets.tell": _call(lambda s, a, *_: s.budgets.tell(a), Can.COST_READ, Can.COST_MANAGE),
}
CALLS: Mapping[str, Call] = {
    **_ENCOURAGEMENTS,
    **_REVIEW,
    **_OBJECTS,
    **_CHANGES,
    **_WELCOMES,
    **_LISTEN,
    **_INVENTORIES,
    **_PROMOTIONS,
    **_CONSOLE,
    **_COSTS,
}

ASKED_ELSEWHERE = {
    "budgets.watch": "each time it tells, tell() asks",
    "review.position": "where one stopped oneself",
    "tickets.issue": "a ticket opens nothing: archive() asks when it is redeemed",
    "tickets.redeem": "a ticket opens nothing: archive() asks when it is redeemed",
    "sessions.check": "this is what asks",
    "sessions.end": "everybody may sign out",
    "switches.set_read_only": "the console service asks before it calls this",
    "jobs.start": "the feature that starts a job asks, and each of its batches again",
    "jobs.run_here": "the feature that starts a job asks, and each of its batches again",
}
"""Methods that take an actor and ask for no permission themselves, each with its reason."""


def methods_with_an_actor(services: Services) -> set[str]:
    """`service.method` of everything public in `services` whose first argument is the actor."""
    found = set()
    for field in fields(services):
        service = getattr(services, field.name)
        if not type(service).__module__.startswith("storage."):
            continue
        for name, method in inspect.getmembers(type(service), inspect.isfunction):
            first = list(inspect.signature(method).parameters)[1:2]
            if not name.startswith("_") and first == ["actor"]:
                found.add(f"{field.name}.{name}")
    return found
