"""Home: for each kind of person, what waits and the first thing to do."""

from __future__ import annotations

import streamlit as st

from ui import costs_budgets, errors, gate, home, notices, promoting_home, session, startup
from ui.cards.cards import show_cards
from ui.text import plain_markdown

services = startup.ready_services()
actor = gate.actor()
layout = session.header("Home", services.layouts)

home.banners(services)
costs_budgets.crossed(services, actor)
promoting_home.unsigned(services, actor)
above = st.container()
reach = notices.ask_reach(services, actor, layout)
with errors.shown():
    seen = home.overview(services, actor, layout)
notices.moved(services, actor, layout, session.visible_buckets(actor, layout))

if seen.people:
    show_cards(seen.people, key="home:people")
elif seen.buckets:
    st.info("Nothing waits for this role in this project. Browse shows what is stored.")
else:
    st.info("Nothing in this project is open to this role. Choose another project.")
st.markdown(f"##### {plain_markdown(layout.title)}")
st.caption(plain_markdown(layout.description))
show_cards(seen.buckets, key="home:buckets")
if seen.unreachable:
    errors.keep_trying()
with above:
    notices.show_reach(reach)
