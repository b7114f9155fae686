"""The sieve remembers which rules can matter, and changes no verdict."""

import re

from hypothesis import given

from gateway.core.conditions import BodyMatches, FieldMatches, OneOf, StatusIs
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.failures import FailureKind
from gateway.core.policy import Policy
from gateway.core.sieve import Sieve
from tests.core.making import RETRIEVE, SEARCH, asked, failed, rule, said
from tests.support.strategies import outcomes, policies, requests

RULES = (
    rule("searches", OneOf("transaction", frozenset({"studies.search"})), StatusIs(frozenset({500})), status=404),
    rule("refused", OneOf("failure", frozenset({"connection_refused"})), status=503),
    rule("server", FieldMatches("Server", re.compile("IIS")), status=500),
    rule("page", StatusIs(frozenset({200, 500})), BodyMatches(re.compile("login")), status=401),
    rule("success", StatusIs(frozenset({500})), status=200),
    rule("named-success", StatusIs(frozenset({500})), status=200, allow_success=True),
)


@given(requests(), outcomes, policies())
def test_sifted_rules_match_as_they_do_one_by_one(request: RequestFacts, outcome: Outcome, policy: Policy) -> None:
    expected = [rule for rule in policy.rules if rule.is_permitted(outcome) and rule.matches(request, outcome)]
    for _ in range(2):  # found, and remembered
        candidates = policy.sieve.candidates(request, outcome)
        assert [each.rule for each in candidates if each.matches(request, outcome)] == expected


def test_what_is_asked_most_is_looked_up() -> None:
    sieve = Sieve(RULES)
    assert [c.rule.id for c in sieve.candidates(SEARCH, said(500))] == ["searches", "server", "page", "named-success"]
    assert [c.rule.id for c in sieve.candidates(RETRIEVE, said(500))] == ["server", "page", "named-success"]
    refused = failed(FailureKind.CONNECTION_REFUSED)
    assert [c.rule.id for c in sieve.candidates(SEARCH, refused)] == ["refused", "server"]


def test_made_up_combinations_do_not_fill_the_memory() -> None:
    sieve = Sieve(RULES)
    for number in range(10_000):
        sieve.candidates(asked("GET", "/rs/studies", route=str(number)), said(200))
    assert len(sieve._known) <= 4096


def test_a_thousand_rules_are_walked_through_once() -> None:
    asked_for = []

    class Counting(StatusIs):
        def holds(self, request: RequestFacts, outcome: Outcome) -> bool:
            asked_for.append(self)
            return StatusIs.holds(self, request, outcome)

    policy = Policy(rules=tuple(rule(f"r{n}", Counting(frozenset({599})), status=500) for n in range(1000)))
    for _ in range(10):
        assert policy.sieve.candidates(SEARCH, said(200)) == ()
    assert len(asked_for) == 1000
