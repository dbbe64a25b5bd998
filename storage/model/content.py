"""Which bytes: what verdicts and measurements are bound to, whatever key they lie under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an object as a listing tells them: ETag (without quotes) and size; and their
    SHA-256 (hex), "" where nobody has read them or been told.

    Equal ETag and size mean equal bytes on every server, also where the ETag is no MD5 (parts,
    encryption). Unequal ETags may still be equal bytes: then only a SHA-256 tells.
    """

    etag: str
    size: int
    sha256: str = ""

    def same_bytes(self, other: Content) -> bool:
        """Whether both are known to be the same bytes. False also where nobody can tell."""
        if self.size != other.size:
            return False
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return bool(self.etag) and self.etag == other.etag
