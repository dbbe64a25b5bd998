"""What a page of a 1,000,000-key prefix costs beside the bare request for it.

`python -m benchmarks.list_page`: a listing server in its own process with pages rendered in
advance, and in turns, page by page, in one process: a signed GET that reads the body and does
nothing with it, by the usual means and by ours; boto3 as it is; our page as columns; and the whole
server side of a page in Browse (permission, listing, kind of every key).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import urllib3

from benchmarks.listing_server import BUCKET, PREFIX, make_keys
from storage.audit.log import open_audit
from storage.config import load_config
from storage.db.engine import open_database
from storage.db.people import People
from storage.db.switches import SwitchRows
from storage.db.tokens import Tokens
from storage.gate import Gate
from storage.layout.load import load_layouts
from storage.layout.profile import Layout
from storage.model.people import local_actor
from storage.objects.service import Objects
from storage.s3.client import Connection, Store, connect
from storage.s3.listing import list_page
from storage.sessions import Sessions
from storage.settings import Secret, load_settings
from storage.switches import Switches

PAGE_SIZES = (100, 500, 1_000)  # what Browse offers
BAR = 1.5  # issue 2: the page's server side against one raw signed GET of the same page
PAGES = 20  # different places in the bucket
RAW, LEAN, BOTO3, OURS, WHOLE = (
    "raw signed GET, body read (botocore, urllib3)",
    "our own signed GET, body read (botocore, http.client)",
    "boto3 list_objects_v2",
    "list_page",
    "whole server side of the page",
)


Gates = Callable[[Mapping[str, Layout], Store], Gate]


@contextmanager
def listing_server() -> Iterator[str]:
    """The address of a listing server, which ends with this block."""
    command = [sys.executable, "-m", "benchmarks.listing_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


@contextmanager
def scratch_gates() -> Iterator[Gates]:
    """The door to one store, with a database of its own that is gone after this block."""
    with TemporaryDirectory() as folder, closing(open_database(Path(folder) / "a.db")) as database:
        audit = open_audit(database, Path(folder), Secret(""), _now, [])
        sessions = Sessions(People(database), Tokens(database), _now)
        switches = Switches(SwitchRows(database), _now, always=False)
        yield lambda layouts, store: Gate(layouts, lambda _l, _b: store, audit, sessions, switches)


def _now() -> datetime:
    return datetime.now(UTC)


def contenders(store: Store, limit: int, gates: Gates) -> dict[str, Callable[[str], object]]:
    """What is measured: each takes the key to start after and gives a page its own way."""
    http = urllib3.PoolManager()
    layouts = load_layouts(load_settings({}), load_config(None), {"S3_BUCKET_NAME": BUCKET})
    objects = Objects(gates(layouts, store), _now)
    actor = local_actor()
    direct = store.signed_get(BUCKET)
    assert direct is not None
    query = {
        "list-type": "2",
        "encoding-type": "url",
        "max-keys": str(limit),
        "prefix": PREFIX,
        "delimiter": "/",
    }

    def asked(after: str) -> dict[str, object]:
        return {
            "Bucket": BUCKET,
            "Prefix": PREFIX,
            "Delimiter": "/",
            "MaxKeys": limit,
            "StartAfter": after,
        }

    def raw(after: str) -> bytes:
        url = store.client.generate_presigned_url(
            "list_objects_v2", Params={**asked(after), "EncodingType": "url"}
        )
        return http.request("GET", url, retries=False).data

    return {
        RAW: raw,
        LEAN: lambda after: direct.fetch({**query, "start-after": after}),
        BOTO3: lambda after: store.client.list_objects_v2(**asked(after)),  # type: ignore[arg-type]
        OURS: lambda after: list_page(store, BUCKET, PREFIX, after=after, limit=limit),
        WHOLE: lambda after: objects.list_page(
            actor, "ssi", "stage", PREFIX, after=after, limit=limit
        ),
    }


def measure(
    store: Store, gates: Gates, limit: int, places: list[str], repeats: int
) -> dict[str, list[float]]:
    """Milliseconds of each contender, taken in turns so that a busy moment meets all of them."""
    ways = contenders(store, limit, gates)
    taken_ms: dict[str, list[float]] = {way: [] for way in ways}
    for way in ways.values():  # connections, imports, and the server's own rendering
        for after in places:
            way(after)
    for turn in range(repeats):
        after = places[turn % len(places)]
        for name, way in ways.items():
            if name == BOTO3 and turn % 10:
                continue  # 50 ms each: a tenth of the turns is enough
            begun = time.perf_counter()
            way(after)
            taken_ms[name].append((time.perf_counter() - begun) * 1000)
    return taken_ms


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.list_page")
    parser.add_argument("--repeats", type=int, default=400)
    repeats: int = parser.parse_args().repeats
    keys = make_keys()
    places = [keys[len(keys) * number // PAGES] for number in range(PAGES)]
    held = True
    with listing_server() as url, scratch_gates() as gates:
        store = connect(Connection(url, "us-east-1", "AKIDEXAMPLE", Secret("secret")))
        print("| keys a page | what | median ms | p95 ms | against the raw GET | bar |")
        print("| ---: | --- | ---: | ---: | ---: | --- |")
        for limit in PAGE_SIZES:
            taken_ms = measure(store, gates, limit, places, repeats)
            bare = statistics.median(taken_ms[RAW])
            for what, values in taken_ms.items():
                middle = statistics.median(values)
                highest = sorted(values)[round(0.95 * len(values)) - 1]
                verdict = ""
                if what == WHOLE:
                    held = held and middle <= BAR * bare
                    verdict = f"{BAR}: {'held' if middle <= BAR * bare else 'MISSED'}"
                print(
                    f"| {limit:,} | {what} | {middle:.2f} | {highest:.2f} "
                    f"| {middle / bare:.2f} | {verdict} |"
                )
        store.close()
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
