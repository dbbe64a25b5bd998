"""Fetching the start of an object as a player does: by a link, without credentials."""

from __future__ import annotations

from dataclasses import dataclass

import urllib3

from storage.errors import Unavailable

_TIMEOUT_S = 10.0
_AGAIN = urllib3.Retry(
    4, redirect=False, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504)
)


@dataclass(frozen=True, slots=True)
class Start:
    """What a player gets."""

    status: int
    content_type: str
    data: bytes


def fetch_start(url: str, count: int) -> Start:
    """The first `count` bytes behind `url`. Raises Unavailable where nothing answers, or the store
    is still busy after a few tries.
    """
    headers = {"Range": f"bytes=0-{count - 1}"}
    try:
        answer = urllib3.request("GET", url, headers=headers, timeout=_TIMEOUT_S, retries=_AGAIN)
    except urllib3.exceptions.HTTPError as error:
        raise Unavailable(  # the address holds a signature: it is not told
            "The store did not answer a player's request.", "Verify the release again in a moment."
        ) from error
    return Start(answer.status, answer.headers.get("content-type", ""), answer.data[:count])
