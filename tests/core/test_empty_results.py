"""A search without a hit: 204 up to 2024e, 200 with an empty list from 2026a; and never out of an error in silence."""

from dataclasses import replace

import pytest

from gateway.core.conditions import StatusIs
from gateway.core.decision import BodyPlan
from gateway.core.facts import RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.policy import Documented, Policy, Quirks
from tests.core.making import SEARCH, STORE, asked, judged, replied, rule, said

OLD, NEW = Policy(), Policy(documented=Documented(edition="2026a"))
KEEP, EMPTY, EMPTY_LIST, PROBLEM = BodyPlan.KEEP, BodyPlan.EMPTY, BodyPlan.EMPTY_LIST, BodyPlan.PROBLEM
JSON = ("Content-Type", "application/dicom+json")
MWL = asked("GET", "/rs/modality-scheduled-procedure-steps")
WORKLIST = asked("GET", "/rs/workitems")
MATCH = b'[{"00100020":{"vr":"LO","Value":["1"]}}]'

# status and content of the archive: (status, body) by 2024e, the same by 2026a
TABLE = {
    (204, b""): ((204, EMPTY), (200, EMPTY_LIST)),
    (200, b"[]"): ((204, EMPTY), (200, KEEP)),
    (200, b" [ ]\n"): ((204, EMPTY), (200, KEEP)),
    (200, b""): ((204, EMPTY), (200, EMPTY_LIST)),
    (200, b" \r\n"): ((204, EMPTY), (200, EMPTY_LIST)),
    (206, b"[]"): ((204, EMPTY), (200, KEEP)),
    (206, b""): ((204, EMPTY), (200, EMPTY_LIST)),
    (200, MATCH): ((200, KEEP), (200, KEEP)),
    (206, MATCH): ((200, KEEP), (200, KEEP)),
    (404, b"no such service"): ((404, KEEP), (404, KEEP)),
    (404, b""): ((404, PROBLEM), (404, PROBLEM)),
    (500, b"[]"): ((500, KEEP), (500, KEEP)),
}


@pytest.mark.parametrize("request_", [SEARCH, WORKLIST])
@pytest.mark.parametrize(("answer", "wanted"), TABLE.items(), ids=str)
def test_the_edition_says_how_nothing_is_answered(  # type: ignore[no-untyped-def]
    request_: RequestFacts, answer, wanted
) -> None:
    for policy, (status, plan) in zip((OLD, NEW), wanted, strict=True):
        decision = judged(request_, said(answer[0], JSON, body=answer[1]), policy)
        assert (decision.status, decision.body) == (status, plan)
        if plan in (EMPTY, EMPTY_LIST):
            assert decision.rule == ("-" if answer[0] == status == 204 else "empty-search")


@pytest.mark.parametrize("body", [b"", b"[]"])
@pytest.mark.parametrize("policy", [OLD, NEW])
def test_scheduled_procedure_steps_kept_their_204(policy: Policy, body: bytes) -> None:
    assert judged(MWL, said(200, JSON, body=body), policy).status == 204
    assert judged(MWL, said(204), policy).status == 204


def test_an_empty_list_of_ours_is_one_a_viewer_can_read() -> None:
    lines = [("Content-Type", "text/html"), ("Content-Length", "0"), ("Content-Encoding", "gzip"), ("ETag", '"x"')]
    reply = replied(SEARCH, said(200, *lines, body=b""), NEW)
    assert (reply.status, reply.content) == (200, b"[]")
    assert reply.fields.all("Content-Type") == ("application/dicom+json",)
    assert {"Content-Encoding", "ETag"}.isdisjoint(name for name, _ in reply.fields)


@pytest.mark.parametrize("policy", [OLD, NEW])
def test_an_archive_may_say_nothing_where_it_failed(policy: Policy) -> None:
    policy = replace(policy, quirks={"pacs": Quirks(empty_search="error")})
    decision = judged(SEARCH, said(200, body=b""), policy)
    assert (decision.status, decision.rule, decision.body) == (500, "empty-search", PROBLEM)
    assert judged(SEARCH, said(204), policy).status < 300
    assert judged(SEARCH, said(200, JSON, body=b"[]"), policy).status < 300
    elsewhere = replace(SEARCH, upstream="other")
    assert judged(elsewhere, said(200, body=b""), policy).status < 300


@pytest.mark.parametrize("policy", [OLD, NEW])
@pytest.mark.parametrize("body", [None, b""])
def test_nothing_is_read_into_an_answer_to_head(policy: Policy, body: bytes | None) -> None:
    head = asked("HEAD", "/rs/studies")
    for status in (200, 204):
        decision = judged(head, said(status, body=body), policy)
        assert (decision.status, decision.rule) == (status, "-")


@pytest.mark.parametrize("peek", [None, b"", b"[]"])
def test_a_list_that_was_not_seen_to_its_end_is_not_empty(peek: bytes | None) -> None:
    assert judged(SEARCH, Response(200, Fields([JSON]), peek)).status == 200


@pytest.mark.parametrize(("policy", "status", "plan"), [(OLD, 204, EMPTY), (NEW, 200, EMPTY_LIST)])
def test_a_rule_says_no_match_and_the_edition_how(policy: Policy, status: int, plan: BodyPlan) -> None:
    no_match = rule("no-match", StatusIs(frozenset({404})), status=204, allow_success=True)
    with_rule = replace(policy, rules=(no_match,))
    decision = judged(SEARCH, said(404, body=b"no match"), with_rule)
    assert (decision.status, decision.rule, decision.body) == (status, "no-match", plan)
    deleted = judged(asked("DELETE", "/rs/studies/1.2"), said(404), with_rule)
    assert (deleted.status, deleted.body) == (204, EMPTY)
    assert judged(STORE, said(204), policy).status == 204
