"""What Home says of welcomes: where an editor begins, and what was asked of the operators."""

from __future__ import annotations

from storage.bootstrap import Services
from storage.errors import StorageError
from storage.layout.profile import Layout, Start
from storage.model.people import Actor, Role
from ui import gate, promoting_entry, welcomes
from ui.cards.cards import Card
from ui.text import visible
from ui.welcomes_view import WelcomesView

_NAMED = 4


def starts_here(actor: Actor, layout: Layout, start: Start) -> bool:
    """Whether that work is done on the Welcomes page."""
    return start.kind == "welcome" and bool(welcomes.with_welcomes(actor, {layout.name: layout}))


def href(view: WelcomesView) -> str:
    """A link from another page."""
    role = gate.viewed_role()
    return f"welcomes{view.href()}" + (f"&as={role.value}" if role else "")


def asked(services: Services, actor: Actor, layout: Layout) -> list[Card]:
    """The card of what waits to go live; none where nothing does, or for who does not decide."""
    if Role.OPERATOR not in actor.roles or not welcomes.with_welcomes(actor, {layout.name: layout}):
        return []
    title, number, lines = "welcomes to go live", "–", []
    courses: list[str] = []
    try:
        waiting = services.welcomes.requests(actor, layout.name)
        told = services.welcomes.manifest_findings(actor, layout.name, waiting[:_NAMED])
    except StorageError as error:
        lines = [error.what, error.remedy]
    else:
        if not waiting:
            return []
        number, courses = f"{len(waiting):,}", [one.course for one in waiting]
        title = "welcome to go live" if len(waiting) == 1 else title
        for one in waiting[:_NAMED]:
            note = f": {one.note}" if one.note else ""
            lines.append(visible(f"{one.course}, asked by {one.by_name}{note}"))
            found = [f"{of.text} {of.remedy}" for of in told if of.course == one.course]
            lines += [visible(words) for words in found]
        if len(waiting) > _NAMED:
            lines.append(f"and {len(waiting) - _NAMED:,} more")
    action, link = "Listen to them in testing", href(WelcomesView(layout.name, show="testing"))
    if courses and promoting_entry.may_plan(actor, layout):
        action = "Plan their release"
        link = promoting_entry.plan_href(layout.name, course=",".join(courses))
    return [
        Card(
            eyebrow=gate.ROLE_TITLES[Role.OPERATOR],
            number=number,
            title=title,
            lines=lines,
            action=action,
            href=link,
        )
    ]
