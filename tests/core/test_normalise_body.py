"""The content of an answer: kept byte for byte, dropped where the code forbids one, replaced where it is no report."""

import pytest

from gateway.core.attention import is_judged
from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.policy import Documented, Policy
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, SECOND_SET, STORE, asked, judged, replied, said

KEEP, EMPTY, PROBLEM = BodyPlan.KEEP, BodyPlan.EMPTY, BodyPlan.PROBLEM
TRACE = b"java.lang.NullPointerException: x\n\tat org.example.A.b(A.java:1)\n"
PYTHON = b"Traceback (most recent call last):\n  File ...\nKeyError: 1\n"


NAMES = (
    b'[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"<b>Doe^<html>"}]},"0008103E":{"vr":"LO","Value":["error 404"]}}]'
)
PREAMBLE = b"<html>server error</html>".ljust(128, b"\0") + b"DICM\x02\x00"
REPORT = b"<!DOCTYPE html><html><body>The stent failed: server error, not found</body></html>"
PARTS = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + PREAMBLE + b"\r\n--b--\r\n"
STORED = b'{"00081199":{"vr":"SQ","Value":[{"00081150":{"vr":"UI","Value":["1.2"]}}]},"00081198":{"vr":"SQ"}}'
WARNED = STORED.replace(b'["1.2"]}', b'["1.2"]},"00081196":{"vr":"US","Value":[45056]}')
XML = (
    b'<?xml version="1.0"?><NativeDicomModel><DicomAttribute tag="00081199" vr="SQ"><Item number="1"/></DicomAttribute>'
    b"</NativeDicomModel>"
)
METADATA = asked("GET", "/rs/studies/2.25.1/metadata", ("Accept", "application/dicom+json"))
RENDERED = asked("GET", "/rs/studies/1.2/series/3/instances/4/rendered", ("Accept", "text/html"))
TEXT = asked("GET", "/rs/studies/1.2/series/3/instances/4/rendered", ("Accept", "text/plain, image/jpeg"))
URI = asked("GET", "/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3", ("Accept", "text/html"))
BULK = asked("GET", "/rs/studies/1.2/series/3/instances/4/bulkdata/1", ("Accept", "application/octet-stream"))
BOUNDARY = 'multipart/related; type="application/dicom"; boundary=b'
RESULTS = "application/dicom+json"

VALID = {
    "names with angle brackets": (SEARCH, 200, RESULTS, NAMES),
    "the same as plain JSON": (SEARCH, 200, "application/json", NAMES),
    "metadata": (METADATA, 200, RESULTS, NAMES),
    "an object with a preamble": (RETRIEVE, 200, "application/dicom", PREAMBLE),
    "an object that says so itself": (URI, 200, "", PREAMBLE),
    "parts": (RETRIEVE, 200, BOUNDARY, PARTS),
    "some of the parts": (RETRIEVE, 206, BOUNDARY, PARTS),
    "a report as a page": (RENDERED, 200, "text/html", REPORT),
    "a report by URI": (URI, 200, "text/html; charset=utf-8", REPORT),
    "a report as text": (TEXT, 200, "text/plain", b"Findings: the graft failed. Error of 3 mm."),
    "bulk data of words": (BULK, 200, "application/octet-stream", b"the first scan failed"),
    "bulk data of digits": (BULK, 200, "application/octet-stream", b"512"),
    "bulk data of markup": (BULK, 200, "application/octet-stream", REPORT),
    "an image": (TEXT, 200, "image/jpeg", b"\xff\xd8\xff\xe0<html>"),
    "all stored": (STORE, 200, RESULTS, STORED),
    "stored with warnings": (STORE, 202, RESULTS, WARNED),
    "stored, in XML": (STORE, 200, "application/dicom+xml", XML),
    "stored, in few words": (STORE, 200, "text/plain", b"2 instances stored"),
}


@pytest.mark.parametrize(("request_", "status", "label", "body"), VALID.values(), ids=VALID)
def test_the_valid_content_of_a_success_is_never_touched(
    request_: RequestFacts, status: int, label: str, body: bytes
) -> None:
    decision = judged(request_, said(status, *([("Content-Type", label)] if label else []), body=body))
    assert (decision.status, decision.body) == (status, KEEP)
    # A label may be missing; the content still is what it is.
    assert decision.rule == ("-" if label else "label")


@pytest.mark.parametrize("body", [b"<html>login</html>", TRACE])
@pytest.mark.parametrize("request_", [RETRIEVE, SEARCH, METADATA, STORE])
def test_a_page_or_a_stack_trace_is_no_result(request_: RequestFacts, body: bytes) -> None:
    decision = judged(request_, said(200, ("Content-Type", "text/html"), body=body))
    assert decision.status >= 400
    assert decision.body is PROBLEM


@pytest.mark.parametrize(
    ("media", "body", "plan"),
    [
        ("application/json", b'{"Details":"no"}', KEEP),
        ("application/dicom+json", b"[]", KEEP),
        ("application/problem+json", b"{}", KEEP),
        ("application/dicom+xml", b"<NativeDicomModel/>", KEEP),
        ("text/plain", b"no such study", KEEP),
        ("", b"no such study", KEEP),
        ("text/plain", b"BMI of the request is odd", KEEP),
        ("application/json", b"", PROBLEM),
        ("application/json", b" \r\n", PROBLEM),
        ("text/plain", TRACE, PROBLEM),
        ("text/plain", b"   at Vendor.Web.Handler.Process(Object o)\r\n", PROBLEM),
        ("application/json", PYTHON, PROBLEM),
        ("text/html", b"not found", PROBLEM),
        ("application/xhtml+xml", b"<html/>", PROBLEM),
        ("text/plain", b"<!DOCTYPE html><html>", PROBLEM),
        ("", b"<html>", PROBLEM),
        ("application/dicom", b"DICM", PROBLEM),
        ('multipart/related; type="application/dicom"', b"--b--", PROBLEM),
        ("image/png", b"x", PROBLEM),
        ("video/mp4", b"x", PROBLEM),
        ("audio/basic", b"x", PROBLEM),
        ("text/plain", b"\x89PNG\r\n\x1a\n", PROBLEM),
        ("text/plain", b"--b\r\nContent-Type: a/b\r\n\r\n", PROBLEM),
        ("text/plain", b"\x00\x01\x02", PROBLEM),
        ("application/octet-stream", bytes(128) + b"DICM", PROBLEM),
    ],
)
@pytest.mark.parametrize("status", [404, 500, 502])
def test_an_error_keeps_a_report_and_loses_what_is_none(status: int, media: str, body: bytes, plan: BodyPlan) -> None:
    lines = [("Content-Type", media)] if media else []
    decision = judged(RETRIEVE, said(status, *lines, body=body))
    assert decision.body is plan
    if status != 502:
        assert decision.rule == ("error-body" if plan is PROBLEM else "-")


def test_an_error_that_was_not_looked_at_is_judged_by_its_label() -> None:
    assert judged(RETRIEVE, said(404, ("Content-Type", "text/html"))).body is PROBLEM
    assert judged(RETRIEVE, said(404, ("Content-Type", "application/json"))).body is KEEP
    assert judged(RETRIEVE, said(404)).body is KEEP


def test_a_beginning_of_blanks_is_not_empty() -> None:
    """The rest may be a report: nothing is known to be empty before its end."""
    assert judged(RETRIEVE, Response(404, Fields(), b"  \n", whole=False)).body is KEEP


@pytest.mark.parametrize("request_", [ELSEWHERE, asked("GET", "/rs/studies/1.2", opaque=True)])
def test_elsewhere_pages_for_people_are_for_people(request_: RequestFacts) -> None:
    answer = said(404, ("Content-Type", "text/html"), body=b"<html>")
    assert judged(request_, answer).body is KEEP
    assert not is_judged(request_, answer)


@pytest.mark.parametrize("status", [204, 205])
def test_a_code_that_forbids_content_loses_it(status: int) -> None:
    reply = replied(SEARCH, said(status, ("Content-Type", "text/plain"), ("Content-Length", "3"), ("ETag", '"x"')))
    assert (reply.status, reply.body, reply.content) == (status, EMPTY, b"")
    assert "Content-Type" not in reply.fields
    assert reply.fields.get("ETag") == '"x"'


def test_a_304_keeps_what_describes_the_representation() -> None:
    request = asked("GET", "/rs/studies/2.25.1/metadata", ("If-None-Match", '"x"'))
    reply = replied(
        request, said(304, ("ETag", '"x"'), ("Content-Type", "application/dicom+json"), ("Content-Length", "9"))
    )
    assert (reply.status, reply.content) == (304, b"")
    assert (reply.fields.get("ETag"), reply.fields.get("Content-Type")) == ('"x"', "application/dicom+json")
    assert "Content-Length" not in reply.fields


def test_the_content_of_a_redirect_explains_no_failure() -> None:
    reply = replied(STORE, said(302, ("Location", "/login"), ("Content-Type", "application/json"), body=b"{}"))
    assert (reply.status, reply.body) == (503, PROBLEM)
    assert "Location" not in reply.fields


def test_a_report_loses_what_described_the_old_content() -> None:
    lines = [
        *(("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("ETag", '"x"'), ("Age", "3"), ("Expires", "0")),
        *(("Content-Disposition", "attachment"), ("Content-MD5", "x"), ("Set-Cookie", "a=1"), ("Server", "IIS")),
    ]
    fields = replied(RETRIEVE, said(500, *lines)).fields
    names = [name for name, _ in fields]
    assert names == ["Set-Cookie", "Server", "Via", "Content-Type", "Cache-Control", "Date", "Proxy-Status"]
    assert fields.get("Content-Type") == "application/problem+json"


@pytest.mark.parametrize(
    ("received", "sent", "healthy"), [(200, 200, True), (404, 404, True), (424, 503, False), (500, 500, False)]
)
def test_an_unknown_study_shows_a_working_archive_too(received: int, sent: int, healthy: bool) -> None:
    decision = judged(RETRIEVE, said(received))
    assert (decision.status, decision.healthy) == (sent, healthy)


def test_a_search_that_was_cut_short_keeps_its_list() -> None:
    reply = replied(SEARCH, said(206, ("Content-Type", "application/dicom+json")))
    assert (reply.status, reply.body, reply.content) == (200, KEEP, None)


def test_a_code_without_a_name_has_no_reason_phrase() -> None:
    assert replied(RETRIEVE, said(299), Policy(documented=Documented(added={299: "x"}))).reason == ""
    assert replied(RETRIEVE, said(404)).reason == "Not Found"
    assert replied(RETRIEVE, said(404), SECOND_SET).reason == "NotFound"
