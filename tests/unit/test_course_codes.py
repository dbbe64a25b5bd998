"""Course codes and the names of languages."""

from __future__ import annotations

import pytest

from storage.courses.codes import language_name, parse_course, unknown_languages
from storage.errors import InvalidInput


def test_a_code_is_its_pair_and_a_suffix() -> None:
    """Courses with a suffix are of the same pair as the whole course."""
    whole, short = parse_course("ita_for_eng"), parse_course("ita_for_eng_10seeds")
    assert (whole.target, whole.known, whole.suffix) == ("ita", "eng", "")
    assert (short.suffix, short.pair) == ("10seeds", whole.pair)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("ita_for_eng", "Italian for English speakers"),
        ("cmn_for_jpn_10seeds", "Mandarin Chinese for Japanese speakers (10seeds)"),
        ("ell_for_ben", "Modern Greek for Bangla speakers"),
        ("xxx_for_eng", "xxx for English speakers"),
    ],
)
def test_a_course_is_called_by_its_languages(code: str, title: str) -> None:
    """Names are those of ISO 639-3, as people say them; a code where nobody has the language."""
    assert parse_course(code).title == title


@pytest.mark.parametrize(
    "code",
    [
        *("", "ita", "ita_for", "it_for_eng", "ITA_for_eng", "ita-for-eng", "ita_for_eng_"),
        *("ita_for_eng_-x", "../ita_for_eng", "ita_for_eng/..", "ita_for_eng_a/b", "_comment"),
        *("ita_for_eng\n", " ita_for_eng", "ita_for_eng_\u0661", "ita_for_eng_" + "x" * 100),
    ],
)
def test_what_is_no_code_is_refused(code: str) -> None:
    """Codes become file names and keys, so nothing else passes."""
    with pytest.raises(InvalidInput, match="no course code"):
        parse_course(code)


@pytest.mark.parametrize("code", ["fre", "it", "xxx", "ITA", "und", "zxx", "", "ita\n", "qaa"])
def test_what_is_no_language_has_no_name(code: str) -> None:
    """Old library codes, two letters, upper case and special codes are no language of a course."""
    assert language_name(code) is None


def test_unknown_languages_are_named() -> None:
    """Each once, in the order of the code."""
    assert unknown_languages(parse_course("xxx_for_qqq")) == ("xxx", "qqq")
    assert unknown_languages(parse_course("xxx_for_xxx")) == ("xxx",)
    assert unknown_languages(parse_course("cym_for_eng")) == ()
