"""Who hears of an exchange: the metrics, the journal and the access log. Whoever reports has nothing to wait for."""

import logging
from dataclasses import dataclass
from typing import Protocol

from gateway.core.facts import RequestFacts
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import OWN, described

_log = logging.getLogger(f"{OWN}.proxy")


class Auditor(Protocol):
    """The audit trail, which may know what telemetry must not: the request itself, and who sent it."""

    def hear(self, request: RequestFacts, client: str, status: int | None, complete: bool, exchange: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Telemetry:
    """All observers of one process."""

    metrics: Metrics
    journal: Journal
    access_log: AccessLog
    audit: Auditor | None = None

    def record(self, record: ExchangeRecord, target: str) -> None:
        """An exchange is over. To be called once for each, after its last byte. The raw target of its request goes to those
        only who may say which study it named; no record holds it."""
        self.metrics.observe(record)
        self.journal.add(record)
        self.access_log.add(record, target)

    def audited(self, record: ExchangeRecord, request: RequestFacts, client: str) -> None:
        """The same, for the audit trail where there is one. Nothing of it comes back, not even an error."""
        if self.audit is None:
            return
        try:
            self.audit.hear(request, client, record.status, record.ended == "complete", record.id)
        except Exception as error:
            self.metrics.audited("dropped")
            self.bug(error)

    def bug(self, error: Exception) -> None:
        """The gateway itself failed: which error and where, for a report to its makers."""
        _log.error("The gateway itself failed: %s", described(error))
