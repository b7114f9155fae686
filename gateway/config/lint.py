"""What can only be found by trying: the examples of the operator's rules, run against the whole policy."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.config.cases import CaseRequest, Example, Expected, run_case
from gateway.config.findings import Finding, Report
from gateway.config.load import pack_rules
from gateway.config.settings import Route, Settings, route_for
from gateway.core.policy import Mode, Policy, Quirks
from gateway.core.rule import Rule

# Packs are judged as before an archive whose challenge is known, so that a 401 can be sent.
CHALLENGE = Quirks('Basic realm="PACS"')


def lint(settings: Settings) -> tuple[Finding, ...]:
    """Every example that does not come out as its rule says, at its place."""
    found = [
        Finding.at(example.place, difference)
        for example in settings.examples
        for difference in run_example(example, settings.policy, settings.routes)
    ]
    return tuple(sorted(found))


def lint_pack(name: str) -> tuple[Finding, ...]:
    """The same for a pack, alone."""
    report = Report()
    reads = pack_rules(name, report)
    policy = Policy(rules=tuple(read.rule for read in reads), quirks={"": CHALLENGE})
    for example in (example for read in reads for example in read.examples):
        for difference in run_example(example, policy):
            report.add(example.place, difference)
    return tuple(sorted(report.findings))


def run_example(example: Example, policy: Policy, routes: Iterable[Route] = ()) -> list[str]:
    """What is not as expected."""
    rule = rule_of(example, policy)
    request = placed(example.case.request, tuple(routes))
    case = replace(example.case, request=request, expect=expected_of(example, rule))
    return run_case(case, in_earnest(policy, rule))


def rule_of(example: Example, policy: Policy) -> Rule:
    return next(rule for rule in policy.rules if rule.id == example.rule)


def expected_of(example: Example, rule: Rule) -> Expected:
    """An example that expects the status of its rule must have been decided by that rule. One that expects another shows
    what the rule leaves alone, and may be decided by whomever it likes, unless it says so."""
    expect = example.case.expect
    if expect.rule is None and rule.then.status in (None, expect.status):
        return replace(expect, rule=rule.id)
    return expect


def in_earnest(policy: Policy, example_of: Rule | None = None) -> Policy:
    """The policy as if nothing were only observed: an example shows what a rule does when it does something."""
    if policy.mode is not Mode.ENFORCE:
        policy = replace(policy, mode=Mode.ENFORCE)
    if example_of is None or not example_of.then.observe:
        return policy
    rules = tuple(_enforced(rule) if rule is example_of else rule for rule in policy.rules)
    return replace(policy, rules=rules)


def _enforced(rule: Rule) -> Rule:
    return replace(rule, then=replace(rule.then, observe=False))


def placed(request: CaseRequest, routes: tuple[Route, ...]) -> CaseRequest:
    """The request on its route: the one it names, else the longest prefix of its path, else the first there is.

    Examples are mostly written as paths below the service root, without the prefix of a route.
    """
    named = next((route for route in routes if route.id == request.route), None)
    chosen = named or route_for(request.path, routes) or next(iter(routes), None)
    if chosen is None:
        return request
    return replace(request, route=chosen.id, upstream=chosen.upstream, service=chosen.service)
