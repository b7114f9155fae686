"""The scoreboard of an archive: how many of its answers keep to the standard, and what had to be done about the others.

Counted by code, transaction and rule alone: no request, no object and no patient is in it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.config.settings import Settings
from gateway.conformance.counters import Counters
from gateway.conformance.sources import UPSTREAM_KINDS
from gateway.core.decision import UNCHANGED
from gateway.core.policy import Documented
from gateway.core.verdicts import whys
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS
from gateway.dicomweb.transactions import TRANSACTIONS, Transaction
from gateway.telemetry.labels import NONE


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code of the archive; `in_table` None where the standard has no table for the transaction. Unix seconds."""

    code: str
    count: int
    in_set: bool
    in_table: bool | None
    first: float | None
    last: float | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One transaction with the codes that the archive answered, the busiest first."""

    transaction: str
    name: str
    section: str
    codes: tuple[CodeSeen, ...]

    @property
    def answers(self) -> int:
        return sum(seen.count for seen in self.codes)

    @property
    def in_set(self) -> int:
        return sum(seen.count for seen in self.codes if seen.in_set)

    @property
    def in_table(self) -> int | None:
        if any(seen.in_table is None for seen in self.codes):
            return None
        return sum(seen.count for seen in self.codes if seen.in_table)


@dataclass(frozen=True, slots=True)
class Repair:
    """A rule, how many answers it changed, or would have had it not been told to observe, and the most frequent change."""

    rule: str
    why: str
    changed: int
    would_change: int
    received: str
    sent: str


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """`failures` counts by kind the exchanges in which the archive gave no usable answer. `since` and `until` are in Unix
    seconds: the start of the counting, and the last answer. Of several `archives`, all answers are counted together."""

    archives: int
    documented: str
    edition: str
    operations: tuple[Operation, ...]
    repairs: tuple[Repair, ...]
    failures: Mapping[str, int]
    since: float | None
    until: float | None

    @property
    def answers(self) -> int:
        return sum(operation.answers for operation in self.operations)

    @property
    def in_set(self) -> int:
        return sum(operation.in_set for operation in self.operations)


def scoreboard(settings: Settings, counted: Counters) -> Scoreboard:
    documented = settings.policy.documented
    failures = sorted(counted.failures.items(), key=lambda item: (-item[1], item[0]))
    return Scoreboard(
        archives=len(settings.upstreams),
        documented=documented.name,
        edition=documented.edition,
        operations=tuple(_operations(documented, counted)),
        repairs=tuple(_repairs(settings, counted)),
        failures={kind: count for kind, count in failures if kind in UPSTREAM_KINDS},
        since=counted.since,
        until=max(counted.last.values(), default=None),
    )


def _operations(documented: Documented, counted: Counters) -> Iterator[Operation]:
    """In the order of the standard."""
    codes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for answered, count in counted.answered.items():
        if answered.is_from_archive:
            codes[answered.transaction][answered.received] += count
    for id_, row in TRANSACTIONS.items():
        seen = tuple(_seen(row, code, count, documented, counted) for code, count in codes[id_].most_common())
        if seen:
            yield Operation(id_, row.name, row.section, seen)


def _seen(row: Transaction, code: str, count: int, documented: Documented, counted: Counters) -> CodeSeen:
    number = int(code) if code.isdecimal() else 0
    return CodeSeen(
        code=code,
        count=count,
        in_set=documented.allows(number) or (number == SWITCHING_PROTOCOLS and number in row.responses),
        in_table=number in row.responses if row.responses else None,
        first=counted.first.get((row.id, code)),
        last=counted.last.get((row.id, code)),
    )


def _repairs(settings: Settings, counted: Counters) -> Iterator[Repair]:
    """The busiest first. What the gateway answered by itself is no repair of the archive's answers."""
    done: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    would: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for answered, count in counted.answered.items():
        if answered.is_from_archive and answered.rule != UNCHANGED:
            done[answered.rule][answered.received, answered.sent] += count
    for (rule, received, sent), count in counted.would.items():
        if received != NONE:
            would[rule][received, sent] += count
    totals = {rule: done[rule].total() + would[rule].total() for rule in {*done, *would}}
    why = whys(settings.policy)
    for rule in sorted(totals, key=lambda rule: (-totals[rule], rule)):
        ((received, sent), _count), *_ = (done[rule] + would[rule]).most_common(1)
        yield Repair(rule, why(rule), done[rule].total(), would[rule].total(), received, sent)
