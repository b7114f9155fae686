"""An explanation on a terminal: one paragraph a matter, aligned, and no wider than the screen."""

import textwrap
from collections.abc import Iterator
from typing import Any

from gateway.cli.given import Told
from gateway.cli.verdicts import one_line
from gateway.core.decision import UNCHANGED
from gateway.core.explain.explanation import Explanation, Line, Step
from gateway.core.explain.telling import BODIES, BREAKER, SUSPICIONS, came, is_near, leaves, observing, rule

_INDENT = 14
_HANGING = " " * 2


def rendered(told: Told, width: int, *, everything: bool) -> str:
    """All of it, a matter after the other."""
    lines = [*_named(told), *(_logged(told.logged) if told.logged else ())]
    if told.explanation is not None:
        lines += _explanation(told.explanation, everything)
    if told.expected is not None:
        wrong = "; ".join(told.differences)
        lines.append(("Expected", f"does not hold: {wrong}" if wrong else f"{told.expected}, which holds"))
    return "\n".join(_paragraph(name, text, width) for name, text in lines)


def _named(told: Told) -> Iterator[tuple[str, str]]:
    if told.name:
        yield "Case", told.name


def _logged(found: Any) -> Iterator[tuple[str, str]]:
    """How it was decided at the time."""
    exchange = found["exchange"]
    yield "Exchange", f"{exchange['id']}, {exchange['time']}"
    received = (
        "the archive gave no answer" if exchange["received"] is None else f"the archive said {exchange['received']}"
    )
    sent = "the client got nothing" if exchange["status"] is None else f"the client got {exchange['status']}"
    by = "unchanged" if exchange["rule"] == UNCHANGED else f"by {exchange['rule']}"
    yield "Then", f"{received}, {sent}, {by}"
    yield "Today", found["verdict"]


def _explanation(told: Explanation, everything: bool) -> Iterator[tuple[str, str]]:
    yield "Outcome", f"{came(told.came)} {leaves(told)}"
    if noted := observing(told):
        yield "", noted
    yield (
        "Transaction",
        f"{told.asked.name}, {told.asked.id}" + (f" ({told.asked.clause})" if told.asked.clause else ""),
    )
    yield "", f"because {told.asked.why}"
    yield from _under("Rules", _rules(told, everything))
    yield from _under("Code", (_step(step) for step in told.steps), "stands as it came")
    yield from _under("Fields", (_line(line) for line in told.lines), "pass as they came")
    yield "Content", f"{BODIES[told.body]}: {told.body_why}"
    back = told.retry_after
    yield "Retry-After", f"{back.value} ({back.source}): {back.why}" if back else "none"
    yield "Breaker", BREAKER[told.breaker]
    if told.suspicion:
        yield "Looks wrong", SUSPICIONS.get(told.suspicion, told.suspicion)
    if told.mode == "observe":
        yield "Mode", "observe: answers of the archive pass as they came"
    yield from _under("Note", (*told.missing, *told.notes), None)


def _under(name: str, texts: Any, empty: str | None = "none") -> Iterator[tuple[str, str]]:
    """Several paragraphs under one name."""
    said = False
    for text in texts:
        yield "" if said else name, text
        said = True
    if not said and empty is not None:
        yield name, empty


def _rules(told: Explanation, everything: bool) -> Iterator[str]:
    near = [tried for tried in told.rules if everything or is_near(tried)]
    for tried in near:
        yield f"{tried.id}{f' ({tried.pack})' if tried.pack else ''} {rule(tried, told)}"
    far = len(told.rules) - len(near)
    if far:
        rules = f"{'more ' if near else ''}{'rule has' if far == 1 else 'rules have'}"
        yield f"{far} {rules} no part in this; --all lists {'it' if far == 1 else 'them'}"


def _step(step: Step) -> str:
    before = "no answer" if step.before is None else step.before
    code = f"{before} stays" if step.before == step.after else f"{before} -> {step.after}"
    clause = f" ({step.clause})" if step.clause and step.clause not in step.why else ""
    return f"{code}  {step.by}: {step.why.rstrip('.')}{clause}"


_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


def _line(line: Line) -> str:
    value = line.before if line.change == "removed" else line.after
    return f"{_SIGNS[line.change]} {line.name}: {'(not told here)' if value is None else value}  ({line.clause}: {line.why})"


def _paragraph(name: str, text: str, width: int) -> str:
    first = f"{name:<{_INDENT}}"
    later = " " * _INDENT + _HANGING
    wrapped = textwrap.wrap(
        one_line(text), width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )
    return "\n".join(wrapped)
