"""The ways to sign in that `[auth]` of Streamlit's secrets names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT = "default"


def providers(auth: Mapping[str, Any]) -> list[str]:
    """`DEFAULT` where `[auth]` itself names one, else the names of its tables, as written."""
    if "client_id" in auth:
        return [DEFAULT]
    return [
        name
        for name, value in auth.items()
        if isinstance(value, Mapping) and name != "client_kwargs"
    ]
