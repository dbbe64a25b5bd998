"""Fills a store with the sample content; never overwrites what somebody changed.

Every write says that the key must be absent (or still hold the version before), so an interrupted
filling is finished by the next one, without doubling a version. What was deleted comes back.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from storage.demo.catalogue import Sample, load_samples
from storage.errors import ConfigError, Conflict
from storage.layout.profile import Bucket, Layout
from storage.model.objects import Written
from storage.s3.bucket import create_bucket, keep_versions, set_cors
from storage.s3.client import Store
from storage.s3.listing import list_page, list_pages
from storage.s3.objects import IfAbsent, IfMatch, list_versions, put_object
from storage.s3.uploads import begin_upload, send_part, unfinished_uploads

StoreFor = Callable[[Layout, Bucket], Store]
Progress = Callable[[int, int, str], None]
"""(objects done, objects in all, what is being done); called from the caller's own thread."""

WORKERS = 16  # two cores gain nothing from more
IN_FLIGHT = 64  # memory: so many bodies of at most 130 KB
UNVERSIONED = frozenset({("yoto", "dev")})  # a development bucket keeps no old versions
CLIPS = "mastered/"
# SeaweedFS knows no `*` for a port, so every port the console may take is named.
CONSOLE_ORIGINS = tuple(
    f"http://{host}:{port}" for port in range(8501, 8521) for host in ("127.0.0.1", "localhost")
)
_SCALE_NAMES = uuid.uuid5(uuid.NAMESPACE_DNS, "scale.soundstage.example")


@dataclass(frozen=True, slots=True)
class SeedResult:
    """What a seeding did: objects written now, and found there already (samples and clips)."""

    buckets: int
    written: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Work:
    """One sample and where it goes. `unfinished`: as a multipart upload that never ends."""

    store: Store
    bucket: str
    sample: Sample
    unfinished: bool = False

    def run(self) -> bool:
        """Whether anything was written."""
        if self.unfinished:
            return _leave_unfinished(self.store, self.bucket, self.sample)
        return _put_versions(self.store, self.bucket, self.sample)


def seed(
    store_for: StoreFor,
    layouts: Mapping[str, Layout],
    *,
    scale: int = 0,
    origins: Sequence[str] = CONSOLE_ORIGINS,
    progress: Progress = lambda _done, _total, _text: None,
) -> SeedResult:
    """Makes all buckets of `layouts`, allows `origins` to read, and puts the sample content.

    `scale` adds that many further clips to ssi's stage. Runs again without harm. Raises
    StorageError as the store does; what `progress` raises stops it, too.
    """
    if scale and "ssi" not in layouts:
        raise ConfigError(
            "The many clips go to Stage (testing) of the project ssi, which is not configured.",
            "Leave --scale out, or add ssi to the configured projects.",
        )
    samples = load_samples()
    total = scale + sum(
        sample.layout in layouts for sample in (*samples.objects, *samples.unfinished)
    )
    progress(0, total, "Making buckets")
    buckets = _make_buckets(store_for, layouts, origins)
    audio, mentioning = samples.by_phase()
    phases = (
        _works(store_for, layouts, audio),
        _works(store_for, layouts, mentioning),
        _works(store_for, layouts, samples.unfinished, unfinished=True),
        _scale_works(store_for, layouts, audio, scale),
    )
    written = done = 0
    # Phase by phase: a manifest appears only when every clip it mentions is there.
    for works in phases:
        for work, wrote in _run(works):
            written, done = written + wrote, done + 1
            progress(done, total, f"Adding {layouts[work.sample.layout].title}")
    progress(total, total, "Done")
    return SeedResult(buckets, written, total - written)


def allow_origins(
    store_for: StoreFor, layouts: Mapping[str, Layout], origins: Sequence[str]
) -> None:
    """Lets pages of `origins`, and no others, read objects of all buckets from the browser."""
    for layout in layouts.values():
        for bucket in layout.buckets:
            set_cors(store_for(layout, bucket), bucket.bucket, origins)


def _make_buckets(
    store_for: StoreFor, layouts: Mapping[str, Layout], origins: Sequence[str]
) -> int:
    for layout in layouts.values():
        for bucket in layout.buckets:
            versioning = (layout.name, bucket.role) not in UNVERSIONED
            _make_bucket(store_for(layout, bucket), bucket.bucket, versioning=versioning)
    allow_origins(store_for, layouts, origins)
    return sum(len(layout.buckets) for layout in layouts.values())


def _make_bucket(store: Store, bucket: str, *, versioning: bool) -> None:
    try:
        create_bucket(store, bucket, versioning=versioning)
    except Conflict:
        # There already; an empty one may stem from a start that ended before versioning was on.
        page = list_page(store, bucket, limit=1, delimiter="")
        if versioning and not page.objects.num_rows:
            keep_versions(store, bucket)


def _works(
    store_for: StoreFor,
    layouts: Mapping[str, Layout],
    samples: Iterable[Sample],
    *,
    unfinished: bool = False,
) -> Iterator[_Work]:
    for sample in samples:
        layout = layouts.get(sample.layout)
        if layout is not None:  # a configuration may leave projects out
            bucket = layout.bucket(sample.role)
            yield _Work(store_for(layout, bucket), bucket.bucket, sample, unfinished)


def _run(works: Iterable[_Work]) -> Iterator[tuple[_Work, bool]]:
    """Each work and whether it wrote, in order; `WORKERS` at a time, `IN_FLIGHT` begun at most."""
    begun: deque[tuple[_Work, Future[bool]]] = deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="seed") as pool:
        try:
            for work in works:
                begun.append((work, pool.submit(work.run)))
                if len(begun) >= IN_FLIGHT:
                    first, future = begun.popleft()
                    yield first, future.result()
            while begun:
                first, future = begun.popleft()
                yield first, future.result()
        finally:
            for _, future in begun:  # after an error or an interruption nothing new starts
                future.cancel()


def _put_versions(store: Store, bucket: str, sample: Sample) -> bool:
    bodies = [sample.body(file) for file in sample.files]
    etags = [hashlib.md5(body, usedforsecurity=False).hexdigest() for body in bodies]
    try:
        _put(store, bucket, sample, bodies[0], IfAbsent())
        there, wrote = 1, True
    except Conflict:
        there, wrote = _versions_of_ours(store, bucket, sample, etags), False
    for body, etag_before in zip(bodies[there:], etags[there - 1 :], strict=False):
        try:
            _put(store, bucket, sample, body, IfMatch(etag_before))
        except Conflict:
            break  # somebody changed it just now: theirs stays
        wrote = True
    return wrote


def _versions_of_ours(store: Store, bucket: str, sample: Sample, etags: list[str]) -> int:
    """After how many of our versions an earlier seeding stopped; all, if anything else is there."""
    if len(etags) == 1:
        return 1
    there = [row.etag for row in reversed(list_versions(store, bucket, sample.key))]
    return len(there) if there and there == etags[: len(there)] else len(etags)


def _put(
    store: Store, bucket: str, sample: Sample, body: bytes, precondition: IfAbsent | IfMatch
) -> Written:
    return put_object(
        store,
        bucket,
        sample.key,
        body,
        precondition=precondition,
        content_type=sample.content_type,
        metadata=sample.metadata,
        tags=sample.tags,
        cache_control=sample.cache_control,
    )


def _leave_unfinished(store: Store, bucket: str, sample: Sample) -> bool:
    if unfinished_uploads(store, bucket, sample.key):
        return False
    part = sample.body(sample.files[0])
    upload_id = begin_upload(store, bucket, sample.key, content_type=sample.content_type)
    md5 = hashlib.md5(part, usedforsecurity=False).digest()
    send_part(store, bucket, sample.key, upload_id, number=1, body=part, md5=md5)
    return True


def _scale_works(
    store_for: StoreFor, layouts: Mapping[str, Layout], audio: Sequence[Sample], count: int
) -> Iterator[_Work]:
    """`count` clips with the bytes of sound sample clips; those there already are kept unasked."""
    if not count:
        return
    ssi = layouts["ssi"]
    bucket = ssi.bucket("stage")
    store = store_for(ssi, bucket)
    models = [
        sample
        for sample in audio
        if (sample.layout, sample.role, sample.defect) == ("ssi", "stage", "")
    ]
    there = _keys(store, bucket.bucket, CLIPS)
    for number in range(count):
        key = f"{CLIPS}{str(uuid.uuid5(_SCALE_NAMES, str(number))).upper()}.mp3"
        if key not in there:
            model = models[number % len(models)]
            yield _Work(store, bucket.bucket, _copy_of(model, key))


def _copy_of(model: Sample, key: str) -> Sample:
    return Sample("ssi", "stage", key, model.content_type, model.files[-1:], model.metadata)


def _keys(store: Store, bucket: str, prefix: str) -> set[str]:
    found: set[str] = set()
    for page in list_pages(store, bucket, prefix):
        found.update(page.objects.column("key").to_pylist())
    return found
