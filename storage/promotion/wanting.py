"""From a scope to a plan: what is wanted, what lies where, and what everybody says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import InvalidInput
from storage.gate import Passage
from storage.inventory.query import Inventory
from storage.layout.profile import Layout
from storage.layout.promoting import PromotionRules
from storage.model.people import Actor
from storage.model.promotion import CODE, COPIED, Header, Origin, Plan, Scope, ScopeKind
from storage.promotion.comparing import compared, in_order
from storage.promotion.gates import Said, is_any
from storage.promotion.outside import Outside
from storage.promotion.planning import planned
from storage.promotion.reading import (
    HEADED,
    Stop,
    asked,
    facts_differ,
    listed,
    sharded,
    summed,
    with_facts,
)
from storage.promotion.stored import covering, lacking, note, stored
from storage.s3.bucket_state import versioning_of
from storage.s3.many_copies import keeps_conditions

_COMPARED = (
    "{} does not keep conditions on copies: they are compared right before, and a writer in "
    "between is not seen."
)
_BACKED_UP = "The bucket keeps no versions: what is overwritten is copied to {} first."
_KEY_BYTES = 1_024  # S3: longest key
_KINDS: Mapping[str, ScopeKind] = {"course": "course", "prefix": "prefix", "keys": "keys"}
_UUID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Making:
    """What a plan is made with. `deep`: also what is the same by its bytes is asked for its
    metadata. `by_inventories`: not listed, but looked up in inventories; when that was asked for.
    """

    actor: Actor
    source: Passage
    target: Passage
    rules: PromotionRules
    outside: Outside
    deep: bool
    stop: Stop
    by_inventories: datetime | None = None

    def plan(self, scope: Scope) -> Plan:
        """The plan of that scope. Raises InvalidInput, NotFound, Conflict, Unavailable."""
        wanted, origins, prefixes = self._wanted(scope)
        kept = self._kept(prefixes) if self.by_inventories else {}
        stage, prod = self._both(wanted, prefixes, kept)
        if wanted is None:
            wanted = pc.unique(pa.concat_arrays([_keys(stage), _keys(prod)]))
        rows = compared(wanted, stage, prod)
        unread = rows.filter(is_any(rows, "unread"))["key"].to_pylist()
        if unread:
            stage = summed(self.source, stage, unread, self.stop)
            prod = summed(self.target, prod, unread, self.stop)
            rows = compared(wanted, stage, prod)
        if self.deep:
            rows = self._deeper(rows)
        if self.deep or not self.by_inventories:
            rows = with_facts(rows, is_any(rows, *COPIED), self.source, self.stop)
        header = self._header(scope, origins)
        said = self.said(scope, rows, origins)
        layout = self.source.layout
        return planned(layout, self.rules, header, rows, said, notes=self._notes(kept))

    def _notes(self, kept: Mapping[str, Inventory]) -> tuple[str, ...]:
        """What the person should know of where the plan is from and of the live bucket's store."""
        store, bucket = self.target.store, self.target.bucket.bucket
        told = []
        if self.by_inventories:
            both = [(one.bucket, kept[one.bucket.role]) for one in (self.source, self.target)]
            told.append(note(both, self.by_inventories))
        if not keeps_conditions(store):
            told.append(_COMPARED.format(store.capabilities.server))
        if versioning_of(store, bucket) != "on":
            told.append(_BACKED_UP.format(self.rules.backup))
        return tuple(told)

    def again(self, plan: Plan) -> Plan:
        """A plan that was made elsewhere, under what is said here now. Raises InvalidInput for one
        of other buckets.
        """
        header = plan.header
        if header != self._header(header.scope, header.origins):
            raise InvalidInput(
                "That plan is of other buckets, or a rollback.",
                "Import it where it belongs; a rollback is planned from the release it undoes.",
            )
        now = self._wanted(header.scope)[1]
        said = self.said(header.scope, plan.rows, now)
        return planned(self.target.layout, self.rules, header, plan.rows, said, notes=plan.notes)

    def said(self, scope: Scope, rows: pa.Table, origins: tuple[Origin, ...]) -> Said:
        """What verdicts and measurements say now of what would be copied; `origins` are the
        manifests as they are now.
        """
        copied = rows.filter(is_any(rows, *COPIED))
        place = (self.actor, self.source.layout.name, self.source.bucket.role)
        asked = self.rules
        heard = self.outside.heard(*place, scope, copied) if asked.heard else None
        sound = self.outside.sound(*place, copied) if asked.audio != "off" else None
        return Said(heard, sound, origins)

    def _header(self, scope: Scope, origins: tuple[Origin, ...]) -> Header:
        source, target = self.source, self.target
        return Header(
            "promotion",
            source.layout.name,
            source.bucket.role,
            source.bucket.bucket,
            target.bucket.role,
            target.bucket.bucket,
            scope,
            origins,
        )

    def _wanted(self, scope: Scope) -> tuple[pa.Array | None, tuple[Origin, ...], tuple[str, ...]]:
        """The keys, None for whatever is below the prefix; the manifests; prefixes to list."""
        layout = self.source.layout
        prefixes = prefixes_of(layout, self.rules, scope)
        if scope.kind == "prefix":
            return None, (), prefixes
        if scope.kind == "keys":
            return pa.array(scope.names, pa.string()), (), prefixes
        courses = [self.outside.course(self.actor, layout.name, name) for name in scope.names]
        before, after = _around(layout, self.rules.kind)
        ids = pc.unique(pa.concat_arrays([one.ids.cast(pa.string()) for one in courses]))
        keys = pc.binary_join_element_wise(before, ids, after, "")
        return keys, tuple(one.origin for one in courses), prefixes

    def _kept(self, prefixes: Sequence[str]) -> Mapping[str, Inventory]:
        """The inventories to plan from, by bucket role."""
        found = {}
        for bucket in (self.source.bucket, self.target.bucket):
            kept = self.outside.kept(self.actor, self.source.layout.name, bucket.role)
            one = covering(kept, bucket, prefixes)
            if one is None:
                raise lacking(bucket, prefixes)
            found[bucket.role] = one
        return found

    def _both(
        self,
        wanted: pa.Array | None,
        prefixes: Sequence[str],
        kept: Mapping[str, Inventory],
    ) -> tuple[pa.Table, pa.Table]:
        def look(where: Passage) -> pa.Table:
            if where.bucket.role in kept:
                return stored(kept[where.bucket.role], wanted, prefixes)
            if wanted is not None and len(wanted) <= HEADED:
                return asked(where, pc.unique(wanted).to_pylist(), self.stop)
            return listed(where, prefixes, self.stop)

        with ThreadPoolExecutor(1, thread_name_prefix="plan") as beside:
            prod = beside.submit(look, self.target)
            return look(self.source), prod.result()

    def _deeper(self, rows: pa.Table) -> pa.Table:
        """What has the same bytes and other facts is changed, too."""
        same = is_any(rows, "same")
        differing = facts_differ(self.source, self.target, rows.filter(same)["key"], self.stop)
        changed = pc.is_in(rows["key"], value_set=differing)
        state = pc.if_else(changed, pa.scalar(CODE["changed"], pa.int8()), rows["state"])
        at = rows.schema.get_field_index("state")
        return in_order(rows.set_column(at, rows.schema.field("state"), state))


def scope_of(kind: str, names: Sequence[str]) -> Scope:
    """The scope that a person gave. Raises InvalidInput for one that cannot be."""
    given = tuple(dict.fromkeys(name for name in names if name))
    found = _KINDS.get(kind)
    if found is None or not given:
        raise InvalidInput("Nothing is named to be promoted.", "Name a course, a prefix or keys.")
    if kind == "prefix" and len(given) > 1:
        raise InvalidInput("One release has one prefix.", "Make a plan for each.")
    wrong = next((name for name in given if len(name.encode()) > _KEY_BYTES or "\0" in name), None)
    if wrong is not None:
        raise InvalidInput(f"{wrong[:60]!r} is no key.", "Check the list.")
    return Scope(found, given)


def prefixes_of(layout: Layout, rules: PromotionRules, scope: Scope) -> tuple[str, ...]:
    """The prefixes below which everything of a scope lies, to be listed side by side."""
    if scope.kind == "prefix":
        return scope.names
    if scope.kind == "keys":
        return (_shared(scope.names),)
    return sharded(_around(layout, rules.kind)[0])


def compared_places(one: Passage, prefix: str, other: Passage, other_prefix: str) -> pa.Table:
    """What lies below two prefixes, as a promotion from one to the other would find it; what only
    its bytes tell is "unread".
    """

    def below(where: Passage, start: str) -> pa.Table:
        rows = listed(where, (start,), _go_on)
        names = pc.utf8_slice_codeunits(rows["key"], len(start))
        return rows.set_column(0, rows.schema.field("key"), names)

    ours, theirs = below(one, prefix), below(other, other_prefix)
    wanted = pc.unique(pa.concat_arrays([_keys(ours), _keys(theirs)]))
    return compared(wanted, ours, theirs)


def _go_on() -> None:
    """Nobody asks to stop."""


def _keys(rows: pa.Table) -> pa.Array:
    return rows["key"].combine_chunks()


def _around(layout: Layout, kind: str) -> tuple[str, str]:
    """What stands before and after the id in keys of that kind."""
    template = layout.kind(kind).template
    if len(template.fields) != 1:
        raise InvalidInput(
            f"Keys of {kind!r} have more than an id, so a course does not tell them.",
            "Give a prefix or keys.",
        )
    before, _, after = template.render({template.fields[0]: _UUID}).partition(_UUID)
    return before, after


def _shared(keys: Sequence[str]) -> str:
    """What all keys begin with, as far as the last folder."""
    first, last = min(keys), max(keys)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return first[:shared].rpartition("/")[0] + "/" if "/" in first[:shared] else ""
