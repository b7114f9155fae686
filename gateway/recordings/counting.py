"""The sums of a replay, and of two policies side by side. Memory does not grow with the number of exchanges, but with that of
the ways in which they end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.decision import UNCHANGED
from gateway.core.policy import Documented
from gateway.recordings.exchanges import Bad, Exchange, Judged, Outside
from gateway.recordings.judging import Bench, Untold, Verdict

_BAD_TOLD = 20  # lines that cannot be read, of which the place is told


class Way(NamedTuple):
    """One way in which exchanges end: what was asked, what the archive said, what the client gets."""

    transaction: str
    received: str
    status: int
    rule: str
    body: str

    @property
    def is_changed(self) -> bool:
        return self.rule != UNCHANGED or str(self.status) != self.received


class Difference(NamedTuple):
    """One way in which two policies differ."""

    transaction: str
    received: str
    old_status: int
    old_rule: str
    old_body: str
    new_status: int
    new_rule: str
    new_body: str

    @property
    def is_of_content(self) -> bool:
        """Whether the content is all that they differ in."""
        return (self.old_status, self.old_rule) == (self.new_status, self.new_rule)


@dataclass(slots=True)
class Unjudged:
    """What has no verdict: by the reasons, and by the places in the files."""

    untold: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    bad: list[Bad] = field(default_factory=list)
    unreadable: int = 0

    def add_bad(self, found: Bad) -> None:
        self.unreadable += 1
        if len(self.bad) < _BAD_TOLD:
            self.bad.append(found)


@dataclass(slots=True)
class Period:
    """From the first to the last exchange, as they are dated."""

    first: str = ""
    last: str = ""

    def add(self, time: str) -> None:
        if time:
            self.first = min(self.first or time, time)
            self.last = max(self.last, time)


@dataclass(slots=True)
class Replay:
    """What one policy makes of exchanges."""

    bench: Bench
    wanted: Callable[[str], bool]
    ways: Counter[Way] = field(default_factory=Counter)
    unjudged: Unjudged = field(default_factory=Unjudged)
    period: Period = field(default_factory=Period)
    differs: int = 0  # from what was recorded
    undocumented: int = 0  # answers of the archive

    def add(self, exchange: Exchange) -> None:
        transaction = exchange.transaction(self.bench)
        judged = exchange.judged(self.bench)
        if isinstance(judged, Outside):
            self.unjudged.outside[judged.why] += 1
            return
        if not self.wanted(transaction):
            return
        self.period.add(exchange.time)
        self.undocumented += _is_undocumented(exchange.received, self.bench.policy.documented)
        if isinstance(judged, Untold):
            self.unjudged.untold[judged.why] += 1
            return
        self.differs += exchange.recorded is not None and exchange.recorded != judged
        self.ways[Way(transaction, exchange.received, judged.status, judged.rule, judged.body)] += 1

    @property
    def exchanges(self) -> int:
        return self.ways.total() + self.unjudged.untold.total()

    @property
    def changed(self) -> int:
        return sum(number for way, number in self.ways.items() if way.is_changed)


def _is_undocumented(received: str, documented: Documented) -> bool:
    return received.isdecimal() and not documented.allows(int(received))


@dataclass(slots=True)
class Diff:
    """What two policies make of the same exchanges."""

    old: Bench
    new: Bench
    wanted: Callable[[str], bool]
    differences: Counter[Difference] = field(default_factory=Counter)
    same: int = 0
    unjudged: Unjudged = field(default_factory=Unjudged)
    period: Period = field(default_factory=Period)

    def add(self, exchange: Exchange) -> None:
        old, new = exchange.judged(self.old), exchange.judged(self.new)
        outside = [judged.why for judged in (old, new) if isinstance(judged, Outside)]
        if len(outside) == 2:
            self.unjudged.outside[outside[0]] += 1
            return
        transaction = exchange.transaction(self.new)
        if not self.wanted(transaction):
            return
        self.period.add(exchange.time)
        if not isinstance(old, Verdict) or not isinstance(new, Verdict):
            self.unjudged.untold[_why(old, new)] += 1
        elif old == new:
            self.same += 1
        else:
            self.differences[_difference(transaction, exchange.received, old, new)] += 1

    @property
    def exchanges(self) -> int:
        return self.same + self.different + self.unjudged.untold.total()

    @property
    def different(self) -> int:
        return self.differences.total()


def _difference(transaction: str, received: str, old: Verdict, new: Verdict) -> Difference:
    return Difference(transaction, received, old.status, old.rule, old.body, new.status, new.rule, new.body)


def _why(old: Judged, new: Judged) -> str:
    """Why two policies cannot be compared, and in which of them that lies."""
    whys = [(judged.why, name) for judged, name in ((old, "old"), (new, "new")) if not isinstance(judged, Verdict)]
    if len({why for why, _ in whys}) == 1 and len(whys) == 2:
        return f"{whys[0][0]}, in both"
    return "; ".join(f"{why}, in the {name} one" for why, name in whys)
