"""The last exchanges, kept in memory for the operator. Failures have a place of their own, so that they outlive successes."""

from collections import deque
from itertools import chain

from gateway.telemetry.record import ExchangeRecord

SUCCESSES_KEPT = 200
FAILURES_KEPT = 200


class Journal:
    """Bounded, lost with the process, never written anywhere. Used from one thread: the loop's."""

    def __init__(self, successes: int = SUCCESSES_KEPT, failures: int = FAILURES_KEPT) -> None:
        self._successes: deque[ExchangeRecord] = deque(maxlen=successes)
        self._failures: deque[ExchangeRecord] = deque(maxlen=failures)

    def add(self, record: ExchangeRecord) -> None:
        """Keeps one finished exchange, at the cost of the oldest of its kind."""
        (self._failures if record.is_failure else self._successes).append(record)

    def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last exchanges of both kinds, the one that started last first."""
        return _newest(chain(self._successes, self._failures), limit)

    def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last failures, the one that started last first."""
        return _newest(self._failures, limit)


def _newest(records: "chain[ExchangeRecord] | deque[ExchangeRecord]", limit: int) -> tuple[ExchangeRecord, ...]:
    return tuple(sorted(records, key=lambda record: record.started, reverse=True)[: max(limit, 0)])
