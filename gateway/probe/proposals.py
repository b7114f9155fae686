"""Rules for what nothing repairs yet: only where the right answer is certain from the question and the answer tells why.

A rule never makes a success of a failure. It goes by the transactions in which it was seen, the status, the label and a
phrase of the archive, and is dropped if it would touch any other exchange of the survey that it was not made for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.dicomweb.media import essence_of
from gateway.probe.repair import Repair, facts
from gateway.probe.survey import Exchange
from gateway.probe.telling import Sign, sign

_ABOUT_THE_CODE = frozenset({"wrong-status", "undocumented-code"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule. `seen` are the exchanges that it is for; the first gives its example."""

    status: int
    right: int
    sign: Sign
    media: str
    seen: tuple[Exchange, ...]

    @property
    def id(self) -> str:
        return f"probe-{self.seen[0].check.id}"

    @property
    def transactions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(facts(exchange.ask).transaction.id for exchange in self.seen))

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(exchange.check.clause for exchange in self.seen))


def proposals(judged: Iterable[tuple[Exchange, Repair]]) -> tuple[Proposal, ...]:
    """Rules for those that are not repaired; alike ones share one."""
    alike: dict[tuple[int, int, Sign, str], list[Exchange]] = {}
    for exchange, repair in judged:
        if repair.complete or not may_have_a_rule(exchange):
            continue
        found = sign(exchange.check.right, exchange.answer, exchange.again)
        if found is not None:
            label = essence_of(exchange.answer.fields.get("Content-Type"))
            key = (exchange.answer.status, exchange.check.right, found, label)
            alike.setdefault(key, []).append(exchange)
    return tuple(Proposal(*key, tuple(seen)) for key, seen in alike.items())


def may_have_a_rule(exchange: Exchange) -> bool:
    """Whether the right answer is certain, a code is what is wrong, and there is something to go by."""
    answer = exchange.answer
    if not exchange.check.right or exchange.check.right < 400 or answer.failure is not None:
        return False
    of_the_code = _ABOUT_THE_CODE.intersection(exchange.judgement.ids)
    known = facts(exchange.ask).transaction.id != "other"
    return bool(of_the_code) and known and (200 <= answer.status < 300 or 400 <= answer.status <= 599)


def harmful(proposed: Sequence[Proposal], judged: Iterable[tuple[Exchange, Repair]]) -> frozenset[str]:
    """The ids of rules that decided what they are not for: an exchange that was good, or that has another right answer."""
    by_id = {proposal.id: proposal for proposal in proposed}
    return frozenset(
        repair.rule
        for exchange, repair in judged
        if repair.rule in by_id and (exchange not in by_id[repair.rule].seen) and not _serves(exchange, repair)
    )


def _serves(exchange: Exchange, repair: Repair) -> bool:
    return bool(exchange.judgement.deviations) and repair.complete
