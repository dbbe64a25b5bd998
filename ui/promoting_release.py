"""One release: what it is, what holds it back, what it does, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from storage.access import allowed, allowed_console
from storage.model.money import Estimate, money
from storage.model.people import Can
from storage.model.promotion import BLOCKING, Gate
from storage.model.releases import Release
from storage.promotion.looking import Total, copied
from storage.units import human_bytes
from ui import (
    gate,
    promoting,
    promoting_export,
    promoting_next,
    promoting_rows,
    promoting_words,
)
from ui.confirming import count
from ui.promoting import Scene
from ui.promoting_view import STATE_HELP, STATE_TITLES, PromoteView
from ui.text import CLASS_TITLES, plain_markdown, visible

_TOTALS = "promoting:totals"  # a plan does not change: kept by release


def show(scene: Scene) -> None:
    """The release of the address. Raises NotFound."""
    release = scene.services.promotions.show(scene.actor, scene.layout.name, scene.view.release)
    totals = _totals(scene, release)
    _head(scene, release)
    left, right = st.columns([2.3, 1], gap="medium")
    with right, st.container(border=True, key="promoting:next"):
        promoting_next.show(scene, release)
    with left:
        cost = _cost(scene, totals)
        _figures(release, cost)
        for words in release.notes:
            st.caption(f":orange[:material/info:] {plain_markdown(words)}")
        _gates(scene, release)
        _counts(release, totals)
        chosen = promoting_rows.show(scene, release, totals)
        promoting_export.show(scene, release, cost)
    if chosen is not None:
        with right:
            promoting_rows.one(scene, release, chosen)


def _totals(scene: Scene, release: Release) -> tuple[Total, ...]:
    kept: dict[str, tuple[Total, ...]] = st.session_state.setdefault(_TOTALS, {})
    if release.id not in kept:
        kept[release.id] = scene.services.lookback.totals(
            scene.actor, scene.layout.name, release.id
        )
    return kept[release.id]


def _head(scene: Scene, release: Release) -> None:
    header = release.header
    mark = promoting.badge(*promoting.standing(release))
    source, target = scene.source, scene.target
    with st.container(horizontal=True, vertical_alignment="center", key="promoting:head"):
        st.markdown(
            f"##### {plain_markdown(promoting.title(release))} {mark}",
            width="stretch",
        )
        st.button(
            "All releases",
            key="promoting:back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=promoting.go,
            args=(PromoteView(scene.view.project),),
        )
    where = f"from {promoting.live(source)} to {promoting.live(target)}"
    if release.kind == "rollback":
        where = f"in {promoting.live(target)}, undoing {plain_markdown(header.of)}"
    st.caption(f"{plain_markdown(release.id)} · {where}  \n{promoting_words.people(release)}")
    if len(header.scope.names) > 1 and header.scope.kind == "course":
        st.caption(plain_markdown(f"Courses: {', '.join(header.scope.names)}"))


def _cost(scene: Scene, totals: Sequence[Total]) -> Estimate | None:
    """What running it costs; None for who may not see money, or where nothing is copied."""
    copies = copied(totals)
    if not copies or not allowed_console(scene.actor, Can.COST_READ):
        return None
    ends = (scene.rules.source, scene.rules.target)
    return scene.services.costs.copying(scene.actor, scene.layout.name, *ends, copies)


def _figures(release: Release, cost: Estimate | None) -> None:
    """What it takes, in one line of figures."""
    coming = sum(release.counts.get(name, 0) for name in ("new", "changed", "restored"))
    lacks = release.counts.get("missing", 0)
    columns = st.columns(4)
    columns[0].metric("To write", f"{release.todo:,}", border=True, height="stretch")
    columns[1].metric("To copy", human_bytes(release.bytes), border=True, height="stretch")
    columns[2].metric(
        "Requests, about",
        f"{release.requests:,}",
        None if cost is None else _costs(cost),
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=None if cost is None else plain_markdown(promoting_words.costs(cost)),
    )
    if release.kind == "promotion":
        columns[3].metric(
            "Still lacking",
            f"{lacks:,}",
            border=True,
            height="stretch",
            help=f"Once it has run. {coming:,} lack or are other now, and come with it.",
        )
    else:
        removed = release.counts.get("removed", 0)
        columns[3].metric("Taken away", f"{removed:,}", border=True, height="stretch")


def _costs(cost: Estimate) -> str:
    return "cost not known" if cost.missing else money(cost.total, cost.book.currency)


# -- gates ----------------------------------------------------------------------------------------


def _gates(scene: Scene, release: Release) -> None:
    """Each gate with its reason; those that are shut first, with examples and a way on."""
    shut = list(release.blocked)
    rest = [one for one in release.gates if one not in shut]
    with st.container(border=True, key="promoting:gates"):
        title = f"{len(shut)} of {len(release.gates)} gates shut" if shut else "All gates are open"
        st.markdown(f"**{title}**")
        for one in shut:
            _shut(scene, release, one)
        st.markdown("  \n".join(_line(one) for one in rest))


def _line(one: Gate) -> str:
    icon = ":red[:material/block:]"
    if not one.on:
        icon = ":gray[:material/remove_circle:]"
    elif one.ok:
        icon = ":green[:material/check_circle:]"
    title = promoting_words.gate_title(one.name)
    return f"{icon} **{plain_markdown(title)}** · {plain_markdown(one.reason)}"


def _shut(scene: Scene, release: Release, one: Gate) -> None:
    st.markdown(_line(one))
    if one.examples:
        lines = [visible(key) for key in one.examples]
        if one.count > len(lines):
            lines.append(f"… and {one.count - len(lines):,} more")
        with st.expander(f"Which: {count(one.count)}"):
            st.code("\n".join(lines), language=None, wrap_lines=True)
    if one.name == "later-releases":
        for found in promoting_words.releases_in(one.reason):
            promoting.opens(f"Open {found}, to roll that back first", scene.view.opened(found))
    elif one.name in ("heard", "audio"):
        for label, address in _listen(scene, release):
            promoting.link(label, address)


def _listen(scene: Scene, release: Release) -> list[tuple[str, str]]:
    role = scene.rules.source
    if not allowed(scene.actor, Can.REVIEW_VERDICT, scene.layout, role):
        return []
    scope, who = release.header.scope, gate.viewed_role()
    place = {"project": scene.layout.name, "bucket": role, **({"as": who.value} if who else {})}
    if scope.kind == "course":
        return [
            (f"Listen to {name}", f"listen?{urlencode({**place, 'course': name})}")
            for name in scope.names
        ]
    if scope.kind == "prefix":
        address = urlencode({**place, "prefix": scope.names[0]})
        return [(f"Listen to {scope.names[0]}", f"listen?{address}")]
    return [("Listen to clips", f"listen?{urlencode(place)}")]


# -- counts ---------------------------------------------------------------------------------------


def _counts(release: Release, totals: Sequence[Total]) -> None:
    """States by storage class, in a table that opens."""
    if not totals:
        return
    by_state = promoting_rows.counted(totals)
    words = ", ".join(
        f"{number:,} {STATE_TITLES[name].lower()}" for name, number in by_state.items()
    )
    if release.newer_in_prod:
        words += f"; of the changed ones {release.newer_in_prod:,} are newer live"
    with st.expander(plain_markdown(f"{count(sum(by_state.values()))}: {words}")):
        st.dataframe(
            [_total_row(one) for state in by_state for one in totals if one.state == state],
            hide_index=True,
            key="promoting:totals-table",
            column_config={"Objects": st.column_config.NumberColumn(format="localized")},
        )
        if "only-prod" in by_state:
            st.caption("What is only live stays as it is: a promotion never deletes.")


def _total_row(one: Total) -> Mapping[str, object]:
    blocks = " (holds it back)" if one.state in BLOCKING else ""
    return {
        "State": f"{STATE_TITLES[one.state]}{blocks}",
        "Meaning": STATE_HELP[one.state],
        "Class": visible(CLASS_TITLES.get(one.storage_class, one.storage_class) or "–"),
        "Objects": one.objects,
        "Size": human_bytes(one.bytes),
    }
