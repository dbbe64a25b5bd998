"""The security headers every response carries, refusals and errors included."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A CSP host-source we accept from configuration: nothing that could end the directive.
_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(\d{1,5}|\*))?")

# The one inline script of Streamlit's index.html (`window.prerenderReady = false`). It changes only
# with the pinned Streamlit; a test compares it with the file that is installed.
STREAMLIT_INLINE_SCRIPT = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"

# Features no page of the console uses. The player needs autoplay, copying clipboard-write, and a
# welcome can be spoken into the browser.
_REFUSED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)

FIXED_HEADERS: dict[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [
            *(f"{feature}=()" for feature in _REFUSED_FEATURES),
            "autoplay=(self)",
            "clipboard-write=(self)",
            "microphone=(self)",
        ]
    ),
}

HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
"""Where the console is served by https: browsers then never ask for it without."""


def content_security_policy(origins: Iterable[str]) -> str:
    """The policy of a page that may also fetch and play from `origins` (scheme://host[:port]).

    Inline styles and wasm are what Streamlit's charts and tables need; scripts are our own only.
    A blob: is of the page's own making, such as what was just spoken into it.
    """
    store = " ".join(["'self'", *(one for one in origins if _ORIGIN.fullmatch(one))])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' blob: {STREAMLIT_INLINE_SCRIPT}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src {store} blob:",
            f"media-src {store} blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
