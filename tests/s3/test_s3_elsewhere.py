"""Buckets of another region, and servers that do not answer: followed once, told right."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_server import DROP, Answer, Asked, ScriptedServer, s3_error

from storage.errors import AccessDenied, ConfigError, NotFound, StorageError, Unavailable
from storage.s3 import client as client_module
from storage.s3.client import Connection, Store, connect
from storage.s3.listing import list_page
from storage.s3.objects import head_object, read_range, stream_object
from storage.s3.presign import presign_get
from storage.settings import Secret

LISTING = Answer(
    200,
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name>'
    b"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    b"<CommonPrefixes><Prefix>mastered/</Prefix></CommonPrefixes></ListBucketResult>",
)
HEAD = Answer(
    200,
    b"12345",
    {
        "etag": '"827ccb0eea8a706c4c34a16891f84e7b"',
        "last-modified": "Wed, 01 May 2024 12:00:00 GMT",
        "content-type": "audio/mpeg",
    },
)
IN_IRELAND = {"x-amz-bucket-region": "eu-west-1"}


def _permanent_redirect(_asked: Asked) -> Answer:
    answer = s3_error(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint.",
        301,
        Endpoint="b.s3-eu-west-1.amazonaws.com",
        Bucket="b",
    )
    return Answer(301, answer.body, IN_IRELAND)


def _wrong_scope(_asked: Asked) -> Answer:
    message = "The authorization header is malformed; the region 'us-east-1' is wrong"
    return s3_error("AuthorizationHeaderMalformed", message, 400, Region="eu-west-1")


def _bare_head(_asked: Asked) -> Answer:
    return Answer(400, b"", IN_IRELAND)


@pytest.mark.parametrize("refusal", [_permanent_redirect, _wrong_scope])
def test_a_bucket_elsewhere_is_followed_once_and_reported(
    scripted: ScriptedServer, scripted_store: Store, refusal: object
) -> None:
    """The page comes, `moved` says where from, and every later call and link goes there at once."""
    scripted.answer = lambda asked: LISTING if asked.region == "eu-west-1" else refusal(asked)
    assert list_page(scripted_store, "bucket").prefixes == ("mastered/",)
    assert scripted_store.moved == {"bucket": "eu-west-1"}

    scripted.asked.clear()
    assert list_page(scripted_store, "bucket").requests == 1
    assert [asked.region for asked in scripted.asked] == ["eu-west-1"]

    link = presign_get(
        scripted_store, "bucket", "k", expires_s=60, now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    scope = parse_qs(urlsplit(link.url).query)["X-Amz-Credential"][0]
    assert scope.split("/")[2] == "eu-west-1"


def test_head_of_a_bucket_elsewhere_is_followed(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """HEAD is answered 400 without a body there; only the header tells the region."""
    scripted.answer = lambda asked: HEAD if asked.region == "eu-west-1" else _bare_head(asked)
    assert head_object(scripted_store, "bucket", "k").size == 5
    assert scripted_store.moved == {"bucket": "eu-west-1"}


def test_a_bucket_that_moves_on_and_on_is_told(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """It is followed once, not round in circles: then the region is named, with where to set it."""
    scripted.answer = _permanent_redirect
    with pytest.raises(ConfigError, match="eu-west-1") as told:
        list_page(scripted_store, "bucket")
    assert "configuration" in told.value.remedy
    assert len(scripted.asked) <= 4


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_nobody_knows_where_is_told(
    scripted: ScriptedServer, scripted_store: Store, status: int
) -> None:
    """A proxy that sends http to https, or an old server: said at once, not asked without end."""
    page = b"<html><body>Moved</body></html>"
    scripted.answer = lambda _asked: Answer(status, page, {"location": "https://127.0.0.1:1/"})
    for call in (list_page, lambda store, bucket: head_object(store, bucket, "k")):
        scripted.asked.clear()
        with pytest.raises(ConfigError, match="another address") as told:
            call(scripted_store, "bucket")
        assert "https" in told.value.remedy
        assert len(scripted.asked) <= 4


@pytest.mark.parametrize(
    ("refusal", "kind", "said"),
    [
        (("ExpiredToken", 400), AccessDenied, "expired"),
        (("InvalidAccessKeyId", 403), AccessDenied, "access key"),
        (("SignatureDoesNotMatch", 403), AccessDenied, "do not match"),
        (("AccessDenied", 403), AccessDenied, "s3:GetObject"),
        (("RequestTimeTooSkewed", 403), Unavailable, "clock"),
        (("NoSuchBucket", 404), NotFound, "no bucket"),
        (("NoSuchKey", 404), NotFound, "no longer there"),
        (("InvalidObjectState", 403), StorageError, "archived"),
    ],
)
def test_head_without_a_body_is_explained(
    scripted: ScriptedServer,
    scripted_store: Store,
    refusal: tuple[str, int],
    kind: type[StorageError],
    said: str,
) -> None:
    """A refused HEAD has no code; the reason given to GET is what the person reads."""
    scripted.answer = lambda asked: (
        Answer(refusal[1]) if asked.method == "HEAD" else s3_error(refusal[0], "m", refusal[1])
    )
    with pytest.raises(kind, match=said):
        head_object(scripted_store, "bucket", "k")
    # on a bare 400 botocore itself asks HEAD of the bucket for its region in between
    assert [asked.method for asked in scripted.asked if "/k" in asked.path] == ["HEAD", "GET"]


def test_a_403_is_never_read_as_absent(scripted: ScriptedServer, scripted_store: Store) -> None:
    """Even where nothing but the status is known, refused is refused."""
    scripted.answer = lambda _asked: Answer(403)
    with pytest.raises(AccessDenied, match="s3:GetObject"):
        head_object(scripted_store, "bucket", "k")
    with pytest.raises(AccessDenied, match="s3:ListBucket"):
        list_page(scripted_store, "bucket")


def test_the_missing_action_is_the_one_the_store_names(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """An object under a KMS key needs kms:Decrypt, which AWS says and we pass on."""
    message = (
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: kms:Decrypt on "
        "the resource associated with this ciphertext"
    )
    scripted.answer = lambda _asked: s3_error("AccessDenied", message, 403)
    with pytest.raises(AccessDenied, match="kms:Decrypt") as told:
        read_range(scripted_store, "bucket", "k", 0, 10)
    assert '"Action": "kms:Decrypt"' in told.value.remedy


def test_a_stream_that_breaks_is_an_error_not_a_short_object(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """Bytes that came are given, then Unavailable; nothing is asked again behind the caller."""
    scripted.answer = lambda _asked: Answer(200, b"x" * 100_000, HEAD.headers, cut=70_000)
    got: list[bytes] = []
    with pytest.raises(Unavailable, match="broke"):
        got.extend(stream_object(scripted_store, "bucket", "k", chunk_bytes=1000))
    assert 0 < len(b"".join(got)) < 100_000
    assert len(scripted.asked) == 1


def test_a_listing_that_breaks_or_is_odd_is_asked_again_by_the_sdk(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """A cut page or a stray 503 does not reach the person when the next try is well."""
    answers = iter([Answer(200, LISTING.body, cut=60), Answer(503), LISTING])
    scripted.answer = lambda _asked: next(answers)
    assert list_page(scripted_store, "bucket").prefixes == ("mastered/",)
    assert len(scripted.asked) == 3


def test_a_connection_ended_while_idle_costs_no_second_request(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """Servers close kept-alive connections; the next page opens another and is still one request."""
    scripted.answer = lambda _asked: Answer(200, LISTING.body, cut=len(LISTING.body))
    for _ in range(3):
        assert list_page(scripted_store, "bucket").requests == 1
        time.sleep(0.05)  # for the end of the connection to arrive
    assert len(scripted.asked) == 3


def test_many_threads_share_a_store(scripted: ScriptedServer, scripted_store: Store) -> None:
    """Pages asked at once do not mix up their answers."""

    def page_of(asked: Asked) -> Answer:
        prefix = parse_qs(urlsplit(asked.path).query)["prefix"][0]
        return Answer(200, LISTING.body.replace(b"mastered/", f"{prefix}x/".encode()))

    scripted.answer = page_of
    with ThreadPoolExecutor(8) as pool:
        wanted = [f"{number}/" for number in range(80)]
        pages = list(pool.map(lambda prefix: list_page(scripted_store, "bucket", prefix), wanted))
    assert [page.prefixes for page in pages] == [(f"{prefix}x/",) for prefix in wanted]
    assert {page.requests for page in pages} == {1}


def test_behind_a_proxy_the_sdk_asks(
    scripted: ScriptedServer, scripted_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy of the environment is not gone round; the page comes through it."""
    monkeypatch.setenv("http_proxy", scripted.url)
    monkeypatch.setenv("no_proxy", "")
    scripted.answer = lambda _asked: LISTING
    assert scripted_store.signed_get("bucket") is None
    assert list_page(scripted_store, "bucket").requests == 1


def test_a_store_that_stays_busy_is_said_to_be(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """503 to every attempt is Unavailable, by the name the store gives it."""
    scripted.answer = lambda _asked: s3_error("SlowDown", "Please reduce your request rate.", 503)
    with pytest.raises(Unavailable, match="SlowDown"):
        list_page(scripted_store, "bucket")


def test_a_page_that_is_no_s3_is_said_to_be(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """A proxy's login page with status 200 is not an empty bucket."""
    scripted.answer = lambda _asked: Answer(200, b"<html><body>Sign in</body></html>")
    with pytest.raises(Unavailable, match="does not speak S3"):
        list_page(scripted_store, "bucket")
    # what is no XML at all counts as a broken answer, and is retried by the SDK
    scripted.answer = lambda _asked: Answer(200, b"<html><body>Sign in<br></body>")
    with pytest.raises(Unavailable):
        list_page(scripted_store, "bucket")


def _connection(url: str) -> Connection:
    return Connection(url, "us-east-1", "AKID", Secret("wJalr-never-shown"), Secret("token-x"))


def test_a_store_that_is_down_is_told_within_seconds_and_recovers(free_port: int) -> None:
    """Unavailable names the address; the same Store works as soon as it answers."""
    store = connect(_connection(f"http://127.0.0.1:{free_port}"))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match=f"127.0.0.1:{free_port}") as told:
        list_page(store, "bucket")
    assert time.monotonic() - begun < 6
    assert "never-shown" not in f"{told.value} {told.value.remedy}"
    server = ScriptedServer(free_port)
    server.answer = lambda _asked: LISTING
    try:
        assert list_page(store, "bucket").prefixes == ("mastered/",)
    finally:
        store.close()
        server.close()


def test_a_store_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that stays silent ends by the read timeout."""
    monkeypatch.setattr(client_module, "READ_TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = connect(_connection(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(Unavailable, match="took too long"):
            list_page(store, "bucket")
        store.close()


def test_no_error_shows_a_secret_or_a_signature(
    scripted: ScriptedServer, scripted_store: Store
) -> None:
    """Neither texts nor causes carry the secret, the token or a signed URL."""
    for answer in (DROP, Answer(403), Answer(400), s3_error("Odd", "odd", 418), Answer(500)):
        scripted.answer = lambda _asked, answer=answer: answer
        for call in (list_page, lambda store, bucket: head_object(store, bucket, "k")):
            with pytest.raises(StorageError) as told:
                call(scripted_store, "bucket")
            error: BaseException | None = told.value
            seen = ""
            while error is not None:
                seen += f"{error!s} {error!r} {getattr(error, 'remedy', '')}"
                error = error.__cause__ or error.__context__
            assert "never-shown" not in seen
            assert "Signature=" not in seen
