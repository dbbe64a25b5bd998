"""The arguments of `costs`."""

from __future__ import annotations

import argparse
from pathlib import Path

from storage.cli.arguments import AddCommand

_CHANGES = ("move", "delete-versions", "delete-uploads", "delete", "bitrate", "region", "times")


def add_costs(command: AddCommand) -> None:
    """`costs estimate|whatif|forecast|bill|budgets|prices`."""
    _assumptions(command("estimate", "costs:estimate", "what a month costs, line by line"))
    _what_if(command("whatif", "costs:whatif", "what a change would cost and save"))
    ahead = command("forecast", "costs:forecast", "the months to come, as sure as that is")
    ahead.add_argument("--months", metavar="N", type=int, default=12, help="so many (12)")
    ahead.add_argument(
        "--recordings", metavar="N", type=int, default=0, help="cost of N recordings"
    )
    ahead.add_argument("--size-mib", metavar="MIB", type=float, default=1.0, help="of each (1)")
    ahead.add_argument("--plays", metavar="N", type=int, default=1, help="of each a month (1)")
    bill = command("bill", "costs:bill", "a closed month beside its bill")
    bill.add_argument("--month", metavar="YYYY-MM", default="", help="the last one unless given")
    bill.add_argument(
        "--file", metavar="FILE", type=Path, help="Cost and Usage Report or Cost Explorer export"
    )
    budgets = command("budgets", "costs:budgets", "budgets and what is crossed")
    budgets.add_argument("--set", metavar="AMOUNT", help="a month, of the project or --bucket")
    budgets.add_argument("--bucket", metavar="ROLE", default="", help="of this bucket only")
    budgets.add_argument("--at", metavar="PERCENT", type=int, nargs="+", help="thresholds (80 100)")
    budgets.add_argument("--remove", metavar="ID", default="", help="remove one")
    budgets.add_argument("--tell", action="store_true", help="tell the webhook what is crossed")
    prices = command("prices", "costs:prices", "the price book; `update` takes in a newer list")
    prices.add_argument("update", metavar="update", nargs="?", choices=["update"])
    prices.add_argument("--file", metavar="FILE", type=Path, nargs="+", help="offer files of AWS")
    prices.add_argument("--region", metavar="REGION", nargs="+", help="the four unless given")
    prices.add_argument("--dry-run", action="store_true", help="only show what changed")
    prices.add_argument("--note", metavar="WHY", default="", help="why, for the record")


def _what_if(parser: argparse.ArgumentParser) -> None:
    _assumptions(parser)
    parser.add_argument("what", metavar="WHAT", choices=_CHANGES, help=", ".join(_CHANGES))
    parser.add_argument("--to", metavar="CLASS", default="", help="STANDARD_IA, GLACIER_IR …")
    parser.add_argument("--prefix", metavar="PREFIX", default="", help="only below this")
    parser.add_argument("--kind", metavar="KIND", default="", help="only of this kind")
    parser.add_argument("--bucket-name", metavar="BUCKET", default="", help="only in this bucket")
    parser.add_argument("--older", metavar="DAYS", type=int, default=0, help="only older ones")
    parser.add_argument("--small", action="store_true", help="objects under 128 KB too")
    parser.add_argument("--copy", action="store_true", help="by copying, not by a lifecycle rule")
    parser.add_argument("--percent", metavar="N", type=int, default=100, help="of what fits (100)")
    parser.add_argument("--from-kbps", metavar="N", type=int, default=128, help="bitrate now (128)")
    parser.add_argument("--to-kbps", metavar="N", type=int, default=64, help="bitrate then (64)")
    parser.add_argument("--region", metavar="REGION", default="eu-central-1", help="the second one")
    parser.add_argument("--times", metavar="N", type=int, default=10, help="so many times (10)")
    parser.add_argument("--rule", action="store_true", help="print the lifecycle configuration")


def _assumptions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assume", metavar="NAME=VALUE", nargs="+", default=[], help="such as prod.gets=1200000"
    )
