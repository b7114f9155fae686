"""The verdict: `normalise(request, outcome, policy) -> Decision`. The one door through which every status passes.

In this order:

1. The first rule that matches decides; rules told to observe are noted and passed over.
2. Without a rule, the built-in semantics: a failure by its kind, a code about the hop or outside 200-599, a code outside
   the documented set by the fold.
3. What the code owes is added, or the code gives way to one that owes nothing.
4. The body: kept byte for byte, dropped where the code forbids one, replaced by a report where it would tell a programmer
   more than a client, or where the verdict turned a success into a failure.

Total: it answers for any status, field or byte, and never raises. A failure never becomes a success unless a rule says so
by name (`allow_success`).
"""

from dataclasses import dataclass, replace

from gateway.core.decision import UNCHANGED, BodyPlan, Decision, Observed
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind, Origin, Sent
from gateway.core.fold import HOP_CODES, UNREPEATABLE, folded
from gateway.core.inspect import Looks, is_stack_trace, looks_like
from gateway.core.owed import settle
from gateway.core.policy import Mode, Policy, Rule, Then
from gateway.core.retry_after import advice
from gateway.dicomweb.media import parse_media_type
from gateway.dicomweb.statuses import FORBIDS_CONTENT

# Labels of built-in verdicts. An operator's rule cannot take these ids.
BUILT_IN = frozenset(
    {
        "failure", "fold", "hop-code", "invalid-status", "error-body", "no-challenge", "no-location", "unasked-304",
        "unasked-412", "unasked-416", "partial-search", "partial-write", UNCHANGED,
    }
)  # fmt: skip

# Answers to a question the request did not put: documented or not, they mean nothing then.
_ASKED_BY = {
    412: ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"),
    416: ("Range",),
}
_UNFIT = (Looks.HTML, Looks.DICOM, Looks.IMAGE, Looks.MULTIPART, Looks.BINARY)
_UNFIT_MEDIA = ("text/html", "application/dicom", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A status on its way to being settled, and who chose it."""

    status: int
    rule: str = UNCHANGED
    why: str = ""


def normalise(request: RequestFacts, outcome: Outcome, policy: Policy) -> Decision:
    """The decision on one exchange. Pure and total: equal arguments give equal decisions, for any arguments."""
    rule, observed = _first_match(request, outcome, policy)
    decision = _decide(request, outcome, policy, rule)
    if policy.mode is Mode.OBSERVE and isinstance(outcome, Response) and 200 <= outcome.status <= 599:
        return _only_observed(decision, outcome, observed)
    return replace(decision, observed=observed)


def _first_match(request: RequestFacts, outcome: Outcome, policy: Policy) -> tuple[Rule | None, tuple[Observed, ...]]:
    observed: list[Observed] = []
    for rule in policy.rules:
        if not _permitted(rule.then, outcome) or not rule.matches(request, outcome):
            continue
        if not rule.then.observe:
            return rule, tuple(observed)
        status = rule.then.status or (outcome.status if isinstance(outcome, Response) else 0)
        observed.append(Observed(rule.id, status))
    return None, tuple(observed)


def _permitted(then: Then, outcome: Outcome) -> bool:
    """Never a success out of a failure: such a rule must say `allow_success`, or it does not apply."""
    if then.status is None or then.status >= 300 or then.allow_success:
        return True
    return isinstance(outcome, Response) and (200 <= outcome.status < 300 or outcome.status == 304)


def _decide(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None) -> Decision:
    then = rule.then if rule else Then()
    verdict = _by_rule(rule) if rule and then.status is not None else _built_in(request, outcome, policy)
    if rule and then.status is None:
        verdict = replace(verdict, rule=rule.id, why=rule.why)
    settled = settle(verdict.status, then.edits, request, outcome, policy)
    if settled.rule:
        verdict = _Verdict(settled.status, settled.rule if verdict.rule == UNCHANGED else verdict.rule, settled.why)
    body, verdict = _body(request, outcome, verdict, then.body or settled.body)
    return Decision(
        status=verdict.status,
        rule=verdict.rule,
        why=verdict.why,
        body=body,
        edits=then.edits.then(settled.edits),
        retry=advice(verdict.status, then, outcome, policy.retry),
        healthy=then.healthy if then.healthy is not None else _healthy(outcome, verdict),
        received=outcome.status if isinstance(outcome, Response) else None,
        failure=outcome if isinstance(outcome, Failure) else None,
    )


def _by_rule(rule: Rule) -> _Verdict:
    assert rule.then.status is not None
    return _Verdict(rule.then.status, rule.id, rule.why)


def _built_in(request: RequestFacts, outcome: Outcome, policy: Policy) -> _Verdict:
    if isinstance(outcome, Failure):
        return _of_failure(request, outcome, policy)
    status = outcome.status
    if not 200 <= status <= 599:
        # RFC 9110 15: a code outside 100-599 is invalid; an interim code cannot be the last word.
        return replace(
            _of_failure(request, Failure(FailureKind.HTTP_PROTOCOL_ERROR, Sent.PERHAPS), policy),
            rule="invalid-status",
        )
    if status in HOP_CODES:
        return _Verdict(*_folded_as("hop-code", request, outcome, policy))
    asked_by = _ASKED_BY.get(status)
    if asked_by and not any(name in request.fields for name in asked_by):
        return _Verdict(*_folded_as(f"unasked-{status}", request, outcome, policy))
    if policy.documented.allows(status):
        return _Verdict(status)
    return _Verdict(*_folded_as("fold", request, outcome, policy))


def _folded_as(rule: str, request: RequestFacts, outcome: Response, policy: Policy) -> tuple[int, str, str]:
    status, why = folded(request, outcome, policy)
    return status, rule, f"{outcome.status} is not documented: {why}" if rule == "fold" else why


def _of_failure(request: RequestFacts, failure: Failure, policy: Policy) -> _Verdict:
    meaning = failure.meaning
    if failure.sent is Sent.PERHAPS and request.method in UNREPEATABLE and failure.origin is Origin.UPSTREAM:
        why = f"{meaning.sentence} Whether it acted on the request is not known."
        return _Verdict(500, "failure", why)
    status = meaning.status if policy.documented.allows(meaning.status) else meaning.documented
    return _Verdict(status, "failure", meaning.sentence)


def _healthy(outcome: Outcome, verdict: _Verdict) -> bool:
    """What a breaker learns: that the archive works, which an unknown study shows as well as a found one."""
    if isinstance(outcome, Failure):
        return outcome.origin is not Origin.UPSTREAM
    return outcome.status < 500 and verdict.status < 500


def _body(
    request: RequestFacts, outcome: Outcome, verdict: _Verdict, wanted: BodyPlan | None
) -> tuple[BodyPlan, _Verdict]:
    if verdict.status in FORBIDS_CONTENT:
        return BodyPlan.EMPTY, verdict
    if wanted is not None:
        return wanted if isinstance(outcome, Response) or wanted is not BodyPlan.KEEP else BodyPlan.PROBLEM, verdict
    if isinstance(outcome, Failure):
        return BodyPlan.PROBLEM, verdict
    if verdict.status >= 400 > outcome.status:
        return BodyPlan.PROBLEM, verdict  # the content of a success or a redirect explains no failure
    if verdict.status >= 400 and _unfit(request, outcome):
        rule, why = (
            (verdict.rule, verdict.why)
            if verdict.rule != UNCHANGED
            else ("error-body", "the report was not for clients")
        )
        return BodyPlan.PROBLEM, replace(verdict, rule=rule, why=why)
    return BodyPlan.KEEP, verdict


def _unfit(request: RequestFacts, response: Response) -> bool:
    """Whether an error's content says nothing to a client: nothing, a page for people, a stack trace, an image."""
    if request.opaque or request.transaction.id == "other":
        return False
    media = parse_media_type(response.fields.get("Content-Type"))
    if media is not None and (media.essence in _UNFIT_MEDIA or media.type in ("image", "video", "audio", "multipart")):
        return True
    if response.peek is None:
        return False
    if not response.peek.strip():
        return response.whole
    return looks_like(response.peek) in _UNFIT or is_stack_trace(response.peek)


def _only_observed(decision: Decision, outcome: Response, observed: tuple[Observed, ...]) -> Decision:
    """Observe mode: the archive's answer as it is; what would have been done is noted."""
    if decision.rule != UNCHANGED:
        observed += (Observed(decision.rule, decision.status),)
    return Decision(
        status=outcome.status, healthy=decision.healthy, received=outcome.status, observed=observed, untouched=True,
        body=BodyPlan.EMPTY if outcome.status in FORBIDS_CONTENT else BodyPlan.KEEP,
    )  # fmt: skip
