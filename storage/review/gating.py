"""A scope's clips before the gate to the live bucket."""

from __future__ import annotations

from collections.abc import Mapping

from storage.model.content import Content
from storage.model.review import Policy
from storage.model.review_gate import GateClip, GateReport, gate
from storage.review.ordering import WARNING
from storage.review.snapshot import Snapshot


def report_of(
    snapshot: Snapshot, policy: Policy, meant: Mapping[str, Content] | None
) -> GateReport:
    """What the policy asks of them; of those that are `meant`, all of them if None."""
    sheet, severe = snapshot.sheet, snapshot.measured.severity >= WARNING
    clips: list[GateClip] = []
    changed: list[str] = []
    there = set()
    for row, key in enumerate(sheet.keys):
        state = snapshot.state(row)
        if state is None or (meant is not None and key not in meant):
            continue
        there.add(key)
        content = snapshot.content(row)
        if meant is not None and not meant[key].same_bytes(content):
            changed.append(key)
        flagged = bool(severe[row]) or bool(sheet.short(row))
        measured = bool(snapshot.measured.known[row])
        clips.append(GateClip(key, content, state, flagged, measured))
    missing = sheet.missing if meant is None else tuple(key for key in meant if key not in there)
    return gate(clips, policy, changed=changed, missing=missing)
