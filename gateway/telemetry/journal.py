"""The last exchanges, kept in memory for the operator. Failures have a place of their own, so that they outlive successes."""

from collections import deque
from collections.abc import Iterable
from itertools import chain

from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Kept

Entry = tuple[ExchangeRecord, Kept | None]

SUCCESSES_KEPT = 200
FAILURES_KEPT = 200


class Journal:
    """Bounded, lost with the process, never written anywhere. Used from one thread: the loop's."""

    def __init__(self, successes: int = SUCCESSES_KEPT, failures: int = FAILURES_KEPT) -> None:
        self._successes: deque[Entry] = deque(maxlen=successes)
        self._failures: deque[Entry] = deque(maxlen=failures)

    def add(self, record: ExchangeRecord, kept: Kept | None = None) -> None:
        """Keeps one finished exchange, at the cost of the oldest of its kind."""
        (self._failures if record.is_failure else self._successes).append((record, kept))

    def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last exchanges of both kinds, the one that started last first."""
        return _newest(chain(self._successes, self._failures), limit)

    def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        """The last failures, the one that started last first."""
        return _newest(self._failures, limit)

    def find(self, id_: str) -> Entry | None:
        """One of them by its id, and what is left of it; None where it is forgotten, or never was."""
        return next((entry for entry in chain(self._failures, self._successes) if entry[0].id == id_), None)


def _newest(entries: Iterable[Entry], limit: int) -> tuple[ExchangeRecord, ...]:
    records = sorted((record for record, _ in entries), key=lambda record: record.started, reverse=True)
    return tuple(records[: max(limit, 0)])
