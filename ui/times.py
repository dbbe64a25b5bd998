"""Moments in the zone of the person who looks."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def local(moment: datetime) -> str:
    """`2026-11-21 07:28`, in the browser's zone; with "UTC" behind it where that is not known."""
    zone = _zone()
    shown = f"{moment.astimezone(zone or UTC):%Y-%m-%d %H:%M}"
    return shown if zone else f"{shown} UTC"


def zone() -> tzinfo:
    """The browser's zone, UTC where that is not known."""
    return _zone() or UTC


def _zone() -> tzinfo | None:
    name = st.context.timezone
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None  # the browser's own words, which need not be a zone we know
