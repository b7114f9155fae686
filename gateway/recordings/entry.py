"""One entry of a recording: a sketch, and what was true of the exchange that it was drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.core.facts import Outcome, RequestFacts
from gateway.core.policy import Mode
from gateway.core.rule import Rule
from gateway.recordings.fingerprints import of_condition, of_rule
from gateway.recordings.judging import NO_RULE, Bench, Known, ToldBy, Verdict
from gateway.recordings.sketch import Sketch, sketch
from gateway.recordings.telling import Truths, Witness

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange. `status` is what the client got, None where it had left before. `config` names the configuration that was
    in force, by its hash. `names` are hashes of what was asked for, where they are wanted."""

    version: int
    time: str
    id: str
    config: str
    mode: Mode
    status: int | None
    known: Known
    exchange: Sketch
    names: Mapping[str, str] = field(default_factory=dict)


def drawn(request: RequestFacts, outcome: Outcome, origin: str, bench: Bench) -> tuple[Sketch, Known]:
    """The sketch of an exchange, and what this configuration makes of the exchange itself."""
    found = sketch(request, outcome, origin)
    rule, verdict = bench.decided(request, outcome)
    witness = Witness.of(found, {})
    truths = _truths(request, outcome, witness, bench)
    witness = replace(witness, truths=truths)
    alike = _is_alike(request, outcome, rule, verdict, witness, bench)
    told_by: ToldBy = "shape" if alike else "content"
    return found, Known(verdict, of_rule(rule) if rule else NO_RULE, bench.ground, told_by, truths)


def _truths(request: RequestFacts, outcome: Outcome, witness: Witness, bench: Bench) -> Truths:
    """Which conditions hold that the sketch does not tell. Only of rules that may come into question, since for these alone
    the content was looked at."""
    peek = bench.policy.peek
    truths: dict[str, bool] = {}
    for candidate in bench.policy.sieve.candidates(request, outcome):
        asked = candidate.of_head
        if candidate.may_match(request, outcome):
            asked += candidate.of_content
        truths |= {of_condition(c): c.holds(request, outcome) for c in asked if witness.holds(c, peek) is None}
    return truths


def _is_alike(
    request: RequestFacts, outcome: Outcome, rule: Rule | None, verdict: Verdict, witness: Witness, bench: Bench
) -> bool:
    """Whether the stand-in is judged like the exchange, by its rule and without any: another policy may have none."""
    if bench.first_rule(witness) is not rule or bench.by_shape(witness, rule) != verdict:
        return False
    return rule is None or bench.by_shape(witness, None) == bench.judged(request, outcome, None)
