"""Codes that blame the wrong thing, corrected by what the request itself shows."""

import pytest

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts
from gateway.core.policy import Policy, Quirks
from tests.core.making import ELSEWHERE, RETRIEVE, SEARCH, SECOND_SET, STORE, asked, judged, said

URI = "/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3"
LOCATED = [("Location", "/rs/workitems/1")]
TYPE = "Content-Type"


def sent(method: str, target: str, type_: str = "", accept: str = "") -> RequestFacts:
    lines = [(TYPE, type_)] * bool(type_) + [("Accept", accept)] * bool(accept)
    return asked(method, target, *lines)


@pytest.mark.parametrize(
    ("target", "status", "rule"),
    [
        (URI, 404, "-"),
        (URI.replace("&objectUID=3", ""), 400, "missing-key"),
        ("/wado?requestType=WADO&studyUID=1", 400, "missing-key"),
        ("/wado?STUDYUID=1&SeriesUID=2", 400, "missing-key"),
        ("/other?studyUID=1&seriesUID=2&objectUID=3", 400, "missing-key"),
        ("/wado?requestType=WADO", 404, "-"),
        ("/wado", 404, "-"),
        ("/rs/studies?studyUID=1&seriesUID=2", 404, "-"),
    ],
)
def test_a_mandatory_key_that_is_missing_is_a_malformed_request(target: str, status: int, rule: str) -> None:
    for method in ("GET", "HEAD"):
        decision = judged(asked(method, target), said(404, (TYPE, "text/plain"), body=b"no"))
        assert (decision.status, decision.rule) == (status, rule)
    assert judged(asked("GET", target), said(500)).status == (400 if rule != "-" else 500)
    assert judged(asked("GET", target), said(403)).status == 403
    assert judged(asked("POST", target), said(404)).status == 404
    assert judged(asked("GET", target, opaque=True), said(404)).status == 404


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (sent("POST", "/rs/studies", "multipart/form-data; boundary=b"), 415),
        (sent("POST", "/rs/studies", "application/x-zip"), 415),
        (sent("PUT", "/rs/workitems/1/state", "text/plain"), 415),
        (STORE, 406),
        (sent("POST", "/rs/studies", "application/dicom"), 406),
        (sent("POST", "/rs/workitems", "application/json"), 406),
        (sent("POST", "/rs/studies"), 406),
        (sent("GET", "/rs/studies", "text/plain"), 406),
        (sent("POST", "/elsewhere", "text/plain"), 406),
    ],
)
def test_406_for_what_was_sent_means_415(request_: RequestFacts, status: int) -> None:
    decision = judged(request_, said(406, (TYPE, "text/plain"), body=b"no"))
    assert (decision.status, decision.rule) == (status, "wrong-content-type" if status == 415 else "-")


@pytest.mark.parametrize(
    ("request_", "received", "status"),
    [
        (sent("GET", "/rs/studies", accept="image/png"), 400, 406),
        (sent("HEAD", "/rs/studies/1.2", accept="text/html"), 500, 406),
        (sent("GET", "/rs/studies", accept="application/json"), 400, 400),
        (sent("GET", "/rs/studies", accept="*/*"), 500, 500),
        (sent("GET", "/rs/studies", accept=";;"), 400, 400),
        (sent("GET", "/rs/studies"), 400, 400),
        (sent("GET", "/rs/studies", accept="image/png"), 404, 404),
        (sent("GET", URI, accept="text/rtf"), 400, 400),
        (sent("DELETE", "/rs/studies/1.2", accept="image/png"), 400, 400),
        (sent("GET", "/elsewhere", accept="image/png"), 500, 500),
    ],
)
def test_an_accept_that_nothing_can_satisfy_is_the_cause(request_: RequestFacts, received: int, status: int) -> None:
    decision = judged(request_, said(received, (TYPE, "text/plain"), body=b"no"))
    assert (decision.status, decision.rule) == (status, "wrong-accept" if status == 406 else "-")


@pytest.mark.parametrize(
    ("request_", "received", "lines", "status"),
    [
        (asked("POST", "/rs/workitems/1/cancelrequest"), 200, [], 202),
        (asked("POST", "/rs/workitems/1/cancelrequest"), 204, [], 202),
        (asked("POST", "/rs/workitems/1/cancelrequest"), 404, [], 404),
        (asked("POST", "/rs/workitems"), 200, LOCATED, 201),
        (asked("POST", "/rs/workitems"), 200, [], 200),
        (asked("POST", "/rs/workitems"), 202, LOCATED, 202),
        (asked("POST", "/rs/modality-performed-procedure-steps/1.2"), 200, LOCATED, 201),
        (asked("POST", "/rs/workitems/1/subscribers/AE"), 200, [("Content-Location", "ws://x")], 201),
        (asked("POST", "/rs/workitems/1/subscribers/AE"), 200, LOCATED, 201),
        (asked("POST", "/rs/workitems/1/subscribers/AE"), 200, [], 200),
        (STORE, 200, LOCATED, 200),
        (SEARCH, 409, [], 400),
        (RETRIEVE, 409, [], 400),
        (asked("HEAD", "/rs/studies/1.2"), 409, [], 400),
        (STORE, 409, [], 409),
        (asked("GET", "/rs/workitems/1"), 409, [], 409),
        (ELSEWHERE, 409, [], 409),
    ],
)
def test_a_code_without_a_row_in_its_table_becomes_the_one_that_is_meant(
    request_: RequestFacts, received: int, lines: list[tuple[str, str]], status: int
) -> None:
    decision = judged(request_, said(received, *lines))
    assert (decision.status, decision.rule) == (status, "misused-code" if status != received else "-")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_store_of_files_says_403_for_what_is_not_there_where_the_site_knows_it(method: str) -> None:
    knows = Policy(quirks={"pacs": Quirks(forbidden_as_not_found=True)})
    request = asked(method, "/rs/studies/1.2")
    decision = judged(request, said(403), knows)
    assert (decision.status, decision.rule, decision.body) == (404, "forbidden-as-not-found", BodyPlan.PROBLEM)
    assert judged(request, said(403), SECOND_SET).status == 403
    assert judged(STORE, said(403), knows).status == 403
    assert judged(request, said(401, ("WWW-Authenticate", "Basic")), knows).status == 401
    assert judged(asked(method, "/elsewhere"), said(403), knows).status == 403


@pytest.mark.parametrize(
    ("request_", "received", "status"),
    [
        (asked("DELETE", "/rs/studies"), 400, 405),
        (asked("PUT", "/rs/studies"), 404, 404),
        (asked("PUT", "/elsewhere"), 400, 400),
        (SEARCH, 400, 400),
        (asked("PUT", "/rs/studies", opaque=True), 400, 400),
    ],
)
def test_a_method_that_no_transaction_of_the_path_knows_is_not_a_malformed_request(
    request_: RequestFacts, received: int, status: int
) -> None:
    decision = judged(request_, said(received, (TYPE, "text/plain"), body=b"no"))
    assert (decision.status, decision.rule) == (status, "wrong-method" if status == 405 else "-")
