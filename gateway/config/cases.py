"""Cases: an exchange and what must become of it. The examples of rules are cases.

`run_case` goes the whole way of an exchange except its bytes: classify, normalise, compose. Pure, and the same every
time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gateway.config.findings import Place
from gateway.core.decision import UNCHANGED, BodyPlan, Decision
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.dicomweb.classify import classify
from gateway.dicomweb.statuses import FORBIDS_CONTENT

# The moment in which every case plays: no jitter, and a date for HTTP-dates to lie before and after.
MOMENT = Moment(
    now=1_767_225_600.0,
    http_date="Thu, 01 Jan 2026 00:00:00 GMT",
    chance=0.0,
    exchange_id="00000000-0000-4000-8000-000000000000",
)


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """What the client asks. `route` and `upstream` matter to rules that name one."""

    method: str
    path: str
    fields: Fields = field(default_factory=Fields)
    route: str = ""
    upstream: str = ""
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the archive says."""

    status: int
    fields: Fields = field(default_factory=Fields)
    content: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold of the reply. A header value is the whole value, or a pattern to be found in it."""

    status: int
    rule: str | None = None
    headers: tuple[tuple[str, str | re.Pattern[str]], ...] = ()
    headers_absent: tuple[str, ...] = ()
    body: BodyPlan | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange, and what must become of it."""

    name: str
    request: CaseRequest
    upstream: Answer | Failure
    expect: Expected


@dataclass(frozen=True, slots=True)
class Example:
    """A case that belongs to a rule, and where it is written."""

    rule: str
    case: Case
    place: Place


def run_case(case: Case, policy: Policy) -> list[str]:
    """What is not as expected, in words; nothing where all is."""
    request = _facts(case.request)
    outcome = _outcome(case.upstream, request, policy)
    decision = normalise(request, outcome, policy)
    reply = compose(decision, request, outcome, policy, MOMENT)
    return list(_differences(case.expect, decision, reply))


def _facts(request: CaseRequest) -> RequestFacts:
    fields = request.fields
    classification = classify(
        request.method,
        request.path,
        accept=fields.combined("Accept"),
        content_type=fields.get("Content-Type"),
        soap_action="SOAPAction" in fields,
        websocket=fields.get("Upgrade").lower() == "websocket",
        preflight="Origin" in fields and "Access-Control-Request-Method" in fields,
    )
    return RequestFacts(
        request.method, request.path, fields, classification, request.route, request.upstream, opaque=request.opaque
    )


def _outcome(upstream: Answer | Failure, request: RequestFacts, policy: Policy) -> Outcome:
    """The archive's answer as far as the policy would have it read."""
    if isinstance(upstream, Failure):
        return upstream
    fields = upstream.fields
    framed = "Content-Length" in fields or "Transfer-Encoding" in fields
    if not framed and upstream.status not in FORBIDS_CONTENT:
        fields = fields.adding(("Content-Length", str(len(upstream.content))))
    head = Response(upstream.status, fields, reason=upstream.reason)
    if not policy.wants_peek(request, head):
        return head
    peek = upstream.content[: policy.peek]
    return replace(head, peek=peek, whole=len(peek) == len(upstream.content))


def _differences(expect: Expected, decision: Decision, reply: Reply) -> Iterator[str]:
    by = "no rule" if decision.rule == UNCHANGED else f"rule {decision.rule}"
    reason = f", {decision.why}" if decision.why else ""
    if reply.status != expect.status:
        yield f"status {reply.status} instead of {expect.status} (by {by}{reason})"
    if expect.rule is not None and decision.rule != expect.rule:
        yield f"decided by {by}{reason} instead of {expect.rule}"
    if expect.body is not None and reply.body is not expect.body:
        yield f"body {reply.body.value} instead of {expect.body.value}"
    for name, wanted in expect.headers:
        values = reply.fields.all(name)
        if not any(_fits(wanted, value) for value in values):
            pattern = wanted.pattern if isinstance(wanted, re.Pattern) else wanted
            yield f"{name} is {', '.join(values) or 'absent'} instead of {pattern}"
    yield from (f"{name} is there" for name in expect.headers_absent if name in reply.fields)


def _fits(wanted: str | re.Pattern[str], value: str) -> bool:
    return bool(wanted.search(value)) if isinstance(wanted, re.Pattern) else wanted == value
