"""What came of trials, in words: one line each, for a terminal and for a report."""

import re
from collections import Counter
from collections.abc import Sequence

from gateway.config.cases import NEEDS_SOCKETS, by
from gateway.config.trials import State, Unneeded, Verdict

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def told(found: Verdict) -> str:
    """The end of a case, always with who decided it."""
    played = found.played
    if played is None:
        return f"not run; it {NEEDS_SOCKETS}"
    decided = by(played.rule, played.why)
    if found.state is State.FAILS:
        wrong = "; ".join(played.differences)
        return f"FAILED: {wrong}" + ("" if decided in wrong else f" (by {decided})")
    if found.state is State.OVERRULED:
        return f"overruled by {decided}"
    return f"ok: {played.status} by {by(played.rule, '')}"


def told_unneeded(rule: Unneeded) -> str:
    if not rule.decided:
        return "not needed by any case: it decides none"
    hold = "1 case holds" if rule.decided == 1 else f"{rule.decided} cases hold"
    return f"not needed by any case: {hold} with it and without"


# How the cases ended, by their number: one, many. What is rare is only told where it came about.
_ENDS = (
    (State.HOLDS, "holds", "hold", True),
    (State.FAILS, "fails", "fail", True),
    (State.OVERRULED, "of a pack is overruled", "of packs are overruled", False),
    (State.NEEDS_SOCKETS, "needs sockets and was not run", "need sockets and were not run", False),
)


def summary(verdicts: Sequence[Verdict], idle: Sequence[Unneeded], rules: int) -> str:
    """One line: how many cases, how they ended, and how many rules none of them needs."""
    ends = Counter(found.state for found in verdicts)
    told = ", ".join(_count(ends[state], one, many) for state, one, many, always in _ENDS if always or ends[state])
    needless = f"; {len(idle)} of {_count(rules, 'rule', 'rules')} not needed by any" if idle else ""
    return f"{_count(len(verdicts), 'case', 'cases')}: {told}{needless}"


def one_line(text: str) -> str:
    """The text with every control character made visible: field values and names may hold any."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
