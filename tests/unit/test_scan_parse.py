"""Rows of an inventory are exactly what botocore gives for the same body, or are given up."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import botocore.session
import pytest
from botocore.handlers import decode_list_object_v2, decode_list_object_versions
from botocore.parsers import RestXMLParser
from hypothesis import given
from hypothesis import strategies as st

from storage.s3.scan_parse import ParsedRows, parse_rows

_MODEL = botocore.session.get_session().get_service_model("s3")
_ROW = (
    *("Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "ETag", "LastModified"),
    *("StorageClass", "ChecksumAlgorithm"),
)


def by_botocore(body: bytes, *, versions: bool) -> tuple[list[tuple[Any, ...]], Any, Any]:
    """Rows as a boto3 client would have given them, by key and version; whether there are more."""
    name = "ListObjectVersions" if versions else "ListObjectsV2"
    shape = _MODEL.operation_model(name).output_shape
    parsed = RestXMLParser().parse({"body": body, "headers": {}, "status_code": 200}, shape)
    decode = decode_list_object_versions if versions else decode_list_object_v2
    decode(parsed, {"encoding_type_auto_set": True})
    found = [*parsed.get("Contents", []), *parsed.get("Versions", [])]
    found += [{**row, "IsDeleteMarker": True} for row in parsed.get("DeleteMarkers", [])]
    defaults = {
        "VersionId": "", "IsLatest": True, "IsDeleteMarker": False, "Size": 0, "ETag": "",
        "StorageClass": "STANDARD", "ChecksumAlgorithm": [],
    }  # fmt: skip
    rows = []
    for row in ({**defaults, **row} for row in found):
        row["ETag"] = row["ETag"].strip('"')
        row["ChecksumAlgorithm"] = ",".join(row["ChecksumAlgorithm"])
        rows.append(tuple(row[name] for name in _ROW))
    marker = (parsed.get("NextKeyMarker", ""), parsed.get("NextVersionIdMarker", ""))
    return sorted(rows), parsed["IsTruncated"], marker


def assert_same(body: bytes, *, versions: bool) -> ParsedRows:
    ours, theirs = parse_rows(body, versions=versions), by_botocore(body, versions=versions)
    assert ours is not None
    rows = [tuple(row.values()) for row in ours.rows.to_pylist()]
    assert all(row[-1] == "" for row in rows), "a listing has no parts of uploads"
    assert (sorted(row[:-1] for row in rows), ours.truncated, ours.marker) == theirs
    return ours


AWS_VERSIONS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
    b"<Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker></VersionIdMarker>"
    b"<NextKeyMarker>a%2Bb+c</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>"
    b"<MaxKeys>4</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    b"<DeleteMarker><Key>a</Key><VersionId>3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY</VersionId>"
    b"<IsLatest>true</IsLatest><LastModified>2024-05-03T12:00:00.000Z</LastModified>"
    b"<Owner><ID>75aa57f0</ID></Owner></DeleteMarker>"
    b"<Version><Key>a</Key><VersionId>QUpfdndhfd8438MNFDN93jdnJFkdmqnh893</VersionId>"
    b"<IsLatest>false</IsLatest><LastModified>2024-05-02T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;9f86d081884c7d659a2feaa0c55ad015&quot;</ETag>"
    b"<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
    b"<ChecksumType>COMPOSITE</ChecksumType><Size>5368709121</Size>"
    b"<StorageClass>GLACIER</StorageClass><Owner><ID>75aa57f0</ID></Owner></Version>"
    b"<Version><Key>a%2Bb+c</Key><VersionId>null</VersionId>"
    b"<IsLatest>true</IsLatest><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>0</Size>"
    b"<StorageClass>STANDARD</StorageClass><Owner><ID>75aa57f0</ID></Owner></Version>"
    b"</ListVersionsResult>"
)
SEAWEED_VERSIONS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>vers</Name>'
    b"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><DeleteMarker><Key>a/\xc3\xbc&amp;</Key>"
    b"<VersionId>67141dec89cdba90e116ab3d2eb7fc01</VersionId><IsLatest>true</IsLatest><Owner>"
    b"<ID>anonymous</ID><DisplayName>anonymous</DisplayName></Owner>"
    b"<LastModified>2026-11-27T11:04:09Z</LastModified></DeleteMarker></ListVersionsResult>"
)
OBJECTS = (
    b"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    b"<Contents><Key>a</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;9f86&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
    b"<ChecksumType>FULL_OBJECT</ChecksumType><Size>1</Size>"
    b"<StorageClass>STANDARD</StorageClass></Contents>"
    b"<Contents><Key>b</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b"<ETag>&quot;9f86&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
    b"<ChecksumAlgorithm>SHA1</ChecksumAlgorithm><Size>2</Size>"
    b"<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"
)


@pytest.mark.parametrize("body", [AWS_VERSIONS, SEAWEED_VERSIONS], ids=["aws", "seaweedfs"])
def test_versions_and_delete_markers_are_read_as_boto3_reads_them(body: bytes) -> None:
    """Rows of both kinds in between each other, each with what only its kind has."""
    assert_same(body, versions=True)


def test_two_checksums_of_one_row_are_not_taken_for_a_type() -> None:
    """Their tags begin alike; a row with two algorithms lies where another has one and a type."""
    rows = assert_same(OBJECTS, versions=False).rows
    assert rows["checksum_algorithm"].to_pylist() == ["CRC64NVME", "CRC32,SHA1"]


def test_an_empty_bucket_is_no_rows() -> None:
    """Of either kind of answer."""
    for root, versions in ((b"ListBucketResult", False), (b"ListVersionsResult", True)):
        body = b"<%s><IsTruncated>false</IsTruncated></%s>" % (root, root)
        assert assert_same(body, versions=versions).rows.num_rows == 0


_KEY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
_FORMS = st.sampled_from(["plain", "checked", "twice", "marker"])


def _row(key: str, number: int, form: str, *, versions: bool) -> str:
    name = "Version" if versions else "Contents"
    same = f"<Key>{key}</Key><LastModified>2024-05-01T12:00:{number:02}.000Z</LastModified>"
    if versions:
        same += (
            f"<VersionId>v{number}</VersionId><IsLatest>{str(number % 2 == 0).lower()}</IsLatest>"
        )
        if form == "marker":
            return f"<DeleteMarker>{same}<Owner><ID>1</ID></Owner></DeleteMarker>"
    checked = "<ChecksumAlgorithm>SHA1</ChecksumAlgorithm>"
    more = {"checked": f"{checked}<ChecksumType>COMPOSITE</ChecksumType>", "twice": checked * 2}
    return (
        f"<{name}>{same}<ETag>&quot;9f86d0{number}&quot;</ETag>{more.get(form, '')}"
        f"<Size>{number}</Size><StorageClass>GLACIER</StorageClass></{name}>"
    )


@pytest.mark.property
@given(
    keys=st.lists(_KEY, min_size=1, max_size=12),
    forms=st.lists(_FORMS, min_size=12, max_size=12),
    encode=st.sampled_from([quote, quote_plus, lambda key: quote(key, safe="")]),
    versions=st.booleans(),
)
def test_every_legal_key_in_every_mixture_of_rows(
    keys: list[str], forms: list[str], encode: Any, versions: bool
) -> None:
    """Whatever a key holds and whatever rows stand beside it, no value changes its row."""
    rows = [
        _row(encode(key), number, form, versions=versions)
        for number, (key, form) in enumerate(zip(keys, forms, strict=False))
    ]
    root = "ListVersionsResult" if versions else "ListBucketResult"
    marker = f"<NextKeyMarker>{encode(keys[-1])}</NextKeyMarker>" if versions else ""
    body = (
        f"<{root}><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>{marker}"
        f"{''.join(rows)}</{root}>"
    ).encode()
    parsed = assert_same(body, versions=versions)
    assert parsed.rows["key"].to_pylist() == keys


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</ListVersionsResult>", b""),
        (b"<IsTruncated>true", b"<IsTruncated>maybe"),
        (b"<VersionId>null</VersionId>", b""),
        (b"<IsLatest>true", b"<IsLatest>perhaps"),
        (b"<Size>0</Size>", b""),
        (b"<Size>0</Size>", b"<Size>none</Size>"),
        (b"<StorageClass>GLACIER</StorageClass>", b""),
        (b"<StorageClass>GLACIER</StorageClass>", b"<StorageClass/>"),
        (b"2024-05-02T", b"2024-05-32T"),
        (b"<DeleteMarker><Key>a</Key>", b"<DeleteMarker/><DeleteMarker><Key>a</Key>"),
        (b"<DeleteMarker><Key>a</Key>", b"<DeleteMarker><Size>1</Size><Key>a</Key>"),
        (b"<Key>a%2Bb+c</Key>", b"<Key><![CDATA[a]]></Key>"),
        (b"<Key>a%2Bb+c</Key>", b"<Key>a\xff</Key>"),
    ],
)
def test_anything_unusual_is_left_to_the_sdk(old: bytes, new: bytes) -> None:
    """A body that is cut, another document, or odd in one row is given up as a whole."""
    assert old in AWS_VERSIONS
    assert parse_rows(AWS_VERSIONS.replace(old, new, 1), versions=True) is None
    assert parse_rows(AWS_VERSIONS, versions=False) is None
