"""The metrics of one process, in a registry of their own: what the archive said beside what the client got.

They survive a reload; a new generation only adds its routes, upstreams and rules. They never hold a path, a UID, an
address or a reason phrase: every label is a closed set (`labels`). What every exchange changes waits in a `Ledger`.

Which series start at zero. A query over a series that does not exist gives no data instead of 0, and `rate()` misses the
increment with which a series is born. So what alerts are written on exists from the start: every failure kind of every
upstream, cut bodies, uninspected bodies, bytes, and for each route one series per documented code, as that code passing
unchanged (`transaction="other"`, `rule="-"`); of what is undeclared, each undocumented code that is known from the field. All
other combinations of the five labels of `responses_total` (some hundred thousand, of which an archive shows a few dozen) are
born when they occur. With the documented codes in place, `sum by (route, code) (...)` always has a row for each code; to be
told of the first odd answer, alert on `failures_total`, or on `responses_total > 0 unless responses_total offset 5m`.
"""

from collections.abc import Callable
from functools import partial
from itertools import filterfalse
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)

from gateway.config.settings import Settings
from gateway.core.decision import UNCHANGED
from gateway.core.failures import FailureKind
from gateway.core.fold import ROWS
from gateway.core.trace_context import Trace
from gateway.dicomweb.statuses import SWITCHING_PROTOCOLS
from gateway.telemetry.description import Description
from gateway.telemetry.exposition import TEXT, Form
from gateway.telemetry.guard_metrics import GuardMetrics
from gateway.telemetry.labels import (
    AUDIT_OUTCOMES,
    DIRECTIONS,
    NONE,
    NOWHERE,
    OTHER,
    RECORDED,
    UNINSPECTED,
    ClosedSets,
    M,
    Series,
    code_label,
)
from gateway.telemetry.ledger import DURATIONS, Books, Ledger
from gateway.telemetry.levels import Earliest, Level, Levels, Newest, Sum
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.snapshot import Snapshot, snapshot

_WAITS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)  # from "in a moment" to "in an hour"
_Duration = partial(Histogram, buckets=DURATIONS)
_Wait = partial(Histogram, buckets=_WAITS)


class Metrics:
    """Counts exchanges. Every method returns at once and none raises for odd values in a record. One of several workers
    leaves it to their supervisor to describe the gateway itself."""

    def __init__(self, settings: Settings, now: float, *, is_worker: bool = False) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each, read by nobody
        self._registry = CollectorRegistry()
        self._description = None if is_worker else Description(self._registry)
        self._closed = ClosedSets()
        self._count_exchanges()
        self._count_troubles()
        self.guard = GuardMetrics(self._series)
        self._count_observers()
        self.reload_succeeded(settings, now)

    def _count_exchanges(self) -> None:
        series = self._series
        self._responses = series(
            Counter, "responses", "Exchanges by what the archive said (upstream_code) and what the client got (code).",
            "route", "transaction", "upstream_code", "code", "rule",
        )  # fmt: skip
        seconds = series(
            _Duration, "request_duration_seconds", "From the first byte of the request to the last of the reply.",
            "route", "transaction",
        )  # fmt: skip
        upstream_seconds = series(
            _Duration, "upstream_duration_seconds", "From the request to the head of the archive's answer.",
            "upstream", "transaction",
        )  # fmt: skip
        self._bytes = series(
            Counter, "bytes", "Content received from clients (in) and sent to them (out).", "direction"
        )
        self._undeclared = series(
            Counter, "undeclared", "Answers with a code outside the documented set, as under mode: observe.", "code"
        )
        first_seen = series(
            Earliest, "upstream_code_first_seen_timestamp_seconds", "When the archive first answered this code.",
            "transaction", "upstream_code",
        )  # fmt: skip
        last_seen = series(
            Newest, "upstream_code_last_seen_timestamp_seconds", "When the archive last answered this code.",
            "transaction", "upstream_code",
        )  # fmt: skip
        books = Books(self._responses, seconds, upstream_seconds, self._bytes, self._undeclared, first_seen, last_seen)
        self._ledger = Ledger(self._closed, books)
        self._tunnels = Levels(series(Sum, "tunnels", "Notification channels open to the archive.", "upstream"))

    def _count_troubles(self) -> None:
        series = self._series
        self._failures = series(
            Counter, "failures", "Outcomes without a usable answer of the archive.", "upstream", "kind"
        )
        self._retry_after = series(
            _Wait, "retry_after_seconds", "The wait asked of clients, and who chose it.", "code", "source"
        )
        self._truncated = series(
            Counter, "truncated", "Answers that the archive cut short, and so were cut for the client.", "upstream"
        )
        self._uninspected = series(
            Counter, "uninspected", "Answers passed on although the verdict would have needed their content.", "reason"
        )
        self._suspicious = series(
            Counter, "suspicious", "Successes that look wrong and cannot be repaired; passed on as they came.",
            "transaction", "reason",
        )  # fmt: skip
        self._would_rewrite = series(
            Counter, "would_rewrite", "What rules would have sent, had they not been told to observe.",
            "rule", "upstream_code", "code",
        )  # fmt: skip
        self._would_rewrite_by_transaction = series(
            Counter, "would_rewrite_by_transaction", "The same, for each transaction.",
            "transaction", "upstream_code", "code", "rule",
        )  # fmt: skip

    def _count_observers(self) -> None:
        self._audit_messages = self._series(
            Counter, "audit_messages", "Messages of the audit trail: sent to the collector, or dropped.", "outcome"
        )
        self._audit_queued = self._series(Sum, "audit_queued", "Messages of the audit trail that wait.")
        self._audit_waiting: Callable[[], int] = int
        self._spans = self._series(Counter, "spans", "Spans of traces: sent to the collector, or dropped.", "outcome")
        self._recorded = self._series(
            Counter, "recorded", "Exchanges that were to be recorded: written to the files, or dropped.", "result"
        )

    def _series(self, kind: Callable[..., M], name: str, text: str, *labels: str) -> Series[M]:
        metric = kind(f"pacs_gateway_{name}", text, labels, registry=self._registry)
        return Series(metric, labels, self._closed)

    def observe(self, record: ExchangeRecord) -> None:
        """Counts one finished exchange."""
        self._ledger.add(record)
        if record.failure:
            self._failures.of(record.upstream, record.failure).inc()
        if record.retry_source is not None:
            self._retry_after.of(code_label(record.status), record.retry_source.value).observe(record.retry_seconds)
        if record.ended == "truncated":
            self._truncated.of(record.upstream).inc()
        if record.uninspected:
            self._uninspected.of(record.uninspected).inc()
        if record.suspicion:
            self._suspicious.of(record.transaction, record.suspicion).inc()
        for seen in record.observed:
            received, sent = code_label(record.received), code_label(seen.status or None)
            self._would_rewrite.of(seen.rule, received, sent).inc()
            self._would_rewrite_by_transaction.of(record.transaction, received, sent, seen.rule).inc()

    def exemplify(self, record: ExchangeRecord, trace: Trace) -> None:
        """Shows where the exchange that was observed just now can be looked at."""
        self._ledger.exemplify(record, trace)

    def tunnel(self, upstream: str) -> Level:
        """A notification channel to this archive is open."""
        return self._tunnels.of(upstream)

    def audited(self, outcome: Literal["sent", "dropped"]) -> None:
        """A message of the audit trail has gone out, or is lost."""
        self._audit_messages.of(outcome).inc()

    def audit_waits(self, waiting: Callable[[], int]) -> None:
        """There is an audit trail; `waiting` says how many of its messages wait."""
        self._audit_waiting = waiting

    def traced(self, outcome: Literal["sent", "dropped"], number: int) -> None:
        """So many spans have gone out, or are lost. From any thread."""
        self._spans.of(outcome).inc(number)

    def recorded(self, result: Literal["written", "dropped"], number: int) -> None:
        """So many exchanges were written to the recording, or are missing there. From any thread."""
        self._recorded.of(result).inc(number)

    def reload_succeeded(self, settings: Settings, now: float) -> None:
        """These settings are in force since `now` (Unix seconds)."""
        self._closed.learn(settings)
        self._start_at_zero(settings)
        if self._description is not None:
            self._description.reload_succeeded(settings, now)

    def reload_failed(self) -> None:
        """A new configuration was refused; the one before stays in force."""
        if self._description is not None:
            self._description.reload_failed()

    def _start_at_zero(self, settings: Settings) -> None:
        documented = settings.policy.documented
        codes = [str(code) for code in sorted({*documented.codes, *documented.added}) if documented.allows(code)]
        # A 101 is no answer and in no set, but not undeclared either; and who has left gets none.
        self._ledger.declare((*codes, code_label(SWITCHING_PROTOCOLS), NONE))
        for undocumented in filterfalse(documented.allows, ROWS):
            self._undeclared.of(code_label(undocumented))
        for route in settings.routes:
            for code in codes:
                self._responses.of(route.id, OTHER, code, code, UNCHANGED)
        for upstream in (NOWHERE, *settings.upstreams):
            for kind in FailureKind:
                self._failures.of(upstream, kind.value)
        for upstream in settings.upstreams:
            self._truncated.of(upstream), self._tunnels.of(upstream)
        self.guard.start_at_zero(settings)
        for words, series in (
            (DIRECTIONS, self._bytes),
            (UNINSPECTED, self._uninspected),
            (AUDIT_OUTCOMES, self._audit_messages),
            (AUDIT_OUTCOMES, self._spans),
            (RECORDED, self._recorded),
        ):
            for word in words:
                series.of(word)

    def settle(self) -> None:
        """Everything that was counted so far goes where it is read. To be called before that, and at the end of a process
        whose counts another one reads."""
        self._ledger.settle()
        self._tunnels.settle()
        self._audit_queued.of().set(self._audit_waiting())
        self.guard.settle()

    def render(self, form: Form = TEXT) -> bytes:
        """The text that Prometheus reads."""
        self.settle()
        return form.write(self._registry)

    def snapshot(self) -> Snapshot:
        """The counts so far, for the status page."""
        self.settle()
        return snapshot(self._registry.collect(), self.guard.look())
