"""Trials: every example and every case on the policy it is judged by, what came of it, and the rules that none needs.

A rule is needed where a case comes out otherwise without it. Only a rule that decided a case can be needed by it, so only
those cases are played again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.config.case_files import CaseFile
from gateway.config.cases import Case, Example, Played, play
from gateway.config.findings import Place, Report
from gateway.config.lint import CHALLENGE, expected_of, in_earnest, placed, rule_of
from gateway.config.load import pack_rules
from gateway.config.settings import Route, Settings
from gateway.config.source import Pairs
from gateway.core.policy import Policy
from gateway.core.rule import Rule


class State(StrEnum):
    """How a trial ends. An example of a pack is overruled where a rule of the operator decides first: that is his right."""

    HOLDS = "holds"
    FAILS = "fails"
    OVERRULED = "overruled"
    NEEDS_SOCKETS = "needs sockets"


@dataclass(frozen=True, slots=True)
class Trial:
    """A case on its policy. `rule` is the label that an example implies: it must have been decided by its own rule."""

    name: str
    place: Place
    case: Case
    policy: Policy
    rule: str | None = None
    pack: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial."""

    trial: Trial
    state: State
    played: Played | None = None


@dataclass(frozen=True, slots=True)
class Unneeded:
    """A rule that no case needs; `decided` cases, which hold without it."""

    rule: Rule
    decided: int


def trials(
    settings: Settings, files: Iterable[CaseFile], settings_with: Callable[[Pairs], Settings]
) -> tuple[Trial, ...]:
    """All there is to try, in the order of the files: the operator's examples, those of the packs, the cases."""
    packs = dict.fromkeys(rule.pack for rule in settings.policy.rules if rule.pack)
    found = [_example(example, settings.policy, settings.routes) for example in settings.examples]
    for pack in packs:
        found += _examples_of_pack(pack, settings)
    for file in files:
        found += cases_of(file, settings, settings_with)
    return tuple(found)


def verdict(trial: Trial) -> Verdict:
    if trial.case.needs_sockets:
        return Verdict(trial, State.NEEDS_SOCKETS)
    case = trial.case
    if trial.rule is not None:
        case = replace(case, expect=replace(case.expect, rule=trial.rule))
    played = play(case, trial.policy)
    return Verdict(trial, _state(trial, played), played)


def unneeded(rules: Iterable[Rule], verdicts: Sequence[Verdict]) -> Iterator[Unneeded]:
    """The rules without which every case comes out as it does."""
    by_rule: dict[str, list[Verdict]] = {}
    for found in verdicts:
        if found.played is not None and found.state is not State.OVERRULED:
            by_rule.setdefault(found.played.rule, []).append(found)
    for rule in rules:
        decided = by_rule.get(rule.id, [])
        if not any(_needs(found, rule) for found in decided):
            yield Unneeded(rule, len(decided))


def _needs(found: Verdict, rule: Rule) -> bool:
    """Whether the case would come out otherwise. The label that an example implies says nothing about that."""
    if found.state is State.FAILS:
        return True  # nobody knows what it shows until it holds
    policy = found.trial.policy
    without = replace(policy, rules=tuple(other for other in policy.rules if other.id != rule.id))
    return bool(play(found.trial.case, without).differences)


def _state(trial: Trial, played: Played) -> State:
    if not played.differences:
        return State.HOLDS
    own = {rule.id for rule in trial.policy.rules if not rule.pack}
    return State.OVERRULED if trial.pack and played.rule in own else State.FAILS


def _examples_of_pack(pack: str, settings: Settings) -> Iterator[Trial]:
    """A pack is written for the defaults and a known challenge, before a service of DICOMweb; of the operator's policy only
    the rules count."""
    policy = Policy(rules=settings.policy.rules, quirks=dict.fromkeys(["", *settings.upstreams], CHALLENGE))
    services = tuple(route for route in settings.routes if route.service == "dicomweb")
    for read in pack_rules(pack, Report()):
        yield from (_example(example, policy, services, pack) for example in read.examples)


def _example(example: Example, policy: Policy, routes: tuple[Route, ...], pack: str = "") -> Trial:
    rule = rule_of(example, policy)
    case = replace(example.case, request=placed(example.case.request, routes))
    name = f"{rule.id}: {case.name or example.place.path.rpartition('.')[2]}"
    return Trial(name, example.place, case, in_earnest(policy, rule), expected_of(example, rule).rule, pack)


def cases_of(file: CaseFile, settings: Settings, settings_with: Callable[[Pairs], Settings]) -> Iterator[Trial]:
    """The cases of a file. The mode counts only where the file speaks of it, so that they hold before and after a site
    begins to enforce."""
    supposed = file.policy.pairs if file.policy else ()
    policy = settings_with(file.policy).policy if file.policy else settings.policy
    if not any(pair.key == "mode" for pair in supposed):
        policy = in_earnest(policy)
    for written in file.cases:
        case = replace(written.case, request=placed(written.case.request, settings.routes))
        yield Trial(case.name, written.place, case, policy)
