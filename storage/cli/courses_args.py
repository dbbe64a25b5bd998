"""The arguments of `courses …`."""

from __future__ import annotations

from storage.cli.arguments import AddCommand


def add_courses(command: AddCommand) -> None:
    """All parts of `courses`."""
    command("list", "courses:list_all", "every course with a manifest")
    put = command("put", "courses:put", "keep a file as a course's manifest")
    put.add_argument("course", metavar="COURSE", help="such as ita_for_eng")
    put.add_argument("file", metavar="FILE", help="course_manifest.json, as it was compiled")
