"""A listing server that costs next to nothing: 1,000,000 keys, pages rendered once, in S3's words.

`python -m benchmarks.listing_server`: prints its port, serves until its input ends. It answers
ListObjectsV2 alone, checks no signature, and is not the bottleneck of what is measured against it.
"""

from __future__ import annotations

import asyncio
import random
import sys
import uuid
from bisect import bisect_right
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote, urlsplit

KEYS = 1_000_000
PREFIX = "mastered/"
BUCKET = "million"


def make_keys(count: int = KEYS) -> list[str]:
    """`count` keys `mastered/{UUID}.mp3` in S3's order, the same on every run."""
    numbers = random.Random(2)
    made = (uuid.UUID(int=numbers.getrandbits(128), version=4) for _ in range(count))
    return sorted(f"{PREFIX}{str(one).upper()}.mp3" for one in made)


def render(keys: list[str], first: int, count: int, after: str) -> bytes:
    """The body AWS answers for `count` keys from the one at `first`, with today's checksums."""
    rows = "".join(
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-05-01T12:{number % 60:02}:00.000Z"
        f"</LastModified><ETag>&quot;{number:032x}&quot;</ETag>"
        "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
        f"<Size>{5_000 + number % 60_000}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number, key in enumerate(keys[first : first + count], first)
    )
    more = first + count < len(keys)
    token = f"<NextContinuationToken>1ueGcxLPRx1Tr{first + count}=</NextContinuationToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns='
        f'"http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name><Prefix>{PREFIX}</Prefix>'
        f"<StartAfter>{quote(after)}</StartAfter>{token if more else ''}"
        f"<KeyCount>{min(count, len(keys) - first)}</KeyCount><MaxKeys>{count}</MaxKeys>"
        f"<Delimiter>/</Delimiter><EncodingType>url</EncodingType>"
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{rows}</ListBucketResult>"
    ).encode()


class Listing(asyncio.Protocol):
    """HTTP/1.1 with kept-alive connections, and nothing of it that is not needed here."""

    keys: list[str]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.transport.write(self.answer(head.split(b" ", 2)[1].decode()))  # type: ignore[attr-defined]

    @classmethod
    def answer(cls, target: str) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return cls.page(asked.get("start-after", ""), int(asked.get("max-keys", "1000")))

    @classmethod
    @lru_cache(maxsize=4096)
    def page(cls, after: str, count: int) -> bytes:
        body = render(cls.keys, bisect_right(cls.keys, unquote(after)), count, after)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nServer: AmazonS3\r\n"
            f"x-amz-request-id: 4442587FB7D0A2F9\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def main() -> None:
    Listing.keys = make_keys()
    server = await asyncio.get_running_loop().create_server(Listing, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    # whoever started us holds our input open: it ends with them, however they end
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
