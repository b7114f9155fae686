"""Cases at play: what of an exchange they stand for, what they compare, and what they do not pretend to know."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.config.cases import NEEDS_SOCKETS, Answer, Case, CaseRequest, Expected, Raw, play, run_case
from gateway.core.decision import BodyPlan
from gateway.core.failures import Failure, FailureKind, Sent
from gateway.core.fields import Fields
from gateway.core.policy import Policy

TEXT, JSON = Fields([("Content-Type", "text/plain")]), Fields([("Content-Type", "application/dicom+json")])
PARTS = Fields([("Content-Type", 'multipart/related; type="application/dicom"; boundary=b')])
PART = b"--b\r\nContent-Type: application/dicom\r\n\r\nobject\r\n"
ONE_STORED = b'{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["2.25.300"]}}]}}'
READ = CaseRequest("GET", "/studies/2.25.1")


def case(request: CaseRequest, upstream: Answer | Raw | Failure, status: int, **expected: Any) -> Case:
    return Case("", request, upstream, Expected(status, **expected))


def differences(played: Case) -> list[str]:
    return run_case(played, Policy())


def test_the_parts_of_a_store_are_counted_as_they_would_go_up() -> None:
    """Of two objects the archive lists one as stored and says all is well: the other was lost on the way."""
    store = CaseRequest("POST", "/studies", PARTS)
    answer = Answer(200, JSON, ONE_STORED)
    assert differences(case(replace(store, content=PART + b"--b--\r\n"), answer, 200)) == []
    assert differences(case(replace(store, content=PART * 2 + b"--b--\r\n"), answer, 202, rule="store-outcome")) == []
    assert differences(case(store, answer, 200)) == []


@pytest.mark.parametrize("content_type", ["application/dicom", "multipart/related", ""])
def test_what_is_not_in_parts_has_none_to_count(content_type: str) -> None:
    store = CaseRequest("POST", "/studies", Fields([("Content-Type", content_type)]), content=PART * 2)
    assert differences(case(store, Answer(200, JSON, ONE_STORED), 200)) == []


def test_the_content_is_compared_as_it_is_sent() -> None:
    answer = Answer(404, TEXT, b"no such study")
    assert differences(case(READ, answer, 404, content=b"no such study")) == []
    assert differences(case(READ, answer, 404, content=b"no such")) == ["content 'no such study' instead of 'no such'"]


def test_long_content_is_told_by_its_beginning() -> None:
    (difference,) = differences(case(READ, Answer(404, TEXT, b"x" * 99), 404, content=b"y"))
    assert difference == f"content '{'x' * 60}'... instead of 'y'"


def test_a_head_and_a_204_have_no_content() -> None:
    head = replace(READ, method="HEAD")
    assert differences(case(head, Answer(404, TEXT, b"no such study"), 404, content=b"")) == []
    deleted = case(replace(READ, method="DELETE"), Answer(204), 204, content=b"", body=BodyPlan.EMPTY)
    assert differences(deleted) == []


def test_a_report_of_ours_is_content_too() -> None:
    (difference,) = differences(case(READ, Failure(FailureKind.CONNECTION_REFUSED), 503, content=b""))
    assert difference.startswith("content '{")


def test_of_several_statuses_each_will_do_and_the_rest_belongs_to_the_best() -> None:
    other = case(READ, Answer(404, TEXT, b"x"), 403, others=(404, 410), rule="a-rule", body=BodyPlan.PROBLEM)
    assert differences(other) == []
    neither = replace(other, upstream=Answer(500, TEXT, b"x"))
    assert differences(neither)[0] == "status 500 instead of 403 or 404 or 410 (by no rule)"


@pytest.mark.parametrize(
    "upstream", [Raw(b""), Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Answer(200, JSON, b"[]", cut=1)]
)
def test_what_only_a_wire_shows_never_passes_without_one(upstream: Answer | Raw) -> None:
    """Also where the bytes are a good answer: nobody has parsed them."""
    assert differences(case(READ, upstream, 200)) == [NEEDS_SOCKETS]


def test_a_failure_may_have_let_the_request_through() -> None:
    store = CaseRequest("POST", "/studies")
    for sent, status in ((Sent.NOTHING, 503), (Sent.PERHAPS, 500)):
        assert differences(case(store, Failure(FailureKind.CONNECTION_TERMINATED, sent), status)) == []


@pytest.mark.parametrize(("service", "rule"), [("dicomweb", "error-body"), ("wado-uri", "-"), ("opaque", "-")])
def test_a_request_is_read_as_what_its_route_offers(service: str, rule: str) -> None:
    """The path of a search means nothing on a route of WADO-URI, so its page for people is left to the people."""
    request = CaseRequest("GET", "/studies", service=service)
    page = Answer(500, Fields([("Content-Type", "text/html")]), b"<html>Sorry</html>")
    assert differences(case(request, page, 500, rule=rule)) == []


def test_it_says_who_decided_and_why() -> None:
    played = play(case(READ, Answer(502, TEXT, b"no answer"), 503), Policy())
    assert (played.status, played.rule, played.differences) == (503, "fold", ())
    assert played.why
