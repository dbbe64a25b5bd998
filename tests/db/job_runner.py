"""A console of its own with jobs: `job_runner.py ADDRESS FOLDER run|resume ID-OR-COUNT`.

Says "ready", waits for a line, then counts: a line a number, at last how it ended.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from job_rig import ANN, Counting, jobs_in

from storage.db.engine import open_database
from storage.errors import Cancelled, Conflict
from storage.jobs.work import Running


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def slowly(_job: Running, number: int) -> None:
    say(number)
    time.sleep(0.05)


def main(address: str, folder: str, what: str, which: str) -> None:
    database = open_database(address if "://" in address else Path(address))
    count = Counting()
    count.at = slowly
    jobs = jobs_in(database, Path(folder), count)
    say("ready")
    sys.stdin.readline()
    try:
        if what == "run":
            jobs.run_here(ANN, "count", {"to": int(which)}, title="Counts", total=int(which))
        else:
            jobs.resume_here(ANN, which)
        say("done")
    except (Cancelled, Conflict) as error:
        say(f"{error.code}: {error.what}")
    jobs.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
