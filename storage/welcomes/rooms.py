"""Where a project keeps its welcomes: read from its kinds of key, so that any layout with them can
have some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.errors import InvalidInput
from storage.gate import Gate, Passage
from storage.layout.profile import KeyKind, Layout
from storage.model.people import Actor, Can

REGISTRY, RECORDING, PAIR_RECORDING, CLIP = (
    "welcome-registry",
    "welcome",
    "pair-welcome",
    "clip",
)

MANIFEST = "manifest"  # of a compiled course; not every project with welcomes has them


@dataclass(frozen=True, slots=True)
class Rooms:
    """The bucket roles and keys of one project. `live` is "" where there is no such bucket."""

    layout: Layout
    home: str  # of the registry and the recordings
    testing: str
    live: str

    @classmethod
    def of(cls, layout: Layout) -> Rooms:
        """Raises InvalidInput for a project without welcomes."""
        kinds = {kind.kind: kind for kind in layout.kinds}
        if not kinds.keys() >= {REGISTRY, RECORDING, PAIR_RECORDING, CLIP}:
            raise InvalidInput(
                f"The project {layout.title!r} has no welcomes.", "Choose another project."
            )
        clip_roles = [layout.bucket(role) for role in kinds[CLIP].roles]
        testing = next((one.role for one in clip_roles if not one.live), "")
        if not testing:
            raise InvalidInput(
                f"The project {layout.title!r} has no bucket to test welcomes in.",
                "Choose another project.",
            )
        live = next((one.role for one in clip_roles if one.live), "")
        return cls(layout, kinds[REGISTRY].roles[0], testing, live)

    @property
    def registry_key(self) -> str:
        """The registry's key."""
        return self.layout.kind(REGISTRY).template.render({})

    @property
    def recordings_prefix(self) -> str:
        """What the keys of all recordings begin with."""
        return self.layout.kind(RECORDING).template.prefix

    @property
    def clips_prefix(self) -> str:
        """What the keys of all MP3s begin with."""
        return self.layout.kind(CLIP).template.prefix

    def lang_key(self, lang: str) -> str:
        """`…/ita.wav`: of the first pair that learns the language."""
        return _rendered(self.layout.kind(RECORDING), lang)

    def pair_key(self, pair: str) -> str:
        """`…/ita_for_jpn.wav`: of another pair."""
        return _rendered(self.layout.kind(PAIR_RECORDING), pair)

    def clip_key(self, welcome_id: str) -> str:
        """`mastered/{id}.mp3`, in the case that the layout writes it."""
        return _rendered(self.layout.kind(CLIP), welcome_id)


def _rendered(kind: KeyKind, value: str) -> str:
    (name,) = kind.template.fields
    return kind.template.render({name: value})


@dataclass(frozen=True, slots=True)
class Doors:
    """The passages of one reader: into home, testing and (None where there is none) live."""

    rooms: Rooms
    home: Passage
    testing: Passage
    live: Passage | None

    @classmethod
    def opened(cls, gate: Gate, actor: Actor, layout: Layout) -> Doors:
        """Everything that reading welcomes needs: listing and reading in each of the buckets."""
        rooms = Rooms.of(layout)
        home, testing, live = (
            _reading(gate, actor, layout.name, role) if role else None
            for role in (rooms.home, rooms.testing, rooms.live)
        )
        assert home is not None  # noqa: S101  Rooms have both
        assert testing is not None  # noqa: S101
        return cls(rooms, home, testing, live)


def _reading(gate: Gate, actor: Actor, layout: str, role: str) -> Passage:
    gate.enter(actor, Can.OBJECT_LIST, layout, role)
    return gate.enter(actor, Can.OBJECT_READ, layout, role)


def entered_home(gate: Gate, actor: Actor, layout: Layout, can: Can) -> tuple[Passage, Rooms]:
    """The bucket of the registry, which all may list and read who may do `can` there."""
    rooms = Rooms.of(layout)
    reading = _reading(gate, actor, layout.name, rooms.home)
    if can is not Can.OBJECT_READ:
        return gate.enter(actor, can, layout.name, rooms.home), rooms
    return reading, rooms


def known(layouts: Mapping[str, Layout], name: str) -> Layout:
    """The layout called `name`. Raises InvalidInput naming those there are."""
    if name not in layouts:
        raise InvalidInput(f"There is no project {name!r}.", f"Choose one of {', '.join(layouts)}.")
    return layouts[name]
