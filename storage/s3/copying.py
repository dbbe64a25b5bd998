"""How a copy is made and compared: at once, in parts, or from one store to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from storage.errors import (
    Conflict,
    NotFound,
    StorageError,
    Unconfirmed,
    Unsupported,
    VerifyFailed,
)
from storage.model.objects import ObjectHead, Written
from storage.s3.client import Store
from storage.s3.conditions import (
    Precondition,
    asked,
    quoted,
    writing,
)
from storage.s3.facts import Facts, facts_of
from storage.s3.heads import head_answer, head_of, look_first, look_for, version_of
from storage.s3.multipart import Pieces, upload_with
from storage.s3.objects import get_tags, stream_object
from storage.s3.parts import PARTS, Step, Watch, begun, complete_or_abort, run_steps
from storage.s3.settle import settled
from storage.s3.uploads import Part
from storage.s3.verify import Seen, difference

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_REPLACED_TOGETHER = {"content_type", "metadata", "cache_control"}  # by S3's metadata directive


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy to be made of what was `seen`, with what is `given` instead of the source's own."""

    seen: Seen
    to: Store
    bucket: str
    key: str
    given: Mapping[str, Any]
    precondition: Precondition
    watch: Watch

    @property
    def facts(self) -> Facts:
        """What the copy should have; tags None are the source's own."""
        facts = replace(facts_of(self.seen.answer), **self.given)
        if self.to is not self.seen.store:  # another store, other keys
            return replace(facts, encryption="", kms_key="", bucket_key=False)
        if facts.encryption == "AES256" and self.to.capabilities.encrypts_all:
            return replace(facts, encryption="")
        return facts

    def made(self, multipart_above: int, part_bytes: int) -> Written:
        """Makes the copy, in the way that its store and size ask for, and compares it."""
        if self.to is not self.seen.store:
            return self._verified(self._streamed())
        if self.seen.size > multipart_above:
            return self._verified(self._in_parts(part_bytes))
        return self._verified(self._at_once())

    def _at_once(self) -> Written:
        """By one CopyObject."""
        can = self.to.capabilities
        look_first(self.to, self.bucket, self.key, self.precondition, can.copy_conditions)
        request = self._directives()

        def write() -> Written:
            with writing("s3:PutObject", self.bucket, self.key):
                answer = self.to.client_for(self.bucket).copy_object(
                    Bucket=self.bucket,
                    Key=self.key,
                    CopySource=self._source(),
                    CopySourceIfMatch=quoted(self.seen.etag),
                    **request,
                    **asked(self.precondition),
                )
            etag = answer["CopyObjectResult"]["ETag"].strip('"')
            return Written(etag, version_of(answer), self.seen.size)

        written = settled(write, self._look)
        self.watch.on_progress(self.seen.size)
        return written

    def _in_parts(self, part_bytes: int) -> Written:
        """By a multipart upload whose parts the store copies itself."""
        look_first(self.to, self.bucket, self.key, self.precondition, kept=False)
        sleep = self.watch.sleep
        facts = self._facts_and_tags()
        with begun(self.to, self.bucket, self.key, facts, sleep) as upload_id:
            parts = run_steps(self._steps(upload_id, part_bytes), self.watch)
            return complete_or_abort(
                self.to,
                self.bucket,
                self.key,
                upload_id,
                parts,
                precondition=self.precondition,
                is_ours=self._is_ours,
                sleep=sleep,
            )

    def _streamed(self) -> Written:
        """By reading from one store and writing to the other."""
        seen = self.seen
        pieces = stream_object(
            seen.store, seen.bucket, seen.key, if_match=seen.etag, version_id=seen.version_id
        )
        return upload_with(
            self.to,
            self.bucket,
            self.key,
            Pieces(pieces),
            seen.size,
            facts=self._facts_and_tags(),
            precondition=self.precondition,
            watch=self.watch,
        )

    def _verified(self, written: Written) -> Written:
        """`written`, when it is like its source. Raises VerifyFailed, Conflict where somebody else
        wrote there in the meantime, and Unconfirmed where the two could not be compared."""
        try:
            target = self._target(written)
            differs = difference(self.seen, target, self.facts) if target else ""
        except StorageError as error:
            raise Unconfirmed(
                f"It was copied, but not compared with its source: {error.what}",
                "Look at the copy before you rely on it.",
                bucket=self.bucket,
                key=self.key,
            ) from error
        if target is None:
            raise Conflict(
                "It was copied, and somebody else changed or deleted the copy at once.",
                "Reload and look at what is there now.",
                bucket=self.bucket,
                key=self.key,
            )
        if differs:
            raise VerifyFailed(
                f"The copy is not like its source: {differs} is another.",
                "The source is untouched. Look at the copy, delete it, and try again.",
                bucket=self.bucket,
                key=self.key,
            )
        checksums = head_of(self.bucket, self.key, target.answer).checksums
        return replace(written, checksums={**written.checksums, **checksums})

    def _target(self, written: Written) -> Seen | None:
        """The copy as the store tells of it; None where it is gone or another one by now."""
        try:
            answer = head_answer(self.to, self.bucket, self.key, written.version_id)
        except NotFound:
            return None
        target = Seen(self.to, self.bucket, self.key, written.version_id, answer)
        return target if target.etag == written.etag else None

    def _directives(self) -> dict[str, Any]:
        facts = self.facts
        itself = (self.seen.bucket, self.seen.key) == (self.bucket, self.key)
        if itself or self.given.keys() & _REPLACED_TOGETHER:  # onto itself S3 wants a change
            self._refuse_loss()
            said = {**replace(facts, tags=None).as_request(), "MetadataDirective": "REPLACE"}
        else:
            said = {**facts.not_carried_by_copies(), "MetadataDirective": "COPY"}
        if facts.tags is not None:
            said |= {"TaggingDirective": "REPLACE", "Tagging": urlencode(facts.tags)}
        return said

    def _refuse_loss(self) -> None:
        if self.seen.answer.get("MissingMeta"):
            raise Unsupported(
                "This object has metadata that cannot be read as headers, and would be lost.",
                "Copy it without changing its type, metadata or cache control.",
                bucket=self.seen.bucket,
                key=self.seen.key,
            )

    def _facts_and_tags(self) -> Facts:
        self._refuse_loss()
        facts, seen = self.facts, self.seen
        if facts.tags is not None:
            return facts
        try:
            tags = get_tags(seen.store, seen.bucket, seen.key, seen.version_id)
        except Unsupported:  # a store without tags
            tags = {}
        return replace(facts, tags=tags)

    def _steps(self, upload_id: str, part_bytes: int) -> Iterator[Step]:
        size = self.seen.size
        length = max(part_bytes, -(-size // PARTS))
        for number, start in enumerate(range(0, size, length), 1):
            yield partial(self._copy_part, upload_id, number, start, min(start + length, size) - 1)

    def _copy_part(self, upload_id: str, number: int, first: int, last: int) -> Part:
        with writing("s3:PutObject", self.bucket, self.key):
            answer = self.to.client_for(self.bucket).upload_part_copy(
                Bucket=self.bucket,
                Key=self.key,
                UploadId=upload_id,
                PartNumber=number,
                CopySource=self._source(),
                CopySourceRange=f"bytes={first}-{last}",
                CopySourceIfMatch=quoted(self.seen.etag),
            )
        etag = answer["CopyPartResult"]["ETag"].strip('"')
        return Part(number, etag, last - first + 1)

    def _source(self) -> CopySourceTypeDef:
        place: CopySourceTypeDef = {"Bucket": self.seen.bucket, "Key": self.seen.key}
        if self.seen.version_id is not None:
            place["VersionId"] = self.seen.version_id
        return place

    def _look(self) -> Written | None:
        return look_for(self.to, self.bucket, self.key, self.precondition, self._is_ours)

    def _is_ours(self, head: ObjectHead) -> bool:
        answer = head_answer(self.to, self.bucket, self.key, head.version_id)
        target = Seen(self.to, self.bucket, self.key, head.version_id, answer)
        return target.etag == head.etag and not difference(self.seen, target, self.facts)
