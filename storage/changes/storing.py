"""Storing files as a job: one after the other, large ones in parts.

What a browser sent is in memory only: cut off, such a job leaves nothing behind. Files of this
machine are read again: such a job goes on with the parts that have arrived.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from storage.changes import reading
from storage.changes.conflicts import changed, telling
from storage.changes.tally import STOPPING, Tally
from storage.changes.uploading import files_of, unreadable
from storage.errors import (
    AccessDenied,
    Cancelled,
    InvalidInput,
    StorageError,
    Unsupported,
)
from storage.gate import Gate, Passage
from storage.jobs.work import Running
from storage.layout.profile import Bucket, Layout
from storage.model.objects import ObjectHead, Written
from storage.model.people import Can
from storage.s3.client import Store
from storage.s3.multipart import PART_BYTES, resume_upload, upload_stream
from storage.s3.objects import IfAbsent, IfMatch, Precondition, get_tags
from storage.s3.uploads import abort_upload, abort_uploads, begin_upload


class UploadWork:
    """The jobs "upload" (bytes in memory) and, `from_disk`, "upload-files".

    The checkpoint: the file it is at, the parts begun of it (`part`: their key and upload id, ""
    while that is not known yet), and what was done. `keep` says that the store was not there: then
    the parts are for the next run.
    """

    def __init__(
        self,
        gate: Gate,
        layouts: Mapping[str, Layout],
        store_for: Callable[[Layout, Bucket], Store],
        *,
        from_disk: bool,
    ) -> None:
        self.kind = "upload-files" if from_disk else "upload"
        self.resumable = from_disk
        self._gate = gate
        self._layouts = layouts
        self._store_for = store_for

    def run(self, job: Running) -> Mapping[str, Any]:
        """Stores the files that are not stored yet."""
        items = job.params["items"]
        state = _State(job)
        for at in range(state.at, len(items)):
            job.stop_if_asked()
            where = self._gate.enter(job.actor, Can.OBJECT_WRITE, *job.params["place"])
            item = items[at]
            try:
                with _opened(job, at) as source:
                    written = _File(where, job, state, item, source).store()
                state.tally.add(item["key"], item["size"], **_ids(written))
            except (Cancelled, AccessDenied):
                raise
            except StorageError as error:
                if self.resumable and isinstance(error, STOPPING):
                    state.save(keep=True)
                    raise
                _abort(where, state)
                state.tally.fail(item["key"], error)
            state.next()
        job.progress(job.params["bytes"])
        return state.tally.result()

    def tidy(self, job: Running) -> None:
        """Aborts the parts of the file it was at. Asks no gate: whoever was revoked meanwhile
        leaves no parts either.
        """
        state = _State(job)
        if state.part is None or job.checkpoint.get("keep"):
            return
        name, role = job.params["place"]
        layout = self._layouts[name]
        bucket = layout.bucket(role)
        _abort_part(self._store_for(layout, bucket), bucket.bucket, state.part)


class _State:
    """Where a job is, as its checkpoint keeps it."""

    def __init__(self, job: Running) -> None:
        kept = job.checkpoint
        self.at: int = kept.get("at", 0)
        self.part: list[str] | None = kept.get("part")
        self.tally = Tally(kept.get("tally"))
        self._job = job

    def begin(self, key: str, upload_id: str = "") -> None:
        self.part = [key, upload_id]
        self.save()

    def next(self) -> None:
        self.at, self.part = self.at + 1, None
        self.save()

    def save(self, *, keep: bool = False) -> None:
        self._job.save(
            {"at": self.at, "part": self.part, "keep": keep, "tally": self.tally.as_json()}
        )


def _ids(written: Written) -> dict[str, str | None]:
    return {"etag": written.etag, "version_id": written.version_id}


def _abort(where: Passage, state: _State) -> None:
    if state.part is not None:
        _abort_part(where.store, where.bucket.bucket, state.part)


def _abort_part(store: Store, bucket: str, part: list[str]) -> None:
    key, upload_id = part
    if upload_id:
        abort_upload(store, bucket, key, upload_id)
    else:  # killed between the beginning and its answer
        abort_uploads(store, bucket, key)


@contextmanager
def _opened(job: Running, at: int) -> Iterator[BinaryIO]:
    """The file's bytes from the first one on. Raises InvalidInput where it changed or is gone."""
    if "files" not in job.params:
        source = cast("BinaryIO", job.attachment[at])
        source.seek(0)
        yield source
        return
    facts = job.params["files"][at]
    path = Path(facts["path"])
    if files_of([path]) != [facts]:
        raise InvalidInput(
            f"{str(path)!r} changed since it was chosen, so it was not stored.", "Store it again."
        )
    try:
        opened = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with opened:
        yield opened


@dataclass(frozen=True, slots=True)
class _File:
    """One file on its way: `item` is its step in the plan, `source` its bytes."""

    where: Passage
    job: Running
    state: _State
    item: Mapping[str, Any]
    source: BinaryIO

    def store(self) -> Written:
        """Stores it where what is there is still what was planned, or is it already."""
        where, key, planned = self.where, self.item["key"], self.item["etag"]
        existing = reading.head(where, key)
        before = reading.version_of(existing)
        with (
            where.changing(
                "replace" if planned else "upload",
                key,
                version_before=before,
                note=self.job.params["note"],
                size=self.item["size"],
                content_type=self.item["content_type"],
            ) as change,
            telling(where, key, before),
        ):
            if (existing.etag if existing else None) == planned or self.state.part is not None:
                written = self._send(existing)
            elif existing is not None and self._is(existing):
                written = Written(existing.etag, existing.version_id, existing.size)
            else:
                raise changed(where, existing, key)
            change.version_after = written.version_id or written.etag
        return written

    def _is(self, existing: ObjectHead) -> bool:
        """Whether what is there is this small file: stored by a run that could not say so."""
        item = self.item
        if item["size"] > PART_BYTES or existing.content_type != item["content_type"]:
            return False
        md5 = hashlib.md5(self.source.read(), usedforsecurity=False).hexdigest()
        return existing.etag == md5

    def _send(self, existing: ObjectHead | None) -> Written:
        item = self.item
        place = (self.where.store, self.where.bucket.bucket, item["key"])
        self._progress(0)
        if item["size"] <= PART_BYTES:
            return upload_stream(
                *place,
                self.source,
                item["size"],
                precondition=self._precondition(),
                content_type=item["content_type"],
                on_progress=self._progress,
                stop=self.job.stop_if_asked,
                **self._carried(existing),
            )
        return resume_upload(
            *place,
            self.source,
            item["size"],
            upload_id=self._begun(existing),
            precondition=self._precondition(),
            on_progress=self._progress,
            stop=self.job.stop_if_asked,
        )

    def _begun(self, existing: ObjectHead | None) -> str:
        """The id of the upload in parts: that of an earlier run, or a new one."""
        state, key = self.state, self.item["key"]
        store, bucket = self.where.store, self.where.bucket.bucket
        if state.part is None or not state.part[1]:
            _abort(self.where, state)
            state.begin(key)  # so that no upload is begun that nobody knows of
            facts = {"content_type": self.item["content_type"], **self._carried(existing)}
            state.begin(key, begin_upload(store, bucket, key, **facts))
        assert state.part is not None  # noqa: S101  begun just now
        return state.part[1]

    def _precondition(self) -> Precondition:
        return IfMatch(self.item["etag"]) if self.item["etag"] else IfAbsent()

    def _progress(self, done: int) -> None:
        params = self.job.params
        text = f"{self.item['key']} ({self.state.at + 1} of {len(params['items'])})"
        self.job.progress(self.state.tally.bytes + done, params["bytes"], text)

    def _carried(self, existing: ObjectHead | None) -> dict[str, Any]:
        """What a replacement keeps of what it replaces. Raises StorageError rather than lose it."""
        if existing is None or not self.item["etag"]:
            return {}
        try:
            tags = get_tags(self.where.store, existing.bucket, existing.key)
        except Unsupported:
            tags = {}
        return {
            "metadata": existing.metadata,
            "tags": tags,
            "cache_control": existing.cache_control,
        }
