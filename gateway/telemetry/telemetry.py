"""Who hears of an exchange: the metrics, the journal and the access log. Whoever reports has nothing to wait for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import OWN, described

_log = logging.getLogger(f"{OWN}.proxy")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """All observers of one process."""

    metrics: Metrics
    journal: Journal
    access_log: AccessLog

    @contextmanager
    def in_flight(self, upstream: str) -> Iterator[None]:
        """An exchange with this archive is under way."""
        self.metrics.in_flight_changed(upstream, 1)
        try:
            yield
        finally:
            self.metrics.in_flight_changed(upstream, -1)

    def record(self, record: ExchangeRecord) -> None:
        """An exchange is over. To be called once for each, after its last byte."""
        self.metrics.observe(record)
        self.journal.add(record)
        self.access_log.add(record)

    def bug(self, error: Exception) -> None:
        """The gateway itself failed: which error and where, for a report to its makers."""
        _log.error("The gateway itself failed: %s", described(error))
