"""The one module that knows the inside of aiohttp 3.14: its server protocol, its client protocol, its connector.

What is used and is not public: `ResponseHandler` (subclassed, through `TCPConnector._factory`), its `_parser`, `_payload`
and `_should_close`; `RequestHandler` (subclassed), its `_make_error_handler` and `_ErrInfo`, `_messages`, `_waiter`,
`_request_count` and `_buffer_paused`; `_drain_helper` and `_paused` of both. tests/proxy/test_aiohttp_seam.py fails when
one of them changes.

Why so low: a pooled connection that hears bytes while idle must be closed, not reused, or one patient's answer reaches
another's viewer; an error after the header section must reach the reader of the body, not a queue nobody reads; and
aiohttp's own error page and log quote the request line.
"""

import asyncio
import select
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import aiohttp.helpers
import aiohttp.http_parser
from aiohttp import web
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http import RawRequestMessage, RawResponseMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from yarl import URL

from gateway.core.failures import FailureKind, Sent
from gateway.proxy.faults import UpstreamFault, answer_fault
from gateway.proxy.head_end import HeadEnd

# RFC 9110 15.2 lets an archive send any number of interim answers; one that never comes to the point is broken.
MAX_INTERIM = 32

K = FailureKind


class UnsuitableAiohttp(RuntimeError):  # noqa: N818
    """aiohttp is there, but not in the form the gateway was proven on."""


def require_suitable_aiohttp() -> None:
    """Refuse the pure Python parser and debug mode: both judge other bytes to be valid HTTP than the C parser does."""
    if aiohttp.http_parser.HttpResponseParser.__module__ != "aiohttp._http_parser":
        raise UnsuitableAiohttp(
            "aiohttp lacks its C extension; install a wheel with it (AIOHTTP_NO_EXTENSIONS must not be set)"
        )
    if aiohttp.helpers.DEBUG:
        raise UnsuitableAiohttp("aiohttp is in debug mode; start Python without -X dev and without PYTHONASYNCIODEBUG")


# ---- towards the archive -------------------------------------------------------------------------------------------


class UpstreamProtocol(ResponseHandler):
    """One connection to an archive: it hears answers only while one is awaited."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._awaiting = False
        self._head: asyncio.Future[tuple[RawResponseMessage, StreamReader]] | None = None
        self._body: StreamReader | None = None
        self.heard = False  # any byte of an answer
        self.continued = False  # a 100 (Continue)
        self.exchanges = 0
        self._interim = 0
        self._head_end = HeadEnd()

    def begin(
        self, *, bodiless: bool, max_line: int, max_field: int, max_fields: int
    ) -> "asyncio.Future[tuple[RawResponseMessage, StreamReader]]":
        """Await one answer. `bodiless` is for HEAD: whatever its head announces, nothing follows."""
        self._awaiting, self.heard, self.continued, self._interim, self._body = True, False, False, 0, None
        self._head_end = HeadEnd()
        self.exchanges += 1
        self._head = self._loop.create_future()
        self.set_response_params(
            skip_payload=bodiless, read_until_eof=True, auto_decompress=False,
            max_line_size=max_line, max_field_size=max_field, max_headers=max_fields,
        )  # fmt: skip
        return self._head

    def end(self) -> bool:
        """The exchange is over; whether the connection can carry another."""
        self._awaiting = False
        complete = self._body is not None and self._body.is_eof()
        return complete and not self.should_close and self.is_connected()

    def give_up(self) -> None:
        """Nobody waits any more, and the connection goes with whatever is under way on it."""
        self._awaiting = False
        if self._head is not None and self._head.done() and not self._head.cancelled():
            self._head.exception()  # seen, so that asyncio does not report it as forgotten
        self.abort()

    def data_received(self, data: bytes) -> None:
        if not data:
            self._resume_parsing()
        while data:
            if not self._awaiting or self._is_complete():
                # Bytes nobody asked for. They would answer the next request: this connection has had its last.
                self._should_close = True
                if not self._awaiting:
                    self.abort()
                return
            self.heard = True
            assert self._head is not None
            part, data = (data, b"") if self._head.done() else self._head_end.cut(data)
            self._feed(part)

    def _resume_parsing(self) -> None:
        """The reader has caught up: aiohttp parses on what it had held back."""
        if self._awaiting and not self._is_complete():
            self._feed(b"")

    def _feed(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            messages, upgraded, _tail = self._parser.feed_data(data)
        except Exception as error:
            self._fail(error)
            return
        for message, body in messages:
            self._on_message(message, body)
        if upgraded:
            self._fail(UpstreamFault(K.HTTP_PROTOCOL_ERROR, Sent.PERHAPS))

    def _is_complete(self) -> bool:
        return self._body is not None and self._body.is_eof()

    def _on_message(self, message: RawResponseMessage, body: StreamReader) -> None:
        assert self._head is not None
        if 100 <= message.code < 200 and message.code != 101:
            self.continued = self.continued or message.code == 100
            self._interim += 1
            if self._interim > MAX_INTERIM:
                self._fail(UpstreamFault(K.HTTP_PROTOCOL_ERROR, Sent.PERHAPS))
        elif self._head.done():
            self._should_close = True  # a second final answer to one request
        else:
            self._should_close = self._should_close or message.should_close
            self._body = self._payload = body
            self._head.set_result((message, body))

    def _fail(self, error: BaseException) -> None:
        """Tell whoever waits, head or body, hear no more, and never use the connection again."""
        self._awaiting, self._should_close = False, True
        fault = answer_fault(error)
        if self._head is not None and not self._head.done():
            self._head.set_exception(fault)
        elif self._body is not None and not self._body.is_eof():
            self._body.set_exception(fault)
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._awaiting and exc is not None:
            self._hear_last_words()
        if self._awaiting:
            self._lost(exc)
        # aiohttp's own handling would turn a reset into a clean end of a body without a length.
        self._parser = None
        super().connection_lost(exc)

    def _hear_last_words(self) -> None:
        """An archive may refuse an upload and close at once. Our next write then fails, and asyncio gives the connection up,
        while the refusal lies in the socket unread. (Under TLS nobody but asyncio could decipher it.)"""
        if self.transport is None or self.transport.get_extra_info("sslcontext") is not None:
            return
        with suppress(OSError), self.transport.get_extra_info("socket").dup() as raw:
            while self._awaiting and (data := raw.recv(65536)):
                self.data_received(data)

    def _lost(self, exc: BaseException | None) -> None:
        if self._head is not None and not self._head.done():
            # RFC 9110 15.2.1: with 100 (Continue) a server says that it has not read the content yet. If that was its
            # last word, and it then hung up in good order, it acted on nothing.
            sent = Sent.NOTHING if self.continued and exc is None else Sent.PERHAPS
            self._head.set_exception(UpstreamFault(K.CONNECTION_TERMINATED, sent))
        elif self._body is not None and not self._body.is_eof():
            if exc is None and self._ended_by_closing():
                return
            self._body.set_exception(UpstreamFault(K.HTTP_RESPONSE_INCOMPLETE, Sent.PERHAPS))

    def _ended_by_closing(self) -> bool:
        """Whether the content had no length, so that a close in good order is its end."""
        assert self._parser is not None
        try:
            self._parser.feed_eof()
        except Exception:
            return False
        return self._body is not None and self._body.is_eof()

    async def drained(self) -> None:
        """Until the archive has read enough for more to be written."""
        if self._paused:
            await self._drain_helper()

    def has_stray_bytes(self) -> bool:
        """Whether something waits to be read on a connection that should be silent: an end, or a misdirected answer."""
        if self.transport is None:
            return True
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))


class Origin:
    """What `TCPConnector.connect` wants to know of a request: where to, and nothing else."""

    proxy = None
    server_hostname = None

    def __init__(self, url: URL, *, is_tls: bool) -> None:
        host, port = url.raw_host, url.port
        assert host is not None
        assert port is not None
        self.url, self.host, self.port, self.ssl, self._tls = url, host, port, True, is_tls
        self.connection_key = ConnectionKey(host, port, is_tls, True, None, None, None, None)

    def is_ssl(self) -> bool:
        return self._tls


class GatewayConnector(aiohttp.TCPConnector):
    """A pool of `UpstreamProtocol` connections, without a limit of its own: holding back is the guard's work."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limit=0, **options)
        self._factory = lambda: UpstreamProtocol(self._loop)  # type: ignore[assignment]


# ---- towards the client --------------------------------------------------------------------------------------------


class Finished:
    """A reply that was written to the transport by our own writer, in the shape aiohttp's loop asks for."""

    __slots__ = ("keep_alive",)

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive

    async def prepare(self, _request: object) -> None:
        """The head is out."""

    async def write_eof(self) -> None:
        """So is the content."""


class Incoming:
    """One request as it arrives: aiohttp's parsed message and the stream of its content. `error` is set where the bytes
    were not a request."""

    __slots__ = ("_task", "content", "error", "message", "protocol")

    def __init__(
        self,
        message: RawRequestMessage,
        content: StreamReader,
        protocol: "DownstreamProtocol",
        task: "asyncio.Task[None]",
    ) -> None:
        self.message, self.content, self.protocol = message, content, protocol
        self.error: FailureKind | None = None
        self._task = task

    def _finish(self) -> None:
        """Nothing was opened that would have to be closed."""

    def _cancel(self, error: BaseException) -> None:
        """aiohttp: the connection is gone; wake whoever reads the content."""
        self.content.set_exception(error)


Handler = Callable[[Incoming], Awaitable[Finished]]


class DownstreamProtocol(RequestHandler):
    """One connection from a client."""

    __slots__ = ("_content", "_head_end", "_header_timer", "_is_lost", "farewell", "header_timeout")

    def __init__(self, manager: web.Server, *, header_timeout: float, farewell: float, **options: Any) -> None:
        self._header_timer: asyncio.TimerHandle | None = None
        self._head_end = HeadEnd()
        self._content: StreamReader | None = None  # of the request that came last
        self._is_lost = False  # bytes came that are no HTTP: what follows them has no meaning
        self.header_timeout, self.farewell = header_timeout, farewell
        super().__init__(manager, lingering_time=0.0, **options)

    def data_received(self, data: bytes) -> None:
        rest = data
        while not self._is_lost:
            inside = self._buffer_paused or (self._content is not None and not self._content.is_eof())
            part, rest = (rest, b"") if inside else self._head_end.cut(rest)
            self._take(part)
            if not rest:
                return

    def _take(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count != before:
            self._stop_header_timer()
            content, (message, self._content) = self._content, self._messages[-1]
            if isinstance(message, _ErrInfo):
                self._is_lost = True
                if content is not None and not content.is_eof():
                    # What came behind a head was no content after all: tell the exchange that reads it, or soon will.
                    content.set_exception(ValueError("invalid framing"))
        elif data and self._header_timer is None and self._waiter is not None and not self._waiter.done():
            # A head has begun and is not complete: a client that sends it drop by drop gets this long.
            self._header_timer = self._loop.call_later(self.header_timeout, self.force_close)

    @property
    def is_idle(self) -> bool:
        """Whether the connection waits for its next request and has heard nothing of it yet."""
        return self._waiter is not None and not self._waiter.done() and self._header_timer is None

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_header_timer()
        super().connection_lost(exc)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    async def finish_response(self, request: Any, resp: Any, start_time: float | None) -> Any:
        finished = await super().finish_response(request, resp, start_time)
        if not resp.keep_alive and (request.error is not None or not request.content.is_eof()):
            await self._take_leave()
        return finished

    async def _take_leave(self) -> None:
        """RFC 9112 9.6: closing while the client still sends resets the connection, and the reset may overtake our answer.
        So we say that no more will come, and let what arrives pass unread until the client has closed, or for a while."""
        if self.transport is None or self.transport.is_closing():
            return
        self.close()  # from here on aiohttp drops what is received
        self._buffer_paused = False
        self.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        await asyncio.sleep(self.farewell)  # ended early by the loss of the connection, which cancels this task
        self.force_close()

    def _make_error_handler(self, err_info: _ErrInfo) -> Any:
        """Bytes that are no request are refused by the same door as everything else; aiohttp would echo and log them."""
        kind = self._kind_of(err_info.exc)
        handler = self._request_handler
        assert handler is not None

        async def refuse(incoming: Any) -> Any:
            incoming.error = kind
            return await handler(incoming)

        return refuse

    def _kind_of(self, error: BaseException) -> FailureKind:
        if isinstance(error, LineTooLong):
            too_long_line = str(self.max_line_size) in str(error.args[1:2])
            return K.TARGET_TOO_LONG if too_long_line else K.HEADER_SECTION_TOO_LARGE
        if isinstance(error, BadHttpMessage) and error.message.startswith("Too many headers"):
            return K.HEADER_SECTION_TOO_LARGE
        return K.HTTP_REQUEST_ERROR

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """aiohttp would print the exception, and with it a request line. The class is enough, and names nobody."""
        error = kw.get("exc_info")
        self.logger.error("connection handler failed: %s", type(error).__name__)

    def handle_error(
        self, request: Any, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> Any:
        """The handler raised, which it must not. Nothing sensible can be sent any more: close, so that the client sees it."""
        self.log_exception(exc_info=exc)
        self.force_close()
        return Finished(keep_alive=False)

    async def drained(self) -> None:
        """Until the client has read enough for more to be written."""
        if self._paused:
            await self._drain_helper()

    async def flushed(self) -> None:
        """Until nothing is left to be written."""
        transport = self.transport
        if transport is None or not transport.get_write_buffer_size():
            return
        transport.set_write_buffer_limits(high=0)
        try:
            await self.drained()
        finally:
            transport.set_write_buffer_limits()


class GatewayServer(web.Server):
    """aiohttp's low-level server with our protocol and request. A wrong option is an error, never silently dropped."""

    def __init__(self, handler: Handler, **options: Any) -> None:
        def incoming(message: Any, content: Any, protocol: Any, _writer: object, task: Any) -> Any:
            return Incoming(message, content, protocol, task)

        super().__init__(handler, request_factory=incoming, handler_cancellation=True, **options)  # type: ignore[arg-type]

    def __call__(self) -> RequestHandler:
        return DownstreamProtocol(self, loop=self._loop, **self._kwargs)
