"""The verdict: `normalise(request, outcome, policy) -> Decision`. The one door through which every status passes.

In this order:

1. The first rule that matches decides; rules told to observe are noted and passed over.
2. Without a rule, the built-in semantics: a failure by its kind, a code about the hop or outside 200-599, what the answer
   means (`semantics`), a code outside the documented set by the fold. The 101 that opens a notification channel stands: it
   is no answer but the end of HTTP on its connection, so it is in no documented set, and an archive has to prove it
   (`websocket`).
3. What the code owes is added, or the code gives way to one that owes nothing.
4. The body: kept byte for byte, dropped where the code forbids one, replaced by a report where it would tell a programmer
   more than a client, or where the verdict turned a success into a failure.

Total: it answers for any status, field or byte, and never raises. A failure never becomes a success unless a rule says so
by name (`allow_success`).
"""

from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from gateway.core.decision import NO_EDITS, UNCHANGED, BodyPlan, Decision, FieldEdits
from gateway.core.error_bodies import unfit_for_clients
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure, FailureKind, Origin, Sent
from gateway.core.fold import HOP_CODES, UNREPEATABLE, folded
from gateway.core.observing import FIELDS, noted
from gateway.core.owed import Settled, settle
from gateway.core.policy import Mode, Policy
from gateway.core.repair import label_repair
from gateway.core.retry_after import advice
from gateway.core.rule import Rule, Then
from gateway.core.semantics import LABELS, meaning_of
from gateway.core.store import suspicion
from gateway.core.websocket import is_agreed
from gateway.dicomweb.statuses import FORBIDS_CONTENT

# Labels of built-in verdicts. An operator's rule cannot take these ids.
BUILT_IN = LABELS | frozenset(
    {
        "failure", "fold", "hop-code", "invalid-status", "error-body", "no-challenge", "no-location", "unasked-304",
        "preflight", "unasked-412", "unasked-416", "partial-search", "partial-write", "label", "strict", FIELDS, UNCHANGED,
    }
)  # fmt: skip

# Answers to a question the request did not put: documented or not, they mean nothing then.
_ASKED_BY = {
    412: ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"),
    416: ("Range",),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status on its way to being settled, and who chose it."""

    status: int
    rule: str = UNCHANGED
    why: str = ""
    body: BodyPlan | None = None

    def by(self, rule: str, why: str) -> "Verdict":
        """The same, in the name of the first who changed anything."""
        return self if self.rule != UNCHANGED else replace(self, rule=rule, why=why)


class Course(NamedTuple):
    """How a verdict came about: each step is the one before it, changed or not. `chosen` is that of a rule or of the
    built-in semantics, `fitted` what `documented.strict` makes of it, `settled` what it owes."""

    chosen: Verdict
    fitted: Verdict
    settled: Settled
    last: Verdict
    body: BodyPlan
    repair: FieldEdits


def normalise(request: RequestFacts, outcome: Outcome, policy: Policy) -> Decision:
    """The decision on one exchange. Pure and total: equal arguments give equal decisions, for any arguments."""
    if isinstance(outcome, Response) and outcome.ours:
        return Decision(outcome.status, "preflight", "A browser asked what scripts may do.", BodyPlan.EMPTY)
    rule, observing = _first_match(request, outcome, policy)
    decision = leaves = _decide(request, outcome, policy, rule)
    if policy.mode is Mode.OBSERVE and isinstance(outcome, Response) and 200 <= outcome.status <= 599:
        leaves = _as_it_came(outcome, decision.healthy)
    elif not observing:
        return decision
    would = [(one.id, _decide(request, outcome, policy, one)) for one in observing] + [(decision.rule, decision)]
    notes = [noted(id_, one, leaves, request, outcome, policy) for id_, one in would]
    return replace(leaves, observed=tuple(chain(*notes)))


def _first_match(request: RequestFacts, outcome: Outcome, policy: Policy) -> tuple[Rule | None, tuple[Rule, ...]]:
    """The rule that decides, and those before it that match and only observe."""
    observing: list[Rule] = []
    for candidate in policy.sieve.candidates(request, outcome):
        if not candidate.matches(request, outcome):
            continue
        rule = candidate.rule
        if not rule.then.observe:
            return rule, tuple(observing)
        observing.append(rule)
    return None, tuple(observing)


def _decide(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None) -> Decision:
    then = rule.then if rule else Then()
    course = course_of(request, outcome, policy, rule)
    verdict = course.last
    return Decision(
        status=verdict.status,
        rule=verdict.rule,
        why=verdict.why,
        body=course.body,
        edits=course.repair.then(then.edits).then(course.settled.edits),
        retry=advice(verdict.status, then, outcome, policy.retry),
        healthy=then.healthy if then.healthy is not None else _healthy(outcome, verdict),
        received=outcome.status if isinstance(outcome, Response) else None,
        failure=outcome if isinstance(outcome, Failure) else None,
        suspicion=suspicion(request, outcome) if isinstance(outcome, Response) and not request.opaque else "",
    )


def course_of(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None) -> Course:
    """The steps to the decision, where `rule` is the first that matches."""
    then = rule.then if rule else Then()
    chosen = _settled_status(request, outcome, policy, rule)
    fitted = verdict = _strict(request, chosen, policy)
    settled = settle(verdict.status, then.edits, request, outcome, policy)
    if settled.rule:
        # The label says who chose the code, the reason why it gave way.
        verdict = replace(verdict.by(settled.rule, settled.why), status=settled.status, why=settled.why)
    body, verdict = _body(request, outcome, verdict, settled.body or then.body or verdict.body)
    repair = _repair(request, outcome, verdict, body)
    if repair is not NO_EDITS:
        verdict = verdict.by("label", "the label did not say what the content is")
    return Course(chosen, fitted, settled, verdict, body, repair)


def _settled_status(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None) -> Verdict:
    if rule and rule.then.status is not None:
        return Verdict(rule.then.status, rule.id, rule.why)
    verdict = built_in(request, outcome, policy)
    return replace(verdict, rule=rule.id, why=rule.why) if rule else verdict


def built_in(request: RequestFacts, outcome: Outcome, policy: Policy) -> Verdict:
    """What the exchange comes to where no rule says a status."""
    if isinstance(outcome, Failure):
        return _of_failure(request, outcome, policy)
    status = outcome.status
    if is_agreed(request, outcome):
        return Verdict(status)
    if not 200 <= status <= 599:
        # RFC 9110 15: a code outside 100-599 is invalid; an interim code cannot be the last word.
        return replace(
            _of_failure(request, Failure(FailureKind.HTTP_PROTOCOL_ERROR, Sent.PERHAPS), policy),
            rule="invalid-status",
        )
    if status in HOP_CODES:
        return Verdict(*_folded_as("hop-code", request, outcome, policy))
    asked_by = _ASKED_BY.get(status)
    if asked_by and not any(name in request.fields for name in asked_by):
        return Verdict(*_folded_as(f"unasked-{status}", request, outcome, policy))
    meaning = meaning_of(request, outcome, policy)
    if meaning is not None:
        return Verdict(_documented(meaning.status, request, outcome, policy), meaning.rule, meaning.why, meaning.body)
    if policy.documented.allows(status):
        return Verdict(status)
    return Verdict(*_folded_as("fold", request, outcome, policy))


def _documented(status: int, request: RequestFacts, outcome: Response, policy: Policy) -> int:
    """The status an answer means may itself be undocumented: then it is folded as if the archive had sent it."""
    if policy.documented.allows(status) and status not in HOP_CODES:
        return status
    return folded(request, replace(outcome, status=status), policy)[0]


def _strict(request: RequestFacts, verdict: Verdict, policy: Policy) -> Verdict:
    """`documented.strict`: only the codes of the transaction's own table (PS3.18 chapters 8 to 15).

    A 500 after a POST or PUT stays: whether the archive acted is not known, and 503 would invite a repetition.
    """
    table = request.transaction.responses
    if not policy.documented.strict or request.transaction.id == "other" or not table:
        return verdict
    if verdict.status in table or verdict.status in policy.documented.added:
        return verdict
    if verdict.status == 500 and request.method in UNREPEATABLE:
        return verdict
    fitting = nearest(verdict.status, frozenset(table), policy)
    return replace(verdict.by("strict", f"{verdict.status} is not in the table of this transaction"), status=fitting)


def nearest(status: int, table: frozenset[int], policy: Policy) -> int:
    """The code of a transaction's table that stands in for one that is not in it."""
    if status < 300:
        return min((code for code in table if 200 <= code < 300 and policy.documented.allows(code)), default=200)
    return 400 if 400 <= status < 500 else 503


def _folded_as(rule: str, request: RequestFacts, outcome: Response, policy: Policy) -> tuple[int, str, str]:
    status, why = folded(request, outcome, policy)
    return status, rule, f"{outcome.status} is not documented: {why}" if rule == "fold" else why


def _of_failure(request: RequestFacts, failure: Failure, policy: Policy) -> Verdict:
    meaning = failure.meaning
    if failure.sent is Sent.PERHAPS and request.method in UNREPEATABLE and failure.origin is Origin.UPSTREAM:
        why = f"{meaning.sentence} Whether it acted on the request is not known."
        return Verdict(500, "failure", why)
    return Verdict(policy.documented.code_of(meaning), "failure", meaning.sentence)


def _healthy(outcome: Outcome, verdict: Verdict) -> bool:
    """What a breaker learns: that the archive works, which an unknown study shows as well as a found one."""
    if isinstance(outcome, Failure):
        return outcome.origin is not Origin.UPSTREAM
    if outcome.status < 300 and verdict.status in (401, 403):
        return False  # it said success, and sent the page of a login or of a firewall
    return outcome.status < 500 and verdict.status < 500


def _body(
    request: RequestFacts, outcome: Outcome, verdict: Verdict, wanted: BodyPlan | None
) -> tuple[BodyPlan, Verdict]:
    if verdict.status in FORBIDS_CONTENT:
        return BodyPlan.EMPTY, verdict
    if wanted is not None:
        return wanted if isinstance(outcome, Response) or wanted is not BodyPlan.KEEP else BodyPlan.PROBLEM, verdict
    if isinstance(outcome, Failure):
        return BodyPlan.PROBLEM, verdict
    if verdict.status >= 400 > outcome.status:
        return BodyPlan.PROBLEM, verdict  # the content of a success or a redirect explains no failure
    if verdict.status >= 400 and unfit_for_clients(request, outcome):
        return BodyPlan.PROBLEM, verdict.by("error-body", "the report was not for clients")
    return BodyPlan.KEEP, verdict


def _repair(request: RequestFacts, outcome: Outcome, verdict: Verdict, body: BodyPlan) -> FieldEdits:
    if body is not BodyPlan.KEEP or not isinstance(outcome, Response):
        return NO_EDITS
    return label_repair(request, outcome)


def _as_it_came(outcome: Response, healthy: bool) -> Decision:
    """Observe mode: the archive's answer, owing or not."""
    return Decision(
        status=outcome.status, healthy=healthy, received=outcome.status, untouched=True,
        body=BodyPlan.EMPTY if outcome.status in FORBIDS_CONTENT else BodyPlan.KEEP,
    )  # fmt: skip
