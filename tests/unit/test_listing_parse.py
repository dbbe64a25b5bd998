"""The listing parsers give exactly what botocore gives for the same body, or give up."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import botocore.session
import pytest
from botocore.handlers import decode_list_object_v2
from botocore.parsers import RestXMLParser
from hypothesis import given
from hypothesis import strategies as st

from storage.s3.listing_parse import ParsedListing, parse_listing
from storage.s3.small_listing import Small, parse_small

_SHAPE = (
    botocore.session.get_session()
    .get_service_model("s3")
    .operation_model("ListObjectsV2")
    .output_shape
)


def by_botocore(body: bytes) -> dict[str, Any]:
    """What a boto3 client would have made of the body."""
    parsed = RestXMLParser().parse({"body": body, "headers": {}, "status_code": 200}, _SHAPE)
    decode_list_object_v2(parsed, {"encoding_type_auto_set": True})
    return parsed


def as_rows(parsed: ParsedListing) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in parsed.objects.to_pylist()]


def assert_same(body: bytes) -> ParsedListing:
    ours, theirs = parse_listing(body), by_botocore(body)
    assert ours is not None
    assert as_rows(ours) == [
        (
            row["Key"],
            row["Size"],
            row.get("ETag", "").strip('"'),
            row["LastModified"],
            row.get("StorageClass", "STANDARD"),
        )
        for row in theirs.get("Contents", [])
    ]
    assert list(ours.prefixes) == [row["Prefix"] for row in theirs.get("CommonPrefixes", [])]
    assert ours.truncated == theirs["IsTruncated"]
    assert ours.token == theirs.get("NextContinuationToken", "")
    assert parse_small(body) == (None if theirs["IsTruncated"] else small_by_botocore(theirs))
    return ours


def small_by_botocore(parsed: dict[str, Any]) -> Small:
    rows = parsed.get("Contents", [])
    return {row["Key"]: (row.get("ETag", "").strip('"'), row["LastModified"]) for row in rows}


AWS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
    b"<Prefix>mastered/</Prefix><StartAfter>mastered/00</StartAfter>"
    b"<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>"
    b"<KeyCount>4</KeyCount><MaxKeys>4</MaxKeys><Delimiter>/</Delimiter>"
    b"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    b"<Contents><Key>mastered/0AB4+x%2B.mp3</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;9f86d081884c7d659a2feaa0c55ad015&quot;</ETag>"
    b"<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    b"<Size>23456</Size><StorageClass>STANDARD</StorageClass></Contents>"
    b"<Contents><Key>mastered/0AB5.mp3</Key><LastModified>2019-02-28T23:59:59.000Z</LastModified>"
    b"<ETag>&quot;9f86d081884c7d659a2feaa0c55ad015-12&quot;</ETag><Size>5368709121</Size>"
    b"<Owner><ID>75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a</ID>"
    b"<DisplayName>a &amp; b</DisplayName></Owner><StorageClass>GLACIER</StorageClass>"
    b"<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
    b"<RestoreExpiryDate>2024-06-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>"
    b"<Contents><Key>mastered/0AB6.mp3</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>"
    b"<ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
    b"<Size>0</Size><StorageClass>INTELLIGENT_TIERING</StorageClass></Contents>"
    b"<CommonPrefixes><Prefix>mastered/a+b/</Prefix></CommonPrefixes></ListBucketResult>"
)
SEAWEEDFS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>'
    b"<MaxKeys>3</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated><Contents>"
    b"<Key>cr%0Dx</Key><ETag>&#34;c4ca4238a0b923820dcc509a6f75849b&#34;</ETag><Size>1</Size>"
    b"<StorageClass>STANDARD</StorageClass><LastModified>2026-11-21T07:01:54Z</LastModified>"
    b"</Contents><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><CommonPrefixes>"
    b"<Prefix>b%20b/</Prefix></CommonPrefixes><NextContinuationToken>cr&#xD;x</NextContinuationToken>"
    b"<EncodingType>url</EncodingType><KeyCount>3</KeyCount></ListBucketResult>"
)
MINIO = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>'
    b"<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><Delimiter></Delimiter>"
    b"<IsTruncated>false</IsTruncated><Contents><Key>dir%2Fx+y.mp3</Key>"
    b"<LastModified>2023-01-12T08:12:55.123Z</LastModified>"
    b"<ETag>&#34;c4ca4238a0b923820dcc509a6f75849b&#34;</ETag><Size>1</Size><Owner><ID></ID>"
    b"<DisplayName></DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
    b"<EncodingType>url</EncodingType></ListBucketResult>"
)
CEPH = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
    b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>'
    b"<MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    b"<Contents><Key>x%26y.mp3</Key><LastModified>2023-01-12T08:12:55.123Z</LastModified>"
    b'<ETag>"c4ca4238a0b923820dcc509a6f75849b"</ETag><Size>1</Size>'
    b"<StorageClass>STANDARD</StorageClass><Owner><ID>u</ID><DisplayName>u</DisplayName></Owner>"
    b"<Type>Normal</Type></Contents><KeyCount>1</KeyCount></ListBucketResult>"
)
PRETTY = (
    b"<ListBucketResult>\n  <Name>b</Name>\n  <Prefix/>\n  <IsTruncated>false</IsTruncated>\n"
    b"  <Contents>\n    <Key>caf\xc3\xa9 &amp;&#38;&#x1F3B5;.mp3</Key>\n"
    b"    <LastModified>2023-01-12T08:12:55Z</LastModified>\n    <Size>7</Size>\n  </Contents>\n"
    b"  <CommonPrefixes>\n    <Prefix>x%20y/</Prefix>\n  </CommonPrefixes>\n</ListBucketResult>\n"
)
EMPTY = b"<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated></ListBucketResult>"


@pytest.mark.parametrize(
    "body", [AWS, SEAWEEDFS, MINIO, CEPH, EMPTY], ids=["aws", "seaweedfs", "minio", "ceph", "empty"]
)
def test_bodies_as_servers_write_them_read_as_boto3_reads_them(body: bytes) -> None:
    """Keys, sizes, ETags, dates, classes, folders and the token equal boto3's, row by row."""
    assert_same(body)


def test_a_body_without_etags_classes_or_url_encoding_is_read() -> None:
    """Optional elements may be missing everywhere, text may be indented and XML-escaped."""
    parsed = assert_same(PRETTY)
    assert as_rows(parsed)[0][0] == "café &&\U0001f3b5.mp3"
    assert parsed.prefixes == ("x%20y/",)


_KEY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
_OPTIONAL = ("checksum", "owner", "restore")


def _row(key: str, size: int, extras: list[str], quoted: str) -> str:
    parts = [
        f"<Key>{key}</Key>",
        "<LastModified>2024-05-01T12:00:00.000Z</LastModified>",
        f"<ETag>{quoted}9f86d081884c7d659a2feaa0c55ad015{quoted}</ETag>",
        f"<Size>{size}</Size>",
        "<StorageClass>STANDARD</StorageClass>",
    ]
    more = {
        "checksum": "<ChecksumAlgorithm>SHA1</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType>",
        "owner": "<Owner><ID>1</ID><DisplayName>n &lt; m</DisplayName></Owner>",
        "restore": "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>",
    }
    return f"<Contents>{''.join([*parts, *(more[name] for name in extras)])}</Contents>"


@given(
    keys=st.lists(_KEY, min_size=1, max_size=12),
    folders=st.lists(_KEY, max_size=4),
    extras=st.lists(st.lists(st.sampled_from(_OPTIONAL), unique=True), min_size=12, max_size=12),
    quoted=st.sampled_from(["&quot;", "&#34;", '"']),
    encode=st.sampled_from([quote, quote_plus, lambda key: quote(key, safe="")]),
)
def test_every_legal_key_survives_the_url_form(
    keys: list[str], folders: list[str], extras: list[list[str]], quoted: str, encode: Any
) -> None:
    """Whatever a key holds and whatever stands beside it, the key read is the key stored."""
    rows = [
        _row(encode(key), n, extra, quoted)
        for n, (key, extra) in enumerate(zip(keys, extras, strict=False))
    ]
    prefixes = [
        f"<CommonPrefixes><Prefix>{encode(key)}/</Prefix></CommonPrefixes>" for key in folders
    ]
    body = (
        "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        f"{''.join(rows + prefixes)}</ListBucketResult>"
    ).encode()
    parsed = assert_same(body)
    assert parsed.objects.column("key").to_pylist() == keys
    assert list(parsed.prefixes) == [f"{key}/" for key in folders]


_XML_TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=30,
)


@given(keys=st.lists(_XML_TEXT, min_size=1, max_size=8))
def test_keys_without_url_encoding_are_read_as_xml(keys: list[str]) -> None:
    """A server that ignores encoding-type writes plain XML: `%41` and `+` stay what they are."""
    rows = [_row(escape(key), n, [], '"') for n, key in enumerate(keys)]
    body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(rows)}</ListBucketResult>"
    parsed = assert_same(body.encode())
    assert parsed.objects.column("key").to_pylist() == keys


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</ListBucketResult>", b""),
        (b"<ListBucketResult", b"<Error"),
        (b"<IsTruncated>true</IsTruncated>", b""),
        (b"<IsTruncated>true", b"<IsTruncated>maybe"),
        (b"<Key>mastered/0AB5.mp3</Key>", b""),
        (b"<Size>0</Size>", b""),
        (b"<Size>0</Size>", b"<Size>none</Size>"),
        (b"<StorageClass>GLACIER</StorageClass>", b""),
        (b"<StorageClass>GLACIER</StorageClass>", b"<StorageClass><b>x</b></StorageClass>"),
        (b"2019-02-28T", b"2019-02-31T"),
        (b"2019-02-28T23:59:59.000Z", b"Thu, 28 Feb 2019"),
        (b"<Size>0</Size>", b"<Size>0</Size><Size>1</Size>"),
        (b"0AB6.mp3", b"0AB6\xff.mp3"),
        (b"0AB6.mp3", b"0AB6&nosuch;.mp3"),
        (b"<Key>mastered/0AB6.mp3", b"<Key><![CDATA[mastered/0AB6.mp3]]>"),
        (b"<Contents><Key>mastered/0AB6", b"<Contents/><Contents><Key>mastered/0AB6"),
        (b"015-12&quot;", b'015"-12&quot;'),
    ],
)
def test_anything_unusual_is_left_to_the_sdk(old: bytes, new: bytes) -> None:
    """A body that is cut, another document, or odd in one row is given up as a whole."""
    assert old in AWS
    assert parse_listing(AWS.replace(old, new, 1)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</ListBucketResult>", b""),
        (b"ListBucketResult", b"Error"),
        (b"<IsTruncated>false</IsTruncated>", b""),
        (b"<IsTruncated>false", b"<IsTruncated>true"),
        (b"<IsTruncated>false", b"<IsTruncated>maybe"),
        (b"<Key>dir%2Fx+y.mp3</Key>", b""),
        (b"<Key>dir%2Fx+y.mp3</Key>", b"<Key></Key>"),
        (b"<LastModified>2023-01-12T08:12:55.123Z</LastModified>", b""),
        (b"2023-01-12T", b"2023-02-31T"),
        (b"08:12:55.123Z", b"08:12:55.123"),
        (b"x+y.mp3", b"x+y\xff.mp3"),
        (b"x+y.mp3", b"x+y&nosuch;.mp3"),
        (b"<Key>dir", b"<Key><![CDATA[]]>dir"),
        (b"<ListBucketResult", b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult'),
    ],
)
def test_a_small_place_is_told_whole_or_not_at_all(old: bytes, new: bytes) -> None:
    """What is no complete, plain page is left to who reads pages."""
    assert parse_small(MINIO) == small_by_botocore(by_botocore(MINIO))
    assert old in MINIO
    assert parse_small(MINIO.replace(old, new)) is None


def test_a_row_never_lends_its_value_to_another() -> None:
    """A row with two sizes beside a row with none has the right count of tags and is refused."""
    moved = AWS.replace(b"<Size>0</Size>", b"").replace(
        b"<Size>23456</Size>", b"<Size>23456</Size><Size>0</Size>"
    )
    assert moved.count(b"<Size>") == AWS.count(b"<Size>")
    assert parse_listing(moved) is None


@pytest.mark.parametrize("body", [b"", b"<", b"<html>signed out</html>", b"<ListBucketResult>"])
def test_other_answers_are_no_listing(body: bytes) -> None:
    """An empty answer or a login page is not an empty bucket."""
    assert parse_listing(body) is None
    assert parse_small(body) is None
