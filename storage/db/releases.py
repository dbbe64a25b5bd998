"""Releases as rows: the plan, where it stands, and the journal of its steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Update, bindparam, func, insert, select, update

from storage.db.engine import RELEASES_LOCK, Database
from storage.db.schema import release_plans, release_steps, releases
from storage.model.releases import Phase, Step

Row = Mapping[str, Any]
_steps = release_steps.c
_COLUMNS = tuple(one.name for one in fields(Step))
_AT_ONCE = 500  # keys in one question; SQLite takes 32,766 values


class Releases:
    """The releases in `database`. Everything raises StorageErrors when it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- releases ---------------------------------------------------------------------------------

    def add(self, row: Row, rows: bytes) -> None:
        """Adds a release with the rows of its plan."""
        with self._database.writing(RELEASES_LOCK) as connection:
            connection.execute(insert(releases).values(**row))
            connection.execute(insert(release_plans).values(release=row["id"], rows=rows))

    def get(self, release: str) -> Row | None:
        """The row, None where there is none."""
        with self._database.reading() as connection:
            found = connection.execute(select(releases).where(releases.c.id == release)).first()
        return found._asdict() if found else None

    def rows(self, release: str) -> bytes:
        """The rows of its plan; b"" where there is no such release."""
        wanted = select(release_plans.c.rows).where(release_plans.c.release == release)
        with self._database.reading() as connection:
            return bytes(connection.execute(wanted).scalar() or b"")

    def newest(self, layout: str, *, before: str, limit: int) -> list[Row]:
        """Up to `limit` of a project with an id below `before` ("": all), newest first."""
        wanted = select(releases).where(releases.c.layout == layout)
        if before:
            wanted = wanted.where(releases.c.id < before)
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(releases.c.id.desc()).limit(limit))
            return [row._asdict() for row in found]

    def undoing(self, release: str) -> list[Row]:
        """The releases that undo it, or are to."""
        with self._database.reading() as connection:
            found = connection.execute(select(releases).where(releases.c.of == release))
            return [row._asdict() for row in found]

    def overridden(self, layout: str) -> list[Row]:
        """The releases of a project whose approval waits for a second signature, newest first;
        perhaps a few whose does not.
        """
        wanted = select(releases).where(
            releases.c.layout == layout,
            releases.c.approval.contains('"countersigned": null'),
            releases.c.approval.not_like('%"override": "",%'),
        )
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(releases.c.id.desc()))
            return [row._asdict() for row in found]

    def change(self, release: str, values: Row, **expected: str | Collection[str]) -> Row | None:
        """Changes the row if these columns are as expected (or one of several), and returns it as
        it is then; None, and nothing is changed, when it is another by now.
        """
        same = [
            column == value if isinstance(value, str) else column.in_(list(value))
            for column, value in ((releases.c[name], value) for name, value in expected.items())
        ]
        changed = update(releases).where(releases.c.id == release, *same).values(**values)
        with self._database.writing(RELEASES_LOCK) as connection:
            row = connection.execute(changed.returning(releases)).first()
        return row._asdict() if row else None

    # -- the journal ------------------------------------------------------------------------------

    def begin(self, release: str, fresh: Sequence[Step], again: Sequence[Step]) -> None:
        """Before steps are done: `fresh` are added, of those done in vain before (`again`) the rows
        are as new ones. Durable when it returns.
        """
        with self._database.writing(RELEASES_LOCK) as connection:
            if fresh:
                connection.execute(insert(release_steps), [_row(release, step) for step in fresh])
            if again:
                connection.execute(_BEGIN, [_changed(release, step, _BEGUN) for step in again])

    def end(self, release: str, steps: Sequence[Step]) -> None:
        """After steps were done, or not."""
        if steps:
            with self._database.writing(RELEASES_LOCK) as connection:
                connection.execute(_END, [_changed(release, step, _ENDED) for step in steps])

    def steps(self, release: str, *phases: Phase) -> list[Step]:
        """Its steps by number, those in some phases or all."""
        wanted = select(release_steps).where(_steps.release == release)
        if phases:
            wanted = wanted.where(_steps.phase.in_(phases))
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(_steps.seq)).mappings()
            return [Step(**{k: v for k, v in row.items() if k != "release"}) for row in found]

    def steps_of(self, release: str, keys: Collection[str]) -> list[Step]:
        """Its steps of these keys, by number."""
        wanted = select(release_steps).where(_steps.release == release, _steps.key.in_(list(keys)))
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(_steps.seq)).mappings()
            return [Step(**{k: v for k, v in row.items() if k != "release"}) for row in found]

    def failures(self, release: str, limit: int) -> list[Step]:
        """The first `limit` steps that did not go well."""
        wanted = select(release_steps).where(_steps.release == release, _steps.error != "")
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(_steps.seq).limit(limit)).mappings()
            return [Step(**{k: v for k, v in row.items() if k != "release"}) for row in found]

    def counts(self, wanted: Collection[str]) -> dict[tuple[str, str], int]:
        """How many steps of each of these releases are in each phase."""
        asked = (
            select(_steps.release, _steps.phase, func.count())
            .where(_steps.release.in_(list(wanted)))
            .group_by(_steps.release, _steps.phase)
        )
        with self._database.reading() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(asked)}

    def touching(self, keys: Sequence[str], *, but: str) -> dict[str, list[str]]:
        """Which other releases may have written any of `keys`, with those that each has."""
        found: dict[str, list[str]] = {}
        with self._database.reading() as connection:
            for at in range(0, len(keys), _AT_ONCE):
                asked = select(_steps.release, _steps.key).where(
                    _steps.key.in_(keys[at : at + _AT_ONCE]),
                    _steps.release != but,
                    _steps.phase.in_(("begun", "done")),
                )
                for release, key in connection.execute(asked):
                    found.setdefault(release, []).append(key)
        return found


def _update(names: Sequence[str]) -> Update:
    """Those columns of one step."""
    return (
        update(release_steps)
        .where(_steps.release == bindparam("at_release"), _steps.seq == bindparam("at_seq"))
        .values({name: bindparam(f"to_{name}") for name in names})
    )


_BEGUN = tuple(name for name in _COLUMNS if name != "seq")
_ENDED = ("phase", "after_etag", "after_version", "error", "at")
_BEGIN, _END = _update(_BEGUN), _update(_ENDED)


def _row(release: str, step: Step) -> dict[str, Any]:
    return {"release": release, **{name: getattr(step, name) for name in _COLUMNS}}


def _changed(release: str, step: Step, names: Sequence[str]) -> dict[str, Any]:
    values = {f"to_{name}": getattr(step, name) for name in names}
    return {"at_release": release, "at_seq": step.seq, **values}
