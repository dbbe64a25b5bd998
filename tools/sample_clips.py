"""The two sample courses as lists of recordings, and how each is spoken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools import sample_speech as speech
from tools.sample_index import upper_id
from tools.sample_texts import ENCOURAGEMENTS, ITALIAN, WELSH, Seed


@dataclass(frozen=True)
class Course:
    """A course to make: its code, its seeds and the voices that speak it."""

    name: str
    target: str
    seeds: tuple[Seed, ...]
    voices: dict[str, str]  # by role
    encouragements: int  # how many of the shared ones it uses
    unpublished: int  # seeds at the end that prod does not have yet
    rerecorded: tuple[str, ...]  # phrases whose first recording prod still has


@dataclass(frozen=True)
class Clip:
    """One recording of a phrase."""

    id: str
    course: str
    phrase: str
    role: str
    cadence: str
    voice: str
    published: bool = True
    is_encouragement: bool = False

    @property
    def key(self) -> str:
        return f"mastered/{self.id}.mp3"

    def spoken(self, *, older: bool = False) -> speech.Pcm:
        """The recording; `older` is the one it replaced: hastier, in another voice."""
        if older:
            return speech.speak(self.phrase, self.voice.split("+")[0], words_a_minute=175)
        pace = {"natural": 140, "slow": 95}[self.cadence]
        return speech.speak(self.phrase, self.voice, words_a_minute=pace)


_VOICES = {"source": "en-gb+f2", "presentation": "en-gb+f2"}
COURSES = (
    Course(
        "ita_for_eng",
        "ita",
        ITALIAN,
        {**_VOICES, "target1": "it+f3", "target2": "it+m3"},
        8,
        2,
        ("Voglio parlare italiano con te adesso.", "sto provando", "qualcosa"),
    ),
    Course(
        "cym_for_eng",
        "cym",
        WELSH,
        {**_VOICES, "target1": "cy+f3", "target2": "cy+m3"},
        5,
        2,
        ("Dw i eisiau siarad Cymraeg.", "siarad", "dysgu"),
    ),
)


def clips_of(course: Course) -> Iterable[Clip]:
    """Every recording the course needs but the encouragements."""

    def clip(phrase: str, role: str, cadence: str = "natural", published: bool = True) -> Clip:
        name = f"{course.name}|{role}|{cadence}|{phrase}"
        voice = course.voices[role]
        return Clip(upper_id(name), course.name, phrase, role, cadence, voice, published)

    for number, seed in enumerate(course.seeds):
        published = number < len(course.seeds) - course.unpublished
        for known, target in (seed.sentence, *seed.pieces):
            yield clip(target, "target1", published=published)
            yield clip(target, "target2", published=published)
            yield clip(known, "source", published=published)
        yield clip(seed.sentence[1], "target1", "slow", published)
        if seed.presentation:
            yield clip(seed.presentation, "presentation", published=published)


def encouragement_clips() -> list[Clip]:
    """The recordings all courses of English speakers share."""
    voice = _VOICES["source"]
    return [
        Clip(upper_id(f"eng|{text}"), "eng", text, "presentation", "natural", voice, True, True)
        for text in ENCOURAGEMENTS
    ]
