"""File names made from keys: safe on every system, distinct, and never outside the folder."""

from __future__ import annotations

import ntpath
import posixpath
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.objects.names import MAX_NAME_BYTES, download_name, entry_names, safe_name

# What people and mistakes put into keys, mixed with arbitrary text.
_hostile = st.sampled_from(
    ["..", ".", "", "/", "CON", "nul.txt", "C:", "a.", "a ", "A", "a", "é", "e\u0301", "\x00", "\\"]
)
_keys = st.lists(
    st.one_of(st.lists(st.one_of(_hostile, st.text(max_size=8)), max_size=4).map("/".join)),
    max_size=12,
)


@given(_keys)
def test_every_name_stays_inside_and_is_writable_everywhere(keys: list[str]) -> None:
    """Whatever the keys, entries are relative, hold no illegal character and no device name."""
    names, readme = entry_names(keys, "_READ_ME.txt")
    for name in [*names, readme]:
        assert not posixpath.isabs(name)
        assert not ntpath.splitdrive(name)[0]
        assert ".." not in name.split("/")
        for part in name.split("/"):
            assert part
            assert not re.search(r'[\x00-\x1f\x7f<>:"|?*\\]', part)
            assert not part.endswith((".", " "))
            assert part.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1"}
            assert len(part.encode()) <= 255


@given(_keys)
def test_no_two_names_are_one_file_on_windows_or_macos(keys: list[str]) -> None:
    """As many different names as keys, also without case and composed, and none is a folder too."""
    names, readme = entry_names(keys, "_READ_ME.txt")
    folded = [unicodedata.normalize("NFC", name).casefold() for name in [*names, readme]]
    assert len(set(folded)) == len(keys) + 1
    folders = {"/".join(n.split("/")[:i]) for n in folded for i in range(1, n.count("/") + 1)}
    assert not folders & set(folded)


def test_ordinary_keys_keep_their_names() -> None:
    """Spaces, plus, percent, hash, quotes, emoji and NFD names are legal and stay as they are."""
    keys = ["mastered/A b+c%2F#'.mp3", "cafe\u0301/👩‍🎤.wav", "x.tar.gz"]
    assert entry_names(keys, "_READ_ME.txt")[0] == keys


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["a.mp3", "A.MP3"], ["a.mp3", "A (2).MP3"]),
        (["a//b.mp3", "a/b.mp3", "/a/b.mp3"], ["a/b.mp3", "a/b (2).mp3", "a/b (3).mp3"]),
        (["caf\u00e9", "cafe\u0301"], ["caf\u00e9", "cafe\u0301 (2)"]),
        (["../../etc/passwd"], ["_/_/etc/passwd"]),
        (["dir/", "dir/x"], ["dir/_", "dir/x"]),
        (["a", "a/b"], ["a (2)", "a/b"]),
        (["C:\\x|y?.mp3"], ["C__x_y_.mp3"]),
        (["NUL", "con.mp3", "lpt1 .x", "nullable"], ["_NUL", "_con.mp3", "_lpt1 .x", "nullable"]),
        (["end. ", "\x1b[31m", "\u202egpj.exe"], ["end_", "_[31m", "_gpj.exe"]),
        (["_read_me.TXT"], ["_read_me.TXT"]),
    ],
)
def test_what_becomes_of_difficult_keys(keys: list[str], names: list[str]) -> None:
    """Each kind of difficulty gets the documented replacement."""
    assert entry_names(keys, "_READ_ME.txt")[0] == names


def test_the_archives_own_entry_never_replaces_an_object() -> None:
    """A key named like the list of failures keeps its name; the list takes another."""
    assert entry_names(["_READ_ME.txt"], "_READ_ME.txt") == (["_READ_ME.txt"], "_READ_ME (2).txt")


def test_long_names_are_cut_between_characters_and_keep_their_ending() -> None:
    """A key of 1,024 bytes without a slash becomes a name file systems can hold, still .mp3."""
    name = safe_name("é" * 510 + ".mp3")
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert name.startswith("éé")
    assert name.endswith("é.mp3")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("mastered/AB.mp3", "AB.mp3"),
        ("dir/", "dir"),
        ("/", "_"),
        ("a/..", "_"),
        ('x/"; filename=evil.exe', "_; filename=evil.exe"),
        ("x/line\r\nSet-Cookie: a", "line__Set-Cookie_ a"),
    ],
)
def test_a_download_is_named_after_the_last_segment(key: str, name: str) -> None:
    """No quote, line end or path of a key reaches a Content-Disposition header."""
    assert download_name(key) == name
