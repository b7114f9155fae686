"""Which reports of an archive may reach a client: what helps stays, what tells of its inside does not."""

import pytest

from gateway.core.error_bodies import unfit_for_clients
from gateway.core.facts import Response
from gateway.core.fields import Fields
from tests.core.making import ELSEWHERE, RETRIEVE, asked, judged, replied, said

UNFIT = {
    "a page": ("text/plain", b"<html>no</html>"),
    "a label of pages": ("text/html; charset=utf-8", b"no"),
    "a stack trace in JSON": ("application/json", b'{"e":"\nTraceback (most recent call last):"}'),
    "a path of Windows": ("text/plain", b"cannot open C:\\dicom\\data\\1.dcm"),
    "the same, escaped": ("text/plain", b"cannot open D:\\\\pacs\\\\1.dcm"),
    "a path of Linux": ("text/plain", b"open /var/lib/orthanc/db/x: permission denied"),
    "a path in quotes": ("text/plain", b'open "/srv/pacs/1.dcm" failed'),
    "a relative path": ("text/plain", b"no file ../store/1.dcm"),
    "a path at the start": ("", b"/home/pacs/x is missing"),
    "an image": ("text/plain", b"\x89PNG\r\n\x1a\n"),
    "an object": ("text/plain", bytes(128) + b"DICM"),
    "an envelope": ("multipart/related; boundary=b", b"--b--"),
    "bytes": ("", b"\x00\x01"),
    "nothing": ("application/json", b" \n"),
}
FIT = {
    "words": ("text/plain", b"no such study"),
    "the path of the request": ("text/plain", b"GET /dicom-web/studies/1.2 is not known"),
    "a ratio": ("text/plain", b"1/2 of the frames"),
    "a time": ("text/plain", b"at 12:30 o'clock, see http://x.example/help"),
    "JSON": ("application/json", b'{"Details":"no such study"}'),
    "JSON with a path": ("application/json", b'{"Path":"/var/x"}'),
    "XML": ("application/xml", b"<error/>"),
    "no label": ("", b"busy"),
}


def answer(label: str, body: bytes | None, whole: bool = True) -> Response:
    return Response(500, Fields([("Content-Type", label)] if label else []), body, whole)


@pytest.mark.parametrize(("label", "body"), UNFIT.values(), ids=UNFIT)
def test_what_tells_of_the_inside_does_not_reach_a_client(label: str, body: bytes) -> None:
    assert unfit_for_clients(RETRIEVE, answer(label, body))
    reply = replied(RETRIEVE, answer(label, body))
    assert (reply.status, reply.fields.get("Content-Type")) == (500, "application/problem+json")
    assert not unfit_for_clients(ELSEWHERE, answer(label, body))
    assert not unfit_for_clients(asked("GET", "/rs/studies", opaque=True), answer(label, body))


@pytest.mark.parametrize(("label", "body"), FIT.values(), ids=FIT)
def test_what_helps_stays(label: str, body: bytes) -> None:
    assert not unfit_for_clients(RETRIEVE, answer(label, body))
    assert replied(RETRIEVE, answer(label, body)).content is None


def test_what_was_not_seen_is_judged_by_its_label_only() -> None:
    assert not unfit_for_clients(RETRIEVE, answer("text/plain", None))
    assert not unfit_for_clients(RETRIEVE, answer("text/plain", b"", whole=False))
    assert unfit_for_clients(RETRIEVE, answer("video/mp4", None))


def test_a_code_that_changed_for_another_reason_keeps_its_name() -> None:
    assert judged(RETRIEVE, said(502, ("Content-Type", "text/html"))).rule == "fold"
    assert judged(RETRIEVE, said(500, ("Content-Type", "text/html"))).rule == "error-body"
