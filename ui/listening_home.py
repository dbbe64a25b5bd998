"""What Home says of listening: where a QA listener begins, and where they stopped."""

from __future__ import annotations

from storage.bootstrap import Services
from storage.layout.profile import Layout, Start
from storage.model.people import Actor, Role
from ui import gate, listening
from ui.listening_view import ListeningView
from ui.text import visible


def starts_here(actor: Actor, layout: Layout, start: Start) -> bool:
    """Whether that work is done on the Listen page."""
    return start.person == Role.QA and start.bucket in listening.heard_in(actor, layout)


def href(layout: Layout, start: Start) -> str:
    """A link from another page; the page itself finds where the person stopped."""
    role = gate.viewed_role()
    view = ListeningView(layout.name, start.bucket)
    return f"listen{view.href()}" + (f"&as={role.value}" if role else "")


def stopped(services: Services, actor: Actor, layout: Layout) -> list[str]:
    """Where this person stopped, as a line of the card; none for who has not listened yet."""
    position = services.review.position(actor, layout.name)
    if position is None:
        return []
    return [visible(f"You stopped in {position.scope.name or 'the whole bucket'}")]
