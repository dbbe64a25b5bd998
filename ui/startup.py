"""The first seconds of a console: progress while the store starts and is filled, then services."""

from __future__ import annotations

import streamlit as st

from storage import bootstrap
from storage.bootstrap import Services
from ui import errors

_POLL_S = 0.4


def ready_services() -> Services:
    """The services, once they are ready; until then the page shows progress and ends here."""
    bootstrap.start()
    if bootstrap.status().state != "ready":
        _progress()
        st.stop()
    return bootstrap.services()


@st.fragment(run_every=_POLL_S)
def _progress() -> None:
    status = bootstrap.status()
    if status.state == "ready":
        st.rerun()
    if status.error is not None:
        errors.show(status.error)
        if st.button("Try again", key="startup:again"):
            bootstrap.start()
        return
    st.subheader("Getting the console ready")
    if status.state == "filling":
        st.progress(status.done / max(status.total, 1), text="Filling the sample projects")
        st.caption(f"{status.done} of {status.total} objects. This happens once.")
    else:
        st.progress(0.0, text="Starting the store")
