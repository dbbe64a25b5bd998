"""What goes wrong is said on the page in plain words: never a traceback, never an empty table."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from page_rig import A_CLIP, Console, own_s3
from scripted_server import DROP, Answer, ScriptedServer, s3_error

from storage import bootstrap
from storage.s3.client import Store
from ui import errors

LISTING = Answer(
    200,
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name>'
    b"<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    b"<Contents><Key>a.mp3</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
    b'<ETag>"827ccb0eea8a706c4c34a16891f84e7b"</ETag><Size>5</Size>'
    b"<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>",
)


def _only_words(console: Console) -> str:
    """The error box of a page that shows no table."""
    assert "browse:grid" not in console.shown
    (box,) = console.app.error
    assert "Traceback" not in console.words
    return str(box.value).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("NoSuchBucket", 404, ["no bucket 'ssi-audio-stage'", "configuration"]),
        (
            "AccessDenied",
            403,
            ["s3:ListBucket", '"Action": "s3:ListBucket"', "arn:aws:s3:::ssi-audio-stage"],
        ),
        ("SignatureDoesNotMatch", 403, ["key and secret do not match", "AWS_SECRET_ACCESS_KEY"]),
        ("InvalidAccessKeyId", 403, ["does not know this access key", "AWS_ACCESS_KEY_ID"]),
        ("ExpiredToken", 400, ["expired", "Sign in again"]),
        ("PermanentRedirect", 301, ["another address"]),
        ("RequestTimeTooSkewed", 403, ["clock"]),
        ("SomethingNew", 418, ["SomethingNew"]),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    scripted: ScriptedServer,
    scripted_console: Console,
    code: str,
    status: int,
    said: list[str],
) -> None:
    """Each cause in its own words, with the next step; no secret among them."""
    scripted.answer = lambda _asked: s3_error(code, "message of the store", status)
    console = scripted_console.open("browse")
    words = _only_words(console)
    for part in said:
        assert part in words
    assert "never-shown" not in "".join(console.markdown)


def test_a_store_that_is_down_is_tried_again(
    scripted: ScriptedServer, scripted_console: Console
) -> None:
    """The page says that it tries again, and shows the table as soon as the store answers."""
    scripted.answer = lambda _asked: DROP
    console = scripted_console.open("browse")
    assert "cannot be reached" in _only_words(console) or "broke" in _only_words(console)
    assert "tries again every 5 seconds" in console.words
    scripted.answer = lambda _asked: LISTING
    assert console.again().names == ["a.mp3"]
    assert not console.app.error


def test_a_click_while_the_store_is_down_asks_once(
    scripted: ScriptedServer, scripted_console: Console
) -> None:
    """Only the waited 5 seconds run the page again: another run does not start a second one."""
    scripted.answer = lambda _asked: s3_error("InternalError", "m", 500)
    console = scripted_console.open("browse")
    tries = len(console.listings)
    assert len(console.again().listings) == tries


def test_the_retry_waits_and_then_happens(
    scripted: ScriptedServer,
    scripted_console: Console,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once the time has passed the page runs again by itself, until the store answers."""
    scripted_console.open()
    busy = iter(
        [s3_error("InternalError", "m", 500)] * 4
    )  # one page: a direct try, three of the SDK
    scripted.answer = lambda _asked: next(busy, LISTING)
    moments = iter([0.0, 5.0])  # when the box was shown; when the retry looked at the clock
    monkeypatch.setattr(errors, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert scripted_console.open("browse").names == ["a.mp3"]


def test_a_page_that_is_no_s3_is_no_empty_bucket(
    scripted: ScriptedServer, scripted_console: Console
) -> None:
    """A login page that answers 200 is said to be none of S3."""
    scripted.answer = lambda _asked: Answer(200, b"<html><body>Sign in</body></html>")
    assert "does not speak S3" in _only_words(scripted_console.open("browse"))


def test_an_object_that_vanished_is_told_beside_the_table(console: Console, stocked: Store) -> None:
    """Gone between listing and click: the list stays, the panel says what happened."""
    console.open("browse", prefix="mastered/")
    stocked.client.delete_object(Bucket="ssi-audio-stage", Key=A_CLIP)
    console.open("browse", prefix="mastered/", at=A_CLIP)
    assert A_CLIP in console.names
    (box,) = console.app.error
    assert "no longer there" in str(box.value)
    assert "panel:facts" not in console.shown


def test_a_role_that_may_not_look_is_told(console: Console) -> None:
    """A project without anything for a role says so instead of showing an empty table."""
    console.open("browse", project="serene", **{"as": "editor"})
    assert "browse:grid" not in console.shown
    assert "Nothing in this project is open to this role" in console.words


def test_a_refused_object_still_has_its_list(
    scripted: ScriptedServer, scripted_console: Console
) -> None:
    """Listing is allowed, opening is not: the panel names s3:GetObject."""
    scripted.answer = lambda asked: (
        LISTING if "list-type=2" in asked.path else s3_error("AccessDenied", "no", 403)
    )
    console = scripted_console.open("browse", at="a.mp3")
    assert console.names == ["a.mp3"]
    (box,) = console.app.error
    assert "s3:GetObject" in str(box.value).replace("\\", "").replace("\u2060", "")


def test_missing_credentials_are_told(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Own S3 without keys: the page names the variables."""
    bootstrap.install(bootstrap.build({"S3_ENDPOINT_URL": scripted.url, "AWS_REGION": "us-east-1"}))
    words = _only_words(Console(monkeypatch).open("browse"))
    assert "no credentials" in words
    assert "AWS_ACCESS_KEY_ID" in words


# -- names that are not trusted ------------------------------------------------------------------

HOSTILE = (
    "![x](http://evil.example/x.png)",
    "<script>alert(1)</script>",
    ":red[boo] :material/home: $x$",
    "[a](javascript:alert(1))",
    "**bold** `code` https://evil.example",
    "=HYPERLINK(1)",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(console: Console, stocked: Store, name: str) -> None:
    """Whatever a key is, as object, folder, prefix, project or search: every text that reaches
    Streamlit's markdown has it escaped."""
    stocked.client.put_object(
        Bucket="ssi-audio-stage",
        Key=f"{name}/{name}",
        Body=b"x",
        Metadata={"note": "<b>![x](http://evil.example)"},
    )
    seen: list[str] = []
    for address in (
        {"at": f"{name}/{name}", "prefix": f"{name}/"},
        {"find": name, "starts": name, "after": name},
        {"project": name, "bucket": name},
    ):
        seen += console.open("browse", **address).markdown
    seen += console.open("home").markdown
    for text in seen:
        assert not re.search(r"(?<!\\)(!\[|<[a-z]|:red\[b|:material|\]\(|\$x|\*\*b|https:/)", text)


def test_a_name_in_a_refusal_is_escaped(
    installed: object, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a store writes into its answer is text as well."""
    scripted.answer = lambda _asked: s3_error("Odd", "![x](http://evil.example/x.png) :red[a]", 418)
    bootstrap.install(own_s3(scripted.url))
    console = Console(monkeypatch).open("browse")
    (box,) = console.app.error
    assert not re.search(r"(?<!\\)(!\[|:red\[)", str(box.value))
