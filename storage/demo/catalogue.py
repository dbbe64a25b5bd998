"""The committed sample content, read from `samples/index.json`. See `samples/README.md`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    """One object to seed. `files` are its versions, oldest first, as paths below `FOLDER`."""

    layout: str
    role: str
    key: str
    content_type: str
    files: tuple[str, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    cache_control: str = ""
    defect: str = ""  # what was planted, such as "clipped"; "" for a sound object

    def body(self, file: str) -> bytes:
        """The bytes of one of its versions."""
        return (FOLDER / file).read_bytes()


@dataclass(frozen=True)
class Samples:
    """All sample content.

    `unfinished` are multipart uploads that never end; `missing` are clips that a manifest mentions
    and stage lacks, as (layout, role, key).
    """

    objects: tuple[Sample, ...]
    unfinished: tuple[Sample, ...]
    missing: tuple[tuple[str, str, str], ...]

    def by_phase(self) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
        """Objects to put first, and those (manifests, registries) that mention the first."""
        first = tuple(row for row in self.objects if row.content_type != "application/json")
        last = tuple(row for row in self.objects if row.content_type == "application/json")
        return first, last


def load_samples() -> Samples:
    """What `index.json` lists."""
    index = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return Samples(
        objects=tuple(_sample(row) for row in index["objects"]),
        unfinished=tuple(_sample(row) for row in index["unfinished"]),
        missing=tuple((row["layout"], row["role"], row["key"]) for row in index["missing"]),
    )


def _sample(row: dict[str, Any]) -> Sample:
    return Sample(**{**row, "files": tuple(row["files"])})
