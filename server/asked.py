"""What a request asks for by its address: which bucket, which object, how many.

A parameter that is not known is refused: a mistyped one would mean another bucket than was meant.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from storage.bootstrap import Services
from storage.errors import InvalidInput
from storage.layout.profile import Layout

_PLACE = frozenset({"project", "bucket"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A project, a bucket of it by its role, and the other parameters of the query string."""

    layout: Layout
    role: str
    values: dict[str, str]

    @property
    def place(self) -> tuple[str, str]:
        """As the services take it."""
        return self.layout.name, self.role

    def number(self, name: str, default: int) -> int:
        """A parameter that is a whole number. Raises InvalidInput."""
        text = self.values.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InvalidInput(f"{name} is no number.", f"Write it like {name}={default}.")
        return int(text)

    def flag(self, name: str) -> bool:
        """A parameter that is 1 or 0. Raises InvalidInput."""
        text = self.values.get(name, "0")
        if text not in ("0", "1"):
            raise InvalidInput(f"{name} is neither 1 nor 0.", f"Write {name}=1, or leave it out.")
        return text == "1"


def read_query(request: Request, services: Services, *names: str) -> Asked:
    """The query string, which may hold `names` and the place. Raises InvalidInput."""
    allowed = sorted(_PLACE.union(names))
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed or name in values:
            why = "is given twice" if name in values else "is not known here"
            raise InvalidInput(f"The parameter {name!r} {why}.", f"There are {', '.join(allowed)}.")
        values[name] = value
    layout = _layout(services, values.pop("project", ""))
    return Asked(layout, _role(layout, values.pop("bucket", "")), values)


def _layout(services: Services, name: str) -> Layout:
    chosen = name or services.settings.layout or next(iter(services.layouts))
    if chosen not in services.layouts:
        known = ", ".join(services.layouts)
        raise InvalidInput(f"There is no project {chosen!r}.", f"Choose one of {known}.")
    return services.layouts[chosen]


def _role(layout: Layout, name: str) -> str:
    """A bucket by its role or by its own name: of those that are configured, and no other."""
    for bucket in layout.buckets:
        if name in ("", bucket.role, bucket.bucket):
            return bucket.role
    raise InvalidInput(
        f"The project {layout.title!r} has no bucket {name!r}.",
        f"It has: {', '.join(bucket.role for bucket in layout.buckets)}.",
    )


def read_key(request: Request) -> str:
    """The key in the address. Raises InvalidInput for one that climbs: on its way to a store it
    could be taken for another bucket.
    """
    key: str = request.path_params["filename"]
    if not key:
        raise InvalidInput("No object is named.", "Write its whole key behind /api/audio/.")
    if {".", ".."} & set(key.split("/")) or "\\" in key or "\0" in key:
        raise InvalidInput(
            "The name leads out of its folder, or holds a backslash or NUL.",
            "Over HTTP such objects are not reached; the console has them in Browse.",
        )
    return key


def header(request: Request, name: str) -> str:
    """A header that is a list, also when it was sent in several lines; "" without it."""
    return ", ".join(request.headers.getlist(name))
