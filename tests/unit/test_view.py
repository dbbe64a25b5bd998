"""Browse's address: what a link says is what the person sees."""

from __future__ import annotations

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from ui.view import PAGE_SIZES, SORTS, View, crumbs, read_view

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_VIEWS = st.builds(
    View,
    project=_TEXT,
    bucket=_TEXT,
    prefix=_TEXT,
    starts=_TEXT,
    find=_TEXT,
    sort=st.sampled_from(SORTS),
    desc=st.sampled_from(["", "1"]),
    after=_TEXT,
    per=st.sampled_from([str(size) for size in PAGE_SIZES]),
    at=_TEXT,
)


@given(_VIEWS)
def test_an_address_opens_the_same_view(view: View) -> None:
    """A shared link brings back bucket, folder, filters, order, page and selection, any key."""
    assert read_view(dict(parse_qsl(view.href().removeprefix("?")))) == view


@given(st.dictionaries(st.sampled_from(["per", "sort", "desc", "prefix", "evil"]), _TEXT))
def test_a_mistyped_address_is_never_an_error(params: dict[str, str]) -> None:
    """Page sizes, columns and parameters that do not exist fall back to the default."""
    view = read_view(params)
    assert view.page_size in PAGE_SIZES
    assert view.sort in SORTS
    assert view.desc in ("", "1")


def test_a_new_filter_starts_at_the_first_page_without_selection() -> None:
    """Only choosing an object or another page keeps the page one is on."""
    view = View(prefix="a/", after="a/m", at="a/n")
    assert view.with_(find="x") == View(prefix="a/", find="x")
    assert view.with_(at="a/o") == View(prefix="a/", after="a/m", at="a/o")


@given(_TEXT)
def test_crumbs_lead_down_to_the_folder(prefix: str) -> None:
    """Joined, the crumbs are the folder part of the prefix: `//`, `..` and spaces as they are."""
    trail = crumbs(View(prefix=prefix))
    assert trail[0][1].prefix == ""
    assert "".join(name for name, _ in trail) == prefix[: prefix.rfind("/") + 1]
    assert [step.prefix for _, step in trail] == sorted({step.prefix for _, step in trail}, key=len)
