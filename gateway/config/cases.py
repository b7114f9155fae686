"""Cases: an exchange and what must become of it. The examples of rules are cases, and so is every file of them.

`play` goes the whole way of an exchange except its bytes: classify, normalise, compose. Pure, and the same every time. What
only a wire can show, such as an answer that breaks off, it does not pretend to know: such a case needs sockets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway.config.findings import Place
from gateway.core.attention import look
from gateway.core.decision import UNCHANGED, BodyPlan, Decision
from gateway.core.facts import Outcome, RequestFacts, Response, classified, parts_in
from gateway.core.failures import Failure
from gateway.core.fields import Fields
from gateway.core.normalise import normalise
from gateway.core.policy import Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.dicomweb.statuses import FORBIDS_CONTENT

# The moment in which every case plays: no jitter, and a date for HTTP-dates to lie before and after.
MOMENT = Moment(
    now=1_767_225_600.0,
    http_date="Thu, 01 Jan 2026 00:00:00 GMT",
    chance=0.0,
    exchange_id="00000000-0000-4000-8000-000000000000",
)
NEEDS_SOCKETS = "needs sockets: raw and cut are about bytes on a wire"

After: TypeAlias = Literal["close", "rst", "hold"]


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """What the client asks. `content` is None where the case says nothing about it. `route` and `upstream` matter to rules
    that name one, `service` is what the route offers."""

    method: str
    path: str
    fields: Fields = field(default_factory=Fields)
    route: str = ""
    upstream: str = ""
    service: str = "dicomweb"
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the archive says. With `cut`, the connection breaks after so many bytes of the content, as `after` says."""

    status: int
    fields: Fields = field(default_factory=Fields)
    content: bytes = b""
    reason: str = ""
    cut: int | None = None
    after: After = "close"


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that the archive sends, whatever they are, and what follows: an end, a reset, silence."""

    data: bytes
    after: After = "close"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must hold of the reply. A header value is the whole value, or a pattern to be found in it.

    `others` are statuses that will do as well; what else is expected is then left open, since it belongs to `status`.
    """

    status: int
    rule: str | None = None
    headers: tuple[tuple[str, str | re.Pattern[str]], ...] = ()
    headers_absent: tuple[str, ...] = ()
    body: BodyPlan | None = None
    content: bytes | None = None
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One exchange, and what must become of it. `why` and `source` are for people."""

    name: str
    request: CaseRequest
    upstream: Answer | Raw | Failure
    expect: Expected
    why: str = ""
    source: tuple[str, ...] = ()

    @property
    def needs_sockets(self) -> bool:
        return isinstance(self.upstream, Raw) or (isinstance(self.upstream, Answer) and self.upstream.cut is not None)


@dataclass(frozen=True, slots=True)
class Example:
    """A case that belongs to a rule, and where it is written."""

    rule: str
    case: Case
    place: Place


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a case: the status, who decided and why, and what is not as expected, in words."""

    status: int
    rule: str
    why: str
    differences: tuple[str, ...]


def run_case(case: Case, policy: Policy) -> list[str]:
    """What is not as expected, in words; nothing where all is."""
    return [NEEDS_SOCKETS] if case.needs_sockets else list(play(case, policy).differences)


def play(case: Case, policy: Policy) -> Played:
    """Judge the exchange of a case that needs no sockets."""
    request, outcome = exchange_of(case, policy)
    decision = normalise(request, outcome, policy)
    reply = compose(decision, request, outcome, policy, MOMENT)
    sent = _content(case, reply)
    return Played(decision.status, decision.rule, decision.why, tuple(_differences(case.expect, decision, reply, sent)))


def exchange_of(case: Case, policy: Policy) -> tuple[RequestFacts, Outcome]:
    """What the judgement gets to see of a case that needs no sockets."""
    assert not isinstance(case.upstream, Raw)
    request = _facts(case.request)
    return request, _outcome(case, request, policy)


def by(rule: str, why: str) -> str:
    """Who decided, in words."""
    return ("no rule" if rule == UNCHANGED else f"rule {rule}") + (f", {why}" if why else "")


def _facts(request: CaseRequest) -> RequestFacts:
    return RequestFacts(
        request.method,
        request.path,
        request.fields,
        classified(request.method, request.path, request.fields, request.service),
        request.route,
        request.upstream,
        opaque=request.service == "opaque",
        has_content=bool(request.content),
    )


def _outcome(case: Case, request: RequestFacts, policy: Policy) -> Outcome:
    """The archive's answer as far as the policy would have it read."""
    upstream = case.upstream
    if not isinstance(upstream, Answer):
        assert isinstance(upstream, Failure)
        return upstream
    sent = parts_in(request, case.request.content)
    head = Response(upstream.status, _framed(upstream), reason=upstream.reason, parts_sent=sent)
    return look(request, head, upstream.content, policy)


def _framed(answer: Answer) -> Fields:
    fields = answer.fields
    if "Content-Length" in fields or "Transfer-Encoding" in fields or answer.status in FORBIDS_CONTENT:
        return fields
    return fields.adding(("Content-Length", str(len(answer.content))))


def _content(case: Case, reply: Reply) -> bytes:
    """The content that the client gets."""
    if case.request.method == "HEAD" or reply.status in FORBIDS_CONTENT:
        return b""
    if reply.content is not None:
        return reply.content
    return case.upstream.content if isinstance(case.upstream, Answer) else b""


def _differences(expect: Expected, decision: Decision, reply: Reply, sent: bytes) -> Iterator[str]:
    decided = by(decision.rule, decision.why)
    if reply.status in expect.others:
        return
    if reply.status != expect.status:
        wanted = " or ".join(str(status) for status in (expect.status, *expect.others))
        yield f"status {reply.status} instead of {wanted} (by {decided})"
    if expect.rule is not None and decision.rule != expect.rule:
        yield f"decided by {decided} instead of {expect.rule}"
    if expect.body is not None and reply.body is not expect.body:
        yield f"body {reply.body.value} instead of {expect.body.value}"
    if expect.content is not None and sent != expect.content:
        yield f"content {_excerpt(sent)} instead of {_excerpt(expect.content)}"
    for name, value in expect.headers:
        values = reply.fields.all(name)
        if not any(_fits(value, line) for line in values):
            pattern = value.pattern if isinstance(value, re.Pattern) else value
            yield f"{name} is {', '.join(values) or 'absent'} instead of {pattern}"
    yield from (f"{name} is there" for name in expect.headers_absent if name in reply.fields)


def _fits(wanted: str | re.Pattern[str], value: str) -> bool:
    return bool(wanted.search(value)) if isinstance(wanted, re.Pattern) else wanted == value


def _excerpt(content: bytes) -> str:
    start = repr(content[:60])[1:]
    return f"{start}..." if len(content) > 60 else start
