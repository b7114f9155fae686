"""A collector of traces, which reads what it is sent as OpenTelemetry says: OTLP over HTTP, protobuf, compressed or not."""

import asyncio
import gzip
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.listener import Listener
from tests.support.upstream import answer

THANKS = answer(200, b"", ("Content-Type", "application/x-protobuf"))


@dataclass
class Collector(Listener):
    """`says` is its answer to everything; where it has none, those who wait for one are `held`. Use as an async
    context manager."""

    says: bytes = THANKS
    port: int = 0
    tls: ssl.SSLContext | None = None
    heads: list[bytes] = field(default_factory=list)
    batches: list[ExportTraceServiceRequest] = field(default_factory=list)
    held: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Span]:
        """Of all batches, in the order in which they began."""
        found = [
            span
            for batch in self.batches
            for of_resource in batch.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]
        return sorted(found, key=lambda span: span.start_time_unix_nano)

    @property
    def written(self) -> bytes:
        """Everything that it was told, as it came out of its wrapping."""
        return b"".join([*self.heads, *(batch.SerializeToString() for batch in self.batches)])

    @property
    def resources(self) -> list[dict[str, str]]:
        """Who has spoken: one for each process."""
        told = [of_resource.resource for batch in self.batches for of_resource in batch.resource_spans]
        each = {resource.SerializeToString(): resource for resource in told}
        return [{one.key: one.value.string_value for one in resource.attributes} for resource in each.values()]

    async def has_heard(self, spans: int) -> None:
        await self._until(lambda: len(self.spans) >= spans)

    async def has_been_asked(self) -> None:
        await self._until(lambda: bool(self.heads))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            length = re.search(rb"content-length: *([0-9]+)", head, re.IGNORECASE)
            assert length is not None
            content = await reader.readexactly(int(length[1]))
            self.batches.append(ExportTraceServiceRequest.FromString(gzip.decompress(content)))
            self._changed.set()
            if self.says:
                writer.write(self.says)
                await writer.drain()
            else:
                self.held.append(writer)


def told(span: Span) -> dict[str, Any]:
    """Its attributes."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
