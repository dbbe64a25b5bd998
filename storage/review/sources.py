"""What a queue is made from besides the bucket: a course's manifest, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from storage.model.audio import AudioFinding, AudioLimits
from storage.model.content import Content
from storage.model.people import Actor


class CourseManifest(Protocol):
    """A parsed manifest. `clips` has a row for each reference: id, phrase, role, cadence,
    duration_s, slice.
    """

    @property
    def clips(self) -> pa.Table: ...
    @property
    def target(self) -> str: ...
    @property
    def known(self) -> str: ...
    @property
    def digest(self) -> str: ...


class ManifestSource(Protocol):
    """Where manifests come from."""

    def clips(self, actor: Actor, layout: str, course: str) -> CourseManifest: ...


class ClipMeasured(Protocol):
    """What is known of one clip's sound."""

    def findings(self, limits: AudioLimits, name: str = "") -> tuple[AudioFinding, ...]: ...
    def as_json(self, limits: AudioLimits, name: str = "") -> dict[str, Any]: ...


class MeasuredSource(Protocol):
    """Where measurements come from. `table` answers `contents` (etag, size) row by row: known,
    sha256, loudness_lufs and what `judge` needs.
    """

    def table(self, actor: Actor, layout: str, role: str, contents: pa.Table) -> pa.Table: ...
    def facts(
        self, actor: Actor, layout: str, role: str, contents: Sequence[Content]
    ) -> Mapping[tuple[str, int], ClipMeasured]: ...
    def peaks(self, actor: Actor, layout: str, role: str, content: Content) -> bytes: ...
