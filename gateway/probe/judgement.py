"""What one answer is worth: good, declined in good form, or with problems."""

from dataclasses import dataclass

from gateway.core.failures import MEANINGS, FailureKind
from gateway.probe.checks import Check
from gateway.probe.contents import stored_under_an_error, wrong_content
from gateway.probe.exchange import Answer, Ask, Ending
from gateway.probe.manners import manners
from gateway.probe.problems import Problem

# Whatever was asked, an archive may refuse, or not be able to now, or not offer it, if it says so as it should. 429 is in
# no table of DICOMweb, but the tables may be added to, and RFC 6585 has given it one meaning.
DECLINES = frozenset({401, 403, 429, 501, 503})
# RFC 9110 15.5.9 and its like speak of answers; that there has to be one at all is 9.2 of RFC 9112.
_NO_ANSWER = "RFC 9112 9.2"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`problems` are empty where all is well. `declined`: documented and in good form, but not what was asked for."""

    problems: tuple[Problem, ...] = ()
    declined: bool = False

    @property
    def deviations(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if not problem.habit)

    @property
    def habits(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.habit)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(problem.id for problem in self.deviations)


def judge(check: Check, ask: Ask, answer: Answer) -> Judgement:
    if answer.failure is not None:
        return Judgement((_no_answer(answer.failure),))
    allowed = frozenset(check.statuses)
    problems = tuple(manners(ask, answer, allowed))
    if answer.status not in allowed:
        sound = all(problem.habit for problem in problems)
        if answer.status in DECLINES and sound:
            return Judgement(problems, declined=True)
        return Judgement((_wrong_status(check, answer), *problems))
    if 200 <= answer.status < 300 and ask.method != "HEAD" and answer.ending is Ending.WHOLE:
        problems += tuple(wrong_content(check.kind, ask, answer))
    if answer.status >= 400 and check.content:
        problems += tuple(stored_under_an_error(answer))
    return Judgement(problems)


def _no_answer(kind: FailureKind) -> Problem:
    return Problem(kind.value, MEANINGS[kind].sentence.rstrip("."), _NO_ANSWER)


def _wrong_status(check: Check, answer: Answer) -> Problem:
    return Problem("wrong-status", f"{answer.status} instead of {check.expected}", check.clause)
