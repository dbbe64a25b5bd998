"""Costs, prices: the book in use with the source of every figure, and taking in a newer list."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd
import streamlit as st

from storage.costs.estimate import tier_titles
from storage.costs.gathering import Gathered
from storage.costs.pricebook import ANY, UNITS, PriceBook
from storage.model.money import Origin, plain
from ui import costs, errors, times
from ui.costs import Scene
from ui.text import CLASS_TITLES, plain_markdown, visible

_TITLES = {
    "storage": "Storing",
    "put": "PUT, COPY, POST, LIST",
    "get": "GET and others",
    "transition": "Moved into it by a rule",
    "retrieval": "Retrieving",
    "monitoring": "Monitoring",
    "out": "Out to the internet",
    "between": "To another region",
    "kms": "KMS requests",
}
_SECOND_HAND, _UNSOURCED = "second-hand", "in no list"
_MARKS = {
    _SECOND_HAND: "AWS's list says them, by the word of whom the source names. Take in a newer "
    "list from AWS itself to have them first-hand.",
    _UNSOURCED: "none was found that says them. An estimate that needs one says so.",
}


def show(scene: Scene, found: Gathered) -> None:
    """The book, its figures, and where another comes from."""
    book = found.month.book
    st.markdown(f"##### {plain_markdown(book.name.name)}")
    st.caption(
        f"Of {plain_markdown(book.name.date)}, in {plain_markdown(book.name.currency)}. "
        f"{plain_markdown(book.name.source)}."
    )
    regions = list(book.regions)
    mine = [one.region for one in found.sources if one.region in regions]
    region = st.selectbox(
        "Region",
        regions,
        index=regions.index(mine[0]) if mine else 0,
        format_func=lambda one: f"{visible(book.regions[one])} ({one})",
        key="costs:prices:region",
        width=340,
    )
    rows = list(_rows(book, region))
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=420, key="costs:prices:table")
    for mark, words in _MARKS.items():
        if count := sum(row["Mark"] == mark for row in rows):
            st.caption(f":orange[:material/info:] {count} of these figures are {mark}: {words}")
    _earlier(scene)
    if scene.may_manage:
        _update(scene)


def _rows(book: PriceBook, region: str) -> Iterator[dict[str, str]]:
    for (place, figure, storage_class), tiers in book.figures.items():
        if place != region:
            continue
        for title, tier in zip(tier_titles(tiers), tiers, strict=True):
            kind = "" if storage_class == ANY else storage_class
            yield {
                "What": _TITLES[figure],
                "Class": CLASS_TITLES.get(kind, kind),
                "Tier": title,
                "Price": f"{plain(tier.price)} {book.name.currency}",
                "Per": UNITS[figure][0],
                "Mark": _mark(tier.origin),
                "Source": visible(tier.origin.title),
                "Of": tier.origin.date,
            }


def _mark(origin: Origin) -> str:
    if not origin.sourced:
        return _UNSOURCED
    return _SECOND_HAND if origin.quoted else ""


def _earlier(scene: Scene) -> None:
    kept = errors.tried(lambda: scene.services.ledger.earlier_books(scene.actor))
    if not kept:
        return
    with st.expander(f"Taken in before ({len(kept)})", key="costs:prices:earlier"):
        for one in kept:
            left, right = st.columns([4, 1])
            note = f": {one.note}" if one.note else ""
            left.text(visible(f"{times.local(one.at)}, {one.by_name}{note}"))
            right.download_button(
                "Download",
                one.text,
                f"prices-{one.at:%Y%m%d-%H%M%S}.toml",
                key=f"costs:prices:{one.key}",
            )


def _update(scene: Scene) -> None:
    """A newer list: what it would change is shown before it is taken in."""
    with st.expander("Take in a newer list", key="costs:prices:update"):
        st.caption(
            "The offer files AmazonS3 and AWSDataTransfer of your regions, from "
            "pricing.us-east-1.amazonaws.com, or the answer of `aws pricing get-products`. With "
            "credentials, `python -m storage costs prices update` asks AWS itself. The book in use "
            "is kept."
        )
        files = st.file_uploader(
            "Files",
            ["json"],
            accept_multiple_files=True,
            key="costs:prices:files",
            label_visibility="collapsed",
        )
        if not files:
            return
        texts = [text for file in files for text in _texts(file.getvalue())]
        source = ", ".join(visible(file.name) for file in files)
        update = errors.tried(lambda: scene.services.ledger.plan_book(scene.actor, texts, source))
        if update is None:
            return
        changes = [one.as_json() for one in update.changes]
        st.markdown(f"**{len(changes)} figures change.** {update.others:,} others are not needed.")
        if changes:
            st.dataframe(pd.DataFrame(changes), hide_index=True, key="costs:prices:changes")
        for note in update.notes:
            st.caption(plain_markdown(note))
        if st.button("Take it in", type="primary", key="costs:prices:take"):
            ledger = scene.services.ledger
            if costs.acted(lambda: ledger.take_book(scene.actor, update, source)):
                st.rerun()


def _texts(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace")
    try:
        listed = json.loads(text)
    except ValueError:
        return [text]
    found = listed.get("PriceList") if isinstance(listed, dict) else None
    return (
        [one if isinstance(one, str) else json.dumps(one) for one in found]
        if isinstance(found, list)
        else [text]
    )
