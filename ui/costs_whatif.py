"""Costs, what if: a change is chosen, and what it would cost and save is told before it is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import streamlit as st

from storage.costs.estimate import METERS
from storage.costs.gathering import Gathered
from storage.costs.whatif import WhatIf, what_if
from storage.model.money import money
from ui import costs, costs_charts, errors, session
from ui.costs import Scene
from ui.costs_view import BITRATES, CHANGES, CLASSES, CostsView
from ui.text import CLASS_TITLES, plain_markdown, visible


def show(scene: Scene, found: Gathered) -> None:
    """The choice on the left, what comes of it on the right."""
    left, right = st.columns([1, 2.4], gap="medium")
    with left, st.container(border=True, key="costs:change"):
        _form(scene, found)
    source = found.source(scene.view.bucket)
    with right:
        made = errors.tried(lambda: _made(scene, found, source.bucket if source else ""))
        if made is not None:
            _outcome(made)


def _made(scene: Scene, found: Gathered, bucket: str) -> WhatIf:
    """Of the cells that are here; a folder needs all of them."""
    change = scene.view.change(bucket)
    if change.where.prefix:
        return scene.services.costs.what_if(scene.actor, scene.layout.name, change)
    return what_if(found.month, change)


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of a change; what is chosen goes into the address."""

    view: CostsView

    def choose(self, name: str, label: str, options: Mapping[str, str]) -> None:
        """One of some; what the address has besides is offered as it is."""
        chosen, key = getattr(self.view, name), f"costs:what:{name}"
        options = options if chosen in options else {chosen: chosen, **options}
        st.session_state[key] = chosen
        st.selectbox(
            label,
            list(options),
            format_func=lambda one: options[one],
            key=key,
            on_change=self._go,
            args=(name,),
        )

    def write(self, name: str, label: str, placeholder: str = "") -> None:
        """A text or number."""
        key = f"costs:what:{name}"
        st.session_state[key] = getattr(self.view, name)
        st.text_input(label, key=key, placeholder=placeholder, on_change=self._go, args=(name,))

    def _go(self, name: str) -> None:
        value = str(st.session_state[f"costs:what:{name}"] or "").strip()
        session.go(self.view.with_(**{name: value}).params())


def _form(scene: Scene, found: Gathered) -> None:
    """The change, and what it needs to be said."""
    form, what = _Form(scene.view), scene.view.what
    form.choose("what", "Change", CHANGES)
    if what != "times":
        buckets = {one.role: one.title for one in found.measured}
        form.choose("bucket", "Bucket", {"": "All buckets", **buckets})
    if what == "move":
        _move(form)
    if what in ("move", "delete", "bitrate", "region"):
        kinds = {kind.kind: kind.title for kind in scene.layout.kinds}
        form.choose("kind", "Kind", {"": "Any kind", **kinds})
        form.write("prefix", "Only below the folder", "mastered/")
    if what in ("move", "delete", "versions", "uploads"):
        form.write("older", "Older than so many days")
    _more(form, found)


def _move(form: _Form) -> None:
    form.choose("to", "To", {name: CLASS_TITLES.get(name, name) for name in CLASSES})
    form.choose("how", "How", {"": "By a lifecycle rule", "copy": "By copying each object"})
    if form.view.how != "copy":
        small = {"": "Skip them, as S3 does", "1": "Move them too"}
        form.choose("small", "Objects under 128 KB", small)


def _more(form: _Form, found: Gathered) -> None:
    match form.view.what:
        case "delete":
            form.write("percent", "Per cent of it (such as orphans)")
        case "bitrate":
            rates = {rate: f"{rate} kbit/s" for rate in BITRATES}
            form.choose("from_kbps", "From", rates)
            form.choose("to_kbps", "To", rates)
        case "region":
            form.choose("region", "Region", found.month.book.regions)
        case "times":
            form.write("times", "Times what is there")


def _outcome(made: WhatIf) -> None:
    """In words and figures; what costs more is said first."""
    currency, back = made.now.book.currency, made.pay_back_months
    title = made.title
    for name in sorted(CLASS_TITLES, key=len, reverse=True):
        title = title.replace(name, CLASS_TITLES[name])
    st.markdown(f"##### {plain_markdown(title)}")
    st.caption(f"{costs.size(made.objects, made.bytes)} are concerned.")
    if made.warnings:
        first, *more = map(plain_markdown, made.warnings)
        st.warning("\n".join([f"**{first}**", "", *(f"- {one}" for one in more)]), icon="⚠️")
    saved = made.saving
    for place, (label, value, words) in zip(
        st.columns(4),
        (
            ("A month now", money(made.now.total, currency), "as things are"),
            (
                "First month",
                money(made.first_month, currency),
                f"{money(made.once.total, currency)} once",
            ),
            ("Each month after", money(made.steady.total, currency), _change(saved, currency)),
            ("Pays for itself", _months(back), _earned(saved)),
        ),
        strict=True,
    ):
        place.metric(
            label, value, words, delta_color="off", delta_arrow="off", border=True, height="stretch"
        )
    costs_charts.pay_back(made, key="costs:pay-back")
    _lines(made)
    _rule(made)


def _change(saved: Decimal, currency: str) -> str:
    if not saved:
        return "the same"
    return f"{money(abs(saved), currency)} {'less' if saved > 0 else 'more'}"


def _earned(saved: Decimal) -> str:
    return "what it costs once against what it saves" if saved > 0 else "it saves nothing"


def _months(back: Decimal | None) -> str:
    if back is None:
        return "Never"
    return "At once" if back < Decimal("0.05") else f"{back:,.1f} months"


def _lines(made: WhatIf) -> None:
    """Every line before and after, and what is paid once."""
    currency = made.now.book.currency
    now, then, once = (one.by("meter") for one in (made.now, made.steady, made.once))
    meters = [(meter,) for meter in METERS if (meter,) in {*now, *then, *once}]
    zero = Decimal(0)
    frame = pd.DataFrame(
        {
            "Line": [METERS[meter] for (meter,) in meters],
            "A month now": [money(now.get(key, zero), currency) for key in meters],
            "A month after": [money(then.get(key, zero), currency) for key in meters],
            "Once": [money(once.get(key, zero), currency) for key in meters],
        }
    )
    st.dataframe(frame, hide_index=True, key="costs:what:lines")


def _rule(made: WhatIf) -> None:
    if made.rule is None:
        st.caption("No lifecycle rule can make this change: rules know prefixes, sizes and ages.")
        return
    text = json.dumps(made.rule, indent=2)
    with st.expander("The lifecycle rule that does it", key="costs:rule"):
        st.caption(
            "For `aws s3api put-bucket-lifecycle-configuration`. It takes the place of all rules "
            "that the bucket has: add those it has first."
        )
        st.code(visible(text) if "\u202e" in text else text, language="json")
        st.download_button(
            "Download", text, "lifecycle.json", "application/json", key="costs:rule:download"
        )
