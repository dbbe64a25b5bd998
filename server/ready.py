"""The services as HTTP needs them: at once or not at all, because a request must not wait long."""

from __future__ import annotations

import anyio
from starlette.concurrency import run_in_threadpool

from storage import bootstrap
from storage.errors import StorageError, Unavailable

ANY_LOCAL_PORT = "http://127.0.0.1:*"
"""Where the embedded store will be; its port is not known before it has started."""

PAGE_WAITS_S = 2.0
"""How long a page's HTML waits for a store that is starting."""

SERVING = frozenset({"filling", "ready"})
"""The states of `bootstrap.status()` in which services exist."""


def services_now() -> bootstrap.Services:
    """The services. Raises Unavailable while they start, or the error that ended their start."""
    status = bootstrap.status()
    if status.state in SERVING:
        return bootstrap.services()
    raise status.error or Unavailable(
        "The console is still starting.", "Wait a few seconds, then try again."
    )


async def page_origins() -> tuple[str, ...]:
    """The S3 origins a page may play from, for its Content-Security-Policy.

    A page is loaded once and keeps its policy, so it waits a little for a store that is starting.
    While the store is unknown: any port of this machine, where the embedded one will be.
    """
    if bootstrap.status().state == "failed":
        bootstrap.start()  # opening the page anew tries again
    with anyio.move_on_after(PAGE_WAITS_S):
        while bootstrap.status().state == "starting":
            await anyio.sleep(0.05)
    try:
        return await run_in_threadpool(lambda: services_now().origins())
    except StorageError:
        return (ANY_LOCAL_PORT,)  # the page itself asks for the services and shows what is wrong
