"""Stand-ins are judged like the exchanges that they stand in for, or the line says that they are not. Nobody guesses."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config.cases import exchange_of
from gateway.config.lint import in_earnest, placed
from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.core.attention import look
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.policy import Policy
from gateway.recordings.entry import drawn
from gateway.recordings.judging import Bench, Untold, Verdict
from tests.support import strategies as some
from tests.support.cases import BASE, Situation, situations

ORIGIN = "http://127.0.0.1:1"
PURE = [situation for situation in situations() if not situation.case.needs_sockets]
many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def exchange(situation: Situation, policy: Policy) -> tuple[RequestFacts, Outcome]:
    configured = situation.settings()
    case = replace(situation.case, request=placed(situation.case.request, configured.routes))
    return exchange_of(case, in_earnest(policy))


@pytest.mark.parametrize("situation", PURE, ids=lambda situation: situation.id)
def test_a_situation_is_told_by_its_shape(situation: Situation) -> None:
    configured = situation.settings()
    bench = Bench(configured)
    request, outcome = exchange(situation, configured.policy)
    sketch, known = drawn(request, outcome, ORIGIN, bench)
    assert known.told_by == "shape"
    assert bench.verdict(sketch, known) == known.verdict == bench.decided(request, outcome)[1]


def grounds() -> Iterator[Settings]:
    """Other configurations: other sets, editions, quirks, rules in another order, fewer and more of them."""
    for more in (
        "packs: all",
        "documented: {set: dcs}",
        "documented: {edition: 2026a, strict: true}",
        "documented: {strict: true, fold: {402: 400, 422: 400}}\npacs: [orthanc, login-pages]".replace("pacs", "packs"),
        "rules: [{id: all-errors, why: A test., when: {status: 4xx}, then: {status: 500}}]",
        "rules: [{id: pages, why: A test., when: {looks_like: html}, then: {status: 403}}]",
        "rules: [{id: words, why: A test., when: {body: (?i)error}, then: {status: 503}}]",
        "rules: [{id: numbers, why: A test., when: {json: {/HttpStatus: 404}}, then: {status: 410}}]",
        "rules: [{id: sizes, why: A test., when: {size: <100}, then: {status: 500}}]",
        "rules: [{id: signs, why: A test., when: {header: {Server: nginx, X-Y: null}}, then: {status: 500}}]",
        "rules: [{id: names, why: A test., when: {header: {Set-Cookie: null, Content-Type: json}}, then: {status: 500}}]",
    ):
        yield load_text(BASE + more, "tests", {"UPSTREAM": ORIGIN})


GROUNDS = list(grounds())


@pytest.mark.parametrize("other", GROUNDS, ids=lambda ground: str(GROUNDS.index(ground)))
def test_under_another_policy_there_is_the_right_verdict_or_none(other: Settings) -> None:
    told = 0
    for situation in PURE:
        configured = situation.settings()
        sketch, known = drawn(*exchange(situation, configured.policy), ORIGIN, Bench(configured))
        true = Bench(other).decided(*exchange(situation, other.policy))[1]
        found = Bench(other).verdict(sketch, known)
        assert found == true or isinstance(found, Untold), situation.id
        told += isinstance(found, Verdict)
    assert told > 0


def bench_of(policy: Policy, request: RequestFacts) -> Bench:
    """A configuration with this policy, whose only route is that of the request."""
    configured = GROUNDS[0]
    route = replace(
        configured.routes[0],
        id=request.route,
        upstream=request.upstream,
        service="opaque" if request.opaque else "dicomweb",
    )
    return Bench(replace(configured, policy=in_earnest(policy), routes=(route,)))


_leaves = st.none() | st.booleans() | st.integers(390, 610) | st.sampled_from(("not found", "login", "x", "error"))
_keys = st.sampled_from(
    ("00100020", "00081199", "00081198", "99999999", "error", "status", "HttpStatus", "Message", "a", "DOE")
)
documents = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4), max_leaves=10
)
labels = st.sampled_from(("application/json", "application/dicom+json", "text/html", "application/vnd.doe+json", ""))
answers = st.builds(
    lambda status, label, document, cut: Response(
        status, Fields([("Content-Type", label)]), json.dumps(document).encode()[: cut or None]
    ),
    some.statuses,
    labels,
    documents,
    st.none() | st.integers(1, 60),
)


@many
@given(some.requests(), some.outcomes | answers, some.policies(), some.policies())
def test_nobody_guesses(request_: RequestFacts, outcome: Outcome, recorded: Policy, other: Policy) -> None:
    """Whatever was recorded under whatever policy: under any other there is the verdict on the exchange itself, or none."""

    def held(policy: Policy) -> Outcome:
        if not isinstance(outcome, Response):
            return outcome
        return look(request_, replace(outcome, peek=None, whole=False), outcome.peek or b"", policy)

    before, after = bench_of(recorded, request_), bench_of(other, request_)
    sketch, known = drawn(request_, held(recorded), "http://pacs.internal:8042", before)
    assert before.verdict(sketch, known) == known.verdict
    found = after.verdict(sketch, known)
    assert isinstance(found, Untold) or found == after.decided(request_, held(other))[1]
