"""Rules: the first that matches decides, those that observe are passed over, and no success is made out of a failure."""

import re

import pytest

from gateway.core.attention import wanted
from gateway.core.conditions import BodyMatches, OneOf, StatusIs
from gateway.core.decision import NO_EDITS, BodyPlan, FieldEdits, Observed
from gateway.core.facts import Outcome
from gateway.core.failures import FailureKind
from gateway.core.policy import Mode, Policy
from gateway.core.rule import Rule
from tests.core.making import RETRIEVE, SEARCH, STORE, failed, judged, replied, rule, said

ALWAYS = OneOf("method", frozenset({"GET", "POST"}))
BROKEN = StatusIs(frozenset({500}))
REFUSED = OneOf("failure", frozenset({"connection_refused"}))


def having(*rules: Rule, mode: Mode = Mode.ENFORCE) -> Policy:
    return Policy(mode=mode, rules=rules)


def test_the_first_rule_that_matches_decides() -> None:
    policy = having(rule("a", BROKEN, status=404), rule("b", ALWAYS, status=410))
    assert judged(RETRIEVE, said(500), policy).rule == "a"
    assert judged(RETRIEVE, said(501), policy).rule == "b"


def test_all_conditions_of_a_rule_must_hold() -> None:
    policy = having(rule("both", BROKEN, OneOf("method", frozenset({"DELETE"})), status=404))
    assert judged(RETRIEVE, said(500), policy).rule != "both"


def test_a_rule_comes_before_the_built_in_semantics_failures_included() -> None:
    policy = having(rule("down", REFUSED, status=500, body=BodyPlan.EMPTY))
    decision = judged(RETRIEVE, failed(FailureKind.CONNECTION_REFUSED), policy)
    assert (decision.status, decision.rule, decision.body) == (500, "down", BodyPlan.EMPTY)


def test_a_rule_without_a_status_leaves_the_code_to_the_built_in_semantics() -> None:
    mark = rule("mark", StatusIs(frozenset({502})), edits=FieldEdits(set=(("X-Seen", "yes"),)))
    reply = replied(RETRIEVE, said(502, ("Content-Type", "application/json"), body=b"{}"), having(mark))
    assert (reply.status, reply.fields.get("X-Seen")) == (503, "yes")
    assert "rule=mark" in reply.fields.get("Proxy-Status")


def test_a_rule_that_observes_is_noted_and_passed_over() -> None:
    policy = having(
        rule("watch", BROKEN, status=404, observe=True),
        rule("mark", BROKEN, healthy=True, observe=True),
        rule("act", BROKEN, status=410),
    )
    decision = judged(RETRIEVE, said(500), policy)
    assert (decision.status, decision.rule) == (410, "act")
    assert decision.observed == (Observed("watch", 404), Observed("mark", 500))


def test_what_observes_a_failure_notes_what_the_client_gets() -> None:
    policy = having(rule("watch", REFUSED, healthy=True, observe=True))
    assert judged(RETRIEVE, failed(FailureKind.CONNECTION_REFUSED), policy).observed == (Observed("watch", 503),)


def test_a_rule_says_what_the_breaker_learns() -> None:
    assert judged(RETRIEVE, said(500), having(rule("fine", BROKEN, healthy=True))).healthy is True
    assert judged(RETRIEVE, said(404), having(rule("sick", StatusIs(frozenset({404})), healthy=False))).healthy is False


@pytest.mark.parametrize("status", [200, 204, 206])
@pytest.mark.parametrize(
    "outcome", [said(404), said(500), said(302), said(99), said(600), failed(FailureKind.CONNECTION_REFUSED)]
)
def test_no_rule_makes_a_success_out_of_a_failure_in_silence(outcome: Outcome, status: int) -> None:
    decision = judged(SEARCH, outcome, having(rule("rosy", ALWAYS, status=status)))
    assert decision.rule != "rosy"
    assert decision.status >= 300


@pytest.mark.parametrize("outcome", [said(404), failed(FailureKind.CONNECTION_REFUSED)])
def test_a_rule_may_say_so_by_name(outcome: Outcome) -> None:
    policy = having(rule("no-match", ALWAYS, status=200, allow_success=True, body=BodyPlan.EMPTY))
    decision = judged(SEARCH, outcome, policy)
    assert (decision.status, decision.rule) == (200, "no-match")


@pytest.mark.parametrize("received", [200, 202, 299, 304])
def test_one_success_may_become_another(received: int) -> None:
    assert judged(SEARCH, said(received), having(rule("other", ALWAYS, status=204))).status == 204


def test_a_rule_that_may_not_act_does_not_observe_either() -> None:
    policy = having(rule("rosy", ALWAYS, status=200, observe=True))
    assert judged(SEARCH, said(500), policy).observed == ()


def test_a_rule_edits_the_reply_in_the_order_remove_set_add() -> None:
    edits = FieldEdits(remove=("server",), set=(("X-A", "1"),), add=(("X-B", "2"),))
    answer = said(200, ("Server", "old"), ("x-a", "0"), ("X-B", "1"), ("Content-Type", "application/json"))
    fields = replied(SEARCH, answer, having(rule("edit", ALWAYS, edits=edits))).fields
    assert "Server" not in fields
    assert fields.all("X-A") == ("1",)
    assert fields.all("X-B") == ("1", "2")


def test_edits_add_up() -> None:
    first, second = FieldEdits(("a",), (("b", "1"),)), FieldEdits(("c",), add=(("d", "2"),))
    assert first.then(second) == FieldEdits(("a", "c"), (("b", "1"),), (("d", "2"),))
    assert NO_EDITS.then(second) == second


def test_keep_means_a_report_where_there_is_nothing_to_keep() -> None:
    policy = having(rule("down", REFUSED, status=503, body=BodyPlan.KEEP))
    assert judged(RETRIEVE, failed(FailureKind.CONNECTION_REFUSED), policy).body is BodyPlan.PROBLEM


def test_the_words_of_a_rule_are_not_for_clients() -> None:
    """`why` is written for colleagues, and may name people and machines."""
    policy = having(rule("down", ALWAYS, status=503, body=BodyPlan.PROBLEM))
    for outcome in (said(500), failed(FailureKind.CONNECTION_REFUSED)):
        content = replied(RETRIEVE, outcome, policy).content
        assert content is not None
        assert b"why of" not in content


def test_the_content_is_read_only_where_a_verdict_may_hang_on_it() -> None:
    login = rule("login", StatusIs(frozenset({200})), BodyMatches(re.compile("j_security_check")), status=401)
    policy = having(login)
    image = ("Content-Type", "image/png")
    assert wanted(RETRIEVE, said(200, image), policy) == policy.peek
    assert wanted(RETRIEVE, said(201, image), policy) == wanted(RETRIEVE, said(200, image), Policy()) < policy.peek
    assert wanted(RETRIEVE, said(404, image), Policy()) == policy.peek
    assert wanted(STORE, said(500), Policy()) == policy.document


def test_policies_know_rules_by_what_they_need() -> None:
    login = rule("login", StatusIs(frozenset({200})), BodyMatches(re.compile("login")))
    assert login.needs_content
    assert not rule("plain", BROKEN).needs_content
    (candidate,) = having(login).sieve.candidates(SEARCH, said(200))
    assert candidate.may_match(SEARCH, said(200))
    assert not candidate.matches(SEARCH, said(200))
    assert having(login).sieve.candidates(SEARCH, said(404)) == ()


def test_a_failure_with_a_kinder_name_is_still_a_failure() -> None:
    kinder = having(rule("kinder", BROKEN, status=404))
    assert judged(RETRIEVE, said(500), kinder).healthy is False
