"""The words of `when`: each says yes or no about one exchange, and no about what it cannot know."""

import operator
import re
from dataclasses import replace
from functools import partial

import pytest

from gateway.core.conditions import (
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    OneOf,
    ReasonMatches,
    SizeIs,
    StatusIs,
    UnexpectedMedia,
)
from gateway.core.facts import Outcome, Response
from gateway.core.failures import FailureKind
from gateway.core.fields import Fields
from gateway.core.inspect import Looks
from tests.core.making import RETRIEVE, SEARCH, asked, failed, said

REFUSED = failed(FailureKind.CONNECTION_REFUSED)
DICOM = bytes(128) + b"DICM<html>login"
JSON = ("Content-Type", "application/json")


@pytest.mark.parametrize(
    ("word", "wanted", "outcome", "holds"),
    [
        ("origin", "upstream", said(500), True),
        ("origin", "gateway", said(500), False),
        ("origin", "gateway", REFUSED, True),
        ("origin", "gateway", failed(FailureKind.METHOD_REFUSED), True),
        ("route", "dicomweb", said(200), True),
        ("route", "wado", said(200), False),
        ("upstream", "pacs", REFUSED, True),
        ("upstream", "vna", REFUSED, False),
        ("transaction", "studies.retrieve.dicom", said(200), True),
        ("transaction", "studies.search", said(200), False),
        ("method", "GET", said(200), True),
        ("method", "POST", said(200), False),
        ("failure", "connection_refused", REFUSED, True),
        ("failure", "connection_refused", failed(FailureKind.DNS_ERROR), False),
        ("failure", "connection_refused", said(502), False),
    ],
)
def test_facts_are_one_of_the_words_listed(word: str, wanted: str, outcome: Outcome, holds: bool) -> None:
    assert OneOf(word, frozenset({wanted, "another"})).holds(RETRIEVE, outcome) is holds


def test_status() -> None:
    condition = StatusIs(frozenset({500, 502}))
    assert condition.holds(RETRIEVE, said(502))
    assert not condition.holds(RETRIEVE, said(501))
    assert not condition.holds(RETRIEVE, REFUSED)


@pytest.mark.parametrize(
    ("pattern", "lines", "holds"),
    [
        ("IIS", [("Server", "Microsoft-IIS/10")], True),
        ("IIS", [("server", "nginx"), ("SERVER", "IIS")], True),
        ("IIS", [("Server", "nginx")], False),
        ("IIS", [], False),
        (None, [], True),
        (None, [("Server", "")], False),
    ],
)
def test_header(pattern: str | None, lines: list[tuple[str, str]], holds: bool) -> None:
    condition = FieldMatches("Server", re.compile(pattern) if pattern else None)
    assert condition.holds(RETRIEVE, said(200, *lines)) is holds
    assert not condition.holds(RETRIEVE, REFUSED)


def test_location() -> None:
    condition = LocationMatches(re.compile("/login"))
    assert condition.holds(RETRIEVE, said(302, ("Location", "https://sso.example/login?x")))
    assert not condition.holds(RETRIEVE, said(302, ("Location", "/studies")))
    assert not condition.holds(RETRIEVE, said(302))
    assert not condition.holds(RETRIEVE, REFUSED)


def test_reason() -> None:
    """Some products say only there what went wrong; the phrase is read, and never sent on."""
    condition = ReasonMatches(re.compile("no such study"))
    assert condition.holds(RETRIEVE, replace(said(500), reason="Error: no such study"))
    assert not condition.holds(RETRIEVE, said(500))
    assert not condition.holds(RETRIEVE, REFUSED)


@pytest.mark.parametrize(
    ("label", "holds"),
    [
        ("text/html", True),
        ("Text/HTML; charset=x", True),
        ("image/png", True),
        ("text/plain", False),
        ("", False),
        ("html", False),
    ],
)
def test_media_type(label: str, holds: bool) -> None:
    condition = MediaTypeIs(frozenset({"text/html", "image/*"}))
    assert condition.holds(RETRIEVE, said(200, ("Content-Type", label))) is holds
    assert not condition.holds(RETRIEVE, REFUSED)


@pytest.mark.parametrize(
    ("label", "unexpected"),
    [("application/dicom+json", False), ("application/json", False), ("text/html", True), ("", True)],
)
def test_unexpected_media(label: str, unexpected: bool) -> None:
    answer = said(200, *([("Content-Type", label)] if label else []))
    assert UnexpectedMedia(wanted=True).holds(SEARCH, answer) is unexpected
    assert UnexpectedMedia(wanted=False).holds(SEARCH, answer) is not unexpected
    assert not UnexpectedMedia(wanted=True).holds(SEARCH, REFUSED)
    assert not UnexpectedMedia(wanted=False).holds(SEARCH, REFUSED)


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (said(200, ("Content-Length", "9")), True),
        (said(200, ("Content-Length", "10")), False),
        (said(200), False),
        (said(500, body=b"123456789"), True),
        (said(500, body=b"1234567890"), False),
        (Response(500, Fields(), b"1", whole=False), False),
        (said(200, ("Content-Length", "-1")), False),
        (said(200, ("Content-Length", "²")), False),
        (said(200, ("Content-Length", "0" * 5000)), False),
        (REFUSED, False),
    ],
)
def test_size(answer: Outcome, holds: bool) -> None:
    assert SizeIs(partial(operator.gt, 10), "<10").holds(RETRIEVE, answer) is holds


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (said(200, body=b"<html>"), True),
        (said(200, ("Content-Type", "application/dicom+json"), body=b"<html>"), True),
        (said(200, body=b"{}"), False),
        (said(200), False),
        (said(200, ("Content-Type", "application/dicom"), body=b"<html>"), False),
        (said(200, body=DICOM), False),
        (REFUSED, False),
    ],
)
def test_looks_like(answer: Outcome, holds: bool) -> None:
    assert LooksLike(frozenset({Looks.HTML})).holds(SEARCH, answer) is holds


def test_looks_like_dicom_by_label_or_bytes() -> None:
    condition = LooksLike(frozenset({Looks.DICOM}))
    assert condition.holds(RETRIEVE, said(200, body=DICOM))
    assert condition.holds(RETRIEVE, said(200, ("Content-Type", "application/dicom"), body=b"x"))


def test_only_a_content_known_to_its_end_is_empty() -> None:
    condition = LooksLike(frozenset({Looks.EMPTY}))
    assert condition.holds(SEARCH, said(200, body=b" \n"))
    assert not condition.holds(SEARCH, Response(200, Fields(), b" \n", whole=False))


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (said(200, body=b"please login"), True),
        (said(200, body=b"M\xfcller login"), True),
        (said(200, body=b"welcome"), False),
        (said(200), False),
        (said(200, body=DICOM), False),
        (said(200, ("Content-Type", 'multipart/related; type="application/dicom"'), body=b"login"), False),
        (REFUSED, False),
    ],
)
def test_body(answer: Outcome, holds: bool) -> None:
    """Never on an image or a report: a patient may be called Login."""
    assert BodyMatches(re.compile("login")).holds(SEARCH, answer) is holds


@pytest.mark.parametrize(
    ("pointer", "wanted", "content", "holds"),
    [
        ("/OrthancStatus", 8, b'{"OrthancStatus": 8}', True),
        ("/OrthancStatus", 8, b'{"OrthancStatus": 8.0}', True),
        ("/OrthancStatus", 8, b'{"OrthancStatus": "8"}', False),
        ("/OrthancStatus", 8, b"{}", False),
        ("", 404, b"404", True),
        ("/a/0/b", "x", b'{"a": [{"b": "x"}]}', True),
        ("/a/1/b", "x", b'{"a": [{"b": "x"}]}', False),
        ("/a/x", "x", b'{"a": ["x"]}', False),
        ("/a~1b~0c", 1, b'{"a/b~c": 1}', True),
        ("/a", True, b'{"a": true}', True),
        ("/a", True, b'{"a": 1}', False),
        ("/a", 1, b'{"a": true}', False),
        ("/a", None, b'{"a": null}', True),
        ("/a", None, b"{}", False),
        ("/a", re.compile("not found"), b'{"a": "study not found"}', True),
        ("/a", re.compile("1"), b'{"a": 1}', False),
        ("/a", 1, b"not json", False),
        ("/a", 1, b'{"a": 1', False),
        ("/a", 1, b"\xff", False),
        ("/a", 1, b"[" * 100_000, False),
        ("", 1, b"1" * 10_000, False),
    ],
)
def test_json(pointer: str, wanted: object, content: bytes, holds: bool) -> None:
    condition = JsonHas(pointer, wanted)  # type: ignore[arg-type]
    assert condition.holds(SEARCH, said(500, JSON, body=content)) is holds


def test_json_needs_the_whole_document() -> None:
    condition = JsonHas("", 1)
    assert not condition.holds(SEARCH, Response(500, Fields([JSON]), b"1", whole=False))
    assert not condition.holds(SEARCH, said(500, JSON))
    assert not condition.holds(SEARCH, REFUSED)


def test_each_condition_knows_its_word_and_whether_it_reads_content() -> None:
    pattern = re.compile("x")
    conditions: list[Condition] = [
        OneOf("method", frozenset()), StatusIs(frozenset()), FieldMatches("X", None), LocationMatches(pattern),
        ReasonMatches(pattern),
        MediaTypeIs(frozenset()), UnexpectedMedia(wanted=True), SizeIs(partial(operator.eq, 0), "0"), LooksLike(frozenset()),
        BodyMatches(pattern), JsonHas("", 1),
    ]  # fmt: skip
    assert [condition.word for condition in conditions] == [
        "method", "status", "header", "location", "reason", "media_type", "unexpected_media", "size", "looks_like",
        "body", "json",
    ]  # fmt: skip
    assert [condition.word for condition in conditions if condition.needs_content] == ["looks_like", "body", "json"]


def test_a_request_keeps_what_it_was_classified_as() -> None:
    assert asked("GET", "/rs/series").transaction.id == "studies.search"
