"""Key templates: what is rendered is read back, and what is read is rendered again."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.config import Config
from storage.errors import ConfigError, InvalidInput
from storage.layout.load import load_layouts
from storage.layout.template import FIELD_TYPES, Template, compile_union, quote_literal
from storage.settings import Settings

KINDS = [
    (layout.name, kind)
    for layout in load_layouts(Settings(), Config(), {}).values()
    for kind in layout.kinds
]
every_kind = pytest.mark.parametrize(
    "template",
    [kind.template for _, kind in KINDS],
    ids=[f"{name}-{kind.kind}" for name, kind in KINDS],
)

HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\n\r\0\t\x1b ./\\{}?#%+&<>=\"'\u0301é🦉.mp3_-"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=40,
)
SEGMENT = HOSTILE.map(lambda text: text.replace("/", "")).filter(bool)
HEX = "0123456789ABCDEFabcdef"
LANG = st.text(string.ascii_lowercase, min_size=3, max_size=3)
PAIR = st.builds("{}_for_{}".format, LANG, LANG)
LEGAL = {
    "": SEGMENT,
    "path": HOSTILE,
    "UUID": st.uuids().map(lambda value: str(value).upper()),
    "uuid": st.uuids().map(str),
    "lang": LANG,
    "pair": PAIR,
    "course": st.one_of(
        PAIR, st.builds("{}_{}".format, PAIR, st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_-]*\Z"))
    ),
    "timestamp": st.one_of(
        st.integers(0, 10**16).map(str), st.datetimes().map(lambda t: t.isoformat() + "Z")
    ),
    "filename": st.builds("{}.{}".format, SEGMENT, st.sampled_from(["mp3", "json", "X7"])),
    "audio": st.builds("{}.{}".format, SEGMENT, st.sampled_from(["mp3", "M4A", "Opus"])),
    "audioext": st.sampled_from(["mp3", "WAV", "aiff"]),
    "text": st.builds("{}.{}".format, SEGMENT, st.sampled_from(["txt", "JSON", "vtt"])),
}


def field_types(template: Template) -> dict[str, str]:
    found = re.findall(r"\{(\w+)(?::(\w+))?\}", template.text)
    return dict(found)


def test_every_field_type_is_tried() -> None:
    """A type added to the table is part of the properties below."""
    assert set(LEGAL) == set(FIELD_TYPES)


@every_kind
@given(data=st.data())
def test_rendered_fields_are_read_back(template: Template, data: st.DataObject) -> None:
    """match(render(fields)) == fields, for every kind of the five projects and any legal fields."""
    fields = {name: data.draw(LEGAL[type_]) for name, type_ in field_types(template).items()}
    assert template.match(template.render(fields)) == fields


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(sorted(FIELD_TYPES)),
            st.sampled_from(["/", "-", "a", "_for_", ".", "{{"]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_any_template_that_is_accepted_is_unambiguous(
    parts: list[str], data: st.DataObject
) -> None:
    """Whatever template a layout file writes: it is refused, or its keys are read one way only."""
    types = {f"f{i}": part for i, part in enumerate(parts) if part in FIELD_TYPES}
    text = "".join(
        f"{{f{i}:{part}}}".replace(":}", "}") if part in FIELD_TYPES else part
        for i, part in enumerate(parts)
    )
    try:
        template = Template(text)
    except ConfigError:
        assume(False)
        raise
    fields = {name: data.draw(LEGAL[type_]) for name, type_ in types.items()}
    assert template.match(template.render(fields)) == fields


@every_kind
@given(data=st.data())
def test_read_keys_are_rendered_again(template: Template, data: st.DataObject) -> None:
    """render(match(key)) == key, for any key of the template; UUIDs come out in their case."""
    key = data.draw(st.from_regex(compile_union([template]), fullmatch=True))
    fields = template.match(key)
    assert fields is not None
    again = template.render(fields)
    if set(field_types(template).values()) & {"UUID", "uuid"}:
        assert again.lower() == key.lower()
        assert template.render(template.match(again) or {}) == again
    else:
        assert again == key


@every_kind
def test_examples_fit_their_own_template(template: Template) -> None:
    """The example of a template, used to tell kinds apart, is a key of it."""
    assert template.match(template.example()) is not None


@pytest.mark.parametrize(
    "key",
    [
        "mastered/0F8FAD5B-D9CB-469F-A165-70867728950E.mp3",
        "mastered/0f8fad5b-d9cb-469f-a165-70867728950e.mp3",
    ],
)
def test_a_uuid_is_read_in_either_case_and_written_in_upper(key: str) -> None:
    """Both spellings are the same clip."""
    template = Template("mastered/{id:UUID}.mp3")
    fields = template.match(key)
    assert fields == {"id": "0F8FAD5B-D9CB-469F-A165-70867728950E"}
    assert template.render(fields) == "mastered/0F8FAD5B-D9CB-469F-A165-70867728950E.mp3"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mastered/{id:UUID}.mp3", "mastered/0F8FAD5B-D9CB-469F-A165-70867728950E.mp3\n"),
        ("mastered/{id:UUID}.mp3", "/mastered/0F8FAD5B-D9CB-469F-A165-70867728950E.mp3"),
        ("mastered/{id:UUID}.mp3", "mastered/0F8FAD5B-D9CB-469F-A165-70867728950Ｅ.mp3"),
        ("mastered/{id:UUID}.mp3", "mastered/0F8FAD5BD9CB469FA16570867728950E.mp3"),
        ("mastered/{id:UUID}.mp3", "mastered/0F8FAD5B-D9CB-469F-A165-70867728950Exmp3"),
        ("welcomes/{lang:lang}.wav", "welcomes/ITA.wav"),
        ("welcomes/{lang:lang}.wav", "welcomes/it.wav"),
        ("{name}.png", "a/b.png"),
        ("{name}.png", ".png"),
        ("{name:audio}", "song.mkv"),
        ("{name:audio}", "song.o\u212ba"),
        ("{course:course}/m.json", "ita_for_eng_/m.json"),
        ("t/{path:path}", "t/"),
        ("a.b", "axb"),
    ],
)
def test_keys_that_only_look_alike_do_not_match(text: str, key: str) -> None:
    """A newline at the end, another separator, full-width digits or a wrong shape is another key."""
    assert Template(text).match(key) is None


def test_composed_and_decomposed_names_stay_two_keys() -> None:
    """NFC and NFD are different bytes, so different fields; nothing is normalised."""
    template = Template("{name}.mp3")
    assert template.match("caf\u00e9.mp3") == {"name": "caf\u00e9"}
    assert template.match("cafe\u0301.mp3") == {"name": "cafe\u0301"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "missing"),
        ({"id": "not a uuid"}, "UUID"),
        ({"id": "0F8FAD5B-D9CB-469F-A165-70867728950E\n"}, "UUID"),
        ({"id": "0F8FAD5B-D9CB-469F-A165-70867728950E", "x": "y"}, "no field 'x'"),
    ],
)
def test_rendering_refuses_fields_that_do_not_fit(fields: dict[str, str], words: str) -> None:
    """A field that is missing, unknown or of a wrong shape is named, with what it must be."""
    with pytest.raises(InvalidInput) as caught:
        Template("mastered/{id:UUID}.mp3").render(fields)
    assert words in caught.value.what + caught.value.remedy


def test_a_field_cannot_reach_into_another_folder() -> None:
    """A value with "/" is refused, so a name cannot choose the folder."""
    with pytest.raises(InvalidInput):
        Template("subjects/{user_id}.png").render({"user_id": "../avatars/x"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a/{b", "brace"),
        ("a/b}", "brace"),
        ("a/{}", "unknown field"),
        ("a/{B}", "unknown field"),
        ("a/{b:nope}", "unknown field"),
        ("a/{b!r}", "unknown field"),
        ("{a}/{a}", "twice"),
        ("{a}{b}", "more than one way"),
        ("{a}-{b}.mp3", "more than one way"),
        ("{a:path}/x/{b:path}", "more than one way"),
        ("{a:audioext}{b}", "more than one way"),
    ],
)
def test_bad_templates_are_refused(text: str, words: str) -> None:
    """What cannot be compiled, or could be read two ways, says so when the layout is loaded."""
    with pytest.raises(ConfigError, match=words):
        Template(text)


@given(HOSTILE)
def test_quoted_text_is_taken_literally(text: str) -> None:
    """A prefix with braces or regex characters in it matches itself and nothing else."""
    template = Template(quote_literal(text) + "/{name}")
    assert template.prefix == text + "/"
    assert template.match(text + "/x") == {"name": "x"}


def test_a_union_tells_the_first_template_that_fits() -> None:
    """Unions keep the order of their templates, and an empty one fits nothing but ""."""
    union = compile_union([Template("a/{x:lang}"), Template("a/{x}"), Template("b")])
    assert [
        found.lastindex if (found := union.fullmatch(key)) else 0
        for key in ("a/ita", "a/italy", "b", "c")
    ] == [1, 2, 3, 0]


def test_hostile_keys_are_read_in_no_time() -> None:
    """No template of ours backtracks on a long key made to be slow."""
    import time

    keys = ["/" * 1024, "a" * 1024, "a/" * 512, "_analysis" * 113, ".mp3" * 256, "-" * 1024]
    started = time.perf_counter()
    for _, kind in KINDS:
        for key in keys:
            kind.template.match(kind.template.prefix + key)
    assert time.perf_counter() - started < 1.0
