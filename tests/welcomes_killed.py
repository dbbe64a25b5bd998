"""A console that is killed while it saves a welcome: after the request of a number to the store.

`python tests/welcomes_killed.py COURSE WAV N`; N 0 kills it never, and prints how many there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from storage import bootstrap
from storage.model.people import local_actor


def main(course: str, wav: Path, last: int) -> None:
    services = bootstrap.build(os.environ)
    layout = services.layouts["ssi"]
    client = services.store_for(layout, layout.bucket("canonical")).client
    plan = services.welcomes.plan_save(
        local_actor(), "ssi", course, text="New text.", recording=wav.read_bytes()
    )
    count = 0

    def answered(**_: Any) -> None:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    client.meta.events.register("after-call.s3", answered)
    services.welcomes.save(local_actor(), plan)
    print(count)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
