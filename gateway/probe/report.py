"""The report for people: plain text, to be read aloud or pasted into a mail to the vendor.

It names the archive's address and what was made up for the survey. Identifiers of the archive are masked by then, and of
contents it tells the shape.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.probe.findings import Deviation, Findings, Habit
from gateway.probe.shape import shape
from gateway.probe.survey import Found

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Heading:
    """What a report is about."""

    url: str
    version: str
    date: str


def report(heading: Heading, found: Found, findings: Findings) -> Iterator[str]:
    """Its lines, without their ends."""
    yield f"Survey of {heading.url} by pacs-gateway {heading.version} on {heading.date}"
    yield from _wrapped(_summary(found, findings))
    if findings.deviations:
        yield from _wrapped(
            "Repaired means that clients get an answer that is documented and true. What the archive does not send, nobody "
            "else can: a 503 stays a 503."
        )
    if found.ended:
        yield from _wrapped(f"The survey ended early: {found.ended}.")
    for number, deviation in enumerate(findings.deviations, start=1):
        yield ""
        yield from _deviation(number, deviation)
    yield from _list("Seen in many answers", (_habit(habit) for habit in findings.habits))
    yield from _list("Declined, in a form that the standards allow", _declined(findings))
    yield from _list("As it should be", [", ".join(findings.good)] if findings.good else [])
    yield from _list("Not asked", _skipped(found))
    yield from _list("Left behind in the archive", found.left)


def _summary(found: Found, findings: Findings) -> str:
    number = len(findings.deviations)
    said = f"{_count(found.requests, 'request', 'requests')} about {_count(found.studies, 'study', 'studies')}. "
    if not number:
        return said + "No deviation from PS3.18 and RFC 9110 was found."
    repaired = f"the gateway repairs {'it' if number == findings.repaired == 1 else findings.repaired}"
    return said + f"{_count(number, 'deviation', 'deviations')} from PS3.18 and RFC 9110; {repaired}."


def _deviation(number: int, deviation: Deviation) -> Iterator[str]:
    exchange = deviation.first
    yield f"{number:2}. {exchange.check.id}: {exchange.check.what}"
    yield from _row("sent", f"{exchange.ask}, Accept: {exchange.ask.accept}")
    yield from _row("came", shape(exchange.answer))
    yield from _row("expected", f"{exchange.check.expected} ({exchange.check.clause})")
    for problem in exchange.judgement.deviations:
        if problem.id != "wrong-status":
            yield from _row("problem", f"{problem.words} ({problem.clause})")
    if deviation.others:
        yield from _row("also", f"for {_studies(deviation.others)}" if all(deviation.others) else "once more")
    yield from _row("gateway", deviation.gateway)


def _studies(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{{study {number}}}" for number in numbers)


def _habit(habit: Habit) -> str:
    by = (
        "the gateway adds what is missing" if habit.repaired == habit.count else f"the gateway repairs {habit.repaired}"
    )
    seen = f"{_count(habit.count, 'answer', 'answers')}, such as that to {habit.first.ask}"
    return f"{habit.problem.words} ({habit.problem.clause}): {seen}; {by}"


def _declined(findings: Findings) -> Iterator[str]:
    for exchange in findings.declined:
        yield f"{exchange.check.id}: {exchange.ask}: {shape(exchange.answer)}"


def _skipped(found: Found) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for check, why in found.skipped.items():
        by_reason.setdefault(why, []).append(check)
    yield from (f"{', '.join(checks)}: {why}" for why, checks in by_reason.items())


def _list(title: str, entries: Iterator[str] | list[str]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        if not number:
            yield ""
            yield f"{title}:"
        yield from _wrapped(entry, "  - ", "    ")


def _row(label: str, words: str) -> list[str]:
    return _wrapped(words, f"    {label:<10}", " " * 14)


def _wrapped(words: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
