"""Errors under a success: what a 2xx may not hold, and what it may although it looks odd."""

import pytest

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, SECOND_SET, STORE, STRICT, asked, judged, said

JSON, DICOM_JSON, PAGE, PLAIN = "application/json", "application/dicom+json", "text/html", "text/plain"
HTML = b"<!doctype html><html><body>Sign in</body></html>"
TRACE = b"java.lang.NullPointerException: x\n\tat org.example.A.b(A.java:1)\n"
METADATA = asked("GET", "/rs/studies/2.25.1/metadata")
RENDERED = asked("GET", "/rs/studies/1.2/series/3/instances/4/rendered")
RENDERED_JPEG = asked("GET", "/rs/studies/1.2/series/3/instances/4/rendered", ("Accept", "image/jpeg"))
FRAMES = asked("GET", "/rs/studies/1.2/series/3/instances/4/frames/1")
WORKITEM = asked("GET", "/rs/workitems/2.25.1")
CREATE = asked("POST", "/rs/workitems", ("Content-Type", DICOM_JSON))
DELETE = asked("DELETE", "/rs/studies/2.25.1")
URI = asked("GET", "/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3")
CAPABILITIES = asked("OPTIONS", "/rs/studies")
SOAP = asked("GET", "/rs/studies/2.25.1", ("If-None-Match", '"x"'))
RELATED = 'multipart/related; type="application/dicom"; boundary=b'
PART = b"--b\r\nContent-Type: application/dicom\r\n\r\nx\r\n--b--\r\n"

ERRORS = {
    "a page to a search": (SEARCH, 200, PAGE, HTML, 404, "unexpected-page"),
    "a page to a retrieve": (RETRIEVE, 200, PAGE, HTML, 404, "unexpected-page"),
    "a page under a false label": (SEARCH, 200, DICOM_JSON, HTML, 404, "unexpected-page"),
    "a page where only images are accepted": (RENDERED_JPEG, 200, PAGE, HTML, 404, "unexpected-page"),
    "a page to a preflight of nothing": (CAPABILITIES, 200, PAGE, HTML, 404, "unexpected-page"),
    "a page to a delete": (DELETE, 200, PAGE, HTML, 501, "unexpected-page"),
    "a page to a new workitem": (CREATE, 201, PAGE, HTML, 501, "unexpected-page"),
    "a bare number": (SEARCH, 200, JSON, b"404", 404, "json-error"),
    "a bare number as text": (METADATA, 200, PLAIN, b" 503\n", 503, "json-error"),
    "a bare number outside the set": (SEARCH, 200, JSON, b"502", 503, "json-error"),
    "a bare number about the hop": (SEARCH, 200, JSON, b"407", 503, "json-error"),
    "an error object": (SEARCH, 200, JSON, b'{"Message":"no","HttpStatus":404}', 404, "json-error"),
    "an error object without a code": (SEARCH, 200, JSON, b'{"error":"no"}', 500, "json-error"),
    "an error object to a workitem": (WORKITEM, 200, JSON, b'{"error":"no"}', 500, "json-error"),
    "an error code after a delete": (DELETE, 200, JSON, b'{"status":403}', 403, "json-error"),
    "a list that breaks off": (SEARCH, 200, DICOM_JSON, b'[{"00100020":{"vr":"LO"', 503, "truncated"),
    "metadata that breaks off": (METADATA, 200, DICOM_JSON, b'[{"00100020":{"vr":"LO"}},', 503, "truncated"),
    "metadata of nothing": (METADATA, 200, DICOM_JSON, b"[]", 404, "empty-retrieve"),
    "error text": (SEARCH, 200, PLAIN, b"Server Error in Application", 500, "error-text"),
    "a stack trace": (SEARCH, 200, PLAIN, TRACE, 500, "error-text"),
    "a long stack trace": (SEARCH, 200, PLAIN, TRACE * 99, 500, "error-text"),
    "a stack trace where text is fine": (RENDERED, 200, PLAIN, TRACE, 500, "error-text"),
    "zero bytes to a retrieve": (RETRIEVE, 200, RELATED, b"", 404, "empty-retrieve"),
    "203 with zero bytes": (FRAMES, 203, RELATED, b"", 404, "empty-retrieve"),
    "204 to a retrieve": (RETRIEVE, 204, "", b"", 404, "empty-retrieve"),
    "204 to a WADO-URI": (URI, 204, "", b"", 404, "empty-retrieve"),
    "204 to a workitem": (WORKITEM, 204, "", b"", 404, "empty-retrieve"),
    "no part": (RETRIEVE, 200, RELATED, b"--b--\r\n", 404, "empty-retrieve"),
    "no part, and no boundary": (RETRIEVE, 200, "multipart/related", b"--b\r\n--b--\r\n", 200, "label"),
    "a type that is not accepted": (SEARCH, 200, "application/pdf", b"%PDF-1.7", 406, "not-acceptable"),
}


@pytest.mark.parametrize(("request_", "received", "label", "body", "status", "rule"), ERRORS.values(), ids=ERRORS)
def test_an_error_under_a_success_is_told(
    request_: RequestFacts, received: int, label: str, body: bytes, status: int, rule: str
) -> None:
    decision = judged(request_, said(received, *([("Content-Type", label)] if label else []), body=body))
    assert (decision.status, decision.rule) == (status, rule)
    assert decision.body is (BodyPlan.PROBLEM if status >= 400 else BodyPlan.KEEP)


FINE = {
    "a report on a request to act": (DELETE, 200, JSON, b'{"deleted":3}'),
    "a single data set": (WORKITEM, 200, DICOM_JSON, b'{"00741000":{"vr":"CS","Value":["SCHEDULED"]}}'),
    "an empty object": (SEARCH, 200, DICOM_JSON, b"{}"),
    "a slip within": (SEARCH, 200, DICOM_JSON, b'[{"00100020":{"vr":"LO",}}]'),
    "a list cut in a write": (CREATE, 201, DICOM_JSON, b'[{"00100020":'),
    "a log line": (SEARCH, 200, PLAIN, b"[INFO] ready"),
    "plain words": (SEARCH, 200, PLAIN, b"hello"),
    "a long text": (SEARCH, 200, PLAIN, b"error " * 500),
    "XML": (SEARCH, 200, "application/dicom+xml", b"<NativeDicomModel/>"),
    "a page of a rendered report": (RENDERED, 200, PAGE, HTML),
    "a page by URI": (URI, 200, PAGE, HTML),
    "text of a rendered report": (RENDERED, 200, PLAIN, b"the graft failed"),
    "a part": (RETRIEVE, 200, RELATED, PART),
    "a multipart nobody can split": (RETRIEVE, 200, "multipart/related", b"%%"),
    "an image": (RENDERED_JPEG, 200, "image/jpeg", b"\xff\xd8\xff\xe0"),
    "a page elsewhere": (ELSEWHERE, 200, PAGE, HTML),
}


@pytest.mark.parametrize(("request_", "received", "label", "body"), FINE.values(), ids=FINE)
def test_what_looks_odd_and_is_fine_stays(request_: RequestFacts, received: int, label: str, body: bytes) -> None:
    if request_ is SEARCH and label != DICOM_JSON:
        request_ = asked("GET", request_.target)
    if request_ is CREATE:
        request_ = asked("POST", request_.target, *request_.fields)
    decision = judged(request_, said(received, ("Content-Type", label), body=body))
    assert (decision.status, decision.body, decision.rule) == (received, BodyPlan.KEEP, "-")


@pytest.mark.parametrize("body", [HTML, b"404", TRACE, b"[]", b""])
def test_a_content_that_is_not_known_to_its_end_is_judged_by_its_beginning_at_most(body: bytes) -> None:
    beginning = Response(200, Fields([("Content-Type", PLAIN)]), body, whole=False)
    assert judged(asked("GET", "/rs/studies/2.25.1/metadata"), beginning).rule == (
        "unexpected-page" if body is HTML else "-"
    )


@pytest.mark.parametrize("name", ["If-None-Match", "If-Modified-Since"])
def test_a_204_to_a_condition_means_that_nothing_has_changed(name: str) -> None:
    decision = judged(asked("GET", "/rs/studies/2.25.1/metadata", (name, "x")), said(204))
    assert (decision.status, decision.rule, decision.body) == (304, "empty-retrieve", BodyPlan.EMPTY)
    assert judged(SOAP, said(200, body=b"")).status == 404


@pytest.mark.parametrize(
    ("range_", "strict", "second"),
    [
        ("bytes 9-3/20", 400, 416),
        ("bytes 3-9/20", 206, 206),
        ("bytes 3-3/20", 206, 206),
        ("bytes */20", 206, 206),
        ("bytes x-y/20", 206, 206),
        ("items 9-3/20", 206, 206),
    ],
)
def test_a_range_cannot_end_before_it_begins(range_: str, strict: int, second: int) -> None:
    for policy, status in ((STRICT, strict), (SECOND_SET, second)):
        assert judged(RETRIEVE, said(206, ("Content-Range", range_)), policy).status == status


ACCEPTED = {
    "no Accept": ("", "image/png", 200),
    "anything": ("*/*", "image/png", 200),
    "no label": ("image/jpeg", "", 200),
    "nothing that can be read": (";;;", "image/png", 200),
    "the type itself": ("image/png", "image/png", 200),
    "another image": ("image/jpeg", "image/png", 406),
    "one refused by its weight": ("image/png;q=0, image/jpeg", "image/png", 406),
    "single in the place of parts": ('multipart/related; type="application/dicom"', "application/dicom", 200),
    "parts in the place of one": ("application/octet-stream", RELATED, 200),
    "a single image in the place of parts": ('multipart/related; type="image/jpeg"', "image/jpeg", 200),
    "parts in the place of an image": ("image/jpeg", 'multipart/related; type="image/jpeg"; boundary=b', 200),
    "metadata in the place of parts": ('multipart/related; type="application/dicom"', "application/dicom+json", 406),
    "parts in the place of metadata": ("application/dicom+json", RELATED, 406),
    "another type of part": ('multipart/related; type="image/jpeg"', RELATED, 200),
}


@pytest.mark.parametrize(("accept", "label", "status"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_accept_excludes_is_not_sent(accept: str, label: str, status: int) -> None:
    request = asked("GET", FRAMES.target, *([("Accept", accept)] if accept else []))
    assert judged(request, said(200, *([("Content-Type", label)] if label else []))).status == status
    head = asked("HEAD", FRAMES.target, *request.fields)
    assert judged(head, said(200, *([("Content-Type", label)] if label else []))).status == 200


@pytest.mark.parametrize("body", [b"", HTML, b"404", b"[]", TRACE, b"--b--", PART])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_nothing_touches_head_a_304_opaque_routes_and_what_is_no_dicomweb(status: int, body: bytes) -> None:
    cached = ("If-None-Match", '"x"')
    untouched = [
        asked("HEAD", "/rs/studies/2.25.1/metadata", cached),
        asked("HEAD", "/rs/studies", cached),
        asked("GET", "/rs/studies/2.25.1/metadata", cached, opaque=True),
        asked("GET", "/index.html", cached),
    ]
    if status == 304:
        untouched += [asked("GET", "/rs/studies/2.25.1/metadata", cached), asked("GET", "/rs/studies", cached)]
    for request in untouched:
        for policy in (STRICT, Policy(peek=16)):
            decision = judged(request, said(status, ("Content-Type", PAGE), body=body), policy)
            assert (decision.status, decision.rule) == (status, "-")


def test_a_store_is_judged_by_its_own_reading() -> None:
    assert judged(STORE, said(201, ("Content-Type", PAGE), body=HTML)).rule == "unexpected-page"
