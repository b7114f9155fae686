"""What holds of every exchange, whatever an archive says and whatever a site has configured: DESIGN's invariants, pure half.

The other half, which needs sockets, is in test_invariants_sockets.py.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import gateway
from gateway.core.attention import is_judged, look, wanted
from gateway.core.decision import UNCHANGED, BodyPlan, Decision
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.headers import HOP_BY_HOP
from gateway.core.normalise import BUILT_IN, normalise
from gateway.core.policy import Documented, Mode, Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.core.retry_after import is_valid
from gateway.core.rule import Then
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.dicomweb.store_response import read_store_response
from tests.core.making import NOON, RETRIEVE, SEARCH, STORE, asked, said
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
    assert isinstance(outcome, Failure) or wanted(request_, outcome, policy) >= 1


@many
@exchanges
def test_never_a_success_out_of_a_failure(
    request_: RequestFacts, outcome: Outcome, policy: Policy, moment: Moment
) -> None:
    """But for a store whose response lists what was kept: 202, and never a plain success."""
    decision, _ = played(request_, outcome, policy, moment)
    if is_failure(outcome) and decision.status < 300:
        by_module = (decision.status, decision.rule) == (202, "store-outcome")
        assert decided_by(decision, policy).allow_success or by_module


_items = st.lists(st.sampled_from(({}, {"00081197": {"vr": "US", "Value": [0xA700]}}, {"00081196": {}})), max_size=3)
_sequences = _items.map(lambda items: {"vr": "SQ", "Value": items}) | st.just({"vr": "SQ"})
modules = st.dictionaries(st.sampled_from(("00081199", "00081198", "0008119A", "00081190")), _sequences)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(390, 610) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("00100020", "error", "status", "code", "Message")), inner, max_size=3)
    ),
    max_leaves=8,
)
json_bodies = st.builds(
    lambda value, cut: json.dumps(value).encode()[: cut or None], modules | documents, st.none() | st.integers(1, 40)
)
json_answers = st.builds(
    Response, some.statuses, some.fields, json_bodies, st.booleans(), st.just(""), st.none() | st.integers(0, 4)
)
asking = st.sampled_from((STORE, SEARCH, RETRIEVE, asked("POST", "/rs/workitems"), asked("GET", "/rs/workitems/1")))


@many
@given(asking | some.requests(), json_answers, some.policies(), some.moments)
def test_total_and_closed_whatever_json_an_archive_writes(
    request_: RequestFacts, answer: Response, policy: Policy, moment: Moment
) -> None:
    decision, reply = played(request_, answer, policy, moment)
    assert (decision, reply) == played(request_, answer, policy, moment)
    if enforced(answer, policy):
        assert policy.documented.allows(decision.status)


@many
@given(modules, some.statuses, st.none() | st.integers(0, 4), st.booleans())
def test_never_a_plain_success_out_of_a_failed_store(
    module: dict[str, object], status: int, sent: int | None, strict: bool
) -> None:
    """An error is 202 at most, and then something is stored; nothing stored is no success at all."""
    answer = Response(status, Fields(), json.dumps(module).encode(), whole=True, parts_sent=sent)
    decision = normalise(STORE, answer, Policy(documented=Documented(strict=strict)))
    outcome = read_store_response(answer.peek or b"")
    if is_failure(answer) and decision.status < 300:
        assert decision.status == 202
    if outcome is not None and decision.status < 300 and status not in FORBIDS_CONTENT:
        assert outcome.stored
        assert decision.status != 200 or not outcome.failed


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
    """But on paths outside the standard, where the archive's own documented code stays."""
    decision, reply = played(request_, outcome, policy, moment)
    as_it_came = request_.transaction.id == "other" and decision.received == reply.status
    if enforced(outcome, policy) and not as_it_came:
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
    """`is_judged` is a promise: where it says no, what `look` holds is the head, so no byte changes the verdict."""
    head = Response(response.status, response.fields)
    held = look(request_, head, response.peek or b"", policy)
    if not is_judged(request_, head):
        assert held is head
    assert len(held.peek or b"") <= max(policy.peek, policy.document)
    assert (held.peek or b"") == (response.peek or b"")[: len(held.peek or b"")]


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
