"""aiohttp's side towards the archive: a connection that hears answers only while one is awaited, and a pool of them."""

import asyncio
import ssl
from typing import Any, Protocol, TypeAlias

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from gateway.core.failures import FailureKind, Sent
from gateway.names import Names
from gateway.proxy.aiohttp_seam.hanging_up import has_said_end, hear_last_words, hear_last_words_over_tls
from gateway.proxy.aiohttp_seam.resolving import Resolver
from gateway.proxy.aiohttp_seam.sockets import listening_to
from gateway.proxy.faults import UpstreamFault, answer_fault
from gateway.proxy.head_end import HeadEnd
from gateway.proxy.surplus import Surplus
from gateway.proxy.tls_hints import hint

# RFC 9110 15.2 lets an archive send any number of interim answers; one that never comes to the point is broken.
MAX_INTERIM = 32

# What an answer may look like. A PACS that needs more than this for its head is broken in another way.
MAX_STATUS_LINE = 32 * 1024
MAX_FIELD = 32 * 1024
MAX_FIELDS = 512

K = FailureKind

Awaited: TypeAlias = asyncio.Future[tuple[RawResponseMessage, StreamReader]]


class Taker(Protocol):
    """Who reads the bytes of an answer himself, in the place of aiohttp's parser."""

    def heard(self, data: bytes) -> None:
        """The next bytes."""

    def archive_is_gone(self) -> None:
        """The connection is being lost."""


class UpstreamProtocol(ResponseHandler):
    """One connection to an archive: it hears answers only while one is awaited."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._awaiting = False
        self._head: Awaited | None = None
        self._body: StreamReader | None = None
        self.heard = False  # any byte of an answer
        self.continued = False  # a 100 (Continue)
        self.exchanges = 0
        self._interim = 0
        self._head_end, self._surplus = HeadEnd(), Surplus()
        self._has_said_end = False  # the archive, by closing in good order
        # What the loss of the connection is called. With TLS 1.3 an archive refuses our certificate, or that we have none,
        # by an alert after the handshake.
        self._loss, self._hint = K.CONNECTION_TERMINATED, ""
        self._may_switch = self._has_switched = False  # to another protocol, with a 101
        self._behind_switch = b""
        self.head = b""  # of the answer, where it came as one piece and nothing before it
        self._taker: Taker | None = None

    def lend(self, taker: Taker) -> None:
        """Await one answer to a request that anybody may repeat; `taker` reads it."""
        self._taker, self._awaiting, self.heard = taker, True, False
        self.exchanges += 1

    def take_back(self, heard: bytes) -> Awaited:
        """Read the answer after all, of which so much was heard."""
        self._taker = None
        self.exchanges -= 1
        awaited = self.begin(bodiless=False)
        if heard:
            self.data_received(heard)
        return awaited

    def is_lent_to(self, taker: Taker) -> bool:
        return self._taker is taker

    def divert(self, taker: Taker) -> None:
        """The rest of the content goes to `taker`, past the parser."""
        self._taker = taker

    def settle(self) -> bool:
        """The taker has read to the end of the answer; whether the connection can carry another."""
        self._taker, self._awaiting = None, False
        self._payload = None
        return not self.should_close and self.is_connected()

    def begin(
        self,
        *,
        bodiless: bool,
        may_switch: bool = False,
        max_line: int = MAX_STATUS_LINE,
        max_field: int = MAX_FIELD,
        max_fields: int = MAX_FIELDS,
    ) -> Awaited:
        """Await one answer. `bodiless` is for HEAD: whatever its head announces, nothing follows. `may_switch` is for an
        offer of another protocol: behind a 101 nothing is read as HTTP."""
        self._may_switch = may_switch
        self._awaiting, self.heard, self.continued, self._interim, self._body = True, False, False, 0, None
        self._head_end, self._surplus = HeadEnd(), Surplus()
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
        if self._head is None or not self._is_complete() or self.should_close or not self.is_connected():
            return False
        message, _body = self._head.result()
        return self._surplus.is_none(message)

    def give_up(self) -> None:
        """Nobody waits any more, and the connection goes with whatever is under way on it."""
        self._awaiting, self._taker = False, None
        if self._head is not None and self._head.done() and not self._head.cancelled():
            self._head.exception()  # seen, so that asyncio does not report it as forgotten
        self.abort()

    def data_received(self, data: bytes) -> None:
        if self._taker is not None:
            if data:
                self._taker.heard(data)
            return
        if not data:
            self._resume_parsing()
        while data:
            if self._has_switched:
                self._behind_switch += data  # one read at most, since no more is read until `take_over`
                return
            if not self._awaiting or self._is_complete():
                # Bytes nobody asked for. They would answer the next request: this connection has had its last.
                self._should_close = True
                if not self._awaiting:
                    self.abort()
                return
            assert self._head is not None
            if self._head.done():
                part, data = data, b""
                self._surplus.heard(part)
            else:
                part, data = self._head_end.cut(data)
                self.head = b"" if self.heard else part
            self.heard = True
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
        if upgraded and not self._has_switched:
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
            self._has_switched = message.code == 101 and self._may_switch
            if self._has_switched and self.transport is not None:
                self.transport.pause_reading()
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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._hears_something = listening_to([transport.get_extra_info("socket")])
        hear_last_words_over_tls(transport, self.data_received, self._is_awaited)

    def eof_received(self) -> None:
        self._has_said_end = self.transport is not None and has_said_end(self.transport)
        super().eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        if exc is not None and self.transport is not None and not self._is_tls:
            hear_last_words(self.transport, self.data_received, self._is_awaited)
        if self._taker is not None:
            self._taker.archive_is_gone()
        if isinstance(exc, ssl.SSLError):
            self._loss, self._hint = K.TLS_PROTOCOL_ERROR, hint(exc)
        if self._awaiting:
            self._lost(exc)
        # aiohttp's own handling would turn a reset into a clean end of a body without a length.
        self._parser = None
        super().connection_lost(exc)

    def _is_awaited(self) -> bool:
        return self._awaiting

    @property
    def _is_tls(self) -> bool:
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    def fault(self, sent: Sent) -> UpstreamFault:
        """The loss of the connection, once so much of the request can have reached the archive."""
        return UpstreamFault(self._loss, sent, self._hint)

    def _lost(self, exc: BaseException | None) -> None:
        if self._head is not None and not self._head.done():
            # RFC 9110 15.2.1: with 100 (Continue) a server says that it has not read the content yet. If that was its
            # last word, and it then hung up in good order, it acted on nothing.
            in_good_order = exc is None and self._has_said_end
            sent = Sent.NOTHING if self.continued and in_good_order else Sent.PERHAPS
            self._head.set_exception(self.fault(sent))
        elif self._body is not None and not self._body.is_eof():
            if self._has_said_end and self._ended_by_closing():
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

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        """For the protocol that was switched to: the connection, which is not reading, and what was read behind the 101."""
        self._awaiting = False
        if self.transport is None:
            raise UpstreamFault(K.CONNECTION_TERMINATED, Sent.PERHAPS)
        first, self._behind_switch = self._behind_switch, b""
        return self.transport, first

    @property
    def content_heard(self) -> int:
        """The number of bytes behind the head."""
        return self._surplus.count

    @property
    def is_full(self) -> bool:
        """Whether the archive has to read before more is written."""
        return self._paused

    async def drained(self) -> None:
        """Until the archive has read enough for more to be written."""
        if self._paused:
            await self._drain_helper()

    def has_stray_bytes(self) -> bool:
        """Whether something waits to be read on a connection that should be silent: an end, or a misdirected answer."""
        return self.transport is None or self._hears_something()


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

    def __init__(self, names: Names, **options: Any) -> None:
        super().__init__(limit=0, resolver=Resolver(names), use_dns_cache=False, **options)
        self._factory = lambda: UpstreamProtocol(self._loop)  # type: ignore[assignment]
