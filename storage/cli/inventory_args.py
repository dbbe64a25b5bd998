"""The arguments of `scan`."""

from __future__ import annotations

from pathlib import Path

from storage.cli import show


def add_scan(command: show.AddCommand) -> None:
    """The arguments of `scan`."""
    scan = command("scan", "inventory:scan", "list a whole bucket into a Parquet file")
    scan.add_argument("role", metavar="ROLE", help="the bucket, by its role (see `layouts`)")
    scan.add_argument("--prefix", metavar="P", default="", help="only keys that begin like this")
    scan.add_argument("--versions", action="store_true", help="old versions and delete markers too")
    scan.add_argument("--uploads", action="store_true", help="parts of unfinished uploads too")
    scan.add_argument("--resume", action="store_true", help="go on with the one that was stopped")
    scan.add_argument("--out", metavar="F.parquet", type=Path, required=True, help="the file")
