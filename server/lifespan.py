"""What happens when the server starts and ends: the services come up beside it and go with it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from server.login_setup import configured_login
from storage import bootstrap


def console_lifespan(
    option: Callable[[str], Any],
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of the console. `option` reads a Streamlit option by name."""

    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        bootstrap.start()
        if Path(sys.argv[0]).name == "app.py":
            # under `streamlit run`; any other server chooses its port itself and announces it
            public = configured_login(option)
            address = public.origin if public else console_url(option)
            sys.stdout.write(f"\n  Soundstage: {address}   (Ctrl+C ends it)\n\n")
            sys.stdout.flush()
        try:
            yield
        finally:
            await run_in_threadpool(bootstrap.close)

    return lifespan


def console_url(option: Callable[[str], Any]) -> str:
    """The address a person opens where no login says it, from Streamlit's own options."""
    scheme = "https" if option("server.sslCertFile") else "http"
    host = str(option("server.address"))
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{option('server.port')}"
