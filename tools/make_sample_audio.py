"""Makes the sample content of all five projects: `python -m tools.make_sample_audio`.

Run it from the repository when a text or a defect changes, and commit what it writes to
`storage/demo/samples`. Needs espeak-ng and ffmpeg; the same versions of both give the same bytes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tools import sample_speech as speech
from tools.sample_courses import add_courses
from tools.sample_documents import pdf, picture, pretty_json
from tools.sample_index import JSON, Samples, lower_id
from tools.sample_texts import ANSWERS, ODD_NAMES, STORIES

FOLDER = Path(__file__).parent.parent / "storage" / "demo" / "samples"
LIMIT_BYTES = 4 * 1024 * 1024
CACHE = "public, max-age=3600"

README = """Sample content
==============

Made by `python -m tools.make_sample_audio`; committed, so that nobody else needs espeak-ng or
ffmpeg.
`index.json` says where each file goes: project, bucket, key, content type, versions (oldest first),
and which defect was planted. All texts were written for this project, the voices are espeak-ng's
synthetic ones, the people and couples are invented. Same licence as the code.
"""


def add_stories(samples: Samples) -> None:
    """yoto: stories in dev, some of them in prod, transcripts beside some, and odd names."""
    for number, (name, voice, text, note) in enumerate(STORIES):
        rate_hz = 44_100 if note == "44.1 kHz" else speech.CLIP_HZ
        kbps = 64 if rate_hz == 44_100 else 48
        pcm = speech.speak(text, voice, rate_hz=rate_hz)
        path = samples.file(
            f"yoto/story{number}.mp3", speech.mp3(pcm, rate_hz=rate_hz, bitrate_kbps=kbps)
        )
        about: dict[str, Any] = {
            "cache_control": CACHE,
            "metadata": {"voice": voice},
            "tags": {"series": "bedtime"},
        }
        samples.put("yoto:dev", name, path, **about)
        live = [path] if number in (0, 1, 4) else []
        if note == "short":  # re-recorded: prod has both takes, dev the newer one
            older = speech.speak(text, "en-gb+m1", words_a_minute=175)
            live = [samples.file("yoto/older.mp3", speech.mp3(older)), path]
        if live:
            samples.put("yoto:prod", name, *live, **about)
        if note == "transcript":
            words = samples.file(f"yoto/story{number}.txt", (text + "\n").encode())
            plain: dict[str, Any] = {
                "content_type": "text/plain; charset=utf-8",
                "cache_control": CACHE,
            }
            samples.put("yoto:dev", name.removesuffix("mp3") + "txt", words, **plain)
    odd = samples.file("yoto/odd.mp3", speech.mp3(speech.speak("An odd name.", "en-gb+f2")))
    for name in ODD_NAMES:
        samples.put("yoto:dev", f"odd names/{name}", odd)


def add_recordings(samples: Samples) -> None:
    """speech-coach: two users' recordings, half of them with the content type of old clients."""
    for number, (voice, text) in enumerate(ANSWERS):
        pcm = speech.speak(text, voice)
        body = speech.m4a(pcm, index_first=number % 2 == 0)
        path = samples.file(f"speech-coach/recording{number}.m4a", body)
        user, recording = lower_id(f"learner {number % 2}"), lower_id(f"recording {number}")
        key = f"users/{user}/recordings/{recording}/audio.m4a"
        kind = "audio/m4a" if number < 2 else "audio/mp4"
        samples.put("speech-coach:main", key, path, content_type=kind)


def add_pictures(samples: Samples) -> None:
    """autobio: pictures under every prefix, and the two old buckets that wait for migration."""
    places = []
    for number in (1, 2):
        user = lower_id(f"author {number}")
        places += [("main", f"subjects/{user}.png"), ("main", f"avatars/{user}.png")]
        for kind in ("memory", "subject"):
            stamp = f"{1_757_000_000_000 + number * 86_400_000}-{lower_id(f'{kind} {number}')}"
            places.append(("main", f"generated/{kind}/{user}/{stamp}.png"))
    places += [("main", "stubs/memory.png"), ("main", "stubs/subject.png")]
    places += [("staging", f"avatars/{lower_id('author 1')}.png")]  # differs from main's
    places += [("assets", f"subjects/{lower_id('author 3')}.png")]
    for number, (role, key) in enumerate(places):
        path = samples.file(f"autobio/picture{number}.png", picture(number))
        samples.put(f"autobio:{role}", key, path, content_type="image/png")


def add_documents(samples: Samples) -> None:
    """serene: transcripts, analyses, repair plans, profiles and handbooks of invented couples."""
    for number, topic in enumerate(("the washing-up", "whose turn it is to walk the dog"), 1):
        couple, quarrel = lower_id(f"couple {number}"), lower_id(f"quarrel {number}")
        said = [
            {"speaker": "partner_a", "text": f"I would like to talk about {topic}."},
            {"speaker": "partner_b", "text": "So would I. You go first."},
        ]
        plan = {"steps": [f"Agree on a rota for {topic}.", "Try it for a week.", "Talk again."]}
        documents = {
            f"transcripts/{couple}/{quarrel}": {"conflict_id": quarrel, "messages": said},
            f"analysis/{couple}/{quarrel}_analysis": {"summary": f"A calm talk about {topic}."},
            f"repair_plans/{couple}/{quarrel}_repair_partner_a": {"for": "partner_a", **plan},
            f"repair_plans/{couple}/{quarrel}_repair_partner_b": {"for": "partner_b", **plan},
        }
        for key, value in documents.items():
            path = samples.file(f"serene/{key.replace('/', '_')}.json", pretty_json(value))
            samples.put("serene:main", f"{key}.json", path, content_type=JSON)
        for kind in ("profiles", "handbooks"):
            lines = ("Invented for the demo.", f"This couple talks about {topic}.")
            path = samples.file(f"serene/{kind}{number}.pdf", pdf(kind.capitalize(), lines))
            # the second couple's profile lies in both folders under one name: a finding
            name = lower_id(f"pdf {number}" if number == 2 else f"pdf {kind} {number}")
            key = f"{kind}/{couple}/{name}.pdf"
            samples.put("serene:main", key, path, content_type="application/pdf")


def main() -> None:
    """Writes all samples anew and says how much they take."""
    np.seterr(all="raise")
    shutil.rmtree(FOLDER, ignore_errors=True)
    samples = Samples(FOLDER)
    samples.file("README.md", README.encode())
    add_courses(samples)
    letter = samples.file("ssi/template.txt", b"Hello {name}, your course is ready.\n")
    samples.put(
        "ssi:canonical", "canonical/templates/mail/ready.txt", letter, content_type="text/plain"
    )
    add_stories(samples)
    add_recordings(samples)
    add_pictures(samples)
    add_documents(samples)
    samples.write_index()
    total = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    print(f"{len(samples.objects)} objects, {total / 2**20:.2f} MiB in {FOLDER.name}/")
    if total > LIMIT_BYTES:
        raise SystemExit("That is more than the 4 MiB agreed: shorten a text.")


if __name__ == "__main__":
    main()
