"""What a listing of one page asks for."""

from __future__ import annotations

from dataclasses import dataclass

LIST_PAGE_KEYS = 1_000  # ListObjectsV2: max-keys ceiling


@dataclass(frozen=True, slots=True)
class Ask:
    """One page: folders (with a `delimiter`) and objects under `prefix` that come after `after`."""

    bucket: str
    prefix: str
    after: str = ""
    limit: int = LIST_PAGE_KEYS
    delimiter: str = "/"

    def query(self) -> dict[str, str]:
        """The parameters of ListObjectsV2, as they stand in the URL."""
        asked = {"prefix": self.prefix, "delimiter": self.delimiter, "start-after": self.after}
        return {
            "list-type": "2",
            "encoding-type": "url",
            "max-keys": str(self.limit),
            **{name: value for name, value in asked.items() if value},
        }
