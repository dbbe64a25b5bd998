"""From the store to a local copy: recordings first, the registry last, each file at once or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from storage.courses.registry import EMPTY, Registry, parse_registry
from storage.courses.splice import put_entries, remove_entry
from storage.errors import Conflict, NotFound, StorageError
from storage.gate import Passage
from storage.model.welcome_sync import SyncAction
from storage.s3.objects import read_object
from storage.welcomes.comparing import PARALLEL, Compared
from storage.welcomes.mirror import Mirror
from storage.welcomes.moved import Moved

_CHANGED = "It was changed in the store just now. Run it again."


@dataclass(frozen=True, slots=True)
class Pull:
    """One run: what it works with, and where it tells what it did."""

    where: Passage
    mirror: Mirror
    compared: Compared
    moved: Moved
    actions: Sequence[SyncAction]

    def run(self) -> None:
        """Moves what the plan says. What cannot move is told, and the rest goes on."""
        recordings = [one for one in self.actions if one.what == "recording"]
        with ThreadPoolExecutor(PARALLEL) as pool:
            told = list(pool.map(self._tried, recordings))
        for action, found in zip(recordings, told, strict=True):
            if isinstance(found, StorageError):
                self.moved.left(action, found.what)
                continue
            self.moved.same(action, found)
            if found is not None:
                self.moved.etags[action.name] = self.compared.heads[action.name].etag
        self._registry([one for one in self.actions if one.what == "registry"])

    def _tried(self, action: SyncAction) -> str | StorageError | None:
        """The recording's digest, None where it was removed."""
        try:
            return self._fetch(action)
        except (Conflict, NotFound):
            return Conflict(_CHANGED)

    def _fetch(self, action: SyncAction) -> str | None:
        if action.change == "remove":
            self.mirror.remove_recording(action.name)
            return None
        head = self.compared.heads[action.name]
        return self.mirror.put_recording(action.name, read_object(self.where.store, head))

    def _registry(self, pulled: Sequence[SyncAction]) -> None:
        """Entry by entry into the local file; the store's file as it is, where that loses nothing
        that was written here."""
        if not pulled:
            return
        compared, plan = self.compared, self.compared.plan
        theirs = compared.home.current.registry
        mine = compared.local or parse_registry(EMPTY)
        others = [one.name for one in plan.actions if one.what == "registry"]
        others += [one.name for one in plan.conflicts if one.what == "registry"]
        is_all = len(others) == len(pulled) and _rest(mine) in (_rest(theirs), _rest(None))
        if is_all:
            mine = theirs
        if not is_all:
            there = [one.name for one in pulled if one.change != "remove"]
            mine = parse_registry(put_entries(mine, there, theirs))
        for action in pulled:
            if action.change == "remove":
                mine = parse_registry(remove_entry(mine, action.name))
        self.mirror.put_registry(mine.raw, over=compared.local)
        for action in pulled:
            self.moved.same(action, plan.remote.get(("registry", action.name)))


def _rest(registry: Registry | None) -> str:
    """All of a registry but its entries."""
    document = json.loads(registry.text if registry else EMPTY)
    welcomes = document["welcomes"].items()
    document["welcomes"] = {name: value for name, value in welcomes if name.startswith("_")}
    return json.dumps(document, sort_keys=True)
