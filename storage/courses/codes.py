"""Course codes: `ita_for_eng_10seeds` is Italian for English speakers, a shorter one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pycountry

from storage.errors import InvalidInput

COURSE_CHARACTERS = 100  # codes become file names and parts of keys
_CODE = re.compile(r"([a-z]{3})_for_([a-z]{3})(?:_([A-Za-z0-9][A-Za-z0-9_-]*))?")


@dataclass(frozen=True, slots=True)
class Course:
    """One course. `suffix` tells it from others of the same pair, "" for the whole course."""

    code: str
    target: str  # ISO 639-3: what is learned
    known: str  # ISO 639-3: what is spoken already
    suffix: str = ""

    @property
    def pair(self) -> str:
        """`ita_for_eng`: courses of one pair share a welcome's recording."""
        return f"{self.target}_for_{self.known}"

    @property
    def title(self) -> str:
        """`Italian for English speakers (10seeds)`; a code in place of an unknown language."""
        target, known = (language_name(one) or one for one in (self.target, self.known))
        return f"{target} for {known} speakers" + (f" ({self.suffix})" if self.suffix else "")


def parse_course(code: str) -> Course:
    """The course of `code`, whether or not its languages exist. Raises InvalidInput."""
    found = _CODE.fullmatch(code) if len(code) <= COURSE_CHARACTERS else None
    if found is None:
        raise InvalidInput(
            f"{code[:COURSE_CHARACTERS]!r} is no course code.",
            "Write it like ita_for_eng or ita_for_eng_10seeds.",
        )
    return Course(code, found[1], found[2], found[3] or "")


def unknown_languages(course: Course) -> tuple[str, ...]:
    """Those of the course's two codes that ISO 639-3 does not have."""
    return tuple(
        code for code in dict.fromkeys((course.target, course.known)) if language_name(code) is None
    )


def language_name(code: str) -> str | None:
    """The English name of an ISO 639-3 code in lower case (`ita`: Italian), None where no language
    has it: `xxx`, the two letters `it`, the old library code `fre`, `zxx` for no language.
    """
    found = pycountry.languages.get(alpha_3=code) if code.islower() else None
    if found is None or found.scope == "S":  # special codes: undetermined, several, none
        return None
    name: str = getattr(found, "common_name", found.name)
    return name.split(" (", maxsplit=1)[0]  # "Modern Greek (1453-)"
