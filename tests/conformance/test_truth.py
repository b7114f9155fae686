"""The statement is true: whatever code leaves, its row says that it can, and by what.

Held against every situation of tests/cases under its own policy, and against exchanges and policies nobody thought of.
"""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.config.cases import exchange_of
from gateway.config.lint import placed
from gateway.config.settings import Settings
from gateway.conformance.statement import CodeRow, Statement, statement
from gateway.conformance.switched_on import UNANSWERED
from gateway.core.decision import UNCHANGED, Decision
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.failures import Failure
from gateway.core.normalise import normalise
from gateway.core.policy import Mode, Policy
from tests.conformance.making import GUARDED
from tests.conformance.making import settings as made
from tests.support.cases import Situation, situations
from tests.support.strategies import outcomes, policies, requests

PURE = [situation for situation in situations() if not situation.case.needs_sockets]
# The archive's own code stands.
STANDS = frozenset({UNCHANGED, "error-body", "label", "fields"})
# What a code owes, and cannot pay, changes it under the label of whoever chose it.
DEBTS = frozenset(
    {"no-challenge", "no-location", "unasked-304", "partial-search", "partial-write", "empty-search", "strict"}
)


def explains(row: CodeRow, decision: Decision, outcome: Outcome, policy: Policy) -> bool:
    """Whether one of the sources of a row is what brought this decision about."""
    sources = [source for source in row.sources if source.is_in_force]
    known = {source.label for source in sources}
    silent = {
        rule.id for rule in policy.rules if rule.then.status is None
    }  # they leave the code to the built-in semantics
    if decision.rule in STANDS:
        return any(source.kind == "archive" for source in sources)
    if decision.rule == "failure":
        assert isinstance(outcome, Failure)
        return not known.isdisjoint({outcome.kind.value, "failure", "strict"})
    return decision.rule in known | silent or not known.isdisjoint(DEBTS)


def checked(said: Statement, request: RequestFacts, outcome: Outcome, policy: Policy) -> None:
    decision = normalise(request, outcome, policy)
    assert decision.status in said.declared
    (row,) = (row for row in (*said.rows, *said.beyond) if row.code == decision.status)
    assert explains(row, decision, outcome, policy), (decision, row)


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_the_code_that_a_situation_ends_with_is_declared(situation: Situation) -> None:
    known = situation.settings()
    case = replace(situation.case, request=placed(situation.case.request, known.routes))
    request, outcome = exchange_of(case, known.policy)
    enforcing = replace(known, policy=replace(known.policy, mode=Mode.ENFORCE))
    checked(statement(enforcing), request, outcome, enforcing.policy)


EVERYTHING = made(**GUARDED)


def under(policy: Policy) -> Settings:
    """All that can bring a failure about is switched on."""
    return replace(EVERYTHING, policy=replace(policy, mode=Mode.ENFORCE))


@given(requests(), outcomes, policies(), st.sampled_from(("2024e", "2026a")), st.booleans())
@settings(max_examples=200)
def test_whatever_leaves_is_declared(
    request: RequestFacts, outcome: Outcome, policy: Policy, edition: str, strict: bool
) -> None:
    assume(not (isinstance(outcome, Failure) and outcome.kind in UNANSWERED))
    documented = replace(policy.documented, edition=edition, strict=strict)
    known = under(replace(policy, documented=documented))
    checked(statement(known), request, outcome, known.policy)
