"""The arguments of the commands that read objects, one or a bucket of them."""

from __future__ import annotations

from pathlib import Path

from storage.cli.arguments import PLACE, Parser, add_note, count


def add_ls(parser: Parser) -> None:
    """Of `ls`."""
    parser.add_argument("place", metavar="PLACE", nargs="?", default="", help=PLACE)
    parser.add_argument(
        "--recursive", action="store_true", help="everything below, without folders"
    )
    parser.add_argument("--limit", metavar="N", type=count, default=1000, help="stop there (1000)")
    parser.add_argument("--after", metavar="KEY", default="", help="start after this key")


def add_stat(parser: Parser) -> None:
    """Of `stat`."""
    parser.add_argument("place", metavar="PLACE", help=PLACE)


def add_probe(parser: Parser) -> None:
    """Of `probe`."""
    parser.add_argument("place", metavar="FILE-or-PLACE", help=f"a file here, else {PLACE}")


def add_url(parser: Parser) -> None:
    """Of `url`, and of `url --put`: a link to upload by."""
    parser.add_argument("place", metavar="PLACE", help=PLACE)
    parser.add_argument(
        "--expires", metavar="LIFE", default="", help="5m to 7d; 15m unless given (5m: personal)"
    )
    parser.add_argument("--download", action="store_true", help="browsers save it under its name")
    parser.add_argument(
        "--put",
        dest="run",
        action="store_const",
        const="removing:receive",
        help="a link by which somebody else uploads exactly this object",
    )
    parser.add_argument("--type", metavar="TYPE", default="", help="with --put: its content type")
    parser.add_argument(
        "--max-size", metavar="SIZE", default="", help="with --put: 500KiB, 10MiB …"
    )
    parser.add_argument("--replace", action="store_true", help="with --put: over what is there")
    parser.add_argument("--wait", action="store_true", help="with --put: stay until it arrives")
    add_note(parser)


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
