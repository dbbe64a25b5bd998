"""What comes out of listening and what goes in: files of verdicts, and saved selections."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from storage.db.times import as_text
from storage.errors import InvalidInput, NotFound
from storage.model.people import Actor
from storage.model.review import Imported, Scope, Selection
from storage.review import exporting, importing
from storage.review.standing import Standing

SELECTION_MAX = 10_000  # keys
_NAME_CHARACTERS = 100


class Papers(Standing):
    """The part of the service that pages and commands use beside the player."""

    # -- out and in -------------------------------------------------------------------------------

    def export_csv(self, actor: Actor, layout: str, role: str, scope: Scope) -> Iterator[bytes]:
        """Every verdict in force on the scope's clips, and those on earlier bytes, as CSV."""
        where = self._looking(actor, layout, role)
        opened = self._scopes.whole(where, scope)
        with where.recorded("export-verdicts", "", scope=scope.name):
            return exporting.csv_rows(opened, self._verdicts, where.layout)

    def export_json(self, actor: Actor, layout: str, role: str, scope: Scope) -> bytes:
        """The clips to be made again, as JSON: ids, and why."""
        where = self._looking(actor, layout, role)
        opened = self._scopes.whole(where, scope)
        with where.recorded("export-verdicts", "", scope=scope.name):
            return exporting.json_to_make_again(opened, self._verdicts, where.layout, self._clock())

    def import_file(self, actor: Actor, layout: str, role: str, data: bytes) -> Imported:
        """Verdicts from a file that was exported here or elsewhere, as this person's, with whose
        they were; a line is imported once, however often. Raises InvalidInput for another file.
        """
        where = self._hearing(actor, layout, role)
        return importing.keep(self._judging(where), importing.read(data))

    # -- selections -------------------------------------------------------------------------------

    def selections(self, actor: Actor, layout: str, role: str) -> Sequence[Selection]:
        """The saved selections of a bucket, the newest first."""
        self._looking(actor, layout, role)
        return self._desk.selections(layout, role)

    def save_selection(
        self, actor: Actor, layout: str, role: str, name: str, keys: Sequence[str]
    ) -> Selection:
        """Keeps keys under a name, for everybody who listens there. Raises InvalidInput."""
        where = self._hearing(actor, layout, role)
        wanted, title = tuple(dict.fromkeys(keys)), " ".join(name.split())
        if not wanted or len(wanted) > SELECTION_MAX or not 1 <= len(title) <= _NAME_CHARACTERS:
            raise InvalidInput(
                "This selection cannot be saved.",
                f"It needs a name of at most {_NAME_CHARACTERS} characters, and 1 to "
                f"{SELECTION_MAX:,} clips.",
            )
        at = as_text(self._clock())
        made = Selection(uuid.uuid4().hex, layout, role, title, wanted, actor.id, actor.name, at)
        with where.changing("save-selection", "", name=title, keys=len(wanted)):
            self._desk.put_selection(made)
        return made

    def remove_selection(self, actor: Actor, layout: str, role: str, selection_id: str) -> None:
        """Forgets a selection; the verdicts stay. Raises NotFound where there is none."""
        where = self._hearing(actor, layout, role)
        with where.changing("remove-selection", "", selection=selection_id):
            if not self._desk.remove_selection(layout, role, selection_id):
                raise NotFound("This selection is not there any more.", "Reload the page.")
