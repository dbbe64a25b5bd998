"""Fills a new embedded store once, so that what a user changed or deleted stays so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock

from storage.demo.seed import seed
from storage.layout.profile import Bucket, Layout
from storage.s3.client import Store
from storage.s3.embedded import EmbeddedStore

_MARK = "filled.json"


def fill_once(
    store: EmbeddedStore,
    data_dir: Path,
    layouts: Mapping[str, Layout],
    store_for: Callable[[Layout, Bucket], Store],
    progress: Callable[[int, int, str], None],
) -> bool:
    """Seeds `store` unless that was done before; two consoles starting at once do it once.

    An interrupted filling is finished by the next start. Returns whether it filled now.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    mark = data_dir / _MARK
    # the moto stand-in forgets everything with its process, so its mark holds for that process
    identity = {"kind": store.kind, "pid": store.pid if store.kind == "moto" else 0}
    with FileLock(data_dir / f"{_MARK}.lock"):
        if _marks(mark).get(store.kind) == identity:
            return False
        seed(store_for, layouts, progress=progress)
        fresh = mark.with_suffix(".tmp")
        fresh.write_text(json.dumps({**_marks(mark), store.kind: identity}), encoding="utf-8")
        fresh.replace(mark)
    return True


def _marks(mark: Path) -> dict[str, object]:
    try:
        loaded = json.loads(mark.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # filling again is safe: it never overwrites
    return loaded if isinstance(loaded, dict) else {}
