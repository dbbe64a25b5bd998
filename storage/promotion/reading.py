"""What two buckets hold: listed in shards, asked by HEAD, and read where only the bytes tell."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from storage.errors import Conflict
from storage.gate import Passage
from storage.model.promotion import PLAN_SCHEMA, ROWS_SCHEMA
from storage.promotion.steps import Meant
from storage.s3.client import Store
from storage.s3.facts import facts_of
from storage.s3.listing import list_pages
from storage.s3.many_heads import head_answers
from storage.s3.objects import stream_object

WORKERS = 16  # requests at once, of a client's 32 connections
HEADED = 2_000  # keys: up to here each is asked for; beyond, the bucket is listed
_HEX = "0123456789ABCDEF"

Stop = Callable[[], None]
"""Raises where the person has asked to stop."""


def listed(where: Passage, prefixes: Sequence[str], stop: Stop) -> pa.Table:
    """What lies below the prefixes (ROWS_SCHEMA), which do not contain one another."""

    def rows(prefix: str) -> list[pa.RecordBatch]:
        stop()
        found = []
        for page in list_pages(where.store, where.bucket.bucket, prefix):
            found.append(page.objects)
            stop()
        return found

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="list") as pool:
        batches = [batch for found in pool.map(rows, prefixes) for batch in found]
    if not batches:
        return ROWS_SCHEMA.empty_table()
    table = pa.Table.from_batches(batches)
    table = table.append_column("checksum", pa.repeat("", table.num_rows))
    return table.select(ROWS_SCHEMA.names).cast(ROWS_SCHEMA).combine_chunks()


def sharded(prefix: str) -> tuple[str, ...]:
    """Prefixes of keys that go on with a UUID in upper case, to be listed side by side."""
    return tuple(prefix + digit for digit in _HEX)


def asked(where: Passage, keys: Sequence[str], stop: Stop) -> pa.Table:
    """The rows (ROWS_SCHEMA) of those of `keys` that are there, each asked by HEAD."""
    found = [one for one in heads(where.store, where.bucket.bucket, keys, stop) if one is not None]
    columns = {
        "key": [one.key for one in found],
        "etag": [one.etag for one in found],
        "size": [one.answer["ContentLength"] for one in found],
        "modified": [one.answer["LastModified"] for one in found],
        "storage_class": [one.answer.get("StorageClass", "STANDARD") for one in found],
        "checksum": [one.checksum for one in found],
    }
    return pa.table(columns, schema=ROWS_SCHEMA)


@dataclass(frozen=True, slots=True)
class Head:
    """What HEAD says of one key."""

    key: str
    answer: Mapping[str, Any]

    @property
    def etag(self) -> str:
        """Without quotes."""
        return str(self.answer.get("ETag", "")).strip('"')

    @property
    def checksum(self) -> str:
        """ "SHA256:base64" of the whole object, or of another kind; "" where it has none."""
        for name in ("SHA256", "CRC64NVME", "SHA1", "CRC32C", "CRC32"):
            value = str(self.answer.get(f"Checksum{name}", ""))
            if value and "-" not in value:  # one made of its parts' tells nothing
                return f"{name}:{value}"
        return ""

    @property
    def facts(self) -> dict[str, Any]:
        """What goes along with a copy, as a plan keeps it. "" and 0 are left out."""
        facts = facts_of(self.answer)
        told = {
            "content_type": facts.content_type,
            "cache_control": facts.cache_control,
            "content_disposition": facts.content_disposition,
            "content_encoding": facts.content_encoding,
            "content_language": facts.content_language,
            "expires": facts.expires,
            "redirect": facts.redirect,
            "metadata": dict(sorted(facts.metadata.items())),
            "encryption": facts.encryption,
            "kms_key": facts.kms_key,
            "tags": self.answer.get("TagCount", 0),
            "unreadable": self.answer.get("MissingMeta", 0),
        }
        return {name: value for name, value in told.items() if value}

    @property
    def carried(self) -> dict[str, Any]:
        """Of these, what does not depend on the bucket."""
        own = ("encryption", "kms_key")
        return {name: value for name, value in self.facts.items() if name not in own}


def heads(store: Store, bucket: str, keys: Sequence[str], stop: Stop) -> Iterator[Head | None]:
    """HEAD of each key, in order; None where nothing is."""
    answers = head_answers(store, bucket, keys, workers=WORKERS, stop=stop)
    for key, answer in zip(keys, answers, strict=True):
        yield Head(key, answer) if answer is not None else None


def with_facts(rows: pa.Table, which: Any, where: Passage, stop: Stop) -> pa.Table:
    """Plan rows (PLAN_SCHEMA) with the facts of the sources of those chosen by `which`. Raises
    Conflict where one is another by now.
    """
    places = pc.indices_nonzero(which).to_pylist()
    facts = rows["facts"].to_pylist()
    chosen = rows.filter(which)
    keys, etags = chosen["source_key"].to_pylist(), chosen["etag"].to_pylist()
    told = heads(where.store, where.bucket.bucket, keys, stop)
    for at, key, etag, head in zip(places, keys, etags, told, strict=True):
        if head is None or head.etag != etag:
            raise Conflict(
                "It changed while the plan was made.",
                "Make the plan again.",
                bucket=where.bucket.bucket,
                key=key,
            )
        facts[at] = json.dumps(head.facts, sort_keys=True)
    at = rows.schema.get_field_index("facts")
    return rows.set_column(at, PLAN_SCHEMA.field("facts"), pa.array(facts, pa.string()))


def with_facts_now(
    store: Store, bucket: str, steps: Sequence[Meant], stop: Stop
) -> Iterator[Meant]:
    """The steps, those that nobody has asked about with the facts that their sources have now; as
    they are where the source is another by now.
    """
    unasked = [one for one in steps if one.is_unasked]
    told = dict(zip((one.seq for one in unasked), heads(
        store, bucket, [one.source_key for one in unasked], stop), strict=True))  # fmt: skip
    for one in steps:
        head = told.get(one.seq)
        if head is not None and head.etag == one.etag:
            yield replace(one, facts=json.dumps(head.facts, sort_keys=True))
        else:
            yield one


def summed(where: Passage, rows: pa.Table, keys: Sequence[str], stop: Stop) -> pa.Table:
    """`rows` (ROWS_SCHEMA) with the SHA-256 of these keys, read from their bytes. Raises Conflict
    where one is another by now.
    """
    etags = dict(zip(rows["key"].to_pylist(), rows["etag"].to_pylist(), strict=True))

    def one(key: str) -> str:
        stop()
        digest = hashlib.sha256()
        for piece in stream_object(where.store, where.bucket.bucket, key, if_match=etags[key]):
            digest.update(piece)
        return f"SHA256:{base64.b64encode(digest.digest()).decode()}"

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="hash") as pool:
        found = dict(zip(keys, pool.map(one, keys), strict=True))
    kept = rows["checksum"].to_pylist()
    texts = [found.get(key, was) for key, was in zip(etags, kept, strict=True)]
    at = rows.schema.get_field_index("checksum")
    return rows.set_column(at, ROWS_SCHEMA.field("checksum"), pa.array(texts, pa.string()))


def facts_differ(source: Passage, target: Passage, keys: Any, stop: Stop) -> pa.Array:
    """Those of `keys` (in both buckets) whose type, metadata or other facts are not the same."""
    names = keys.to_pylist()
    both = zip(
        heads(source.store, source.bucket.bucket, names, stop),
        heads(target.store, target.bucket.bucket, names, stop),
        strict=True,
    )
    unlike = [one.key for one, other in both if one and other and one.carried != other.carried]
    return pa.array(unlike, pa.string())
