"""Every situation of tests/cases, explained: what is said is what is done."""

import json
from dataclasses import replace

import pytest

from gateway.config.cases import MOMENT, exchange_of
from gateway.config.explained import NO_HEAD, ONLY_THE_HEAD, explained
from gateway.config.lint import placed
from gateway.core.explain import from_json, to_json
from gateway.core.explain.explanation import Found
from gateway.core.normalise import normalise
from gateway.core.reply import compose
from tests.support.cases import Situation, situations

PURE = [situation for situation in situations() if not situation.case.needs_sockets]
ON_A_WIRE = [situation for situation in situations() if situation.case.needs_sockets]


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_what_is_explained_is_what_is_done(situation: Situation) -> None:
    settings = situation.settings()
    case = replace(situation.case, request=placed(situation.case.request, settings.routes))
    request, outcome = exchange_of(case, settings.policy)
    decision = normalise(request, outcome, settings.policy)
    reply = compose(decision, request, outcome, settings.policy, MOMENT)
    told = explained(case, settings.policy)
    assert (told.status, told.rule, told.why) == (reply.status, decision.rule, decision.why)
    assert (told.body, told.breaker) == (reply.body, {True: "works", False: "fails", None: "nothing"}[decision.tells])
    back = told.retry_after
    assert (
        (back.value, back.source) == (reply.fields.get("Retry-After"), reply.retry.source)
        if reply.retry and back
        else (back is None and reply.retry is None)
    )
    assert not told.missing
    leads = [step.after for step in told.steps]
    assert leads[-1:] in ([], [told.status])
    if decision.rule in {rule.id for rule in settings.policy.rules}:
        assert told.decider is not None
        assert told.decider.id == decision.rule
    for rule in told.rules:
        assert (rule.found is Found.FAILS) == bool(rule.failed and rule.seen)
    assert from_json(json.loads(json.dumps(to_json(told)))) == told


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_every_field_that_is_changed_has_its_clause(situation: Situation) -> None:
    settings = situation.settings()
    case = replace(situation.case, request=placed(situation.case.request, settings.routes))
    told = explained(case, settings.policy)
    request, outcome = exchange_of(case, settings.policy)
    reply = compose(normalise(request, outcome, settings.policy), request, outcome, settings.policy, MOMENT)
    for line in told.lines:
        assert line.clause, line
        assert line.why, line
        assert (line.after or "") == ", ".join(reply.fields.all(line.name))


@pytest.mark.parametrize("situation", ON_A_WIRE, ids=lambda situation: situation.id)
def test_of_a_situation_on_a_wire_the_head_is_explained_and_that_is_said(situation: Situation) -> None:
    told = explained(situation.case, situation.settings().policy)
    assert set(told.notes) <= {ONLY_THE_HEAD, NO_HEAD}
    assert told.notes
