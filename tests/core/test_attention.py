"""How much of an answer is held before it is judged: as little as will do, and never more than the policy says."""

import re
from dataclasses import replace

import pytest

from gateway.core.attention import is_coded, is_judged, look, wanted
from gateway.core.conditions import BodyMatches, StatusIs
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, STORE, asked, rule, said

SMALL = Policy(peek=1000, document=5000)
MATCH = b'[{"00100020":{"vr":"LO","Value":["1"]}}'
LONG = MATCH + b"," + MATCH[1:] * 400 + b"]"
HTML = b"<!doctype html><html><body>Sign in</body></html>" + b" " * 2000
PARTS = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + b"x" * 3000 + b"\r\n--b--\r\n"
STORED = b'{"00081199":{"vr":"SQ","Value":[{}]},"00081198":{"vr":"SQ","Value":[{}]}}' + b" " * 3000
HEAD = asked("HEAD", "/rs/studies")
DELETE = asked("DELETE", "/rs/studies/1.2")
OPAQUE = asked("GET", "/rs/studies", opaque=True)
FRAMES = asked("GET", "/rs/studies/1.2/series/3/instances/4/frames/1")
JSON, RELATED = "application/dicom+json", "multipart/related; boundary=b"


def labelled(status: int, label: str, *lines: tuple[str, str], body: bytes | None = None) -> Response:
    return Response(status, Fields([("Content-Type", label), *lines] if label else lines), body)


HELD = {
    "a store is needed whole": (STORE, 200, JSON, None, 5000),
    "a store that failed too": (STORE, 500, "text/html", None, 5000),
    "an error": (SEARCH, 404, "text/plain", None, 1000),
    "an image": (FRAMES, 200, "image/jpeg", None, 32),
    "a video": (FRAMES, 200, "video/mp4", None, 32),
    "an object": (RETRIEVE, 200, "application/dicom", None, 1),
    "octets": (RETRIEVE, 200, "application/octet-stream", None, 1),
    "parts": (RETRIEVE, 200, RELATED, None, 512),
    "a search, not yet begun": (SEARCH, 200, JSON, None, 64),
    "a search, too little to tell": (SEARCH, 200, JSON, b"[{", 64),
    "a search that begins like a result": (SEARCH, 200, JSON, LONG[:64], 1),
    "a short one is seen to its end": (SEARCH, 200, JSON, MATCH, 64),
    "JSON that may be anything": (SEARCH, 200, JSON, b'{"a":"' + b"x" * 99, 5000),
    "an answer to act": (DELETE, 200, JSON, b'{"a":"' + b"x" * 99, 1000),
    "text": (SEARCH, 200, "text/plain", b"x" * 99, 1000),
    "no label": (SEARCH, 200, "", b"x" * 99, 1000),
    "no content by its code": (SEARCH, 204, JSON, None, 1),
    "HEAD": (HEAD, 200, JSON, None, 1),
    "an opaque route": (OPAQUE, 500, "text/html", None, 1),
    "another path": (ELSEWHERE, 500, "text/html", None, 1),
}


@pytest.mark.parametrize(("request_", "status", "label", "peek", "size"), HELD.values(), ids=HELD)
def test_as_much_is_held_as_the_verdict_needs(
    request_: RequestFacts, status: int, label: str, peek: bytes | None, size: int
) -> None:
    assert wanted(request_, labelled(status, label, body=peek), SMALL) == size


def test_the_first_bytes_of_parts_are_within_the_bound() -> None:
    assert wanted(RETRIEVE, labelled(200, RELATED), Policy(peek=100)) == 100


def test_a_rule_that_reads_content_is_served_where_it_may_match() -> None:
    login = rule("login", StatusIs(frozenset({200})), BodyMatches(re.compile("login")), status=401)
    policy = replace(SMALL, rules=(login,))
    assert wanted(FRAMES, labelled(200, "image/png"), policy) == 1000
    assert wanted(FRAMES, labelled(206, "image/png"), policy) == 32
    assert wanted(STORE, labelled(200, JSON), policy) == 5000
    assert wanted(OPAQUE, labelled(200, "image/png"), policy) == 1


@pytest.mark.parametrize(
    ("request_", "label", "content", "most"),
    [
        (SEARCH, JSON, LONG, 64),
        (STORE, JSON, STORED * 9, 5000),
        (STORE, JSON, STORED, len(STORED)),
        (SEARCH, JSON, b"[" + b" " * 9000, 5000),
        (SEARCH, "text/html", HTML, 1000),
        (RETRIEVE, RELATED, PARTS, 512),
        (RETRIEVE, RELATED, b"", 0),
    ],
)
def test_what_is_held_is_bounded_by_the_policy_not_by_the_sender(
    request_: RequestFacts, label: str, content: bytes, most: int
) -> None:
    held = look(request_, labelled(200, label), content, SMALL)
    assert held.peek == content[:most]
    assert held.whole is (most >= len(content))


@pytest.mark.parametrize("coding", ["gzip", "Deflate", "br"])
def test_compressed_content_is_not_read(coding: str) -> None:
    head = labelled(200, JSON, ("Content-Encoding", coding))
    assert is_coded(head)
    assert look(STORE, head, STORED, SMALL) is head
    assert not is_coded(labelled(200, JSON, ("Content-Encoding", "Identity")))
    assert not is_coded(said(200))


@pytest.mark.parametrize("request_", [HEAD, OPAQUE, ELSEWHERE])
def test_what_is_not_judged_is_not_looked_at(request_: RequestFacts) -> None:
    head = labelled(200, JSON)
    assert not is_judged(request_, head)
    assert look(request_, head, HTML, SMALL) is head


def in_pieces(request: RequestFacts, head: Response, content: bytes, size: int) -> Response:
    """As the proxy reads: piece by piece, until there is enough."""
    held, at = head, 0
    while at < len(content) and at < wanted(request, held, SMALL):
        at = min(at + size, len(content))
        held = replace(head, peek=content[:at], whole=at >= len(content))
    return held


@pytest.mark.parametrize("size", [1, 7, 64, 500, 999, 100_000])
@pytest.mark.parametrize(
    ("request_", "status", "label", "content"),
    [
        (SEARCH, 200, JSON, LONG),
        (SEARCH, 200, JSON, MATCH + b"]"),
        (SEARCH, 200, JSON, MATCH),
        (SEARCH, 200, JSON, b"[]"),
        (SEARCH, 200, JSON, b'{"error":"no"}'),
        (SEARCH, 200, JSON, b"404"),
        (SEARCH, 200, "text/html", HTML),
        (SEARCH, 404, "text/html", HTML),
        (RETRIEVE, 200, RELATED, PARTS),
        (RETRIEVE, 200, "multipart/related", PARTS),
        (RETRIEVE, 200, RELATED, b"--b--\r\n"),
        (RETRIEVE, 200, "application/dicom", bytes(128) + b"DICM" + bytes(900)),
        (FRAMES, 200, "image/png", b"\xff\xd8\xff\xe0" + bytes(900)),
        (STORE, 200, JSON, STORED),
        (STORE, 500, JSON, STORED),
        (DELETE, 200, "text/plain", b"server error"),
    ],
)
def test_the_verdict_does_not_hang_on_how_the_bytes_arrive(
    request_: RequestFacts, status: int, label: str, content: bytes, size: int
) -> None:
    head = labelled(status, label)
    at_once = normalise(request_, look(request_, head, content, SMALL), SMALL)
    assert normalise(request_, in_pieces(request_, head, content, size), SMALL) == at_once
