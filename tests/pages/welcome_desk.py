"""An editor at the Welcomes page: a registry with recordings in the stand-in, and what is done."""

from __future__ import annotations

import json
import time
from typing import Any

from page_rig import Console
from sounds import joined, silence, speech, wav

from storage.s3.client import Store

SHARED, STAGE, PROD = "popty-bach-lfs", "ssi-audio-stage", "ssiborg-assets"
REGISTRY = "canonical/welcomes.json"
ITA, ITA_WAV = "72D5C1E6-97DB-57D0-BBA6-D40800344F40", "canonical/welcomes/ita.wav"
RATE_HZ = 16_000

OLD = wav(speech(2.0, RATE_HZ, seed=1))
GOOD = wav(speech(2.1, RATE_HZ, level=0.7, seed=2))
QUIET = wav(joined(silence(1.5, RATE_HZ), speech(2.0, RATE_HZ, level=0.03), silence(2.0, RATE_HZ)))


def entry(text: str, **fields: Any) -> dict[str, Any]:
    """One entry of the registry."""
    blank = {"id": None, "generated_date": "2025-09-02T08:30:00Z", "voice": None, "duration": 0}
    return {"text": text, **blank, **fields}


WELCOMES = {
    "_comment": "Kept as it is.",
    "ita_for_eng": entry("Welcome to Italian.", id=ITA, voice="Anna", duration=2.0),
    "ita_for_eng_10seeds": entry("Welcome to Italian.", id=ITA, voice="Anna", duration=2.0),
    "cym_for_eng": entry("Croeso! Welcome to Welsh.", voice="Dewi"),
    "cmn_for_eng": entry(""),
}


def stock(store: Store, welcomes: object = WELCOMES) -> None:
    """Puts the registry and one recording where the console looks for them."""
    store.client.put_bucket_versioning(Bucket=SHARED, VersioningConfiguration={"Status": "Enabled"})
    store.client.delete_object(Bucket=SHARED, Key="canonical/welcomes/cym.wav")
    put(store, ITA_WAV, OLD)
    put(store, REGISTRY, json.dumps({"welcomes": welcomes}, indent=2).encode())


def put(store: Store, key: str, data: bytes) -> None:
    """Stores it past the console, among the shared files."""
    store.client.put_object(Bucket=SHARED, Key=key, Body=data)


def registry(store: Store) -> dict[str, Any]:
    """The entries as they are stored."""
    found = store.client.get_object(Bucket=SHARED, Key=REGISTRY)["Body"].read()
    welcomes: dict[str, Any] = json.loads(found)["welcomes"]
    return welcomes


def set_text(store: Store, course: str, text: str) -> None:
    """Somebody else changes a text, past this console."""
    welcomes = registry(store)
    welcomes[course]["text"] = text
    put(store, REGISTRY, json.dumps({"welcomes": welcomes}, indent=2).encode())


def body(store: Store, key: str, bucket: str = SHARED) -> bytes:
    """What is stored there."""
    return store.client.get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(store: Store, bucket: str, prefix: str = "") -> list[str]:
    """What there is."""
    listed = store.client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [row["Key"] for row in listed.get("Contents", [])]


class Desk:
    """One editor's tab, on the Welcomes page."""

    def __init__(self, console: Console, store: Store) -> None:
        self.console = console
        self.store = store

    def open(self, course: str = "", **address: str) -> Desk:
        """The list, or one course."""
        given = {"course": course} if course else {}
        self.console.open("welcomes", project="ssi", **given, **address)
        return self

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The table's rows by course, from top to bottom."""
        return {row["code"]: row for row in self.console.data("welcomes:table")["rows"]}

    @property
    def words(self) -> str:
        """What the page says outside its components."""
        return self.console.words

    @property
    def buttons(self) -> list[str]:
        """What can be pressed."""
        return [button.label for button in self.console.app.button]

    @property
    def verdicts(self) -> dict[str, tuple[str, str]]:
        """The verdicts on the new recording: what about it, its tone and its words."""
        key = next(one for one in self.console.shown if one.startswith("welcomes:verdicts"))
        rows = self.console.data(key)["sections"][0]["rows"]
        return {row["label"]: (row["tone"], row["value"]) for row in rows}

    def press(self, label: str, nth: int = 0) -> Desk:
        """Presses a button by what is on it."""
        found = [button for button in self.console.app.button if button.label == label]
        found[nth].click()
        self.console.again()
        return self

    def write(self, **fields: str) -> Desk:
        """Types into "Text" (area) and "Voice"."""
        for label, value in fields.items():
            inputs = [*self.console.app.text_area, *self.console.app.text_input]
            next(one for one in inputs if one.label == label).input(value)
        self.console.again()
        return self

    def drop(self, name: str, data: bytes) -> Desk:
        """Drops a file as a new recording."""
        self.console.app.get("file_uploader")[0].set_value((name, data, "audio/wav"))
        self.console.again()
        return self

    def settled(self) -> Desk:
        """The page once no job is going on."""
        deadline = time.monotonic() + 30
        while "Cancel" in self.buttons:
            assert time.monotonic() < deadline, self.words
            time.sleep(0.1)
            self.console.again()
        return self
