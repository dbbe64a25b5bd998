"""What would happen, from what was read. Pure: nothing here asks a store or writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from storage.changes.facts import check_type
from storage.changes.judging import judge, judge_key, judge_type
from storage.changes.naming import checked_key, key_for
from storage.errors import InvalidInput, StorageError
from storage.layout.profile import Bucket, Layout
from storage.model.changes import (
    DeleteRow,
    Incoming,
    TransferStep,
    UploadItem,
    Versioning,
)
from storage.model.findings import Finding, Severity
from storage.model.objects import ObjectHead
from storage.units import human_bytes


def upload_item(layout: Layout, bucket_role: str, prefix: str, file: Incoming) -> UploadItem:
    """What would become of one file below `prefix`; what is there already is not known yet."""
    bucket = layout.bucket(bucket_role).bucket
    try:
        key = key_for(prefix, file.name)
        declared = check_type(file.content_type) if file.content_type else ""
    except InvalidInput as error:
        refused = Finding("name", bucket, file.name, "error", error.what, error.remedy)
        return UploadItem(file.name, "", file.size, "", "", "", "", (refused,))
    judged = judge(layout, bucket_role, key, file.size, file.head, declared=declared)
    return UploadItem(
        file.name,
        key,
        file.size,
        judged.kind,
        judged.kind_title,
        judged.content_type,
        judged.detected,
        judged.findings,
    )


def refuse_doubles(items: Sequence[UploadItem]) -> tuple[UploadItem, ...]:
    """The items, with every one but the first of the same key blocked."""
    seen: set[str] = set()
    checked = []
    for item in items:
        double = item.key in seen
        if item.key:
            seen.add(item.key)
        checked.append(_with(item, _double(item.key)) if double else item)
    return tuple(checked)


def _double(key: str) -> Finding:
    return Finding(
        "double",
        "",
        key,
        "error",
        "Another file of this upload gets the same name.",
        "Rename one of them, or leave one out.",
    )


def blocked(item: UploadItem, error: StorageError) -> UploadItem:
    """The item, refused because of `error`."""
    return _with(item, Finding(error.code, "", item.key, "error", error.what, error.remedy))


def _with(item: UploadItem, finding: Finding) -> UploadItem:
    return replace(item, findings=(*item.findings, finding))


# -- copy and move ------------------------------------------------------------------------------


def target_keys(keys: Sequence[str], target: str) -> tuple[str, ...]:
    """Where each of `keys` would go: below `target` ("" or ending in /) under its last segment,
    else exactly there. Raises InvalidInput for several keys and no folder, or a key twice.
    """
    if len(set(keys)) != len(keys):
        raise InvalidInput("An object is named twice.", "Choose each object once.")
    if target.endswith("/") or not target:
        return tuple(target + key.rstrip("/").rpartition("/")[2] for key in keys)
    if len(keys) != 1:
        raise InvalidInput(
            f"{len(keys):,} objects cannot all become {target!r}.",
            "Give a folder, with / at its end.",
        )
    return (target,)


def transfer_step(
    layout: Layout,
    bucket_role: str,
    head: ObjectHead,
    target_key: str,
    existing: ObjectHead | None,
    *,
    unholdable: str | None = None,
) -> TransferStep:
    """What copying the object of `head` to `target_key` in that bucket would do; `unholdable` is
    why the store there cannot hold that name.
    """
    bucket = layout.bucket(bucket_role)
    findings = _of_target(bucket, head, target_key)
    if unholdable:
        text = f"This store cannot hold that name: {unholdable}"
        findings.append(_refusal("name", bucket.bucket, target_key, text, "Choose another name."))
    if not findings:
        findings += judge_key(layout, bucket_role, target_key, head.size)
        wrong_type = judge_type(layout, bucket_role, target_key, head.content_type)
        if wrong_type:
            # the bytes were not read, and old objects carry old spellings of their type
            findings.append(replace(wrong_type, severity="warning"))
    return TransferStep(
        head.key,
        target_key,
        head.size,
        head.etag,
        layout.classify(bucket_role, target_key).kind,
        tuple(findings),
        existing,
    )


def missing_step(bucket: str, key: str, target_key: str) -> TransferStep:
    """A step for an object that is not there any more."""
    return TransferStep(
        key,
        target_key,
        0,
        "",
        "",
        (_refusal("gone", bucket, key, "It is no longer there.", "Reload the list."),),
    )


def refuse_shared_targets(steps: Sequence[TransferStep]) -> tuple[TransferStep, ...]:
    """The steps, with every one but the first to the same target blocked."""
    seen: set[str] = set()
    checked = []
    for step in steps:
        if step.target_key in seen:
            text = "Another object of this copy gets the same name."
            refusal = _refusal("double", "", step.target_key, text, "Copy it on its own.")
            checked.append(replace(step, findings=(*step.findings, refusal)))
        else:
            seen.add(step.target_key)
            checked.append(step)
    return tuple(checked)


def _of_target(bucket: Bucket, head: ObjectHead, target_key: str) -> list[Finding]:
    if (head.bucket, head.key) == (bucket.bucket, target_key):
        text = "It would be copied onto itself."
        return [_refusal("same-place", bucket.bucket, target_key, text, "Choose another place.")]
    try:
        checked_key(target_key)
    except InvalidInput as error:
        return [_refusal("name", bucket.bucket, target_key, error.what, error.remedy)]
    return []


def _refusal(rule: str, bucket: str, key: str, text: str, remedy: str) -> Finding:
    severity: Severity = "error"
    return Finding(rule, bucket, key, severity, text, remedy)


# -- delete -------------------------------------------------------------------------------------

_FATE: Mapping[Versioning, str] = {
    "on": "The bucket keeps old versions: it can be undone.",
    "suspended": "The bucket keeps no new versions: what is deleted may be gone for good.",
    "off": "The bucket keeps no versions: what is deleted is gone for good.",
    "unknown": "Whether the bucket keeps versions may not be asked: take it as gone for good.",
}


def deletion_text(bucket: Bucket, count: int, size: int, versioning: Versioning) -> str:
    """What a deletion touches and whether it can be undone, in words for people."""
    things = "1 object" if count == 1 else f"{count:,} objects"
    return f"{things}, {human_bytes(size)}, in {bucket.title}. {_FATE[versioning]}"


def delete_row(layout: Layout, bucket_role: str, key: str, head: ObjectHead | None) -> DeleteRow:
    """One object of a deletion; `head` None where it is gone already."""
    if head is None:
        return DeleteRow(key, gone=True)
    kind = layout.classify(bucket_role, key).kind
    return DeleteRow(key, head.size, head.etag, head.version_id, head.modified, kind)
