"""The way of the code from what came to what leaves: a rule or the built-in semantics, then what follows from that."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gateway.core.decision import NO_EDITS
from gateway.core.explain.explanation import Step
from gateway.core.facts import Outcome, RequestFacts, Response
from gateway.core.failures import Failure
from gateway.core.fold import folded
from gateway.core.normalise import Course, Verdict, built_in
from gateway.core.policy import Policy
from gateway.core.rule import Rule
from gateway.core.semantics import meaning_of

_CITED = re.compile(r"(?:RFC \d+|PS3\.\d+)[^();:]*")
# Where a verdict that cites nothing comes from.
CLAUSES: Mapping[str, str] = MappingProxyType(
    {
        "error-body": "RFC 9457",
        "failure": "RFC 9110 15.6",
        "fold": "PS3.18 8.5",
        "hop-code": "RFC 9110 15.5.8, 15.5.20",
        "invalid-status": "RFC 9110 15",
        "label": "PS3.18 8.7",
        "no-location": "RFC 9110 15.4",
        "preflight": "Fetch 3.2",
        "unasked-304": "RFC 9110 15.4.5",
        "unasked-412": "RFC 9110 15.5.13",
        "unasked-416": "RFC 9110 15.5.17",
    }
)
# What a code owes, where it was added.
_OWED: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        206: ("RFC 9110 15.3.7", "a 206 without a range says in a Warning what is missing"),
        401: ("RFC 9110 15.5.2", "a 401 says how to log in"),
        405: ("RFC 9110 15.5.6", "a 405 lists the methods that are offered"),
    }
)


def cited(by: str, why: str) -> str:
    """The clause behind a verdict: the one that its reason names, or that of its label."""
    named = _CITED.search(why)
    return named[0].strip() if named else CLAUSES.get(by, "")


def steps(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None, course: Course) -> Iterator[Step]:
    """What acted on the code, in order; nothing where the archive's stands as it came."""
    yield from _choice(request, outcome, policy, rule)
    chosen, fitted, settled, last = course.chosen, course.fitted, course.settled, course.last
    if fitted.status != chosen.status:
        why = f"{chosen.status} is not in the table of this transaction (documented.strict)"
        yield Step("strict", chosen.status, fitted.status, why, f"PS3.18 {request.transaction.section}")
    if settled.status != fitted.status:
        yield _step(settled.rule, fitted.status, settled.status, settled.why)
    elif settled.edits != NO_EDITS:
        clause, why = _OWED[settled.status]
        yield Step("owed", fitted.status, settled.status, why, clause)
    if last.rule in ("error-body", "label"):
        yield _step(last.rule, last.status, last.status, last.why)


def _step(by: str, before: int | None, after: int, why: str) -> Step:
    return Step(by, before, after, why, cited(by, why))


def _choice(request: RequestFacts, outcome: Outcome, policy: Policy, rule: Rule | None) -> Iterator[Step]:
    came = outcome.status if isinstance(outcome, Response) else None
    if rule is not None and rule.then.status is not None:
        yield Step(rule.id, came, rule.then.status, rule.why)
        return
    own = built_in(request, outcome, policy)
    if isinstance(outcome, Failure):
        yield from _failure(outcome, own)
    else:
        yield from _reading(request, outcome, policy, own)
    if rule is not None:
        yield Step(rule.id, own.status, own.status, f"{rule.why} It leaves the code as it is.")


def _failure(failure: Failure, own: Verdict) -> Iterator[Step]:
    meant = failure.meaning.status
    if own.status == meant or own.status != failure.meaning.documented:
        yield _step("failure", None, own.status, own.why)
        return
    yield _step("failure", None, meant, own.why)
    yield Step("fold", meant, own.status, f"{meant} is not documented", CLAUSES["fold"])


def _reading(request: RequestFacts, answer: Response, policy: Policy, own: Verdict) -> Iterator[Step]:
    """What the answer means; and where that code is itself not documented, the one in its place."""
    meaning = meaning_of(request, answer, policy) if own.rule not in CLAUSES else None
    if meaning is None:
        if own.status != answer.status:
            yield _step(own.rule, answer.status, own.status, own.why)
        return
    yield _step(meaning.rule, answer.status, meaning.status, meaning.why)
    if own.status != meaning.status:
        _, why = folded(request, Response(meaning.status, answer.fields), policy)
        yield _step("fold", meaning.status, own.status, f"{meaning.status} is not documented: {why}")
