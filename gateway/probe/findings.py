"""What a survey has found, put together: alike deviations once, habits once, and what is as it should be in numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.probe.problems import Problem
from gateway.probe.proposals import may_have_a_rule
from gateway.probe.repair import Repair
from gateway.probe.survey import Exchange

# Why nothing can be done, by the problem or the check that it comes from. What is not listed needs no more words.
_BEYOND = {
    "cut": "what is missing, only the archive has; the gateway breaks the client's connection off as well, so that half an "
    "answer never looks whole",
    "lost": "the gateway does not know what the archive has",
    "head-search": "the gateway passes HEAD on, and makes up no answer",
    "head-instance": "the gateway passes HEAD on, and makes up no answer",
    "options": "what the service can do, the gateway does not know",
    "range": "the bytes, only the archive can send; a client has to ask without Range",
    "key-ignored": "what matches, only the archive knows",
}
_NOTHING_TELLS = "nothing in the answer tells its cause, so a rule would hide real failures of the archive"
_ONLY_THE_ARCHIVE = "what was asked for, only the archive can send"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One check that found something: the first exchange, those like it, and what the gateway makes of it."""

    first: Exchange
    repair: Repair
    others: tuple[int, ...] = ()

    @property
    def gateway(self) -> str:
        """What the gateway does about it, in words."""
        gets = f"clients get {self.repair.status}"
        if self.repair.complete:
            return f"repaired by {self.repair.by}: {gets}"
        changed = "" if self.repair.status == self.first.answer.status else f"; {gets}"
        return f"cannot be repaired: {self.beyond}{changed}"

    @property
    def beyond(self) -> str:
        """Why it cannot be repaired."""
        if self.first.answer.failure is not None and self.first.ask.content is not None:
            return "whether the archive acted on the request, nobody knows"
        for key in (*self.repair.judgement.ids, *self.first.judgement.ids, self.first.check.id):
            if key in _BEYOND:
                return _BEYOND[key]
        return _NOTHING_TELLS if may_have_a_rule(self.first) else _ONLY_THE_ARCHIVE


@dataclass(frozen=True, slots=True)
class Habit:
    """A manner that many answers share, with one of them."""

    problem: Problem
    first: Exchange
    count: int
    repaired: int


@dataclass(frozen=True, slots=True)
class Findings:
    deviations: tuple[Deviation, ...]
    habits: tuple[Habit, ...]
    declined: tuple[Exchange, ...]
    good: tuple[str, ...]

    @property
    def repaired(self) -> int:
        return sum(deviation.repair.complete for deviation in self.deviations)


def findings(judged: Sequence[tuple[Exchange, Repair]]) -> Findings:
    wrong = {
        exchange.check.id for exchange, _ in judged if exchange.judgement.deviations or exchange.judgement.declined
    }
    good = dict.fromkeys(exchange.check.id for exchange, _ in judged if exchange.check.id not in wrong)
    declined = tuple(exchange for exchange, _ in judged if exchange.judgement.declined)
    return Findings(tuple(_deviations(judged)), tuple(_habits(judged)), declined, tuple(good))


def _deviations(judged: Iterable[tuple[Exchange, Repair]]) -> list[Deviation]:
    alike: dict[tuple[object, ...], Deviation] = {}
    for exchange, repair in judged:
        if exchange.judgement.deviations:
            key = (exchange.check.id, exchange.answer.status, exchange.judgement.ids, repair.rule)
            known = alike.get(key)
            alike[key] = Deviation(known.first, known.repair, (*known.others, exchange.number)) if known else Deviation(
                exchange, repair
            )  # fmt: skip
    return list(alike.values())


def _habits(judged: Iterable[tuple[Exchange, Repair]]) -> list[Habit]:
    alike: dict[str, Habit] = {}
    for exchange, repair in judged:
        left = {problem.id for problem in repair.judgement.problems}
        for problem in exchange.judgement.habits:
            known = alike.get(problem.id, Habit(problem, exchange, 0, 0))
            alike[problem.id] = Habit(
                known.problem, known.first, known.count + 1, known.repaired + (problem.id not in left)
            )
    return list(alike.values())
