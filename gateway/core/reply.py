"""From a decision to the reply: the status line, every field line, and what follows them.

`compose` may not touch the status. It adds what every reply owes (`Date`, `Via`, `Proxy-Status` of RFC 9209), writes
`Retry-After`, and takes away what described a content that is not sent.
"""

from dataclasses import dataclass

from gateway.core.cors import with_cors
from gateway.core.decision import UNCHANGED, BodyPlan, Decision, FieldEdits, RetrySource
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.fields import Fields
from gateway.core.headers import DESCRIBES_CONTENT, PSEUDONYM, response_lines
from gateway.core.policy import Policy
from gateway.core.problem import problem
from gateway.core.retry_after import OWED, longest, rendered

SPEAK_OF_RANGES = (206, 416)  # RFC 9110 14.4: under any other code a Content-Range has no meaning


@dataclass(frozen=True, slots=True)
class Moment:
    """What the outer world lends to a reply: Unix seconds, the same as an HTTP-date, chance in [0, 1), the exchange's id, and
    the seconds for which the archive's breaker lets nobody through."""

    now: float
    http_date: str
    chance: float
    exchange_id: str
    closed_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Retry:
    """The Retry-After that went out, for the metric: who said it, and the wait in seconds."""

    source: RetrySource
    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What the client gets, framing aside. `content` is ours, or None where the archive's follows (body KEEP)."""

    status: int
    reason: str
    fields: Fields
    body: BodyPlan
    content: bytes | None = None
    retry: Retry | None = None


def compose(
    decision: Decision,
    request: RequestFacts,
    outcome: Outcome,
    policy: Policy,
    moment: Moment,
    upstream_origin: str = "",
) -> Reply:
    """The reply that carries out a decision."""
    reason = policy.documented.reason(decision.status)
    fields, retry = _crossing(outcome, request, upstream_origin), None
    if not decision.untouched:
        fields = _edited(_without_stale(fields, decision), decision.edits)
        fields, retry = _with_retry_after(fields, decision, policy, moment)
    content = b"" if decision.body is BodyPlan.EMPTY else None
    if decision.body is BodyPlan.EMPTY_LIST:
        fields, content = fields.adding(("Content-Type", "application/dicom+json")), b"[]"
    if decision.body is BodyPlan.PROBLEM:
        report = problem(request, decision, reason, fields.get("Retry-After"), moment.exchange_id)
        fields, content = fields.setting("Content-Type", report.media_type), report.content
        if "Cache-Control" not in fields:
            fields = fields.adding(("Cache-Control", "no-store"))
    if "Date" not in fields:
        fields = fields.adding(("Date", moment.http_date))
    if said := proxy_status(decision):
        fields = fields.adding(("Proxy-Status", said))
    if policy.cors is not None:
        fields = with_cors(fields, request, policy.cors)
    return Reply(decision.status, reason, fields, decision.body, content, retry)


def _crossing(outcome: Outcome, request: RequestFacts, upstream_origin: str) -> Fields:
    """The archive's own lines where there are any."""
    if not isinstance(outcome, Response):
        return Fields([("Via", f"1.1 {PSEUDONYM}")])
    return response_lines(
        outcome.fields, upstream_origin=upstream_origin, public_base=request.public_base, version="1.1"
    )


def _without_stale(fields: Fields, decision: Decision) -> Fields:
    """Lines that stopped being true: about a content that is not sent, or of a code that has become another."""
    if decision.status >= 400 and decision.received is not None and 300 <= decision.received < 400:
        fields = fields.without("Location")
    if decision.status != decision.received and decision.status not in SPEAK_OF_RANGES:
        fields = fields.without("Content-Range")
    if decision.body in (BodyPlan.PROBLEM, BodyPlan.EMPTY_LIST):
        return fields.without(*DESCRIBES_CONTENT)
    return _bodiless(decision, fields) if decision.body is BodyPlan.EMPTY else fields


def _bodiless(decision: Decision, fields: Fields) -> Fields:
    """Without content: 304 keeps what describes the representation (RFC 9110 15.4.5), others keep only their names."""
    if decision.status == 304:
        return fields.without("Content-Length")
    return fields.without("Content-Type", "Content-Length", "Content-Encoding", "Content-Range")


def _edited(fields: Fields, edits: FieldEdits) -> Fields:
    fields = fields.without(*edits.remove) if edits.remove else fields
    for name, value in edits.set:
        fields = fields.setting(name, value)
    return fields.adding(*edits.add) if edits.add else fields


def _with_retry_after(
    fields: Fields, decision: Decision, policy: Policy, moment: Moment
) -> tuple[Fields, Retry | None]:
    fields = fields.without("Retry-After")
    if decision.retry is None:
        return fields, None
    advice = decision.retry
    if decision.status in OWED:
        advice = longest(advice, moment.closed_for, moment.now)
    value, source, seconds = rendered(advice, policy.retry, moment.now, moment.chance)
    return fields.adding(("Retry-After", value)), Retry(source, seconds)


def proxy_status(decision: Decision) -> str:
    """RFC 9209: what the gateway did and what it had received. Empty where the archive's answer stands as it was."""
    if decision.rule == UNCHANGED:
        return ""
    parts = [PSEUDONYM]
    if decision.failure is not None:
        parts.append(f"error={decision.failure.meaning.error}")
    if decision.received is not None:
        parts.append(f"received-status={decision.received}")
    parts.append(f'details="rule={decision.rule}"')
    return "; ".join(parts)
