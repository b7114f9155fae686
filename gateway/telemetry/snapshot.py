"""The counts at one moment, as values for a page: the larger first, nothing that was never counted.

They are taken from the metrics themselves, so a page cannot say anything else, whether one process has counted or several.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric

from gateway.core.decision import UNCHANGED
from gateway.telemetry.guard_metrics import GuardCounts, Guarded


@dataclass(frozen=True, slots=True)
class Answered:
    """So many exchanges of one transaction in which the archive said `received` and the client got `sent`, or would have got
    it. Codes are label words."""

    transaction: str
    received: str
    sent: str
    rule: str
    count: int

    @property
    def decided(self) -> bool:
        """Whether a rule did it; nobody decides that a client leaves."""
        return self.rule != UNCHANGED

    @property
    def changed(self) -> bool:
        return self.decided or self.received != self.sent


@dataclass(frozen=True, slots=True)
class FailureCount:
    """So many failures of one kind with one archive."""

    upstream: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`would_rewrite` holds what would have been sent, had nothing been told to observe."""

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


def snapshot(families: Iterable[Metric], guarded: Iterable[Guarded]) -> Snapshot:
    """Of metrics as they are collected, and of what the guard knows beside them."""
    counted = _Counted(families)
    failures = counted.totals("failures", "upstream", "kind")
    return Snapshot(
        answered=counted.answered("responses"),
        would_rewrite=counted.answered("would_rewrite_by_transaction"),
        failures=tuple(FailureCount(upstream, kind, n) for (upstream, kind), n in failures),
        guard=GuardCounts(
            under_way=counted.by_archive("in_flight"),
            waiting=counted.by_archive("queued"),
            is_up={upstream: bool(value) for upstream, value in counted.by_archive("upstream_up").items()},
            held_back=counted.by_archive_and_reason("held_back"),
            would_hold_back=counted.by_archive_and_reason("would_hold_back"),
            guarded={one.upstream: one for one in guarded},
        ),
    )


class _Counted:
    """Families by name."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = {family.name: family for family in families}

    def totals(self, name: str, *labels: str) -> list[tuple[tuple[str, ...], int]]:
        """Sums over all labels but these, without zeros, the larger first."""
        counts: Counter[tuple[str, ...]] = Counter()
        for labelled, value in self._values(name):
            counts[tuple(labelled[label] for label in labels)] += value
        return sorted(((key, n) for key, n in counts.items() if n), key=lambda item: (-item[1], item[0]))

    def answered(self, name: str) -> tuple[Answered, ...]:
        rows = self.totals(name, "transaction", "upstream_code", "code", "rule")
        return tuple(Answered(id_, received, sent, rule, n) for (id_, received, sent, rule), n in rows)

    def by_archive(self, name: str) -> dict[str, int]:
        return {labelled["upstream"]: value for labelled, value in self._values(name)}

    def by_archive_and_reason(self, name: str) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for (upstream, reason), number in self.totals(name, "upstream", "reason"):
            counts.setdefault(upstream, {})[reason] = number
        return counts

    def _values(self, name: str) -> list[tuple[dict[str, str], int]]:
        family = self._families.get(f"pacs_gateway_{name}")  # one that nobody has set yet is not there
        return [(sample.labels, int(sample.value)) for sample in family.samples] if family else []
