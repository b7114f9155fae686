"""Trials, where no shipped pack and no file of cases can show it."""

from gateway.config.cases import Answer, Case, CaseRequest, Expected
from gateway.config.findings import Place
from gateway.config.trials import State, Trial, unneeded, verdict
from gateway.core.conditions import StatusIs
from gateway.core.policy import Policy
from gateway.core.rule import Rule, Then

CASE = Case("", CaseRequest("GET", "/studies/2.25.1"), Answer(502), Expected(403))


def rule(id_: str, status: int, pack: str = "") -> Rule:
    return Rule(id_, "", (StatusIs(frozenset({502})),), Then(status), pack)


def trial(*rules: Rule, pack: str = "") -> Trial:
    return Trial("", Place("x"), CASE, Policy(rules=rules), pack=pack)


def test_an_example_of_a_pack_is_overruled_by_the_operator_alone() -> None:
    """That another pack or nobody decides is a mistake of ours, and no choice of theirs."""
    assert verdict(trial(rule("ours", 404), pack="p")).state is State.OVERRULED
    assert verdict(trial(rule("other", 404, pack="q"), pack="p")).state is State.FAILS
    assert verdict(trial(pack="p")).state is State.FAILS
    assert verdict(trial(rule("ours", 404))).state is State.FAILS


def test_only_rules_that_decided_are_played_without() -> None:
    """With many rules and many cases this is what keeps the answer quick: each case is played twice at most."""
    first, second = rule("first", 403), rule("second", 403)
    found = verdict(trial(first, second))
    assert [(idle.rule.id, idle.decided) for idle in unneeded((first, second), [found])] == [
        ("first", 1),
        ("second", 0),
    ]
    alone = verdict(trial(first))
    assert list(unneeded((first,), [alone])) == []
