"""What must still be heard before these clips go live, as the release gate will count it."""

from __future__ import annotations

import json

import streamlit as st

from storage.model.review_gate import GateReport
from ui.listening import Scene

_ASKED = "listening:gate"


def show(scene: Scene) -> None:
    """A button, for the bucket is listed anew; then what speaks against going live."""
    if not st.button(
        "What must be heard before going live?", key=_ASKED, icon=":material/fact_check:"
    ):
        return
    with st.spinner("Listing the bucket as it is now…"):
        report = scene.services.review.gate(*scene.place, scene.scope)
    _tell(report)


def _tell(report: GateReport) -> None:
    approved = f"{report.approved:,} of {report.clips:,} clips are approved."
    if report.ok:
        st.success(f"Nothing is left to hear. {approved}", icon=":material/check:")
        return
    lines = [approved, *(f"- {sentence}" for sentence in report.sentences)]
    st.warning("\n".join([lines[0], "", *lines[1:]]), icon=":material/hearing:")
    if report.unmeasured:
        st.caption(
            f"{report.unmeasured:,} were not measured, so each of these must be heard. "
            "Measuring them leaves fewer."
        )
    st.download_button(
        "The clips by name (JSON)",
        json.dumps(report.as_json(), ensure_ascii=False, indent=2),
        "to-be-heard.json",
        "application/json",
        key="listening:gate:file",
        on_click="ignore",
    )
