"""A bucket of millions of keys whose pages cost next to nothing: rendered before, cut out, sent.

`python -m benchmarks.scan_server KEYS`: prints its port, serves until its input ends. The first
million keys are `mastered/{UUID}.mp3`; each further million is the same in another folder. It
answers ListObjectsV2 (by token or from a key on) and ListBuckets, and checks no signature.
"""

from __future__ import annotations

import asyncio
import sys
from array import array
from bisect import bisect_right
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.listing_server import BUCKET, KEYS, PREFIX, make_keys

PAGE_KEYS = 1_000
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nServer: AmazonS3\r\n"
    b"x-amz-request-id: 4442587FB7D0A2F9\r\nContent-Length: %d\r\n\r\n"
)
_BUCKETS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult '
    b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets><Bucket><Name>%s</Name>'
    b"<CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets>"
    b"<Owner><ID>1</ID></Owner></ListAllMyBucketsResult>" % BUCKET.encode()
)


class Rows:
    """A million rows as AWS writes them, one after another, and where each begins."""

    def __init__(self) -> None:
        self.keys = make_keys()
        self.starts = array("q", [0])
        pieces = bytearray()
        for number, key in enumerate(self.keys):
            pieces += (
                f"<Contents><Key>{key}</Key><LastModified>2026-05-{number % 28 + 1:02}T12:00:"
                f"{number % 60:02}.000Z</LastModified><ETag>&quot;{number:032x}&quot;</ETag>"
                "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT"
                f"</ChecksumType><Size>{5_000 + number % 60_000}</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>"
            ).encode()
            self.starts.append(len(pieces))
        self.body = bytes(pieces)


def folder(number: int) -> str:
    """The folder of that million: all names are equally long."""
    return PREFIX if number == 0 else f"n{number:07}/"


class Bucket(asyncio.Protocol):
    """HTTP/1.1 with kept-alive connections, and nothing of it that is not needed here."""

    rows: Rows
    count: int

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            method, target, _ = head.split(b" ", 2)
            body = self.answer(target.decode())
            sent = b"" if method == b"HEAD" else body
            self.transport.writelines([_HEAD % len(body), sent])  # type: ignore[attr-defined]

    @classmethod
    def answer(cls, target: str) -> bytes:
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if "list-type" not in asked:
            return _BUCKETS
        if token := asked.get("continuation-token", ""):
            first = int(token.removeprefix("at-").rstrip("="))
        else:
            first = cls.place(unquote(asked.get("start-after", "")))
        return cls.page(first, int(asked.get("max-keys", PAGE_KEYS)))

    @classmethod
    def place(cls, after: str) -> int:
        """The number of the first key behind `after`; folders are in order."""
        for number in range(cls.count // KEYS):
            name = folder(number)
            if after < name or after.startswith(name):
                inner = bisect_right(cls.rows.keys, PREFIX + after[len(name) :])
                return number * KEYS + (inner if after.startswith(name) else 0)
        return cls.count

    @classmethod
    def page(cls, first: int, limit: int) -> bytes:
        million, start = divmod(first, KEYS)
        end = min(start + limit, KEYS) if first < cls.count else start  # a folder's last is short
        rows = cls.rows.body[cls.rows.starts[start] : cls.rows.starts[end]]
        if million:
            rows = rows.replace(f"<Key>{PREFIX}".encode(), f"<Key>{folder(million)}".encode())
        more = first + end - start < cls.count
        following = f"<NextContinuationToken>at-{first + end - start}=</NextContinuationToken>"
        head = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns='
            f'"http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix></Prefix>'
            f"{following if more else ''}<KeyCount>{end - start}</KeyCount>"
            f"<MaxKeys>{limit}</MaxKeys><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        )
        return b"".join((head.encode(), rows, b"</ListBucketResult>"))


async def main() -> None:
    Bucket.rows, Bucket.count = Rows(), int(sys.argv[1])
    server = await asyncio.get_running_loop().create_server(Bucket, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # whoever started us holds our input open: it ends with them, however they end
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
