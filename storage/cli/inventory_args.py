"""The arguments of `scan` and `measure`."""

from __future__ import annotations

from pathlib import Path

from storage.cli.arguments import Parser


def add_scan(parser: Parser) -> None:
    """Of `scan`."""
    parser.add_argument("role", metavar="ROLE", help="the bucket, by its role (see `layouts`)")
    parser.add_argument("--prefix", metavar="P", default="", help="only keys that begin like this")
    parser.add_argument(
        "--versions", action="store_true", help="old versions and delete markers too"
    )
    parser.add_argument("--uploads", action="store_true", help="parts of unfinished uploads too")
    parser.add_argument("--resume", action="store_true", help="go on with the one that was stopped")
    parser.add_argument("--out", metavar="F.parquet", type=Path, required=True, help="the file")


def add_measure(parser: Parser) -> None:
    """Of `measure`."""
    parser.add_argument("role", metavar="ROLE", help="of the bucket (see `layouts`)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--course", metavar="COURSE", default="", help="the clips of its manifest")
    which.add_argument("--prefix", metavar="P", default="", help="all that begin so")
