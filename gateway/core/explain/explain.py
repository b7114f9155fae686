"""One exchange, explained: everything that `normalise` and `compose` do about it, and why."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.core.decision import BodyPlan, Decision, RetrySource
from gateway.core.explain.explanation import Asked, Back, Explanation, Found, Noted, Step, Tried
from gateway.core.explain.lines import lines
from gateway.core.explain.sight import came
from gateway.core.explain.steps import CLAUSES, steps
from gateway.core.explain.trial import trials
from gateway.core.explain.view import OPEN, View
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.normalise import Course, course_of, normalise
from gateway.core.policy import Policy
from gateway.core.reply import Moment, Reply, compose
from gateway.core.rule import Rule
from gateway.dicomweb.evidence import evidence
from gateway.dicomweb.statuses import FORBIDS_CONTENT

RETRY_SOURCES: Mapping[RetrySource, str] = MappingProxyType(
    {
        RetrySource.UPSTREAM: "the archive's own, byte for byte",
        RetrySource.RULE: "the rule says so",
        RetrySource.BREAKER: "when the archive is asked again",
        RetrySource.LIMITER: "when this client may ask again",
        RetrySource.QUEUE: "when there is room again",
        RetrySource.MAINTENANCE: "when the maintenance ends",
        RetrySource.DEFAULT: "nobody knows better (retry_after of the configuration)",
    }
)
_BREAKER: Mapping[bool | None, str] = {True: "works", False: "fails", None: "nothing"}
_OBSERVED = "the mode is observe: the archive's answer passes as it came"


def explain(
    request: RequestFacts,
    outcome: Outcome,
    policy: Policy,
    moment: Moment,
    upstream_origin: str = "",
    *,
    view: View = OPEN,
) -> Explanation:
    """Total, as `normalise` is: whatever it answers, this explains."""
    decision = normalise(request, outcome, policy)
    reply = compose(decision, request, outcome, policy, moment, upstream_origin)
    is_ours = isinstance(outcome, Response) and outcome.ours
    tried = () if is_ours else tuple(trials(request, outcome, policy, view))
    rule = next((rule for rule, told in tried if told.decides), None)
    course = course_of(request, outcome, policy, rule)
    rules = tuple(told for _, told in tried)
    return Explanation(
        asked=_asked(request),
        mode=policy.mode.value,
        came=came(outcome, view.content),
        rules=rules,
        steps=_preflight(decision) if is_ours else _steps(request, outcome, policy, rule, course, decision),
        status=reply.status,
        rule=decision.rule,
        why=decision.why,
        lines=tuple(lines(outcome, reply, decision, course, rule, view)),
        body=reply.body.value,
        body_why=_body(outcome, decision, course, rule),
        retry_after=_back(reply),
        breaker=_BREAKER[decision.tells],
        suspicion=decision.suspicion,
        observed=tuple(Noted(one.rule, one.status) for one in decision.observed),
        missing=tuple(_missing(rules, rule, outcome, view)),
        notes=view.notes,
    )


def _asked(request: RequestFacts) -> Asked:
    row = request.transaction
    clause = f"PS3.18 {row.section}" if row.section[:1].isdigit() else ""
    why = evidence(request.classification, request.method)
    return Asked(row.id, row.name, clause, why, request.route, request.upstream)


def _preflight(decision: Decision) -> tuple[Step, ...]:
    return (Step(decision.rule, None, decision.status, decision.why, CLAUSES["preflight"]),)


def _steps(
    request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None, course: Course, decision: Decision
) -> tuple[Step, ...]:
    told = tuple(steps(request, outcome, policy, rule, course))
    if not decision.untouched or not told:
        return told
    return (*told, Step("observe", told[-1].after, decision.status, _OBSERVED))


def _back(reply: Reply) -> Back | None:
    if reply.retry is None:
        return None
    return Back(reply.fields.get("Retry-After"), reply.retry.source.value, RETRY_SOURCES[reply.retry.source])


def _body(outcome: Outcome, decision: Decision, course: Course, rule: Rule | None) -> str:
    """Why the content is kept, dropped or replaced."""
    if decision.status in FORBIDS_CONTENT:
        return f"a {decision.status} has no content"
    if decision.untouched or decision.body is BodyPlan.KEEP:
        return "the archive's content passes, byte for byte"
    if decision.body is BodyPlan.EMPTY_LIST:
        return "an empty list is how a search says that nothing matches"
    if rule is not None and rule.then.body is decision.body and course.settled.body is None:
        return f"the rule {rule.id} says so"
    if not isinstance(outcome, Response):
        return "the archive sent none"
    if decision.body is BodyPlan.EMPTY:
        return "what came means that there is nothing to send"
    if outcome.status < 400:
        return "the content of a success or a redirect explains no failure"
    return "what the archive sent is not for clients"


def _missing(rules: tuple[Tried, ...], rule: Rule | None, outcome: Outcome, view: View) -> list[str]:
    """What stands between this explanation and certainty."""
    unknown = [told for told in rules if told.found is Found.UNKNOWN and told.reached]
    said = [f"Whether the rule {told.id} matches is not known: {told.seen}." for told in unknown if not told.observes]
    if view.content and (rule is None or rule.then.status is None) and isinstance(outcome, Response):
        said.append(f"What the gateway itself makes of the answer is not known for sure: {view.content}.")
    return said
