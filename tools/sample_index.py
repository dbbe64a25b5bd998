"""Collects sample files and where each goes; writes `index.json`, which seeding reads."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "samples.soundstage.example")

MP3 = "audio/mpeg"
JSON = "application/json"


def upper_id(name: str) -> str:
    """The UUID of `name`, the same on every run, as course audio writes it."""
    return str(uuid.uuid5(_NAMESPACE, name)).upper()


def lower_id(name: str) -> str:
    """The same in lower case, as the other projects write theirs."""
    return upper_id(name).lower()


@dataclass
class Samples:
    """What will be in the stores: files by path below `folder`, and objects in seeding order."""

    folder: Path
    objects: list[dict[str, Any]] = field(default_factory=list)
    unfinished: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, str]] = field(default_factory=list)

    def file(self, path: str, body: bytes) -> str:
        """Writes one file; returns its path for `put`."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return path

    def put(self, place: str, key: str, *files: str, content_type: str = MP3, **more: Any) -> None:
        """An object of `place` ("ssi:stage") whose versions are `files`, oldest first.

        `more`: metadata, tags, cache_control, defect (what was planted).
        """
        layout, role = place.split(":")
        entry = {"layout": layout, "role": role, "key": key, "content_type": content_type}
        self.objects.append({**entry, "files": list(files), **more})

    def write_index(self) -> None:
        """`index.json`, one object a line so that differences can be read."""
        parts = {"objects": self.objects, "unfinished": self.unfinished, "missing": self.missing}
        lines = []
        for name, entries in parts.items():
            rows = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries)
            lines.append(f'"{name}": [\n{rows}\n]')
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (self.folder / "index.json").write_text(text, encoding="utf-8")
