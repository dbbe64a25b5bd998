"""Why a clip comes now, in words: short text, what was measured, what others said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from storage.model.audio import AudioFinding
from storage.model.listening import in_words
from storage.model.review import Reason, Said, Verdict

_FINDINGS_SHOWN = 3


def why(
    short: str,
    findings: Sequence[AudioFinding],
    *,
    current: Mapping[str, Said],
    before: Sequence[Said],
    details: Mapping[int, Verdict],
    reasons: Sequence[Reason],
) -> Iterator[str]:
    """`single word`, `3.1 dB too loud`, `changed since Ann rejected it on 3 Nov (cut off)`."""
    if short:
        yield short
    wrong = [one for one in findings if one.severity != "info"]
    for finding in sorted(wrong, key=lambda one: one.severity != "error")[:_FINDINGS_SHOWN]:
        yield _lowered(finding.text)
    for one in current.values():
        if one.decision == "second-ear":
            yield f"{one.by_name} wants a second ear"
    if not current and before:
        yield _changed(before[0], details.get(before[0].id), reasons)


def _lowered(text: str) -> str:
    """As a part of a sentence; not names such as "MP3"."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _changed(said: Said, verdict: Verdict | None, reasons: Sequence[Reason]) -> str:
    did = {"approved": "approved it", "rejected": "rejected it"}.get(said.decision, "heard it")
    words = f"changed since {said.by_name} {did}"
    if verdict is not None:
        words += f" on {verdict.at.day} {verdict.at:%b}"
        if verdict.reasons:
            words += f" ({in_words(verdict.reasons, reasons)})"
    return words
