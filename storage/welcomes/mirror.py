"""The local copy: `vfs/canonical/welcomes.json`, `extracted-welcomes/welcome_{name}.wav`, and with
them a small file that says what both sides were when they were last the same.

Every write is to a temporary file that then takes the name, and stays inside the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.courses.registry import Registry
from storage.errors import Conflict, InvalidInput
from storage.model.welcome_sync import What

REGISTRY = Path("vfs", "canonical", "welcomes.json")
RECORDINGS = Path("extracted-welcomes")
STATE = Path(".soundstage-welcomes.json")
_NAME = re.compile("[a-z]{3}(_for_[a-z]{3})?")
_FORMAT = 1


def is_name(name: str) -> bool:
    """Whether a recording of that name can be here: `ita`, `ita_for_jpn`, and nothing else."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Kept:
    """The state file: digests by (what, name), and the ETag a recording had in the store then."""

    base: Mapping[tuple[What, str], str]
    etags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mirror:
    """The copy in `folder`, for one project and bucket. Raises InvalidInput for files that cannot
    be read or written, saying which."""

    folder: Path
    layout: str
    bucket: str

    @classmethod
    def at(cls, folder: Path, layout: str, bucket: str) -> Mirror:
        """Raises InvalidInput where there is no such folder."""
        if not folder.is_dir():
            raise InvalidInput(
                f"{str(folder)!r} is no folder.", "Make it, or give the right one with --dir."
            )
        return cls(folder.resolve(), layout, bucket)

    def registry(self) -> bytes | None:
        """The registry's bytes, None without one."""
        return self._read(REGISTRY)

    def recordings(self) -> tuple[str, ...]:
        """The names of the recordings that are here."""
        with _telling(RECORDINGS):
            names = (path.stem for path in (self.folder / RECORDINGS).glob("welcome_*.wav"))
            found = (name.removeprefix("welcome_") for name in names)
            return tuple(sorted(name for name in found if is_name(name)))

    def recording(self, name: str) -> bytes | None:
        """A recording's bytes, None without one."""
        return self._read(_recording(name))

    def put_registry(self, raw: bytes, *, over: Registry | None) -> None:
        """Replaces the registry that was read, None for none. Raises Conflict where somebody
        changed it since, in an editor perhaps."""
        if self.registry() != (over.raw if over else None):
            raise Conflict(
                f"{str(REGISTRY)!r} was changed while this ran, so it was left.", "Run it again."
            )
        self._write(REGISTRY, (raw,))

    def put_recording(self, name: str, pieces: Iterable[bytes | memoryview]) -> str:
        """Replaces a recording; the SHA-256 of its bytes. Nothing is replaced where `pieces` end by
        an error."""
        digest = hashlib.sha256()

        def read() -> Iterator[bytes | memoryview]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        self._write(_recording(name), read())
        return digest.hexdigest()

    def remove_recording(self, name: str) -> None:
        """Removes a recording."""
        with _telling(_recording(name)):
            self._inside(_recording(name)).unlink(missing_ok=True)

    def kept(self) -> Kept:
        """What was kept at the last run with this project and bucket; nothing where it cannot be
        read: then whatever differs is a conflict."""
        raw = self._read(STATE)
        found: Any = None
        with suppress(ValueError, RecursionError):
            found = json.loads(raw or b"null")
        if not isinstance(found, dict) or self._place() != {
            name: found.get(name) for name in self._place()
        }:
            return Kept({}, {})
        base: dict[tuple[What, str], str] = {}
        parts: tuple[What, What] = ("registry", "recording")
        for what in parts:
            base |= {(what, name): one for name, one in _texts(found.get(what)).items()}
        return Kept(base, _texts(found.get("etags")))

    def keep(self, kept: Kept) -> None:
        """Keeps it for the next run."""
        document: dict[str, Any] = {**self._place(), "registry": {}, "recording": {}}
        for (what, name), digest in kept.base.items():
            document[what][name] = digest
        document["etags"] = dict(kept.etags)
        self._write(STATE, ((json.dumps(document, indent=1, sort_keys=True) + "\n").encode(),))

    def _place(self) -> dict[str, Any]:
        return {"format": _FORMAT, "project": self.layout, "bucket": self.bucket}

    def _inside(self, path: Path) -> Path:
        """Where `path` is, with the folders to it made. Raises InvalidInput where a link leads out
        of the folder."""
        whole = self.folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        if not whole.parent.resolve().is_relative_to(self.folder):
            raise InvalidInput(
                f"{str(path.parent)!r} leads out of {str(self.folder)!r}.",
                "Replace the link by a folder.",
            )
        return whole

    def _read(self, path: Path) -> bytes | None:
        with _telling(path):
            try:
                return (self.folder / path).read_bytes()
            except FileNotFoundError:
                return None

    def _write(self, path: Path, pieces: Iterable[bytes | memoryview]) -> None:
        with _telling(path):
            whole = self._inside(path)
            temporary = whole.with_name(f".writing-{secrets.token_hex(8)}")
            try:
                with temporary.open("xb") as file:
                    file.writelines(pieces)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(whole)
            finally:
                temporary.unlink(missing_ok=True)


def _recording(name: str) -> Path:
    if not is_name(name):
        raise InvalidInput(f"{name!r} is no recording's name.", "Check the course's code.")
    return RECORDINGS / f"welcome_{name}.wav"


def _texts(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, str)}


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be used: {error.strerror or error}.",
            "Check that it is a file, that there is room, and that you may write there.",
        ) from error
