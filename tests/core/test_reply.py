"""From a decision to a reply: Proxy-Status (RFC 9209), reports in the place of content, what observe mode leaves alone."""

import pytest

from gateway.core.conditions import OneOf
from gateway.core.decision import BodyPlan, FieldEdits, Observed
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.failures import FailureKind
from gateway.core.policy import Mode, Policy
from tests.core.making import RETRIEVE, SEARCH, STORE, failed, judged, replied, rule, said

OBSERVING = Policy(mode=Mode.OBSERVE)
ANY = OneOf("method", frozenset({"GET", "POST"}))


def test_what_stands_as_it_was_has_no_proxy_status() -> None:
    assert "Proxy-Status" not in replied(RETRIEVE, said(200)).fields


@pytest.mark.parametrize(
    ("request_", "outcome", "policy", "wanted"),
    [
        (RETRIEVE, said(502), Policy(), 'pacs-gateway; received-status=502; details="rule=fold"'),
        (RETRIEVE, said(999), Policy(), 'pacs-gateway; received-status=999; details="rule=invalid-status"'),
        (
            RETRIEVE,
            failed(FailureKind.BREAKER_OPEN),
            Policy(),
            'pacs-gateway; error=destination_unavailable; details="rule=failure"',
        ),
        (
            STORE,
            said(404, ("Content-Type", "application/json")),
            Policy(rules=(rule("mine", ANY, status=409),)),
            'pacs-gateway; received-status=404; details="rule=mine"',
        ),
    ],
)
def test_proxy_status_says_what_was_done_and_what_had_come(
    request_: RequestFacts,
    outcome: Outcome,
    policy: Policy,
    wanted: str,
) -> None:
    assert replied(request_, outcome, policy).fields.all("Proxy-Status") == (wanted,)


def test_a_report_has_one_type_whatever_a_rule_sets() -> None:
    edits = FieldEdits(set=(("Content-Type", "text/html"), ("Cache-Control", "max-age=5")))
    fields = replied(RETRIEVE, said(500), Policy(rules=(rule("mine", ANY, edits=edits, body=BodyPlan.PROBLEM),))).fields
    assert fields.all("Content-Type") == ("application/problem+json",)
    assert fields.all("Cache-Control") == ("max-age=5",)


def test_a_failure_has_via_and_a_date() -> None:
    fields = replied(RETRIEVE, failed(FailureKind.CONNECTION_REFUSED)).fields
    assert [name for name, _ in fields] == [
        "Via",
        "Retry-After",
        "Content-Type",
        "Cache-Control",
        "Date",
        "Proxy-Status",
    ]


@pytest.mark.parametrize("status", [200, 204, 302, 304, 401, 404, 405, 416, 429, 502, 503, 505, 524])
def test_observing_answers_as_the_archive_did(status: int) -> None:
    lines = [("Server", "x"), ("Retry-After", "soon"), ("Content-Type", "text/html"), ("Warning", "299 - x")]
    reply = replied(RETRIEVE, said(status, *lines, body=b"<html>"), OBSERVING)
    assert reply.status == status
    assert list(reply.fields)[:4] == lines
    assert [name for name, _ in reply.fields] == ["Server", "Retry-After", "Content-Type", "Warning", "Via", "Date"]
    assert reply.body is (BodyPlan.EMPTY if status in (204, 304) else BodyPlan.KEEP)


def test_observing_notes_what_would_have_been_done() -> None:
    assert judged(RETRIEVE, said(502), OBSERVING).observed == (Observed("fold", 503),)
    assert judged(RETRIEVE, said(200), OBSERVING).observed == ()
    watching = Policy(
        mode=Mode.OBSERVE, rules=(rule("watch", ANY, status=410, observe=True), rule("act", ANY, status=404))
    )
    decision = judged(RETRIEVE, said(500), watching)
    assert decision.observed == (Observed("watch", 410), Observed("act", 404))
    assert (decision.status, decision.rule, decision.received) == (500, "-", 500)


def test_observing_learns_as_enforcing_does() -> None:
    assert judged(RETRIEVE, said(502), OBSERVING).healthy is False
    assert judged(RETRIEVE, said(404), OBSERVING).healthy is True


@pytest.mark.parametrize("outcome", [failed(FailureKind.CONNECTION_REFUSED), said(600), said(999), said(101)])
def test_where_there_is_nothing_to_answer_as_the_gateway_answers(outcome: Outcome) -> None:
    reply = replied(SEARCH, outcome, OBSERVING)
    assert (reply.status, "Retry-After" in reply.fields) == (503, True)


@pytest.mark.parametrize(("received", "status", "kept"), [(416, 400, False), (206, 206, True), (200, 200, True)])
def test_a_range_is_only_spoken_of_under_a_code_that_knows_ranges(received: int, status: int, kept: bool) -> None:
    """RFC 9110 14.4. What the archive says under a code of its own choice is left as it is."""
    reply = replied(RETRIEVE, said(received, ("Content-Range", "bytes 0-0/500")))
    assert (reply.status, "Content-Range" in reply.fields) == (status, kept)


def test_a_report_is_not_cached_as_the_content_in_its_place_was() -> None:
    lines = [("Cache-Control", "max-age=600"), ("Expires", "Sun, 22 Nov 2026 10:00:00 GMT"), ("Pragma", "no-cache")]
    policy = Policy(rules=(rule("mine", ANY, body=BodyPlan.PROBLEM),))
    fields = replied(RETRIEVE, said(500, *lines, ("Age", "9"), ("ETag", '"x"')), policy).fields
    assert fields.all("Cache-Control") == ("no-store",)
    assert [name for name in ("Expires", "Pragma", "Age", "ETag") if name in fields] == []
