"""What happens when the server starts and ends: the services come up beside it and go with it."""

from __future__ import annotations

import logging
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
        logging.getLogger("uvicorn.access").addFilter(_without_query)
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


def _without_query(record: logging.LogRecord) -> bool:
    """Takes the query off the addresses in another server's access log: a sign-in's way back
    carries its code there, and a page's address the keys of people's files.
    """
    if isinstance(record.args, tuple) and len(record.args) == 5:
        client, method, path, version, status = record.args
        record.args = (client, method, str(path).partition("?")[0], version, status)
    return True


def console_url(option: Callable[[str], Any]) -> str:
    """The address a person opens where no login says it, from Streamlit's own options."""
    scheme = "https" if option("server.sslCertFile") else "http"
    host = str(option("server.address"))
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{option('server.port')}"
