"""Course manifests as the course compiler writes them, in any size, for tests and benchmarks."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WORDS: Mapping[str, Sequence[str]] = {
    "ita": (
        *[
            "voglio",
            "parlare",
            "italiano",
            "con",
            "te",
            "adesso",
            "perché",
            "non",
            "posso",
            "ricordare",
            "come",
            "si",
            "dice",
        ],
        *[
            "qualcosa",
            "oggi",
            "vorrei",
            "imparare",
            "più",
            "presto",
            "possibile",
            "l'altra",
            "sera",
            "città",
            "università",
        ],
        *[
            "un",
            "po'",
            "dopo",
            "prima",
            "quando",
            "potrei",
            "cominciare",
            "a",
            "praticare",
            "ancora",
            "una",
            "volta",
            "insieme",
        ],
    ),
    "eng": (
        *[
            "I",
            "want",
            "to",
            "speak",
            "with",
            "you",
            "now",
            "because",
            "can't",
            "remember",
            "how",
            "say",
            "something",
            "today",
        ],
        *[
            "would",
            "like",
            "learn",
            "as",
            "soon",
            "possible",
            "the",
            "other",
            "evening",
            "town",
            "university",
            "a",
            "little",
        ],
        *["after", "before", "when", "could", "start", "practise", "once", "more", "together"],
    ),
    "cmn": tuple("我想说中文现在和你一起因为不能记得怎么今天学习快城市大学以后之前开始练习再"),
    "jpn": tuple("私は日本語を話したいです今あなたと一緒に覚えていませんどうやって言うか"),
    "tha": ("ฉัน", "อยาก", "พูด", "ภาษาไทย", "กับ", "คุณ", "ตอนนี้", "เพราะ", "จำ", "ไม่ได้", "วันนี้"),
    "ara": (
        "أريد",
        "أن",
        "أتكلم",
        "العربية",
        "معك",
        "الآن",
        "لأنني",
        "لا",
        "أستطيع",
        "اليوم",
        "مَدْرَسَة",
    ),
    "rus": (
        "хочу",
        "говорить",
        "по-русски",
        "с",
        "тобой",
        "сейчас",
        "потому",
        "что",
        "ещё",
        "сегодня",
    ),
    "ell": ("θέλω", "να", "μιλήσω", "ελληνικά", "μαζί", "σου", "τώρα", "γιατί", "σήμερα"),
    "hin": ("मैं", "हिन्दी", "बोलना", "चाहता", "हूँ", "आज", "आपके", "साथ", "क्योंकि"),
}
_SOLID = frozenset({"cmn", "jpn", "tha"})  # written without spaces
_VOICES = (
    *(("target1", "natural"), ("target1", "slow"), ("target2", "natural"), ("target2", "slow")),
    *(("source", "natural"), ("target1", "fast")),
)


def make_id(chance: random.Random) -> str:
    """A UUID in upper case, as manifests have them."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4)).upper()


def phrases(lang: str, count: int, chance: random.Random) -> list[str]:
    """`count` different phrases of 1 to 12 words."""
    found: dict[str, None] = {}
    glue = "" if lang in _SOLID else " "
    words = WORDS[lang]
    while len(found) < count:
        found[glue.join(chance.choices(words, k=chance.randint(1, 12)))] = None
    return list(found)


def entry(chance: random.Random, phrase: str, role: str, cadence: str) -> dict[str, Any]:
    """One sample of a phrase."""
    seconds = round(0.4 + 0.07 * len(phrase) * {"slow": 1.5, "fast": 0.8}.get(cadence, 1), 3)
    return {"id": make_id(chance), "cadence": cadence, "role": role, "duration": seconds}


def manifest(
    *, target: str = "ita", known: str = "eng", clips: int = 600, seeds: int = 8, seed: int = 1
) -> dict[str, Any]:
    """A whole course of `clips` samples; its seeds and nodes have ids that are no audio."""
    chance = random.Random(seed)
    samples: dict[str, list[Any]] = {}
    left = clips
    for phrase in phrases(target, max(1, clips // 3), chance):
        voices = _VOICES[: min(left, chance.choice((2, 4, 5, 6)))]
        samples[phrase] = [entry(chance, phrase, *voice) for voice in voices]
        left -= len(voices)
        if left <= 0:
            break
    said = phrases(known, 30, chance)
    for text in said:
        samples.setdefault(text, []).append(
            {**entry(chance, text, "source", "natural"), "is_encouragement": True}
        )
    lines = [{"text": text, "id": samples[text][0]["id"]} for text in said]
    piece = {
        "id": make_id(chance),
        "version": "1.1.0",
        "seeds": [_seed(chance, target, known) for _ in range(seeds)],
        "samples": samples,
        "pooledEncouragements": lines[:20],
        "orderedEncouragements": lines[20:],
    }
    return {
        "id": f"{target}-{known}",
        "version": "1.1.0",
        "target": target,
        "known": known,
        "status": "beta",
        "introduction": {
            "id": make_id(chance),
            "cadence": "natural",
            "role": "presentation",
            "duration": 31.2,
        },
        "slices": [piece],
    }


def _node(chance: random.Random, target: str, known: str) -> dict[str, Any]:
    def side(lang: str) -> dict[str, Any]:
        words = chance.choices(WORDS[lang], k=9)
        return {"text": " ".join(words), "tokens": words, "lemmas": [w.lower() for w in words]}

    return {"id": make_id(chance), "known": side(known), "target": side(target)}


def _seed(chance: random.Random, target: str, known: str) -> dict[str, Any]:
    items = [
        {
            "id": make_id(chance),
            "node": _node(chance, target, known),
            "presentation": " ".join(chance.choices(WORDS[known], k=20)),
        }
        for _ in range(36)
    ]
    return {
        "id": make_id(chance),
        "node": _node(chance, target, known),
        "seedSentence": {"canonical": " ".join(chance.choices(WORDS[known], k=9))},
        "introductionItems": items,
    }


def as_bytes(value: Mapping[str, Any]) -> bytes:
    """As the compiler writes it: UTF-8, indented by two."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def vast() -> bytes:
    """A full course: 668 seeds, 60,000 samples, 60 MB and more."""
    return as_bytes(manifest(clips=60_000, seeds=668))


def kept(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(id, phrase) of every sample."""
    for piece in value["slices"]:
        for phrase, rows in piece["samples"].items():
            for row in rows:
                yield row["id"], phrase
