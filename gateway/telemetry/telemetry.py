"""Who hears of an exchange: the metrics, the journal and the access log. Whoever reports has nothing to wait for."""

import logging
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.facts import RequestFacts
from gateway.core.fields import Fields
from gateway.core.trace_context import Trace
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import OWN, described
from gateway.telemetry.seen import Kept, Memory, Recorder, Seen, is_worth_a_look

_log = logging.getLogger(f"{OWN}.proxy")


class Auditor(Protocol):
    """The audit trail, which may know what telemetry must not: the request itself, and who sent it."""

    def hear(self, request: RequestFacts, client: str, status: int | None, complete: bool, exchange: str) -> None: ...


class Tracer(Protocol):
    """Tells a collector of exchanges that belong to a trace."""

    def begin(self, fields: Fields) -> Trace: ...

    def hear(self, record: ExchangeRecord, trace: Trace) -> None: ...


@dataclass(frozen=True, slots=True)
class Telemetry:
    """All observers of one process."""

    metrics: Metrics
    journal: Journal
    access_log: AccessLog
    audit: Auditor | None = None
    recorder: Recorder | None = None
    tracer: Tracer | None = None
    memory: Memory = field(default_factory=Memory)

    def judged(self, record: ExchangeRecord, target: str, seen: Seen | None) -> None:
        """An exchange is over. `seen` is what was judged; None where the client had left before there was anything."""
        kept = self.memory.keep(seen, closely=is_worth_a_look(seen.decision, record)) if seen else None
        self.record(record, target, kept)
        self.recorded(record, seen)

    def record(self, record: ExchangeRecord, target: str, kept: Kept | None = None) -> None:
        """To be called once for each exchange, after its last byte. The raw target of its request goes to those only who
        may say which study it named; no record holds it. `kept` is what is left of the exchange to explain it by."""
        self.metrics.observe(record)
        self.journal.add(record, kept)
        self.access_log.add(record, target)

    def recorded(self, record: ExchangeRecord, seen: Seen | None) -> None:
        """The same, for the recorder where there is one."""
        if self.recorder is None:
            return
        try:
            self.recorder.hear(seen, record)
        except Exception as error:
            self.bug(error)

    def audited(self, record: ExchangeRecord, request: RequestFacts, client: str) -> None:
        """The same, for the audit trail where there is one. Nothing of it comes back, not even an error."""
        if self.audit is None:
            return
        try:
            self.audit.hear(request, client, record.status, record.ended == "complete", record.id)
        except Exception as error:
            self.metrics.audited("dropped")
            self.bug(error)

    def traced(self, record: ExchangeRecord, trace: Trace | None) -> None:
        """The same, for the collector of traces where there is one."""
        if self.tracer is None or trace is None:
            return
        if trace.is_sampled:
            self.metrics.exemplify(record, trace)
        try:
            self.tracer.hear(record, trace)
        except Exception as error:
            self.bug(error)

    def bug(self, error: Exception) -> None:
        """The gateway itself failed: which error and where, for a report to its makers."""
        _log.error("The gateway itself failed: %s", described(error))
