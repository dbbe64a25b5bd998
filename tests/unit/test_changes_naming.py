"""Keys made from names that others chose."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storage.changes.naming import checked_key, hard_on_windows, key_for
from storage.errors import InvalidInput

PARTS = st.sampled_from(["..", ".", "", "/", "\\", "a", "b.mp3", "\0", "é", "é", "C:", "\u202e"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../x.mp3", "leads out"),
        ("a/../../x.mp3", "leads out"),
        ("a/./x.mp3", "leads out"),
        ("/etc/passwd", "absolute"),
        ("\\\\server\\share\\x.mp3", "absolute"),
        ("C:\\music\\x.mp3", "absolute"),
        ("c:/music/x.mp3", "absolute"),
        ("a\\x.mp3", "backslash"),
        ("a\0.mp3", "cannot be seen"),
        ("a\n.mp3", "cannot be seen"),
        ("\x1b[31mx.mp3", "cannot be seen"),
        ("x\u202e3pm.exe", "cannot be seen"),
        ("a//x.mp3", "empty part"),
        ("a/", "folder"),
        ("", "empty"),
        (" ", "empty"),
        ("k" * 1_025, "1,025 bytes"),
        ("ä" * 513, "1,026 bytes"),
        ("\ud800.mp3", "no key can hold"),
        (".DS_Store", "for itself"),
        ("album/Thumbs.db", "for itself"),
        ("album/._01.mp3", "for itself"),
        ("__MACOSX/01.mp3", "for itself"),
    ],
)
def test_a_name_that_climbs_or_hides_is_refused(name: str, why: str) -> None:
    """Each in words that say what is wrong with it."""
    with pytest.raises(InvalidInput, match=why) as refused:
        key_for("", name)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("prefix", "name", "key"),
    [
        ("", "a b.mp3", "a b.mp3"),
        ("stories/", "album/disc 1/01 – one.mp3", "stories/album/disc 1/01 – one.mp3"),
        ("", "=HYPERLINK().csv", "=HYPERLINK().csv"),
        ("", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", "a..b", "a..b"),
        ("", "...", "..."),
        ("", "👩‍🎤.mp3", "👩‍🎤.mp3"),
        ("", "cafe\u0301.mp3", "caf\u00e9.mp3"),
        ("", "k" * 1_024, "k" * 1_024),
    ],
)
def test_a_folder_keeps_its_paths_and_other_names_are_kept_as_they_are(
    prefix: str, name: str, key: str
) -> None:
    """What S3 can hold and nobody can be tricked by is no reason to refuse; accents are composed."""
    assert key_for(prefix, name) == key


@given(prefix=st.sampled_from(["", "a/", "a/b/"]), name=st.text(max_size=40))
def test_no_name_leaves_its_folder(prefix: str, name: str) -> None:
    """Every key that is made lies below the prefix, segment by segment, and can be stored."""
    _below(prefix, name)


@given(prefix=st.sampled_from(["", "a/", "a/b/"]), parts=st.lists(PARTS, max_size=8))
def test_no_path_of_evil_parts_leaves_its_folder(prefix: str, parts: list[str]) -> None:
    """As above, made of what climbs, hides and divides."""
    _below(prefix, "/".join(parts))
    _below(prefix, "".join(parts))


def _below(prefix: str, name: str) -> None:
    try:
        key = key_for(prefix, name)
    except InvalidInput:
        return
    assert key.startswith(prefix)
    rest = key.removeprefix(prefix)
    assert rest == unicodedata.normalize("NFC", name)
    assert len(key.encode()) <= 1_024
    assert not {"", ".", ".."} & set(rest.split("/"))
    assert not any(unicodedata.category(letter) == "Cc" or letter == "\\" for letter in key)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=60))
def test_letters_and_numbers_of_all_scripts_are_names(name: str) -> None:
    """Nobody's language is refused."""
    composed = unicodedata.normalize("NFC", name)
    assume(len(composed.encode()) <= 1_024)
    assert key_for("", name) == composed


@pytest.mark.parametrize("prefix", ["../", "/", "a//", "a\0/"])
def test_a_folder_from_an_address_is_checked_too(prefix: str) -> None:
    """The prefix comes out of the page's address, which anybody can write."""
    with pytest.raises(InvalidInput):
        key_for(prefix, "x.mp3")


def test_a_key_is_checked_whole() -> None:
    """What is typed as a key goes by the same rules."""
    assert checked_key("a/b.mp3") == "a/b.mp3"
    with pytest.raises(InvalidInput):
        checked_key("a/")


@pytest.mark.parametrize("key", ["a:b", "con", "x/NUL.txt", "a.", "a /b", 'say "hi"'])
def test_names_windows_cannot_hold_are_known(key: str) -> None:
    """They can be stored; whoever downloads them is told."""
    assert hard_on_windows(key)
    assert not hard_on_windows("console/nullable.txt")
