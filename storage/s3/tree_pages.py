"""Pages of a server that walks its names as a tree, where a key that keeps versions is passed over.

SeaweedFS 4.48 keeps the versions of `a` in a folder `a.versions`, which it walks where that name
sorts: after `a-1`, `a/x` and `a.mp3`. A request to start after one of those leaves out every lesser
key, and so `a`: where a page ends between the two, neither page has it. Which keys that can be is
plain from the page's last name: its own beginnings. They are asked for one by one.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from storage.model.objects import ObjectHead
from storage.s3.bucket_state import versioning_of
from storage.s3.client import Store, translating
from storage.s3.heads import head_of

VERSIONS = ".versions"
"""Behind a key, the folder of its versions."""
_OLDER = "null"


def passed_over(
    store: Store, bucket: str, prefix: str, between: tuple[str, str], *, folders: bool
) -> tuple[list[ObjectHead], int]:
    """The objects under `prefix` that the page `between` two names (the one it started after and
    its last) and all later ones leave out, and how many requests that took. With `folders` such
    objects as no folder holds. One that is older than the bucket's versions and was overwritten
    since may have been shown before. Raises AccessDenied, Unavailable.
    """
    if versioning_of(store, bucket) == "off":
        return [], 1
    after, last = between
    keys = [
        key
        for key in _beginnings(last)
        if key.startswith(prefix)
        and not (folders and "/" in key[len(prefix) :])
        and key not in _beginnings(after)
    ]
    heads = (_kept_in_versions(store, bucket, key) for key in keys)
    return [head for head in heads if head], 1 + len(keys)


def _beginnings(name: str) -> list[str]:
    """The keys whose versions the server walks after `name`, and which sort before it."""
    name = name.removesuffix(VERSIONS)
    return [
        name[:end]
        for end in range(1, len(name))
        if name[end] == "/" or name[end:] < VERSIONS
        if not name[:end].endswith("/")
    ]


def _kept_in_versions(store: Store, bucket: str, key: str) -> ObjectHead | None:
    with translating("s3:GetObject", bucket, key):
        try:
            answer = store.client_for(bucket).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            # without asking again as head_object does: that it is not there is the usual case
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise
    # an object from before versions were kept lies under its own name, and is listed there
    kept = answer.get("VersionId", _OLDER) != _OLDER
    return head_of(bucket, key, answer) if kept else None
