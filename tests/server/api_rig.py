"""The console's routes behind its layers, by HTTP on a free port, over a real store of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from server.errors import console_errors
from server.middleware import console_middleware
from server.routes import console_routes
from storage import bootstrap
from storage.bootstrap import Services
from storage.model.audit import AuditFilter
from storage.model.people import Can, Role, local_actor

ADMIN = local_actor()
FRAME = b"\xff\xfb\x90\x00" + b"\0" * 413  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
MP3 = FRAME * 10
LONGER_MP3 = FRAME * 20
CLIP = "mastered/11111111-2222-4333-8444-55555555555A.mp3"
DRAFT = "drafts/x.bin"


def console_app() -> Starlette:
    """Our routes behind our layers, without Streamlit."""
    return Starlette(
        routes=console_routes(),
        middleware=console_middleware(lambda _name: "127.0.0.1"),
        exception_handlers=console_errors(),
    )


@dataclass(frozen=True)
class Api:
    """A served console: its address, its services, and a token that may do everything."""

    url: str
    services: Services
    token: str

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request with the token."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=60, **options)

    def put(self, role: str, key: str, body: bytes, layout: str = "ssi", **facts: Any) -> str:
        """Stores past the console; returns the ETag."""
        client, bucket = self.place(role, layout)
        answer = client.put_object(Bucket=bucket, Key=key, Body=body, **facts)
        return str(answer["ETag"].strip('"'))

    def keys(self, role: str, layout: str = "ssi") -> set[str]:
        client, bucket = self.place(role, layout)
        return {row["Key"] for row in client.list_objects_v2(Bucket=bucket).get("Contents", [])}

    def unfinished(self, role: str, layout: str = "ssi") -> list[Any]:
        client, bucket = self.place(role, layout)
        return list(client.list_multipart_uploads(Bucket=bucket).get("Uploads", []))

    def told(self, key: str) -> list[tuple[str, str]]:
        """(permission, result) of every row about the key, oldest first."""
        rows = self.services.audit.search(AuditFilter(key=key), limit=100).rows
        return [(row.event.action, row.event.result) for row in reversed(rows)]

    def empty(self, *roles: str) -> None:
        """Deletes everything in these buckets."""
        for role in roles:
            client, bucket = self.place(role)
            for key in self.keys(role):
                client.delete_object(Bucket=bucket, Key=key)

    def place(self, role: str, layout: str = "ssi") -> tuple[Any, str]:
        found = self.services.layouts[layout]
        bucket = found.bucket(role)
        return self.services.store_for(found, bucket).client, bucket.bucket


@contextmanager
def served(data: Path, layouts: tuple[str, ...] = ("ssi", "serene")) -> Iterator[Api]:
    """A console over an embedded store with the empty buckets of `layouts`."""
    services = bootstrap.build({"STORAGE_DATA": str(data)})
    for name in layouts:
        for bucket in services.layouts[name].buckets:
            client = services.store_for(services.layouts[name], bucket).client
            client.create_bucket(Bucket=bucket.bucket)
    bootstrap.install(services)
    made = services.tokens.create(
        ADMIN,
        name="tests",
        roles=set(Role),
        permissions={Can.OBJECT_LIST, Can.OBJECT_READ, Can.OBJECT_WRITE, Can.OBJECT_DELETE},
        layouts=set(),
        expires_s=3_600,
    )
    try:
        with _listening() as url:
            yield Api(url, services, str(made.secret))
    finally:
        bootstrap.close()


@contextmanager
def _listening() -> Iterator[str]:
    config = uvicorn.Config(
        console_app(), host="127.0.0.1", port=0, lifespan="off", log_level="error", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < until
        time.sleep(0.01)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
