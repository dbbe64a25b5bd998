"""The first seconds of a console: progress while the store starts and is filled, then services."""

from __future__ import annotations

import gc
import logging
from functools import cache

import streamlit as st

from storage import bootstrap
from storage.bootstrap import Services
from storage.errors import StorageError, Unavailable
from ui import errors, login
from ui.text import visible

_LOG = logging.getLogger("soundstage")
_POLL_S = 0.4
_FAILED = "startup:failed"

# A page keeps the security policy it was loaded with, and one that was loaded while the console
# could not start does not know the store: it could not play anything from there.
_reload = st.components.v2.component(
    "soundstage.reload", js="export default () => window.location.reload();"
)


def ready_services() -> Services:
    """The services, once they are ready; until then the page shows progress and ends here."""
    status = bootstrap.status()
    if status.state == "stopped":
        bootstrap.start()
    if status.error is not None:
        _failed(status.error)
        st.stop()
    if status.state != "ready":
        _progress()
        st.stop()
    if st.session_state.pop(_FAILED, False):
        _reload(key="startup:reload")
        st.stop()
    _spare_collector()
    return bootstrap.services()


@cache
def _spare_collector() -> None:
    """Once: what is loaded by now stays loaded, so collections need not look at it.

    Streamlit makes a full collection after every run of a script, and no page is sent anything
    while it lasts: with all libraries in it, that is most of the time of a rerun.
    """
    gc.freeze()


def _failed(error: StorageError) -> None:
    st.session_state[_FAILED] = True
    st.subheader("The console could not start", anchor=False)
    if login.claims() is not None:
        # whoever has an account at the provider comes this far, so the log gets what was wrong
        _LOG.error("The console could not start: %s %s", visible(error.what), visible(error.remedy))
        error = Unavailable(
            "Something in its configuration or its store is wrong.",
            "Whoever looks after it finds the cause in its log.",
        )
    errors.show(error, before_retry=bootstrap.start)
    # two tabs may both press it: while a start is under way, another is not begun
    st.button("Try again", key="startup:again", on_click=bootstrap.start)


@st.fragment(run_every=_POLL_S)
def _progress() -> None:
    status = bootstrap.status()
    if status.state in ("ready", "failed"):
        st.rerun()
    st.subheader("Getting the console ready", anchor=False)
    if status.state == "filling":
        st.progress(status.done / max(status.total, 1), text="Loading the sample projects")
        st.caption(f"{status.done:,} of {status.total:,} objects. This happens once.")
    else:
        st.progress(0.0, text="Starting the store")
