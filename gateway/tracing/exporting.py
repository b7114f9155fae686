"""The way to the collector: OpenTelemetry's SDK, which gathers spans and sends them from a thread of its own.

Where a collector is down or slow, spans wait; where too many wait, the newest are left out, and every one that does not
arrive is counted. The SDK would log each failure with the words of the collector. So its log is switched off, and what has
become of the way is said once per change.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.version import __version__ as sdk_version
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from gateway import __version__
from gateway.config.settings import TracingSettings
from gateway.config.tracing import field_lines
from gateway.core.trace_context import Trace
from gateway.telemetry.record import ExchangeRecord
from gateway.tracing.attributes import attributes, is_error, name
from gateway.tracing.tracer import Counted

_log = logging.getLogger("pacs_gateway.tracing")

MOST_WAITING: Final = 2048  # spans, of a few kilobytes each
_BATCH: Final = 512
_PAUSE: Final = 2.0  # seconds between two batches that are not full
_PATIENCE: Final = 5.0  # with each request, and at the end of the process
_LAST_WORD: Final = 0.5  # seconds for a request that was given up to say so
_SUCCESSES: Final = range(200, 300)
_FAILED: Final = Status(StatusCode.ERROR)


class Exporting:
    """A provider of spans with one processor, one exporter, and one thread."""

    def __init__(self, settings: TracingSettings, counted: Counted) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        self._exporter = Exporter(settings, counted)
        self._queue = Queue(self._exporter, counted)
        self._ids = Given()
        provider = TracerProvider(ALWAYS_ON, resource(settings), shutdown_on_exit=False, id_generator=self._ids)
        provider.add_span_processor(self._queue)
        self._tracer = provider.get_tracer("pacs_gateway", __version__)

    def put(self, record: ExchangeRecord, trace: Trace) -> None:
        """Returns at once."""
        self._ids.trace_id, self._ids.span_id = int(trace.trace_id, 16), int(trace.span_id, 16)
        began = int(record.started * 1e9)
        span = self._tracer.start_span(
            name(record), context_of(trace), SpanKind.SERVER, attributes(record), start_time=began
        )
        if is_error(record):
            span.set_status(_FAILED)
        span.end(began + int(record.seconds * 1e9))

    async def close(self) -> None:
        """What waits is sent, within a few seconds."""
        ending = threading.Thread(target=self._queue.shutdown, name="last spans", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, _PATIENCE)
        self._exporter.give_up()
        await asyncio.to_thread(ending.join, _LAST_WORD)
        self._queue.count_lost(self._exporter.settled())


class Queue(BatchSpanProcessor):
    """The SDK's, which would leave the oldest out, and tell nobody."""

    def __init__(self, exporter: "Exporter", counted: Counted) -> None:
        super().__init__(exporter, MOST_WAITING, _PAUSE * 1000, _BATCH)
        self._taking, self._counted = exporter, counted
        self._came = 0  # the loop's to count, as those that were taken are the thread's

    def on_end(self, span: ReadableSpan) -> None:
        if self._came - self._taking.taken >= MOST_WAITING:
            self._counted("dropped", 1)
            return
        self._came += 1
        super().on_end(span)

    def count_lost(self, settled: int) -> None:
        """After the end: what nobody sends any more, or not in time."""
        if lost := self._came - settled:
            self._counted("dropped", lost)


class Exporter(SpanExporter):
    """Sends a batch, in the thread of the queue, and notes what became of it."""

    def __init__(self, settings: TracingSettings, counted: Counted) -> None:
        self.taken = 0
        self._settled, self._is_over, self._lock = 0, False, threading.Lock()
        self._counted, self._session, self._trouble = counted, Session(), ""
        self._otlp = OTLPSpanExporter(
            f"{settings.endpoint}/v1/traces",
            certificate_file=str(settings.ca_file) if settings.ca_file else _authorities(),
            client_certificate_file=str(settings.cert_file) if settings.cert_file else None,
            client_key_file=str(settings.key_file) if settings.key_file else None,
            headers=dict(field_lines(settings.headers_file.content)) if settings.headers_file else {},
            timeout=_PATIENCE,
            compression=Compression.Gzip,
            session=self._session,
        )

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._session.is_closed:
            return SpanExportResult.FAILURE  # they are counted among those that are lost
        self.taken += len(spans)
        result = self._otlp.export(spans)
        trouble = self._session.trouble  # to the exporter, a redirect is a success
        if result is not SpanExportResult.SUCCESS:
            trouble = trouble or "it does not take them"
        self._note(trouble)
        with self._lock:
            if not self._is_over:
                self._settled += len(spans)
                self._counted("dropped" if trouble else "sent", len(spans))
        return result

    def _note(self, trouble: str) -> None:
        if trouble and not self._trouble:
            _log.warning("tracing: no spans reach the collector: %s", trouble)
        elif self._trouble and not trouble:
            _log.info("tracing: spans reach the collector again")
        self._trouble = trouble

    def settled(self) -> int:
        """Of how many spans it is known what became. From now on none is added: the others are lost."""
        with self._lock:
            self._is_over = True
            return self._settled

    def give_up(self) -> None:
        """Ends the pause before another attempt; for a processor that has not done so in time."""
        if not self._session.is_closed:
            self._otlp.shutdown()  # type: ignore[no-untyped-call]

    def shutdown(self) -> None:
        """For the processor, at its end."""
        self.give_up()


class Session(requests.Session):
    """Keeps to the configuration: no proxy, password or authority from the environment, no redirect. It remembers why
    the last request was in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env, self.is_closed = False, False
        self.trouble = ""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        try:
            response = super().send(request, **{**options, "allow_redirects": False})
        except Exception as error:
            self.trouble = _reason(error)
            raise
        self.trouble = "" if response.status_code in _SUCCESSES else f"it answers with {response.status_code}"
        return response

    def close(self) -> None:
        self.is_closed = True
        super().close()


class Given(IdGenerator):
    """Ids were drawn when the exchange began: the archive knows them already."""

    trace_id = span_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id

    def generate_span_id(self) -> int:
        return self.span_id


def context_of(trace: Trace) -> Context:
    """Nothing but the client's span, if there is one."""
    parent = trace.parent
    if parent is None:
        return Context()
    sender = SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, TraceFlags(parent.flags))
    return set_span_in_context(NonRecordingSpan(sender), Context())


def resource(settings: TracingSettings) -> Resource:
    """Who speaks. Each process is an instance of its own."""
    return Resource(
        {
            "service.name": settings.service_name,
            "service.version": __version__,
            "service.instance.id": str(uuid4()),
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.version": sdk_version,
        }
    )


def _authorities() -> str | None:
    """Those of the system, as everywhere in the gateway; requests would bring its own."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath


def _reason(error: Exception) -> str:
    """In words about the connection alone."""
    kinds = (
        (requests.exceptions.SSLError, "its certificate, or ours, is not accepted"),
        (requests.exceptions.Timeout, "it did not answer in time"),
    )
    return next((words for kind, words in kinds if isinstance(error, kind)), "no connection")
