"""The shared files of ssi: welcomes and their registry, encouragements, course manifests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools import sample_speech as speech
from tools.sample_clips import Clip, Course
from tools.sample_documents import pretty_json
from tools.sample_index import JSON, Samples, upper_id
from tools.sample_texts import ENCOURAGEMENTS, OLD_WELCOME, WELCOMES, Seed

# In ita_for_eng: placeholders, and one far from what was recorded.
_WRONG_DURATIONS = {"un po'": 8.4, "today": 0, "a little": 0, "all day": 0}


def add_welcomes(samples: Samples) -> dict[str, tuple[str, float]]:
    """Recordings and registry; returns (id, seconds) by target language."""
    made = {}
    for lang, text in WELCOMES.items():
        pcm = speech.speak(text, "en-gb+f2", words_a_minute=165, rate_hz=16_000)
        made[lang] = (upper_id(f"welcome|{lang}"), round(len(pcm) / 16_000, 3))
        files = [samples.file(f"ssi/welcomes/{lang}.wav", speech.wav(pcm, 16_000))]
        key = f"canonical/welcomes/{lang}.wav"
        older = speech.speak(OLD_WELCOME, "en-gb+m3", rate_hz=16_000) if lang == "ita" else None
        if older is not None:
            first = samples.file("ssi/older/ita.wav", speech.wav(older, 16_000))
            files.insert(0, first)
        samples.put("ssi:canonical", key, *files, content_type="audio/wav")
        if lang == "spa":
            continue  # recorded, not published yet
        clip = f"mastered/{made[lang][0]}.mp3"
        path = samples.file(
            f"ssi/welcomes/{lang}.mp3", speech.mp3(pcm, rate_hz=16_000, bitrate_kbps=48)
        )
        samples.put("ssi:stage", clip, path, metadata={"course": f"{lang}_for_eng"})
        if older is not None:
            body = speech.mp3(older, rate_hz=16_000, bitrate_kbps=48)
            path = samples.file("ssi/older/welcome-ita.mp3", body)
            samples.put("ssi:prod", clip, path, metadata={"course": "ita_for_eng"})
    _add_registry(samples, made)
    return made


def _add_registry(samples: Samples, made: dict[str, tuple[str, float]]) -> None:
    def entry(
        lang: str, day: int, text: str = "", voice: str | None = "en-gb+f2"
    ) -> dict[str, Any]:
        name, seconds = made.get(lang, (None, 0))
        date = f"2025-09-{day:02}T08:30:00Z"
        return {
            "text": WELCOMES.get(lang, text),
            "id": name,
            "generated_date": date,
            "voice": voice,
            "duration": seconds,
        }

    first = {
        "_comment": "One welcome a course; courses of one language pair share the recording.",
        "_structure": {
            "text": "what is spoken",
            "id": "UUID of the clip, null until there is one",
            "generated_date": "ISO 8601, UTC",
            "voice": "who speaks, null if not known",
            "duration": "seconds, 0 until measured",
        },
        "ita_for_eng": entry("ita", 2),
        "ita_for_eng_10seeds": entry("ita", 2),
        "cym_for_eng": entry("cym", 9),
    }
    later = {
        **first,
        "spa_for_eng": entry("spa", 16),
        "fra_for_eng": entry("fra", 18, "Welcome to French. Bienvenue!", None),
        "cmn_for_eng": entry("cmn", 18, "", None),
    }
    paths = [
        samples.file("ssi/older/welcomes.json", pretty_json({"welcomes": first})),
        samples.file("ssi/welcomes.json", pretty_json({"welcomes": later})),
    ]
    samples.put("ssi:canonical", "canonical/welcomes.json", *paths, content_type=JSON)


def _said(texts: Iterable[str]) -> list[dict[str, str]]:
    return [{"text": text, "id": upper_id(f"encouragement|{text}")} for text in texts]


def add_encouragements(samples: Samples) -> None:
    """The two registries of encouragements in canonical."""
    for name, count, version in (("encouragements", 4, "1.0"), ("eng_encouragements", 8, "1.1")):
        value = {
            "language": "eng",
            "version": version,
            "pooledEncouragements": _said(ENCOURAGEMENTS[:count]),
            "orderedEncouragements": _said(ENCOURAGEMENTS[:3]),
        }
        path = samples.file(f"ssi/{name}.json", pretty_json(value))
        samples.put("ssi:canonical", f"canonical/{name}.json", path, content_type=JSON)


def _node(name: str, known: str, target: str) -> dict[str, Any]:
    sides = {"known": known, "target": target}
    words = {
        side: {"text": text, "tokens": text.strip(".?!").split(), "lemmas": []}
        for side, text in sides.items()
    }
    return {"id": upper_id(f"node|{name}|{known}"), **words}


def _seed(course: str, seed: Seed) -> dict[str, Any]:
    known, target = seed.sentence
    return {
        "id": upper_id(f"seed|{course}|{known}"),
        "node": _node(course, known, target),
        "seedSentence": {"canonical": known},
        "introductionItems": [
            {
                "id": upper_id(f"item|{course}|{piece[0]}"),
                "node": _node(course, *piece),
                "presentation": seed.presentation if place == 0 else "",
            }
            for place, piece in enumerate(seed.pieces)
        ],
    }


def _samples_by_phrase(course: Course, clips: dict[Clip, speech.Pcm]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for clip, pcm in clips.items():
        seconds: float = round(len(pcm) / speech.CLIP_HZ, 3)
        if course.name == "ita_for_eng" and clip.role in ("target1", "source"):
            seconds = _WRONG_DURATIONS.get(clip.phrase, seconds)
        row = {"id": clip.id, "cadence": clip.cadence, "role": clip.role, "duration": seconds}
        if clip.is_encouragement:
            row["is_encouragement"] = True
        found.setdefault(clip.phrase, []).append(row)
    return found


def add_manifest(
    samples: Samples, course: Course, clips: dict[Clip, speech.Pcm], welcome: tuple[str, float]
) -> None:
    """The course's manifest in canonical, in the shape the course compiler writes."""
    said = ENCOURAGEMENTS[: course.encouragements]
    piece = {
        "id": upper_id(f"slice|{course.name}"),
        "version": "1.1.0",
        "seeds": [_seed(course.name, seed) for seed in course.seeds],
        "samples": _samples_by_phrase(course, clips),
        "pooledEncouragements": _said(said[2:]),
        "orderedEncouragements": _said(said[:2]),
    }
    introduction = {
        "id": welcome[0],
        "cadence": "natural",
        "role": "presentation",
        "duration": welcome[1],
    }
    value = {
        "id": course.name.replace("_for_", "-"),
        "version": "1.1.0",
        "target": course.target,
        "known": "eng",
        "status": "alpha" if course.name == "ita_for_eng" else "beta",
        "introduction": introduction,
        "slices": [piece],
    }
    path = samples.file(f"ssi/{course.name}.json", pretty_json(value))
    key = f"courses/{course.name}/course_manifest.json"
    samples.put("ssi:canonical", key, path, content_type=JSON)
