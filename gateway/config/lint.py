"""What can only be found by trying: the examples of the operator's rules, run against the whole policy."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.config.cases import CaseRequest, Example, run_case
from gateway.config.findings import Finding, Report
from gateway.config.load import pack_rules
from gateway.config.settings import Route, Settings
from gateway.core.policy import Mode, Policy, Quirks, Rule


def lint(settings: Settings) -> tuple[Finding, ...]:
    """Every example that does not come out as its rule says, at its place."""
    found = [
        Finding.at(example.place, difference)
        for example in settings.examples
        for difference in run_example(example, settings.policy, settings.routes)
    ]
    return tuple(sorted(found))


def lint_pack(name: str) -> tuple[Finding, ...]:
    """The same for a pack: alone, before an archive whose challenge is known, so that a 401 can be sent."""
    report = Report()
    reads = pack_rules(name, report)
    policy = Policy(rules=tuple(read.rule for read in reads), quirks={"": Quirks('Basic realm="PACS"')})
    for example in (example for read in reads for example in read.examples):
        for difference in run_example(example, policy):
            report.add(example.place, difference)
    return tuple(sorted(report.findings))


def run_example(example: Example, policy: Policy, routes: Iterable[Route] = ()) -> list[str]:
    """What is not as expected.

    An example that expects the status of its rule must have been decided by that rule. One that expects another shows
    what the rule leaves alone, and may be decided by whomever it likes, unless it says so.
    """
    rule = next(rule for rule in policy.rules if rule.id == example.rule)
    expect = example.case.expect
    if expect.rule is None and rule.then.status in (None, expect.status):
        expect = replace(expect, rule=rule.id)
    case = replace(example.case, request=_placed(example.case.request, tuple(routes)), expect=expect)
    return run_case(case, _in_earnest(policy, rule))


def _in_earnest(policy: Policy, example_of: Rule) -> Policy:
    """The policy as if nothing were only observed: an example shows what a rule does when it does something."""
    rules = tuple(_enforced(rule) if rule is example_of else rule for rule in policy.rules)
    return replace(policy, mode=Mode.ENFORCE, rules=rules)


def _enforced(rule: Rule) -> Rule:
    return replace(rule, then=replace(rule.then, observe=False))


def _placed(request: CaseRequest, routes: tuple[Route, ...]) -> CaseRequest:
    """The request on its route: the one it names, else the longest prefix of its path, else the first there is.

    Examples are mostly written as paths below the service root, without the prefix of a route.
    """
    named = [route for route in routes if route.id == request.route]
    covering = [route for route in routes if route.covers(request.path)]
    covering.sort(key=lambda route: len(route.prefix), reverse=True)
    chosen = next(iter(named or covering or routes), None)
    if chosen is None:
        return request
    opaque = chosen.service == "opaque"
    return replace(request, route=chosen.id, upstream=chosen.upstream, opaque=opaque)
