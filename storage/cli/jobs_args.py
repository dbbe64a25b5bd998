"""The arguments of `jobs …`."""

from __future__ import annotations

from storage.cli.arguments import AddCommand, count


def add_jobs(command: AddCommand) -> None:
    """All parts of `jobs`."""
    rows = command("list", "jobs:list_jobs", "the newest jobs")
    rows.add_argument("--all", action="store_true", help="also those of others")
    rows.add_argument("--limit", metavar="N", type=count, default=50, help="so many (50)")
    rows.add_argument("--before", metavar="ID", default="", help="older than this job")
    for name, run, about in (
        ("show", "jobs:show_job", "one job"),
        ("cancel", "jobs:cancel", "ask it to stop"),
        ("resume", "jobs:resume", "go on where it stopped, in this command"),
    ):
        part = command(name, run, about)
        part.add_argument("id", metavar="ID", help="of the job (see `jobs list`)")
