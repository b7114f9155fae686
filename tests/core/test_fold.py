"""Codes outside the documented set, one row each: what a retrieve, a store, another POST and a DELETE get for it."""

import pytest

from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts
from gateway.core.fold import BY_CLASS, HOP_CODES, ROWS, row_for
from gateway.core.policy import Documented, Policy
from gateway.dicomweb.statuses import DCS_SET, DICOM_SET
from tests.core.making import RETRIEVE, SEARCH, SECOND_SET, STORE, STRICT, asked, judged, said

WORKITEM = asked("POST", "/rs/workitems", ("Content-Type", "application/dicom+json"))
DELETE = asked("DELETE", "/rs/studies/2.25.1")
HEAD = asked("HEAD", "/rs/studies/2.25.1")
WHERE = ("Location", "https://elsewhere.example/studies/2.25.1")

# received: (GET, STORE, other POST, DELETE); the answers carry no field but a Location on 3xx.
TABLE = {
    207: (200, 202, 200, 200),
    226: (200, 200, 200, 200),
    300: (303, 303, 303, 303),
    302: (303, 503, 503, 503),
    305: (503, 503, 503, 503),
    306: (503, 503, 503, 503),
    307: (303, 503, 503, 503),
    308: (301, 503, 503, 503),
    402: (403, 403, 403, 403),
    407: (503, 503, 503, 503),
    408: (503, 500, 500, 503),
    412: (400, 409, 409, 409),
    416: (400, 400, 400, 400),
    417: (400, 400, 400, 400),
    418: (400, 400, 400, 400),
    421: (503, 503, 503, 503),
    422: (400, 409, 400, 400),
    423: (409, 409, 409, 409),
    424: (503, 503, 503, 503),
    425: (503, 503, 503, 503),
    426: (503, 503, 503, 503),
    428: (400, 400, 400, 400),
    429: (503, 503, 503, 503),
    431: (400, 400, 400, 400),
    440: (403, 403, 403, 403),  # 401 without a challenge; with one it is 401
    444: (503, 503, 503, 503),
    449: (400, 400, 400, 400),
    451: (403, 403, 403, 403),
    460: (503, 503, 503, 503),
    494: (400, 400, 400, 400),
    495: (503, 503, 503, 503),
    496: (503, 503, 503, 503),
    497: (503, 503, 503, 503),
    499: (503, 503, 503, 503),
    502: (503, 500, 500, 503),
    504: (503, 500, 500, 503),
    505: (503, 503, 503, 503),
    506: (500, 500, 500, 500),
    507: (503, 503, 503, 503),
    508: (500, 500, 500, 500),
    509: (503, 503, 503, 503),
    510: (501, 501, 501, 501),
    511: (503, 503, 503, 503),
    **dict.fromkeys((*range(520, 531), 598, 599), (503, 500, 500, 503)),
    # No row: the x00 of the class, as far as that is documented and harmless.
    299: (200, 200, 200, 200),
    399: (503, 503, 503, 503),
    499 - 12: (400, 400, 400, 400),
    599 - 11: (500, 500, 500, 500),
}
ASKING = (RETRIEVE, STORE, WORKITEM, DELETE)
ROWS_OF_TABLE = [
    pytest.param(received, request, wanted, id=f"{received} to {request.method} {request.transaction.id}")
    for received, row in TABLE.items()
    for request, wanted in zip(ASKING, row, strict=True)
]


@pytest.mark.parametrize(("received", "request_", "wanted"), ROWS_OF_TABLE)
def test_a_code_outside_the_set_becomes_the_documented_one(received: int, request_: RequestFacts, wanted: int) -> None:
    lines = [WHERE] if received < 400 else []
    decision = judged(request_, said(received, *lines))
    assert decision.status == wanted
    assert decision.received == received
    assert decision.rule != "-"


def test_the_table_of_this_test_has_every_row_there_is() -> None:
    assert TABLE.keys() >= ROWS.keys()
    assert {status // 100 for status in TABLE.keys() - ROWS.keys()} == BY_CLASS.keys()


@pytest.mark.parametrize("status", sorted(set(range(200, 600)) - DICOM_SET))
def test_every_code_of_http_has_a_documented_answer(status: int) -> None:
    assert judged(SEARCH, said(status)).status in DICOM_SET


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_without_an_address_is_not_followed_with_get_either(status: int) -> None:
    assert judged(RETRIEVE, said(status)).status == 503
    assert judged(RETRIEVE, said(status, ("Location", ""))).status == 503


def test_head_follows_redirects_like_get() -> None:
    assert judged(HEAD, said(307, WHERE)).status == 303


def test_a_choice_without_an_address_is_not_acceptable() -> None:
    assert judged(RETRIEVE, said(300)).status == 406


def test_a_session_that_ran_out_is_401_where_the_archive_says_how_to_log_in() -> None:
    assert judged(RETRIEVE, said(440, ("WWW-Authenticate", "Basic"))).status == 401


@pytest.mark.parametrize("status", sorted(HOP_CODES))
def test_a_code_about_the_hop_never_leaves_documented_or_not(status: int) -> None:
    """505 has a row in both sets and 407 in the second; both are about the gateway's own request."""
    for policy in (STRICT, SECOND_SET):
        decision = judged(RETRIEVE, said(status), policy)
        assert (decision.status, decision.rule) == (503, "hop-code")


@pytest.mark.parametrize(
    ("status", "field"),
    [(416, "Range"), (412, "If-Match"), (412, "If-None-Match"), (412, "If-Unmodified-Since"), (412, "If-Range")],
)
def test_an_answer_to_a_question_nobody_put_is_folded_though_documented(status: int, field: str) -> None:
    put = asked("GET", "/rs/studies/2.25.1", (field, "x"))
    assert judged(put, said(status), SECOND_SET).status == status
    decision = judged(RETRIEVE, said(status), SECOND_SET)
    assert (decision.status, decision.rule) == (400, f"unasked-{status}")


# Who may get 204 and 409: a retrieve that brings nothing found nothing, and a read is in no conflict.
ACTING = {204: DELETE, 409: WORKITEM}


@pytest.mark.parametrize("status", sorted(DCS_SET - HOP_CODES - {100, 101, 304, 305, 306, 412, 416, 401, 405}))
def test_a_documented_code_stays(status: int) -> None:
    answer = said(status, WHERE, ("Content-Range", "bytes 0-0/1"), ("Content-Type", "application/json"), body=b"{}")
    decision = judged(ACTING.get(status, RETRIEVE), answer, SECOND_SET)
    assert (decision.status, decision.rule) == (status, "-")


@pytest.mark.parametrize(("status", "meant"), [(204, 404), (409, 400)])
def test_a_documented_code_gives_way_where_it_cannot_be_meant(status: int, meant: int) -> None:
    assert judged(RETRIEVE, said(status), SECOND_SET).status == meant


@pytest.mark.parametrize("status", [305, 306])
def test_the_retired_redirects_never_leave_though_the_second_set_lists_them(status: int) -> None:
    assert judged(RETRIEVE, said(status, WHERE), SECOND_SET).status == 503


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 101, 199, 600, 999, 10_000])
def test_a_code_that_is_none_is_a_failure_of_the_archive(status: int) -> None:
    for policy, wanted in ((STRICT, 503), (SECOND_SET, 502)):
        decision = judged(RETRIEVE, said(status), policy)
        assert (decision.status, decision.rule, decision.healthy) == (wanted, "invalid-status", False)
    assert judged(STORE, said(status)).status == 500


def test_an_added_row_is_kept_with_what_it_owes() -> None:
    policy = Policy(documented=Documented(added={429: "A limit was reached."}))
    decision = judged(SEARCH, said(429, ("Content-Type", "application/json"), body=b"{}"), policy)
    assert (decision.status, decision.rule, decision.body) == (429, "-", BodyPlan.KEEP)
    assert decision.retry is not None


def test_the_operator_overrides_a_single_row() -> None:
    policy = Policy(fold={402: 404, 407: 500, 504: 500})
    assert judged(RETRIEVE, said(402), policy).status == 404
    assert judged(RETRIEVE, said(407), policy).status == 500
    assert judged(RETRIEVE, said(504), policy).status == 500
    assert judged(RETRIEVE, said(502), policy).status == 503
    assert "documented.fold" in judged(RETRIEVE, said(402), policy).why


def test_an_override_still_has_to_pay_what_the_code_owes() -> None:
    assert judged(RETRIEVE, said(504), Policy(fold={504: 401})).status == 403


def test_why_names_the_code_that_came() -> None:
    assert judged(RETRIEVE, said(524)).why.startswith("524 is not documented")


def test_the_codes_about_the_hop_are_these() -> None:
    assert {407, 421, 426, 495, 496, 497, 505, 511} == HOP_CODES


@pytest.mark.parametrize("code", [*ROWS, 299, 399, 499, 599])
def test_the_cases_of_a_row_are_those_that_can_happen(code: int) -> None:
    """What is said of a row is what it does, no more and no less."""
    row = row_for(code, STRICT)
    requests = (RETRIEVE, HEAD, STORE, WORKITEM, DELETE)
    given = {row.code(request, said(code, *lines)) for request in requests for lines in ((), (WHERE,))}
    assert given == {to for to, _when in row.cases()}


def test_a_row_of_the_site_takes_the_place_of_ours() -> None:
    assert list(row_for(502, Policy(fold={502: 500})).cases()) == [(500, "")]
