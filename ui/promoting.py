"""The parts of the Promote page that all of it shares: who may do what, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

import streamlit as st

from storage import bootstrap
from storage.access import allowed
from storage.bootstrap import Services
from storage.layout.profile import Bucket, Layout
from storage.layout.promoting import PromotionRules
from storage.model.people import WRITING_CANS, Actor, Can, Role
from storage.model.releases import STATE_WORDS, Release, ReleaseState
from storage.promotion.ends import rules_of
from ui import gate, session
from ui.promoting_view import PARTS, PromoteView, read_view
from ui.rows.tones import Tone
from ui.text import plain_markdown, visible

PROMOTE_CANS = (Can.PROMOTE_PLAN, Can.PROMOTE_APPROVE, Can.PROMOTE_RUN, Can.PROMOTE_ROLLBACK)
_TONES: Mapping[ReleaseState, Tone] = {
    "planned": "info",
    "approved": "info",
    "running": "info",
    "paused": "warning",
    "stopped": "error",
    "copied": "warning",
    "live": "ok",
    "undone": "faded",
    "void": "faded",
}
_COLOURS: Mapping[Tone, str] = {
    "": "gray",
    "ok": "green",
    "warning": "orange",
    "error": "red",
    "info": "blue",
    "faded": "gray",
}
_TOLD = "promoting:told"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks at what, with what: everything the parts of the page need."""

    services: Services
    actor: Actor
    layout: Layout
    rules: PromotionRules
    view: PromoteView
    read_only: bool = False  # the console as a whole: nobody may write now

    @property
    def source(self) -> Bucket:
        """Where releases come from."""
        return self.layout.bucket(self.rules.source)

    @property
    def target(self) -> Bucket:
        """Where they go."""
        return self.layout.bucket(self.rules.target)

    def may(self, can: Can) -> bool:
        """Whether to offer it; the library decides again when it is asked for."""
        if self.read_only and can in WRITING_CANS:
            return False
        return allowed(self.actor, can, self.layout, self.rules.target)

    def may_read(self, role: str) -> bool:
        """Whether to offer hearing what a bucket holds."""
        return allowed(self.actor, Can.OBJECT_READ, self.layout, role)

    def may_run(self, release: Release) -> bool:
        """Whether to offer running it, and what belongs to that; a rollback takes two."""
        back = release.kind != "rollback" or self.may(Can.PROMOTE_ROLLBACK)
        return self.may(Can.PROMOTE_RUN) and back

    def who_may(self, can: Can) -> str:
        """The kinds of person who may, in words: `Operator or Admin`."""
        roles = [one for one in Role if can in self.layout.grants(one, self.rules.target)]
        return " or ".join(gate.ROLE_TITLES[one] for one in roles) or "nobody"

    def why_not(self, what: str, can: Can) -> str:
        """Why this person is not offered it; `what` is as in `It is run`."""
        if self.read_only and can in WRITING_CANS:
            return "The console is switched to reading only, so nothing is written now."
        return f"{what} by: {self.who_may(can)}."


def may(actor: Actor, can: Can, layout: Layout) -> bool:
    """Whether this person has that permission where the project's releases go."""
    return layout.promotion is not None and allowed(actor, can, layout, layout.promotion.target)


def seen_by(actor: Actor, layouts: Mapping[str, Layout]) -> dict[str, Layout]:
    """The projects with releases whose live bucket this person may list."""
    return {name: layout for name, layout in layouts.items() if may(actor, Can.OBJECT_LIST, layout)}


def concerns(actor: Actor, layout: Layout) -> bool:
    """Whether this person does something for releases of the project."""
    return any(may(actor, can, layout) for can in PROMOTE_CANS)


def open_to(actor: Actor) -> bool:
    """Whether the menu offers the page. While the console starts nobody knows, and it waits."""
    if bootstrap.status().state != "ready":
        return True
    return any(concerns(actor, layout) for layout in bootstrap.services().layouts.values())


def current(services: Services, actor: Actor) -> Scene:
    """The title row and what it is about; ends the page for whom there is nothing."""
    layouts = seen_by(actor, services.layouts)
    if not layouts:
        session.title("Promote")
        if any(layout.promotion for layout in services.layouts.values()):
            st.info("No project with releases is open to this role.")
        else:
            st.info(
                "No project here has releases. A layout says with a \\[promotion\\] table from "
                "which bucket to which they go, and what must hold for one: see docs/layouts.md."
            )
        st.stop()
    layout = session.header("Promote", layouts)
    view = replace(read_view(st.query_params.to_dict()), project=layout.name)
    read_only = services.switches.read_only() is not None
    return Scene(services, actor, layout, rules_of(layout), view, read_only)


def parts(scene: Scene) -> None:
    """The parts of the page; each is an address."""
    names = [name for name in PARTS if name != "plan" or scene.may(Can.PROMOTE_PLAN)]
    state = st.session_state
    state["promoting:part"] = scene.view.part if scene.view.part in names else ""
    st.segmented_control(
        "Part",
        names,
        key="promoting:part",
        format_func=PARTS.__getitem__,
        label_visibility="collapsed",
        required=True,
        on_change=lambda: go(PromoteView(scene.view.project, state["promoting:part"])),
    )


def go(view: PromoteView) -> None:
    """Makes the view the address."""
    session.go(view.params())


def opens(label: str, view: PromoteView) -> None:
    """A press that shows another view of the page; `label` is escaped here."""
    st.button(
        plain_markdown(label),
        key=f"promoting:open:{view.href()}",
        type="tertiary",
        icon=":material/arrow_forward:",
        on_click=go,
        args=(view,),
    )


def href(view: PromoteView) -> str:
    """A link from another page; who is looked at stays."""
    role = gate.viewed_role()
    return f"promote{view.href()}" + (f"&as={role.value}" if role else "")


def link(label: str, address: str) -> None:
    """An ordinary link in this tab: Streamlit's own open another. Both are escaped here."""
    st.html(f'<a href="{escape(address)}">{escape(label)}</a>')


def live(bucket: Bucket) -> str:
    """The bucket by its title, marked when it is live, as markdown."""
    mark = " :red-badge[Live]" if bucket.live else ""
    return f"**{plain_markdown(bucket.title)}**{mark}"


def badge(words: str, tone: Tone) -> str:
    """A mark in a tone's colour, as markdown."""
    return f":{_COLOURS[tone]}-badge[{plain_markdown(words)}]"


def standing(release: Release) -> tuple[str, Tone]:
    """Where it is, in words and a colour."""
    if release.state == "planned" and release.blocked:
        return "held back", "warning"
    if release.expired(datetime.now(UTC)):
        return "approval has ended", "warning"
    return STATE_WORDS[release.state], _TONES[release.state]


def title(release: Release) -> str:
    """`Promote ita_for_eng`, plain text."""
    verb, scope = "Roll back" if release.kind == "rollback" else "Promote", release.header.scope
    text = f"folder {scope.text}" if scope.kind == "prefix" else scope.text
    return visible(f"{verb} {text if len(text) <= 80 else f'{text[:77]}…'}")


def tell(words: str) -> None:
    """Says it on the next run, once."""
    st.session_state[_TOLD] = words


def told() -> None:
    """What was to be said."""
    words = st.session_state.pop(_TOLD, "")
    if words:
        st.success(plain_markdown(words), icon=":material/check:")


def browse_href(scene: Scene, role: str, key: str) -> str:
    """The object in Browse."""
    who = gate.viewed_role()
    params = {
        "project": scene.layout.name,
        "bucket": role,
        "prefix": key[: key.rfind("/") + 1],
        "at": key,
        **({"as": who.value} if who else {}),
    }
    return "browse?" + urlencode(params)
