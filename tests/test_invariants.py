"""What holds of every exchange, whatever an archive says and whatever a site has configured: DESIGN's invariants, pure half.

The other half, which needs sockets, is in test_invariants_sockets.py.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings

import gateway
from gateway.core.decision import UNCHANGED, BodyPlan, Decision
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.headers import HOP_BY_HOP
from gateway.core.normalise import BUILT_IN, normalise
from gateway.core.policy import Mode, Policy, Then
from gateway.core.reply import Moment, Reply, compose
from gateway.core.retry_after import is_valid
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from tests.core.making import NOON, RETRIEVE, said
from tests.support import strategies as some

ORIGIN = "http://pacs.internal:8042"
SOURCE = Path(gateway.__file__).parent

many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
exchanges = given(some.requests(), some.outcomes, some.policies(), some.moments)


def played(request: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment) -> tuple[Decision, Reply]:
    decision = normalise(request, outcome, policy)
    return decision, compose(decision, request, outcome, policy, moment, ORIGIN)


def enforced(outcome: Outcome, policy: Policy) -> bool:
    """Whether the gateway answers in its own way: it does not where it only observes an answer that HTTP knows."""
    return policy.mode is Mode.ENFORCE or not (isinstance(outcome, Response) and 200 <= outcome.status <= 599)


def decided_by(decision: Decision, policy: Policy) -> Then:
    return next((rule.then for rule in policy.rules if rule.id == decision.rule), Then())


def is_failure(outcome: Outcome) -> bool:
    return isinstance(outcome, Failure) or not (200 <= outcome.status < 300 or outcome.status == 304)


@many
@exchanges
def test_closed(request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment) -> None:
    """The status is in the documented set, or, where the gateway only observes, the archive's own."""
    decision, reply = played(request_, outcome, policy, moment)
    assert reply.status == decision.status
    if enforced(outcome, policy):
        assert policy.documented.allows(reply.status)
    else:
        assert isinstance(outcome, Response)
        assert (reply.status, decision.rule) == (outcome.status, UNCHANGED)


@many
@exchanges
@example(RETRIEVE, said(503, ("Content-Length", "9" * 5000), ("Retry-After", "9" * 5000)), Policy(), NOON)
@example(RETRIEVE, said(302, ("Location", "http://[")), Policy(), NOON)
def test_total(request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment) -> None:
    """It never raises, and equal arguments give equal decisions."""
    assert played(request_, outcome, policy, moment) == played(request_, outcome, policy, moment)
    assert isinstance(outcome, Failure) or isinstance(policy.wants_peek(request_, outcome), bool)


@many
@exchanges
def test_never_a_success_out_of_a_failure(
    request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment
) -> None:
    decision, _ = played(request_, outcome, policy, moment)
    if is_failure(outcome) and decision.status < 300:
        assert decided_by(decision, policy).allow_success


@many
@exchanges
def test_retry_after_on_every_429_and_503(
    request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment
) -> None:
    """One valid value of at least a second, unless a rule says none by name or the gateway only observes."""
    decision, reply = played(request_, outcome, policy, moment)
    values = reply.fields.all("Retry-After")
    if not enforced(outcome, policy):
        return
    assert len(values) <= 1
    if reply.status in (429, 503) and decided_by(decision, policy).retry_after != "none":
        assert len(values) == 1
    for value in values:
        assert is_valid(value)
        assert reply.retry is not None
        assert reply.retry.seconds >= 1


@many
@exchanges
def test_every_code_pays_what_it_owes(request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment) -> None:
    decision, reply = played(request_, outcome, policy, moment)
    if enforced(outcome, policy):
        for status, name in (
            (401, "WWW-Authenticate"),
            (405, "Allow"),
            (301, "Location"),
            (302, "Location"),
            (303, "Location"),
        ):
            assert reply.status != status or name in reply.fields
        assert reply.status != 304 or {"If-None-Match", "If-Modified-Since"} & {n for n, _ in request_.fields}
    if reply.status in FORBIDS_CONTENT:
        assert (reply.body, reply.content) == (BodyPlan.EMPTY, b"")
    assert (reply.content is None) == (reply.body is BodyPlan.KEEP)
    assert reply.body is not BodyPlan.KEEP or isinstance(outcome, Response)
    assert decision.rule in BUILT_IN | {rule.id for rule in policy.rules}


@many
@exchanges
def test_every_line_of_a_reply_can_be_written(
    request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment
) -> None:
    """No line that splits the response or frames it a second time, whatever the archive wrote."""
    _, reply = played(request_, outcome, policy, moment)
    for name, value in reply.fields:
        assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        assert name.lower() not in HOP_BY_HOP
        value.encode("latin-1")
    assert len(reply.fields.all("Via")) == 1
    assert reply.fields.get("Via").endswith("1.1 pacs-gateway")
    if reply.body is BodyPlan.PROBLEM:
        assert len(reply.fields.all("Content-Type")) == 1
        assert "Content-Encoding" not in reply.fields


@many
@given(some.requests(), some.responses, some.policies())
def test_content_that_was_not_asked_for_decides_nothing(
    request_: RequestFacts, response: Response, policy: Policy
) -> None:
    """`wants_peek` is a promise: where it says no, the first bytes would not have changed the verdict."""
    head = Response(response.status, response.fields)
    if not policy.wants_peek(request_, head) and not request_.opaque and request_.method != "HEAD":
        seen = normalise(request_, response, policy)
        assert seen.status == normalise(request_, head, policy).status


def test_one_door() -> None:
    """Only `normalise` makes a Decision, only `compose` a Reply, and only one place writes a status line."""
    assert set(_callers("Decision")) == {"core/normalise.py"}
    assert set(_callers("Reply")) <= {"core/reply.py", "admin/replies.py", "demo/replies.py"}
    writers = {file for file in _files() if 'f"HTTP/1.1 {' in (SOURCE / file).read_text("utf-8")}
    assert {file for file in writers if file.startswith(("proxy/", "core/", "server", "runtime"))} == {
        "proxy/downstream.py"
    }


def _files() -> list[str]:
    return [str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")]


def _callers(name: str) -> Iterator[str]:
    for file in _files():
        for node in ast.walk(ast.parse((SOURCE / file).read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield file


def test_every_failure_has_an_answer_whatever_the_method() -> None:
    for kind in FailureKind:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FROB", ""):
            request = RequestFacts(method, "/", Fields(), RETRIEVE.classification)
            decision, reply = played(request, Failure(kind), Policy(), NOON)
            assert decision.failure == Failure(kind)
            assert reply.body is BodyPlan.PROBLEM
