"""Telling a webhook of budgets that are crossed.

The address comes from the console's own environment and from nowhere else: nothing a person types,
no answer and no redirect leads a request of ours to another place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from storage.errors import ConfigError, Unavailable
from storage.settings import is_web_address

TIMEOUT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Webhook:
    """Where budgets are told; made from the COST_WEBHOOK setting. Raises ConfigError."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if not is_web_address(url) or parts.username or parts.password:
            raise ConfigError(  # without the address: it may hold a key of the receiver
                "COST_WEBHOOK is not a web address.",
                "Write it like https://hooks.example.org/abc, without a user name.",
            )
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ConfigError(
                "COST_WEBHOOK is not https, so anybody on the way could read what is told.",
                "Use the receiver's https address.",
            )
        self._url = url

    def send(self, message: Mapping[str, Any]) -> None:
        """Posts it as JSON. Raises Unavailable when it is not taken; the answer is not read."""
        import httpx  # noqa: PLC0415  few commands tell anybody, and all would wait for it

        try:
            with (
                httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
                client.stream("POST", self._url, json=dict(message)) as answer,
            ):
                status = answer.status_code
        except httpx.HTTPError as error:
            raise Unavailable(
                f"The webhook for budgets could not be reached ({type(error).__name__}).",
                "Check COST_WEBHOOK; what was not told is tried again the next time.",
            ) from None  # the error's own words hold the address
        if not 200 <= status < 300:
            raise Unavailable(
                f"The webhook for budgets answered {status}.",
                "Check COST_WEBHOOK; what was not told is tried again the next time.",
            )
