"""The counts of this process at one moment, as values for a page: the larger first, nothing that was never counted."""

from collections import Counter
from dataclasses import dataclass

from gateway.core.decision import UNCHANGED
from gateway.telemetry.guard_metrics import GuardCounts


@dataclass(frozen=True, slots=True)
class Answered:
    """So many exchanges in which the archive said `received` and the client got `sent`. Codes are label words."""

    received: str
    sent: str
    rule: str
    count: int

    @property
    def changed(self) -> bool:
        return self.rule != UNCHANGED or self.received != self.sent


@dataclass(frozen=True, slots=True)
class FailureCount:
    """So many failures of one kind with one archive."""

    upstream: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`would_rewrite` holds what rules would have sent, had they not been told to observe."""

    answered: tuple[Answered, ...]
    would_rewrite: tuple[Answered, ...]
    failures: tuple[FailureCount, ...]
    guard: GuardCounts

    @property
    def exchanges(self) -> int:
        return sum(row.count for row in self.answered)

    @property
    def changed(self) -> int:
        return sum(row.count for row in self.answered if row.changed)

    @property
    def rules(self) -> tuple[tuple[str, int], ...]:
        """How often each rule decided, the busiest first."""
        counts: Counter[str] = Counter()
        for row in self.answered:
            if row.rule != UNCHANGED:
                counts[row.rule] += row.count
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def totals(values: list[tuple[tuple[str, ...], float]], *places: int) -> list[tuple[tuple[str, ...], int]]:
    """Sums over all labels but those at `places`, without zeros, the larger first."""
    counts: Counter[tuple[str, ...]] = Counter()
    for labels, value in values:
        counts[tuple(labels[place] for place in places)] += int(value)
    return sorted(((key, n) for key, n in counts.items() if n), key=lambda item: (-item[1], item[0]))
