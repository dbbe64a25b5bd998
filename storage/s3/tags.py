"""The tags of an object."""

from __future__ import annotations

from collections.abc import Mapping

from storage.errors import Conflict, InvalidInput
from storage.s3.client import Store, translating
from storage.s3.conditions import refuse_unholdable
from storage.s3.objects import get_tags
from storage.s3.settle import settled

TAGS = 10  # PutObjectTagging: tags an object
NAME_CHARACTERS, VALUE_CHARACTERS = 128, 256


def set_tags(
    store: Store,
    bucket: str,
    key: str,
    tags: Mapping[str, str],
    *,
    expected: Mapping[str, str] | None,
) -> None:
    """Replaces the object's tags, `expected` being those that were read (None: whatever they are).

    S3 has no condition on tags: they are read and compared right before, and a writer in between
    is not seen. Raises Conflict where they are others, InvalidInput for more or longer tags than
    S3 keeps, Unconfirmed. Needs s3:GetObjectTagging and s3:PutObjectTagging.
    """
    refuse_unholdable(store, bucket, key)
    check_tags(tags)
    before = get_tags(store, bucket, key)
    if expected is not None and before != dict(expected):
        raise _changed(bucket, key)

    def write() -> bool:
        # never DeleteObjectTagging, also for none: a server that does not know that subresource
        # would delete the object
        with translating("s3:PutObjectTagging", bucket, key):
            store.client_for(bucket).put_object_tagging(
                Bucket=bucket,
                Key=key,
                Tagging={"TagSet": [{"Key": name, "Value": tags[name]} for name in tags]},
            )
        return True

    def look() -> bool | None:
        now = get_tags(store, bucket, key)
        if now == dict(tags):
            return True
        if now == before:
            return None
        raise _changed(bucket, key)

    settled(write, look)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raises InvalidInput for tags that S3 does not keep on an object."""
    if len(tags) > TAGS:
        raise InvalidInput(f"An object has at most {TAGS} tags.", "Leave some out.")
    for name, value in tags.items():
        if not 1 <= len(name) <= NAME_CHARACTERS or len(value) > VALUE_CHARACTERS:
            raise InvalidInput(
                f"The tag {name[:40]!r} is too long, or has no name.",
                f"Names have up to {NAME_CHARACTERS} characters, values {VALUE_CHARACTERS}.",
            )


def _changed(bucket: str, key: str) -> Conflict:
    return Conflict(
        "The tags changed after they were read, so nothing was written.",
        "Reload, look at the tags that are there now, and try again.",
        bucket=bucket,
        key=key,
    )
