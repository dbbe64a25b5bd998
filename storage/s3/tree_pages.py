"""Pages of a server that walks its names as a tree, where a key that keeps versions is passed over.

SeaweedFS 4.48 keeps the versions of `a` in a folder `a.versions`, which it walks where that name
sorts: after `a-1`, `a/x` and `a.mp3`. A request to start after one of those leaves out `a` where
there is a folder `a`, too, and gives it where there is none. So where a page ends between the two,
`a` is put into that page and taken out of the next. Which keys that can be is plain from the page's
last name: its own beginnings. They are asked for by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botocore.exceptions import ClientError

from storage.model.objects import ObjectHead
from storage.s3.client import Store, translating
from storage.s3.direct import direct
from storage.s3.heads import head_of
from storage.s3.many_heads import volleys

VERSIONS = ".versions"
"""Behind a key, the folder of its versions."""
_OLDER = "null"


def passed_over(prefix: str, between: tuple[str, str], *, folders: bool) -> list[str]:
    """The keys under `prefix` that the page `between` two names (the one it started after and its
    last) leaves out where they keep versions, and all later ones may leave out. With `folders` such
    as no folder holds.
    """
    after, last = between
    shown = beginnings(after)
    return [
        key
        for key in beginnings(last)
        if key.startswith(prefix)
        and not (folders and "/" in key[len(prefix) :])
        and key not in shown
    ]


def kept_in_versions(store: Store, bucket: str, keys: Sequence[str]) -> list[ObjectHead]:
    """Those of `keys` that are there and keep versions. One that is older than the bucket's
    versions and was overwritten since may have been shown before. Raises AccessDenied, Unavailable.
    """
    quick = direct(store, bucket)
    found: list[ObjectHead] = []
    for some in volleys(keys):  # a name of dashes has hundreds of beginnings
        absent = quick.absent(some) if quick else [False] * len(some)
        there = (key for key, none in zip(some, absent, strict=True) if not none)
        found += (head for key in there if (head := _kept(store, bucket, key)))
    return found


def beginnings(name: str) -> Mapping[str, None]:
    """The keys whose versions the server walks after `name`, and which sort before it: a page that
    ends with `name` has them. In order.
    """
    name = name.removesuffix(VERSIONS)
    return dict.fromkeys(
        name[:end]
        for end in range(1, len(name))
        if name[end] == "/" or name[end:] < VERSIONS
        if not name[:end].endswith("/")
    )


def _kept(store: Store, bucket: str, key: str) -> ObjectHead | None:
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
