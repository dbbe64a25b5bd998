"""The arguments of `promote …`."""

from __future__ import annotations

from pathlib import Path

from storage.cli.arguments import AddCommand, add_note

_ID = "of the release (see `promote history`)"


def add_promote(command: AddCommand) -> None:
    """Adds them all."""
    _add_plan(command)
    show = command("show", "promote:show", "a release and its plan; with --json all of it")
    show.add_argument("id", metavar="ID", help=_ID)
    show.add_argument("--state", metavar="STATE", default="", help="only rows in this state")
    show.add_argument("--limit", metavar="N", type=int, default=100, help="so many rows (100)")
    _add_approve(command)
    run = command("run", "promote:run", "run an approved release, here, and end with it")
    run.add_argument("id", metavar="ID", help=_ID)
    run.add_argument(
        "--type", metavar="TEXT", required=True, help="the scope, typed to mean it: ita_for_eng"
    )
    run.add_argument("--all", action="store_true", help="verify by reading every object")
    add_note(run)
    for name, about in (
        ("pause", "have it stop after the batch it is at"),
        ("resume", "go on with what is left, in this command"),
        ("status", "how far it is: exit 0 ended well, 4 runs, 5 waits for somebody, 1 else"),
    ):
        part = command(name, f"promote:{name}", about)
        part.add_argument("id", metavar="ID", help=_ID)
    for name, about in (
        ("cancel", "stop it where it is, or void it"),
        ("rollback", "plan what undoes it; approve and run that"),
    ):
        part = command(name, f"promote:{name}", about)
        part.add_argument("id", metavar="ID", help=_ID)
        add_note(part)
    verify = command("verify", "promote:verify", "compare prod with what it should be")
    verify.add_argument("id", metavar="ID", help=_ID)
    verify.add_argument("--all", action="store_true", help="by reading every object")
    history = command("history", "promote:history", "the newest releases")
    history.add_argument("--limit", metavar="N", type=int, default=50, help="so many (50)")
    history.add_argument("--before", metavar="ID", default="", help="older than this one")
    diff = command("diff", "promote:diff", "two plans, or two places, compared")
    diff.add_argument("one", metavar="ID-or-PLACE", help="stage:mastered/, s3://bucket/prefix")
    diff.add_argument("other", metavar="ID-or-PLACE", help="what it is compared with")
    diff.add_argument("--limit", metavar="N", type=int, default=1000, help="so many keys (1000)")


def _add_plan(command: AddCommand) -> None:
    plan = command("plan", "promote:plan", "what would go live; writes nothing to a bucket")
    plan.add_argument("courses", metavar="COURSE", nargs="*", help="ita_for_eng …")
    plan.add_argument("--prefix", metavar="P", help="everything below it instead")
    plan.add_argument(
        "--keys", metavar="FILE", type=Path, help="the keys in a file instead, one a line"
    )
    plan.add_argument("--import", dest="plan_file", metavar="FILE", type=Path, help="a plan")
    plan.add_argument(
        "--from-inventory",
        action="store_true",
        help="by the newest inventories of both buckets (see `scan`); neither is listed",
    )
    plan.add_argument("--deep", action="store_true", help="compare metadata of what is the same")
    add_note(plan)


def _add_approve(command: AddCommand) -> None:
    approve = command("approve", "promote:approve", "approve the plan of exactly this hash")
    approve.add_argument("id", metavar="ID", help=_ID)
    approve.add_argument("--hash", metavar="H", default="", help="as `promote show` tells it")
    add_note(approve)
    approve.add_argument(
        "--override", metavar="REASON", default="", help="an admin's, to approve alone"
    )
    approve.add_argument(
        "--countersign", action="store_true", help="sign what an admin approved alone"
    )
