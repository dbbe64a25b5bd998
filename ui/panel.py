"""The panel beside the table: one object with all that is known of it, or the ticked ones."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from storage.layout.rules import check_keys
from storage.model.listings import OBJECT_SCHEMA
from storage.model.objects import ObjectDetail, VersionRow
from storage.model.people import Can
from storage.objects.export import rows_to_csv
from storage.objects.service import link_limits
from storage.units import human_bytes, human_seconds
from ui import errors, gate, promoting_entry, writing
from ui.activity_view import LogView
from ui.browse import Scene
from ui.confirming import count
from ui.facts.facts import Fact, Section, facts
from ui.listing import Listing
from ui.picture.picture import picture
from ui.player.player import player
from ui.recent import recent
from ui.text import CLASS_TITLES, plain_markdown, visible

_LIVES_S = (300, 900, 3600, 21_600, 86_400, 3 * 86_400, 7 * 86_400)


def nothing(scene: Scene, listing: Listing) -> None:
    """The panel before anything is chosen."""
    bucket = scene.bucket
    st.markdown(f"**{plain_markdown(bucket.title)}**{_live(scene)}")
    rows = [Fact("Bucket", bucket.bucket, mono=True, copy=True)]
    if bucket.region:
        rows.append(Fact("Region", bucket.region))
    if listing.rows.num_rows:
        size = pc.sum(listing.rows["size"]).as_py()
        rows.append(Fact("Listed here", f"{count(listing.rows.num_rows)}, {human_bytes(size)}"))
    facts([Section("", rows)], key="panel:bucket")
    if not listing.rows.num_rows:
        return
    hint = "Choose an object to see and hear it."
    together = [
        verb
        for verb, can in (
            ("download", Can.OBJECT_ARCHIVE),
            ("move", Can.OBJECT_WRITE),
            ("delete", Can.OBJECT_DELETE),
        )
        if scene.may(can)
    ]
    if together:
        verbs = " or ".join(filter(None, [", ".join(together[:-1]), together[-1]]))
        hint += f" Tick several to {verbs} them together."
    st.caption(hint)
    _csv_button(listing.rows, bucket.bucket, "panel:csv")
    promoting_entry.folder(scene.actor, scene.layout, scene.view.bucket, scene.view.prefix)


def one(scene: Scene) -> None:
    """One object: play or preview, facts, a link, a download."""
    view = scene.view
    place = (scene.actor, view.project, view.bucket, view.at)
    with errors.shown():
        detail = recent("detail", place, lambda: scene.services.objects.detail(*place))
    name = view.at[view.at.rstrip("/").rfind("/") + 1 :]
    st.markdown(f"**{plain_markdown(name)}**{_live(scene)}")
    for finding in check_keys(scene.layout, view.bucket, [view.at]):
        st.warning(plain_markdown(f"{finding.text} {finding.remedy}"), icon="⚠️")
    with errors.shown():
        _show(scene, detail)
    _take(scene)
    writing.one(scene, detail)
    facts(_sections(detail), key="panel:facts")
    _history(scene)


def _history(scene: Scene) -> None:
    role = gate.viewed_role()
    asked = LogView(bucket=scene.bucket.bucket, key=scene.view.at).params()
    query = urlencode({**asked, **({"as": role.value} if role else {})})
    # an ordinary link in this tab: Streamlit's own open another
    st.html(f'<a href="activity?{escape(query)}">History of this object</a>')


def _live(scene: Scene) -> str:
    return " :red-badge[Live]" if scene.bucket.live else ""


def _show(scene: Scene, detail: ObjectDetail) -> None:
    """The player for sound, else a preview; whichever the bytes are, not the name."""
    objects, view, head = scene.services.objects, scene.view, detail.head
    declared_audio = head.content_type.startswith("audio/") and not detail.detected_type
    if detail.detected_type.startswith("audio/") or (declared_audio and head.size):
        where = {"layout": view.project, "role": view.bucket, "key": head.key, "etag": head.etag}
        clip = objects.clip_url(scene.actor, view.project, view.bucket, head.key, etag=head.etag)
        player(
            url=clip.url,
            expires_at=clip.expires_at,
            renew=where,
            name=visible(head.key),
            content_type=detail.detected_type or head.content_type,
            key="panel:player",
        )
        return
    version = (scene.actor, view.project, view.bucket, head.key, head.etag)
    shown = recent("preview", version, lambda: objects.preview(*version))
    if shown.form == "picture":
        picture(shown.png, alt=visible(head.key), key="panel:picture")
    elif shown.form in ("json", "text"):
        st.code(shown.text, language="json" if shown.form == "json" else None, height=260)
    if shown.note:
        st.caption(plain_markdown(shown.note))


def _take(scene: Scene) -> None:
    view = scene.view
    address = {"layout": view.project, "role": view.bucket, "key": view.at}
    # side by side where there is room, one below the other in a narrow window
    with st.container(horizontal=True):
        st.link_button(
            "Download",
            f"/api/ui/download?{urlencode(address)}",
            icon=":material/download:",
            width="stretch",
        )
        if scene.may(Can.OBJECT_LINK):
            with st.popover("Get a link", icon=":material/link:", width="stretch"):
                _link(scene)


def _link(scene: Scene) -> None:
    shortest_s, longest_s = link_limits(scene.layout)
    lives = [life for life in _LIVES_S if shortest_s <= life <= longest_s]
    life = st.selectbox("Works for", lives, format_func=human_seconds, key="panel:link-life")
    saves = st.checkbox("Save the file instead of playing it", key="panel:link-saves")
    if scene.layout.personal_data:
        st.caption("This project holds personal data, so a link works for at most 5 minutes.")
    if not st.button("Make the link", key="panel:link-make", type="primary"):
        return
    with errors.shown():
        view = scene.view
        link = scene.services.objects.link(
            scene.actor, view.project, view.bucket, view.at, expires_s=life, download=saves
        )
    st.code(link.url, language=None, wrap_lines=True)
    st.caption(
        f"Anyone with this link can open the object until {link.expires_at:%Y-%m-%d %H:%M} UTC."
    )
    if link.shortened:
        st.caption(plain_markdown(link.shortened))
    if not link.end_is_certain:
        st.caption("It may stop working sooner, when the credentials that signed it expire.")


def _sections(detail: ObjectDetail) -> list[Section]:
    head = detail.head
    about = [Fact("Kind", detail.kind_title or "Not a known kind in this project")]
    about += [Fact(_field_title(name), value) for name, value in detail.fields.items()]
    about += [
        Fact("Size", human_bytes(head.size), title=f"{head.size:,} bytes"),
        Fact("Modified", head.modified.isoformat(), time=True),
        Fact("Content type", detail.type_verdict, tone="ok" if detail.type_agrees else "warning"),
        Fact("Class", CLASS_TITLES.get(head.storage_class, head.storage_class)),
    ]
    raw = [
        Fact("Address", f"s3://{head.bucket}/{head.key}", mono=True, copy=True),
        Fact("ETag", head.etag, mono=True, copy=True),
    ]
    optional = (
        ("Version", head.version_id or ""),
        ("Cache control", head.cache_control),
        ("Encoding", head.content_encoding),
        ("Disposition", head.content_disposition),
        ("Encryption", head.encryption),
    )
    raw += [Fact(label, value, mono=True) for label, value in optional if value]
    raw += [Fact(name, value, mono=True) for name, value in head.checksums.items()]
    sections = [
        Section("", about),
        Section("Technical details", raw),
        Section("Metadata", [Fact(name, value) for name, value in head.metadata.items()]),
        Section("Tags", [Fact(name, value) for name, value in (detail.tags or {}).items()]),
    ]
    if len(detail.versions) > 1:
        sections.append(Section("Versions", [_version(row) for row in detail.versions]))
    if detail.notes:
        sections.append(
            Section("Not shown", [Fact("", note, tone="warning") for note in detail.notes])
        )
    return [section for section in sections if section.rows]


def _field_title(name: str) -> str:
    """A template's field as a label: `user_id` -> "User id", `id` -> "ID"."""
    return "ID" if name == "id" else name.replace("_", " ").capitalize()


def _version(row: VersionRow) -> Fact:
    what = "Deleted" if row.is_delete_marker else human_bytes(row.size)
    now = ", current" if row.is_latest else ""
    return Fact(f"{what}{now}", row.modified.isoformat(), time=True)


def selection(scene: Scene, listing: Listing, ticked: Sequence[str]) -> None:
    """What can be done with the ticked objects together."""
    rows = listing.rows.filter(pc.is_in(listing.rows["key"], pa.array(ticked, pa.string())))
    size = human_bytes(pc.sum(rows["size"]).as_py() or 0)
    st.markdown(f"**{len(ticked):,} selected**, {plain_markdown(size)}")
    if scene.may(Can.OBJECT_ARCHIVE):
        _zip_button(scene, ticked)
    _csv_button(rows, scene.bucket.bucket, "panel:csv-ticked")
    writing.many(scene, ticked)


def _zip_button(scene: Scene, keys: Sequence[str]) -> None:
    view = scene.view
    ticket = scene.services.tickets.issue(scene.actor, view.project, view.bucket, keys)
    st.link_button(
        "Download as ZIP",
        f"/api/ui/zip?{urlencode({'ticket': ticket})}",
        icon=":material/folder_zip:",
        width="stretch",
    )


def _csv_button(rows: pa.Table, bucket: str, key: str) -> None:
    objects = rows.select(OBJECT_SCHEMA.names)
    kinds = rows["kind"].to_pylist()
    st.download_button(
        "Export as CSV",
        lambda: rows_to_csv(bucket, objects, kinds),
        file_name=f"{bucket}.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key=key,
        width="stretch",
    )
