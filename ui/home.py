"""The parts of Home: banners, a card for each kind of person, a card for each bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from storage.bootstrap import Services
from storage.checks.glance import Glance, glance_all
from storage.errors import Unavailable
from storage.layout.profile import Layout, Start
from storage.model.people import Actor, Role
from storage.units import human_bytes
from ui import gate, listening_home, promoting_home, session, welcomes_home
from ui.cards.cards import Card
from ui.text import visible
from ui.view import View
from ui.welcomes_view import WelcomesView


@dataclass(frozen=True, slots=True)
class Overview:
    """What Home shows of a project: what waits for whom, and its buckets.

    `unreachable`: a bucket's store did not answer, which may be over in a moment.
    """

    people: tuple[Card, ...]
    buckets: tuple[Card, ...]
    unreachable: bool


def banners(services: Services) -> None:
    """What a person must know about this console before anything else."""
    if services.mode == "moto":
        st.warning(
            "In memory, for trying out: everything you change is gone when the console ends.",
            icon="⚠️",
        )
    elif services.mode == "seaweedfs":
        st.caption("Sample projects in a store on this computer. Nobody else can reach them.")


def overview(services: Services, actor: Actor, layout: Layout) -> Overview:
    """Looks at the buckets this person may see, and at where their work starts, all at once."""
    roles = session.visible_buckets(actor, layout)
    starts = [
        start for start in layout.starts if start.person in actor.roles and start.bucket in roles
    ]
    places = [(role, "") for role in roles]
    places += [(start.bucket, layout.kind(start.kind).template.prefix) for start in starts]
    seen = glance_all(actor, layout, places, services.store_for)
    looks = seen[: len(roles)]
    people = [
        _start_card(services, actor, layout, start, look)
        for start, look in zip(starts, seen[len(roles) :], strict=True)
    ]
    if Role.OPERATOR in actor.roles and looks:
        people += [*welcomes_home.asked(services, actor, layout), _operator_card(layout, looks)]
    people += promoting_home.card(services, actor, layout)
    return Overview(
        people=tuple(people),
        buckets=tuple(_bucket_card(layout, look) for look in looks),
        unreachable=any(isinstance(look.error, Unavailable) for look in looks),
    )


def _start_card(
    services: Services, actor: Actor, layout: Layout, start: Start, look: Glance
) -> Card:
    prefix = layout.kind(start.kind).template.prefix
    href = _href(View(layout.name, start.bucket, prefix=prefix[: prefix.rfind("/") + 1]))
    if welcomes_home.starts_here(actor, layout, start):
        href = welcomes_home.href(WelcomesView(layout.name))
    lines = [f"In {look.bucket.title}"]
    if listening_home.starts_here(actor, layout, start):
        href = listening_home.href(layout, start)
        lines += listening_home.stopped(services, actor, layout)
    if look.empty:
        lines.append(f"{look.empty:,} of them {'is' if look.empty == 1 else 'are'} empty")
    if look.newest is not None:
        name = visible(look.newest_key[look.newest_key.rfind("/") + 1 :])
        lines.append(f"Last change {_ago(look.newest)}: {name}")
    if look.error is not None:
        lines = [look.error.what, look.error.remedy]
    return Card(
        eyebrow=gate.ROLE_TITLES[start.person],
        number="–" if look.error else f"{look.objects:,}{'+' if look.more else ''}",
        title=start.things,
        lines=lines,
        action=start.action,
        href=href,
    )


def _operator_card(layout: Layout, looks: Sequence[Glance]) -> Card:
    texts = {rule.code: rule.text for rule in layout.rules}
    rules = Counter(
        (look.bucket.title, texts[found.rule]) for look in looks for found in look.findings
    )
    uploads = sum(look.unfinished_uploads or 0 for look in looks)
    lines = [f"{title}: {text}" for title, text in rules]
    if uploads:
        lines.append(f"{uploads:,} unfinished upload{'' if uploads == 1 else 's'}, still billed")
    failed = [f"{look.bucket.title}: {look.error.what}" for look in looks if look.error]
    lines += failed
    if any(look.more for look in looks):
        lines.append("Based on the first 1,000 objects of each bucket")
    troubled = [look for look in looks if look.findings or look.error] or looks
    count = sum(rules.values()) + uploads + len(failed)
    return Card(
        eyebrow=gate.ROLE_TITLES[Role.OPERATOR],
        number=f"{count:,}",
        title="thing to look at" if count == 1 else "things to look at",
        lines=lines or ["No rule is broken"],
        action=f"Open {troubled[0].bucket.title}",
        href=_href(View(layout.name, troubled[0].bucket.role)),
    )


def _bucket_card(layout: Layout, look: Glance) -> Card:
    held = f"{look.objects:,}{'+' if look.more else ''}"
    size = f"{'at least ' if look.more else ''}{human_bytes(look.size_bytes)}"
    lines = [size] if look.newest is None else [size, f"Last change {_ago(look.newest)}"]
    if look.error is not None:
        held, lines = "–", [look.error.what, look.error.remedy]
    return Card(
        eyebrow=look.bucket.title,
        number=held,
        title="object" if look.objects == 1 else "objects",
        lines=lines,
        action="Browse",
        href=_href(View(layout.name, look.bucket.role)),
        live=look.bucket.live,
    )


def _href(view: View) -> str:
    role = gate.viewed_role()
    return f"browse{view.href()}" + (f"&as={role.value}" if role else "")


def _ago(moment: datetime) -> str:
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    for length, name in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= length:
            count = minutes // length
            return f"{count:,} {name}{'' if count == 1 else 's'} ago"
    return "just now"
