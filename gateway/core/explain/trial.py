"""Every rule of a policy on one exchange, in the order in which they decide.

Traffic sifts rules first (`core/sieve`), which changes no verdict; here each is asked for itself, so that all can be told.
"""

from collections.abc import Iterator

from gateway.core.conditions import Condition
from gateway.core.explain.explanation import Found, Tried
from gateway.core.explain.sight import seen
from gateway.core.explain.view import View
from gateway.core.facts import Outcome, RequestFacts
from gateway.core.normalise import course_of
from gateway.core.policy import Policy
from gateway.core.rule import Rule
from gateway.core.wording import wording

NOT_PERMITTED = "it would turn a failure into a success (allow_success)"


def trials(request: RequestFacts, outcome: Outcome, policy: Policy, view: View) -> Iterator[tuple[Rule, Tried]]:
    """All rules, each with what came of it. The first that matches, and does not only observe, decides."""
    is_decided = False
    for rule in policy.rules:
        tried = _tried(rule, request, outcome, policy, view, is_decided)
        is_decided |= tried.decides
        yield rule, tried


def _tried(rule: Rule, request: RequestFacts, outcome: Outcome, policy: Policy, view: View, is_decided: bool) -> Tried:
    found, held = _asked(rule, request, outcome, view)
    condition = rule.when[held] if held < len(rule.when) else None
    matches, observes = found is Found.MATCHES, rule.then.observe
    return Tried(
        rule.id, rule.pack, rule.where, found, len(rule.when), held,
        failed=wording(condition) if condition else "",
        seen=_sight(found, condition, request, outcome, view),
        elsewhere=found is Found.FAILS and condition is not None and condition.is_keyed,
        would=course_of(request, outcome, policy, rule).last.status if matches else None,
        why=rule.why, observes=observes, decides=matches and not observes and not is_decided, reached=not is_decided,
    )  # fmt: skip


def _asked(rule: Rule, request: RequestFacts, outcome: Outcome, view: View) -> tuple[Found, int]:
    """What came of it, and how many conditions hold before the one that decides that."""
    lost: int | None = None
    for held, condition in enumerate(rule.when):
        if view.missing(condition):
            lost = held if lost is None else lost
        elif not condition.holds(request, outcome):
            return Found.FAILS, held
    if lost is not None:
        return Found.UNKNOWN, lost
    return (Found.MATCHES if rule.is_permitted(outcome) else Found.NOT_PERMITTED), len(rule.when)


def _sight(found: Found, condition: Condition | None, request: RequestFacts, outcome: Outcome, view: View) -> str:
    """What stands against the rule."""
    if condition is None:
        return NOT_PERMITTED if found is Found.NOT_PERMITTED else ""
    return view.missing(condition) if found is Found.UNKNOWN else seen(condition, request, outcome, view)
