"""Where the files of inventories lie, and which of them are kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from storage.model.inventory import Scanned

ROWS_FILE = "objects.parquet"
NAMES_FILE = "names.parquet"
CELLS_FILE = "cells.parquet"
DAYS_FILE, FOLDERS_FILE = "days.parquet", "folders.parquet"
SEGMENTS_FOLDER = "segments"
PREFIX_SCANS_KEPT = 3  # whose rows are kept beside those of the newest scan of the whole bucket


@dataclass(frozen=True, slots=True)
class Files:
    """The folder of one inventory."""

    folder: Path

    @property
    def rows(self) -> Path:
        """All rows; only there while it is among the newest."""
        return self.folder / ROWS_FILE

    @property
    def names(self) -> Path:
        """The names in them alone, to search through."""
        return self.folder / NAMES_FILE

    @property
    def cells(self) -> Path:
        """What they add up to; kept for good."""
        return self.folder / CELLS_FILE

    @property
    def days(self) -> Path:
        """The cells without folders."""
        return self.folder / DAYS_FILE

    @property
    def folders(self) -> Path:
        """The cells without days."""
        return self.folder / FOLDERS_FILE

    @property
    def segments(self) -> Path:
        """What a scan under way has listed."""
        return self.folder / SEGMENTS_FOLDER

    def remove(self) -> None:
        """All of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of all inventories, below the console's data folder."""

    root: Path

    def of(self, layout: str, role: str, inventory_id: str) -> Files:
        """Those of one. Layouts and roles are names of a layout file, ids are our own."""
        return Files(self.root / layout / role / inventory_id)

    def thin_out(self, scans: Iterable[Scanned]) -> None:
        """Of one bucket's inventories, newest first, removes the rows that nobody asks for now."""
        left = {"whole": 1, "prefix": PREFIX_SCANS_KEPT}
        for scan in scans:
            files = self.of(scan.layout, scan.role, scan.id)
            if not files.rows.exists():
                continue
            what = "prefix" if scan.prefix else "whole"
            left[what] -= 1
            if left[what] < 0:
                files.rows.unlink()
                files.names.unlink(missing_ok=True)
