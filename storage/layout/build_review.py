"""`[review]` of a layout file: what clips are rejected for, and what must be heard before they go
live.
"""

from __future__ import annotations

from collections.abc import Mapping

from storage.layout.profile import Review
from storage.model.review import Needs, Policy, Reason
from storage.tomlfile import Field, Node

_NEEDS: Mapping[str, Needs] = {
    "flagged": "flagged",
    "everything": "everything",
    "nothing": "nothing",
}
_REVIEW = {
    "needs": Field("text", choices=tuple(_NEEDS)),
    "sample_percent": Field("number"),
    "reasons": Field("tables"),
}
_REASON = {"code": Field("text", required=True), "title": Field("text", required=True)}


def build_review(node: Node) -> Review:
    """The table, or what holds without one. Raises ConfigError naming line or field."""
    node.check(_REVIEW)
    found: dict[str, Reason] = {}
    for item in node.tables("reasons"):
        item.check(_REASON)
        code = item.text("code")
        if not code.isascii() or not code.replace("-", "").isalnum() or code != code.lower():
            raise item.wrong(
                f"is {code!r}.", 'Write it like "cut-off": a to z, 0 to 9 and -.', "code"
            )
        if code in found:
            raise item.wrong(f"is {code!r} a second time.", "Give each reason its own.", "code")
        found[code] = Reason(code, item.text("title"))
    usual = Policy()
    percent = node.number("sample_percent")
    if percent is not None and not 0 <= percent <= 100:
        raise node.wrong(f"is {percent}.", "It must be from 0 to 100.", "sample_percent")
    return Review(
        reasons=tuple(found.values()),
        policy=Policy(
            needs=_NEEDS[node.text("needs") or usual.needs],
            sample_percent=usual.sample_percent if percent is None else percent,
        ),
    )
