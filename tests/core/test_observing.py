"""Observe mode notes what enforcing would change for the client and nothing else: once, and with the code it would send."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.config.cases import exchange_of
from gateway.config.lint import placed
from gateway.core.decision import BodyPlan, FieldEdits, Observed
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import FailureKind
from gateway.core.fields import Fields
from gateway.core.policy import Mode, Policy
from gateway.core.reply import Reply
from gateway.core.rule import Rule
from tests.core.making import RETRIEVE, SEARCH, asked, failed, judged, replied, rule, said
from tests.core.test_rules import ALWAYS, BROKEN, having
from tests.support.cases import Situation, situations
from tests.support.strategies import outcomes, policies, requests, responses

PURE = [situation for situation in situations() if not situation.case.needs_sockets]
OBSERVE = Policy(mode=Mode.OBSERVE)
JSON = ("Content-Type", "application/dicom+json")


def in_mode(mode: Mode, policy: Policy) -> Policy:
    """The policy with every rule at work, so that the mode alone makes the difference."""
    rules = tuple(replace(one, then=replace(one.then, observe=False)) for one in policy.rules)
    return replace(policy, mode=mode, rules=rules)


def told(reply: Reply) -> tuple[object, ...]:
    """What the client has of a reply. `Proxy-Status` only tells of the rest, and the framing follows the content."""
    lines = Fields(reply.fields).without("Proxy-Status", "Content-Length")
    return reply.status, reply.body, reply.content, sorted((name.lower(), value) for name, value in lines)


def assert_noted_as_it_differs(request: RequestFacts, outcome: Outcome, policy: Policy) -> None:
    enforced = replied(request, outcome, in_mode(Mode.ENFORCE, policy))
    observed = replied(request, outcome, in_mode(Mode.OBSERVE, policy))
    notes = judged(request, outcome, in_mode(Mode.OBSERVE, policy)).observed
    assert [note.status for note in notes] == ([enforced.status] if told(enforced) != told(observed) else [])


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_every_situation_is_noted_as_it_would_be_changed(situation: Situation) -> None:
    settings = situation.settings()
    case = replace(situation.case, request=placed(situation.case.request, settings.routes))
    assert_noted_as_it_differs(*exchange_of(case, settings.policy), settings.policy)


@given(requests(), responses, policies())
def test_every_answer_is_noted_as_it_would_be_changed(request: RequestFacts, answer: Response, policy: Policy) -> None:
    assert_noted_as_it_differs(request, answer, policy)


@given(requests(), outcomes, policies(), st.sampled_from(Mode))
def test_a_rule_that_observes_is_noted_as_it_would_change(
    request: RequestFacts, outcome: Outcome, policy: Policy, mode: Mode
) -> None:
    """The first rule observes and all others are at work: what would differ without that word is noted, and nothing else."""
    enforced = in_mode(Mode.ENFORCE, policy)
    assume(enforced.rules)
    first, *others = enforced.rules
    watch = replace(first, then=replace(first.then, observe=True))
    watching = replace(enforced, mode=mode, rules=(watch, *others))
    would, leaves = judged(request, outcome, enforced), judged(request, outcome, watching)
    differs = told(replied(request, outcome, enforced)) != told(replied(request, outcome, watching))
    expected = would.rule == first.id and (differs or would.healthy != leaves.healthy)
    assert [note for note in leaves.observed if note.rule == first.id] == [Observed(first.id, would.status)] * expected


@pytest.mark.parametrize(
    ("request_", "answer", "note"),
    [
        (RETRIEVE, said(502), Observed("fold", 503)),
        (RETRIEVE, said(404, ("Content-Type", "text/html"), body=b"<html>Error"), Observed("error-body", 404)),
        (RETRIEVE, said(401), Observed("no-challenge", 403)),
        (RETRIEVE, said(200, ("Content-Type", "image/png"), body=b"\xff\xd8\xff"), Observed("label", 200)),
        (asked("DELETE", "/rs/studies/1"), said(405), Observed("fields", 405)),
        (RETRIEVE, said(503), Observed("fields", 503)),
        (RETRIEVE, said(503, ("Retry-After", "soon")), Observed("fields", 503)),
        (SEARCH, said(200, ("Retry-After", "9"), JSON, body=b'[{"00080005": {}}]'), Observed("fields", 200)),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_noted_by_its_name(request_: RequestFacts, answer: Response, note: Observed) -> None:
    assert judged(request_, answer, OBSERVE).observed == (note,)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (SEARCH, said(200, JSON, body=b'[{"00080005": {}}]')),
        (SEARCH, said(204, ("Content-Length", "0"))),
        (RETRIEVE, said(404, ("Content-Type", "text/plain"), body=b"no such study")),
        (RETRIEVE, said(503, ("Retry-After", "9"), ("Content-Type", "text/plain"), body=b"busy")),
    ],
)
def test_what_is_right_already_is_not_noted(request_: RequestFacts, answer: Response) -> None:
    assert judged(request_, answer, OBSERVE).observed == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"edits": FieldEdits(set=(("X-Seen", "yes"),))},
        {"edits": FieldEdits(remove=("Server",))},
        {"body": BodyPlan.PROBLEM},
        {"body": BodyPlan.EMPTY},
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_a_rule_that_keeps_the_code_is_noted_for_the_rest(changes: dict[str, object], mode: Mode) -> None:
    answer = said(404, ("Server", "x"), ("Content-Type", "text/plain"), body=b"no such study")
    mark: Rule = rule("mark", ALWAYS, **changes, observe=mode is Mode.ENFORCE)
    assert judged(RETRIEVE, answer, having(mark, mode=mode)).observed == (Observed("mark", 404),)


@pytest.mark.parametrize("mode", Mode)
def test_a_rule_that_leaves_everything_as_it_is_is_not_noted(mode: Mode) -> None:
    """It may be there to keep later rules from what is right."""
    answer = said(404, ("Server", "x"), ("Content-Type", "text/plain"), body=b"no such study")
    keep = rule("keep", ALWAYS, status=404, edits=FieldEdits(set=(("Server", "x"),)), observe=mode is Mode.ENFORCE)
    assert judged(RETRIEVE, answer, having(keep, mode=mode)).observed == ()


def test_a_failure_is_answered_and_not_observed() -> None:
    """There is no answer of the archive to pass on. Only a rule that observes by itself leaves a note."""
    watch = rule("watch", ALWAYS, status=500, observe=True)
    decision = judged(RETRIEVE, failed(FailureKind.CONNECTION_REFUSED), having(watch, mode=Mode.OBSERVE))
    assert (decision.status, decision.rule, decision.observed) == (503, "failure", (Observed("watch", 500),))


def test_a_rule_that_observes_says_what_it_would_have_come_to() -> None:
    """Its code may owe what nobody knows, and one without a code leaves that to the built-in semantics."""
    login = rule("login", BROKEN, status=401, observe=True)
    mark = rule("mark", BROKEN, edits=FieldEdits(set=(("X-Seen", "yes"),)), observe=True)
    assert judged(RETRIEVE, said(500), having(login, mark)).observed == (Observed("login", 403), Observed("mark", 500))
