"""aiohttp's side towards the client: a connection whose requests, sound or not, all come to one handler."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import ERROR, RequestHandler, _ErrInfo

from gateway.core.failures import FailureKind
from gateway.proxy.aiohttp_seam.sockets import is_readable, reset
from gateway.proxy.head_end import HeadEnd

K = FailureKind

MOST_WAITING = 64 * 1024  # bytes of further requests that are held while one is under way


class Finished:
    """A reply that was written to the transport by our own writer, in the shape aiohttp's loop asks for."""

    __slots__ = ("keep_alive",)

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive

    async def prepare(self, _request: object) -> None:
        """The head is out."""

    async def write_eof(self) -> None:
        """So is the content."""


class Express(Protocol):
    """A request that is served beside the loop of its connection (`proxy/express`)."""

    def client_is_gone(self) -> None:
        """The connection is lost."""

    def client_has_read(self) -> None:
        """More may be written."""


class Begun(Protocol):
    """An express that turned out to need the loop after all: what it holds, and where it stands."""

    @property
    def message(self) -> RawRequestMessage:
        """One with the same header section."""

    def abandon(self) -> None:
        """The connection was lost before the loop could take it up."""


class Incoming:
    """One request as it arrives: aiohttp's parsed message and the stream of its content. `error` is set where the bytes
    were not a request, `head` where they came as one piece and nothing with them, and `begun` where it is under way."""

    __slots__ = ("begun", "content", "error", "head", "message", "protocol")

    def __init__(self, message: RawRequestMessage, content: StreamReader, protocol: "DownstreamProtocol") -> None:
        self.message, self.content, self.protocol = message, content, protocol
        self.error: FailureKind | None = None
        self.head, self.begun = protocol.head, protocol.begun

    def _finish(self) -> None:
        """Nothing was opened that would have to be closed."""

    def _cancel(self, error: BaseException) -> None:
        """aiohttp: the connection is gone; wake whoever reads the content."""
        self.content.set_exception(error)


Handler = Callable[[Incoming], Awaitable[Finished]]


class DownstreamProtocol(RequestHandler):
    """One connection from a client."""

    __slots__ = (
        "_content", "_express", "_head_end", "_header_timer", "_is_lost", "_waiting", "acquaintance", "begun", "farewell",
        "head", "header_timeout", "is_cut",
    )  # fmt: skip

    def __init__(self, manager: web.Server, *, header_timeout: float, farewell: float, **options: Any) -> None:
        self._header_timer: asyncio.TimerHandle | None = None
        self._head_end = HeadEnd()
        self._content: StreamReader | None = None  # of the request that came last
        self._is_lost = False  # bytes came that are no HTTP: what follows them has no meaning
        self.header_timeout, self.farewell = header_timeout, farewell
        self.is_cut = False  # by us, for want of time
        self.head = b""  # of the request that came last, where it came as one piece
        self.acquaintance: object = None  # what is remembered of the requests on this connection
        self.begun: Begun | None = None
        self._express: Express | None = None
        self._waiting = b""  # what came while an express was under way
        super().__init__(manager, lingering_time=0.0, **options)

    def data_received(self, data: bytes) -> None:
        if self._express is not None:
            self._waiting += data
            # Who reads no more does not hear that the client has left.
            if len(self._waiting) > MOST_WAITING and self.transport is not None:
                self.transport.pause_reading()
            return
        is_idle = self.is_idle
        if is_idle and self.acquaintance is not None and self._departs(data):
            return
        self.head = data if is_idle else b""
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

    def _departs(self, data: bytes) -> bool:
        """Whether an express takes this request, and these are all of its bytes."""
        usual = self._upgraded or self._is_lost or self._close or self._force_close
        return not usual and isinstance(self._manager, GatewayServer) and self._manager.departs(self, data)

    def depart(self, express: Express) -> None:
        """This express serves the request; what comes meanwhile waits."""
        self._express = express

    def arrive(self) -> None:
        """The express has served it."""
        self._express = None
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._hear_what_waits()

    def take_up(self, begun: Begun) -> None:
        """The express leaves the rest to the loop."""
        self._express, self.begun = None, begun
        self._messages.append((begun.message, EMPTY_PAYLOAD))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self._hear_what_waits()

    def _hear_what_waits(self) -> None:
        if self._waiting and self.transport is not None and not self.transport.is_closing():
            data, self._waiting = self._waiting, b""
            self.transport.resume_reading()
            self.data_received(data)

    @property
    def has_spoken_on(self) -> bool:
        """Whether bytes came behind a request that offers to switch protocols, before it was answered."""
        return bool(self._message_tail or self._messages)

    @property
    def is_idle(self) -> bool:
        """Whether the connection waits for its next request and has heard nothing of it yet."""
        waiter = self._waiter
        return waiter is not None and not waiter.done() and self._header_timer is None and self._express is None

    @property
    def silent_for(self) -> float:
        """Seconds that an idle connection has heard nothing; 0 for one that is in use, or about to be."""
        if not self.is_idle or self.transport is None or is_readable(self.transport):
            return 0.0
        return self._loop.time() - (self._next_keepalive_close_time - self._keepalive_timeout)

    @property
    def is_last(self) -> bool:
        """Whether the request under way is the last on its connection, because the gateway is leaving."""
        return isinstance(self._manager, GatewayServer) and self._manager.is_leaving

    def leave(self) -> None:
        """End the connection now. Where something is under way, the client can tell: a plain close would look like an end."""
        self.is_cut = not self.is_idle
        if self.is_cut and self.transport is not None:
            reset(self.transport)
        else:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_header_timer()
        express, begun = self._express, self.begun
        super().connection_lost(exc)
        if express is not None:
            express.client_is_gone()
        if begun is not None:
            begun.abandon()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._express is not None:
            self._express.client_has_read()

    def _process_keepalive(self) -> None:
        if self._express is None:
            super()._process_keepalive()
        else:
            self._keepalive_handle = self._loop.call_later(self._keepalive_timeout, self._process_keepalive)

    async def start(self) -> None:
        """aiohttp's loop over the requests of a connection, without the task, the writer and the clock that it would make
        for each of them."""
        while not self._force_close:
            if not self._messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, content = self._messages.popleft()
            incoming = Incoming(ERROR if isinstance(message, _ErrInfo) else message, content, self)
            if self.begun is not None:
                self.begun = None
            elif self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
                self._resume_reading_if_drained()
            if not await self._is_served(incoming, message):
                break
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
            if self._keepalive_handle is None:
                self._keepalive_handle = self._loop.call_at(self._next_keepalive_close_time, self._process_keepalive)
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()

    async def _is_served(self, incoming: Incoming, message: RawRequestMessage | _ErrInfo) -> bool:
        """Serve a request; whether the connection can bring another."""
        handler = self._make_error_handler(message) if isinstance(message, _ErrInfo) else self._request_handler
        self._request_in_progress, self._current_request = True, incoming  # type: ignore[assignment]
        try:
            finished = await handler(incoming)  # type: ignore[misc,arg-type]
            self._current_request = None
            await self.finish_response(incoming, finished, None)
        except asyncio.CancelledError:
            self.force_close()
            raise
        except Exception as error:
            self.handle_error(incoming, 500, error)
            return False
        finally:
            self._current_request, self._request_in_progress = None, False
            if self._handler_waiter is not None and not self._handler_waiter.done():
                self._handler_waiter.set_result(None)
        self._keepalive = bool(finished.keep_alive)
        if not content_is_read(incoming) and not self._force_close:
            self.close()
        return self._keepalive and not self._close and not self._force_close

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
        with suppress(OSError):  # the client has reset the connection, and asyncio does not know it yet
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

    @property
    def is_full(self) -> bool:
        """Whether the client has to read before more is written."""
        return self._paused

    @property
    def is_flushed(self) -> bool:
        """Whether nothing is left to be written."""
        transport = self.transport
        if transport is None:
            return True
        below = tcp_below(transport)
        return not (transport.get_write_buffer_size() or (below is not transport and below.get_write_buffer_size()))

    async def drained(self) -> None:
        """Until the client has read enough for more to be written."""
        if self._paused:
            await self._drain_helper()

    async def flushed(self) -> None:
        """Until nothing is left to be written, in the TLS layer and in the TCP transport below it."""
        transport = self.transport
        if transport is None:
            return
        both = (transport, tcp_below(transport))
        try:
            while any(each.get_write_buffer_size() for each in both):
                for each in both:
                    each.set_write_buffer_limits(high=0)
                await self.drained()
        finally:
            for each in both:
                if not each.is_closing():  # uvloop raises for one that is closed
                    each.set_write_buffer_limits()


def content_is_read(incoming: Incoming) -> bool:
    """Whether nothing of the request is left on the connection."""
    return bool(incoming.content.is_eof())


def tcp_below(transport: asyncio.Transport) -> asyncio.Transport:
    """The TCP transport of a connection, also where TLS stands above it. asyncio's TLS layer counts what has gone down as
    written, and up to half a megabyte may lie there."""
    below: asyncio.Transport | None = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    return below or transport


class GatewayServer(web.Server):
    """aiohttp's low-level server with our protocol and request. A wrong option is an error, never silently dropped."""

    def __init__(self, handler: Handler, **options: Any) -> None:
        super().__init__(handler, handler_cancellation=True, **options)  # type: ignore[arg-type]
        self.is_leaving = False
        self.departs: Callable[[DownstreamProtocol, bytes], bool] = lambda _client, _data: False

    def go_by(self, **options: Any) -> None:
        """For connections that come from now on; those that are open keep what they began with."""
        self._kwargs |= options

    @property
    def connected(self) -> int:
        """How many connections are open. (`connections` makes a list of them, too dear for every request.)"""
        return len(self._connections)

    @property
    def clients(self) -> list[DownstreamProtocol]:
        """The connections that are open."""
        return [connection for connection in self.connections if isinstance(connection, DownstreamProtocol)]

    def __call__(self) -> RequestHandler:
        return DownstreamProtocol(self, loop=self._loop, **self._kwargs)
