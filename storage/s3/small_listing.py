"""What lies under a prefix, where it is one page: for who wants no columns. Arrow and NumPy take a
command longer to load than such a page takes to be read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from botocore.compat import unquote_str

from storage.s3.client import Store, translating
from storage.s3.list_request import Ask

_SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
Small = dict[str, tuple[str, datetime]]
"""ETag (without quotes) and time by key."""


def list_small(store: Store, bucket: str, prefix: str, *, delimiter: str = "/") -> Small | None:
    """The objects under `prefix` by one request; those right under it, with the delimiter "/". None
    where they are more than a page, and for anything but a plain answer: `list_page` tells why.
    """
    with translating("s3:ListBucket", bucket):
        direct = store.signed_get(bucket)
        body = direct.fetch(Ask(bucket, prefix, delimiter=delimiter).query()) if direct else None
    return parse_small(body) if body else None


def parse_small(body: bytes) -> Small | None:
    """The objects of a ListObjectsV2 answer that is complete and plain, None of any other."""
    if b"<!" in body:  # a declaration may blow up, and S3 writes none
        return None
    try:
        return _objects(ET.fromstring(body))  # noqa: S314
    except (ValueError, ET.ParseError):  # not UTF-8; no date
        return None


def _objects(root: ET.Element) -> Small | None:
    space = _SPACE if root.tag.startswith(_SPACE) else ""
    if root.tag != f"{space}ListBucketResult" or root.findtext(f"{space}IsTruncated") != "false":
        return None
    encoded = root.findtext(f"{space}EncodingType") == "url"
    found: Small = {}
    for row in root.iterfind(f"{space}Contents"):
        key = row.findtext(f"{space}Key")
        etag = row.findtext(f"{space}ETag", "").strip('"')
        at = datetime.fromisoformat(row.findtext(f"{space}LastModified", ""))
        if not key or at.tzinfo is None:
            return None
        found[unquote_str(key) if encoded else key] = (etag, at.astimezone(UTC))
    return found
