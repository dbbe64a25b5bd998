"""The ssi samples: two small courses, clean Welsh and Italian with every defect."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools import sample_speech as speech
from tools.sample_clips import COURSES, Clip, Course, clips_of, encouragement_clips
from tools.sample_index import Samples, upper_id
from tools.sample_manifests import add_encouragements, add_manifest, add_welcomes

HTML = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The speech service is restarting.</p></body></html>
"""


_DEFECTS: dict[str, str] = {  # phrase of ita_for_eng, first target voice at natural pace -> defect
    "parlare": "long-silence",
    "voglio": "clipped",
    "adesso": "too-quiet",
    "una parola": "cut-off-start",
    "Sto provando a imparare.": "truncated",
    "con te": "empty",
    "imparare": "html",
    "in italiano": "content-type",
    "oggi": "two-cases",
    "sì": "duplicate",
}
_MISSING = {"tutto il giorno": "nowhere", "il più spesso possibile": "prod only"}
_BEND: dict[str, Callable[[speech.Pcm], speech.Pcm]] = {
    "long-silence": speech.with_long_silence,
    "clipped": speech.clipped,
    "too-quiet": speech.too_quiet,
    "cut-off-start": speech.cut_off_start,
}


def add_courses(samples: Samples) -> None:
    """Clips, manifests, welcomes and encouragements of all courses, stage, prod and canonical."""
    shared = encouragement_clips()
    clips = {course.name: list(clips_of(course)) for course in COURSES}
    every = [*shared, *(clip for course in COURSES for clip in clips[course.name])]
    with ThreadPoolExecutor(2) as pool:
        spoken = dict(zip(every, pool.map(Clip.spoken, every), strict=True))
    welcomes = add_welcomes(samples)
    for course in COURSES:
        for clip in clips[course.name]:
            _add_clip(samples, course, clip, spoken[clip])
    for clip in shared:
        path = samples.file(f"ssi/{clip.id}.mp3", speech.mp3(spoken[clip]))
        samples.put("ssi:stage", clip.key, path, metadata=_metadata(clip))
        samples.put("ssi:prod", clip.key, path, metadata=_metadata(clip))
    _add_strays(samples, clips["ita_for_eng"])
    for course in COURSES:
        used = [*clips[course.name], *shared[: course.encouragements]]
        add_manifest(samples, course, {c: spoken[c] for c in used}, welcomes[course.target])
    add_encouragements(samples)


def _metadata(clip: Clip) -> dict[str, str]:
    return {"course": clip.course, "role": clip.role, "voice": clip.voice}


def _add_clip(samples: Samples, course: Course, clip: Clip, pcm: speech.Pcm) -> None:
    about: dict[str, Any] = {"metadata": _metadata(clip)}
    path = samples.file(f"ssi/{clip.id}.mp3", speech.mp3(pcm))
    italian = course.name == "ita_for_eng"
    if italian and clip.phrase in _MISSING and clip.role == "target1":
        where = _MISSING[clip.phrase]
        samples.missing.append({"layout": "ssi", "role": "stage", "key": clip.key})
        if where == "prod only":
            samples.put("ssi:prod", clip.key, path, **about)
        else:
            (samples.folder / path).unlink()
        return
    first_voice = (clip.role, clip.cadence) == ("target1", "natural")
    if clip.phrase in course.rerecorded and first_voice:
        body = speech.mp3(clip.spoken(older=True))
        older = samples.file(f"ssi/older/{clip.id}.mp3", body)
        samples.put("ssi:prod", clip.key, older, **about)
        samples.put("ssi:stage", clip.key, *((older, path) if italian else (path,)), **about)
        return
    if clip.published:
        samples.put("ssi:prod", clip.key, path, **about)
    defect = _DEFECTS.get(clip.phrase, "") if italian and first_voice else ""
    if defect:
        _add_defect(samples, clip, defect, path, pcm)
    else:
        samples.put("ssi:stage", clip.key, path, **about)


def _add_defect(samples: Samples, clip: Clip, defect: str, good: str, pcm: speech.Pcm) -> None:
    about: dict[str, Any] = {"metadata": _metadata(clip), "defect": defect}
    path = good
    if defect in _BEND:
        bent = speech.mp3(_BEND[defect](pcm))
        path = samples.file(f"ssi/defects/{defect}.mp3", bent)
    elif defect == "truncated":
        whole = speech.mp3(pcm)
        path = samples.file("ssi/defects/truncated.mp3", whole[: len(whole) * 2 // 5])
    elif defect == "empty":
        path = samples.file("ssi/defects/empty.mp3", b"")
    elif defect == "html":
        path = samples.file("ssi/defects/html.mp3", HTML)
    kind = "text/plain" if defect == "content-type" else "audio/mpeg"
    samples.put("ssi:stage", clip.key, path, content_type=kind, **about)
    if defect == "two-cases":
        samples.put("ssi:stage", f"mastered/{clip.id.lower()}.mp3", path, **about)
    elif defect == "duplicate":
        twin = upper_id("ita_for_eng|duplicate")
        samples.put("ssi:stage", f"mastered/{twin}.mp3", path, **about)


def _add_strays(samples: Samples, italian: list[Clip]) -> None:
    """What no manifest mentions or lies in the wrong bucket, and an upload that never ended."""
    strays = {"ssi:prod": ("vorrei", "capisco", "ancora"), "ssi:stage": ("prova uno", "prova due")}
    for place, phrases in strays.items():
        for phrase in phrases:
            name = upper_id(f"stray|{phrase}")
            path = samples.file(f"ssi/{name}.mp3", speech.mp3(speech.speak(phrase, "it+f3")))
            defect = {"defect": "unreferenced"} if place == "ssi:stage" else {}
            samples.put(place, f"mastered/{name}.mp3", path, **defect)
    clip = f"ssi/{italian[1].id}.mp3"
    misplaced = f"mastered/{italian[1].id}.mp3"
    samples.put("ssi:canonical", misplaced, clip, defect="course-audio-in-canonical")
    samples.put(
        "ssi:stage",
        "canonical/welcomes/spa.wav",
        "ssi/welcomes/spa.wav",
        content_type="audio/wav",
        defect="canonical-file-outside",
    )
    key = f"mastered/{upper_id('ita_for_eng|unfinished')}.mp3"
    samples.unfinished.append(
        {
            "layout": "ssi",
            "role": "stage",
            "key": key,
            "content_type": "audio/mpeg",
            "files": [clip],
        }
    )
