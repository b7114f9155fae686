"""One archive: a pool of connections, one request on one of them, and its answer as a stream.

Every wait has a clock of its own, since aiohttp's read timer stops in several situations: the connection, each write of
the request, the time to the head of the answer (interim answers included), the pace of its content.

A request is sent once. The exception: a GET or HEAD that met a pooled connection just being closed, without a byte heard,
is sent again on a new one (RFC 9112 9.3.1). Methods that change something never use a pooled connection at all, so that
this question does not come up for a store.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple

from aiohttp import ClientTimeout
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader
from yarl import URL

from gateway.config.settings import Upstream
from gateway.config.tls import towards_archive
from gateway.core.failures import FailureKind, Sent
from gateway.core.fields import Fields
from gateway.dicomweb.statuses import FORBIDS_CONTENT
from gateway.names import Names
from gateway.proxy.aiohttp_seam import Awaited, DownstreamProtocol, GatewayConnector, Origin, UpstreamProtocol
from gateway.proxy.ending import expected_ending
from gateway.proxy.faults import UpstreamFault, answer_fault, connect_fault, name_fault
from gateway.proxy.idle import IdleConnections
from gateway.proxy.pace import Pace
from gateway.proxy.pour import Poured, pour

K = FailureKind
_log = logging.getLogger("pacs_gateway")

_REUSABLE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LENGTH = re.compile(r"[0-9]{1,18}")
_SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True)
class Upload:
    """The content of a request on its way up. `length` None means chunked; `pieces` raises `DownstreamFault`."""

    pieces: AsyncIterator[bytes]
    length: int | None


class Asked(NamedTuple):
    """A request that has gone out on this connection, and the answer that is awaited until the loop's clock says `due`."""

    connection: Connection
    awaited: Awaited
    due: float


class Answer:
    """The head of an answer and its content. Use as a context manager: leaving it settles the connection's fate."""

    def __init__(
        self,
        connection: Connection,
        message: RawResponseMessage,
        fields: Fields,
        content: StreamReader,
        idle: float,
        attempts: int,
        method: str,
        idle_connections: IdleConnections | None,
    ) -> None:
        self._idle_connections, self._idle = idle_connections, idle
        self._connection, self._content, self._pace = connection, content, Pace(content, idle)
        self.status, self.fields = message.code, fields
        self.reason = message.reason or ""
        self._ending = expected_ending(method, self.status, self.fields)
        self.attempts = attempts
        self.reusable = True
        self.held = b""  # content that was read ahead to be judged
        self._read = 0
        is_counted = not (message.chunked or _has_no_content(method, self.status))
        self._length = int(fields.get("Content-Length", "0")) if is_counted else 0
        self._is_poured = False

    async def read(self) -> bytes:
        """The next piece of the content, as it came; empty at the end. Raises `UpstreamFault` where it is cut."""
        try:
            piece = await self._pace.read()
        except TimeoutError:
            raise UpstreamFault(K.CONNECTION_READ_TIMEOUT, Sent.PERHAPS) from None
        except UpstreamFault:
            raise
        except Exception as error:
            raise UpstreamFault(K.HTTP_RESPONSE_INCOMPLETE, Sent.PERHAPS) from error
        self._ending.watch(piece)
        self._read += len(piece)
        if self._content.at_eof() and not self._ending.is_believable:
            raise UpstreamFault(K.HTTP_RESPONSE_INCOMPLETE, Sent.PERHAPS)
        return piece

    @property
    def left(self) -> int:
        """How many bytes of the content are still to come, where that is known and the parser holds none of those before."""
        protocol = self._connection.protocol
        if protocol is None or _as_ours(protocol).content_heard != self._read:
            return 0
        return max(self._length - self._read, 0)

    async def pour(self, client: DownstreamProtocol, patience: float) -> Poured:
        """Let what is left go straight to the client, who has so many seconds to read."""
        protocol = _as_ours(self._connection.protocol)
        poured = await pour(protocol, client, self.left, self._ending, self._idle, patience)
        self._is_poured, self.reusable = True, self.reusable and poured.is_clean
        return poured

    @property
    def head(self) -> bytes:
        """The head as it came, where it came as one piece."""
        protocol = self._connection.protocol
        return _as_ours(protocol).head if protocol is not None else b""

    def take_over(self) -> tuple[asyncio.Transport, bytes]:
        """The connection itself, once the archive has switched protocols, and what it said right behind that."""
        return _as_ours(self._connection.protocol).take_over()

    @property
    def ended(self) -> bool:
        """Whether everything has been read. An end that cannot be one has still to be read, and raises."""
        return self._is_poured or (self._content.at_eof() and self._ending.is_believable)

    def __enter__(self) -> "Answer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        protocol = self._connection.protocol
        if kind is None and self.reusable and protocol is not None and self._ends_well(_as_ours(protocol)):
            if self._idle_connections is not None:
                self._idle_connections.put(self._connection)
            else:
                self._connection.close()  # it was for one request
        else:
            drop(self._connection)

    def _ends_well(self, protocol: UpstreamProtocol) -> bool:
        return protocol.settle() if self._is_poured else protocol.end()


class UpstreamPool:
    """The connections to one archive."""

    def __init__(self, upstream: Upstream, names: Names) -> None:
        self.upstream, self._names = upstream, names
        tls = towards_archive(upstream) if upstream.scheme == "https" else None
        options = {"ssl": tls} if tls else {}
        self._connector = GatewayConnector(names, force_close=True, **options)
        self.idle = IdleConnections()
        self._told = ""
        url = URL.build(scheme=upstream.scheme, host=upstream.host, port=upstream.port)
        self._origin = Origin(url, is_tls=tls is not None)
        self._timeout = ClientTimeout(total=None, sock_connect=upstream.timeouts.connect)

    async def close(self) -> None:
        self.idle.close()
        await self._connector.close()

    async def ask(
        self,
        method: str,
        head: bytes,
        upload: Upload | None,
        patience: float,
        *,
        may_switch: bool = False,
        afresh: bool = False,
        asked: Asked | None = None,
    ) -> Answer:
        """Send one request and wait up to `patience` seconds for the head of its answer. With `may_switch` that may be a 101,
        `afresh` uses no connection that is there already, and with `asked` the first attempt is under way.

        Raises `UpstreamFault`, or the `DownstreamFault` that ended the upload.
        """
        reuse = method in _REUSABLE_METHODS and upload is None and not (may_switch or afresh)
        idle = self.idle if reuse else None
        for attempt in (1, 2):
            first = asked if attempt == 1 else None
            connection = first.connection if first else (idle.take() if idle else None) or await self._connect()
            protocol = _as_ours(connection.protocol)
            used_before = bool(first) or protocol.exchanges > 0
            try:
                message, fields, content, whole = await self._converse(
                    protocol, method, head, upload, patience, may_switch, first
                )
            except UpstreamFault as fault:
                drop(connection)
                self._tell(fault.failure.hint)
                stale = fault.failure.kind is K.CONNECTION_TERMINATED and not protocol.heard
                if attempt == 1 and used_before and stale:
                    continue
                raise
            except BaseException:
                drop(connection)
                raise
            answer = Answer(connection, message, fields, content, self.upstream.timeouts.idle, attempt, method, idle)
            answer.reusable = whole and not _has_no_content(method, message.code)
            return answer
        raise AssertionError("the second attempt returns or raises")

    async def _connect(self) -> Connection:
        fault_of = name_fault
        try:
            async with asyncio.timeout(self.upstream.timeouts.connect):
                await self._names.find(self.upstream.host)
                fault_of = connect_fault
                return await self._connector.connect(self._origin, [], self._timeout)  # type: ignore[arg-type]
        except Exception as error:
            fault = fault_of(error)
            self._tell(fault.failure.hint)
            raise fault from error

    def _tell(self, hint: str) -> None:
        """What an operator can do, in the log, and not once more for each request."""
        if hint and hint != self._told:
            _log.warning("upstreams.%s: %s", self.upstream.id, hint)
            self._told = hint

    async def _converse(
        self,
        protocol: UpstreamProtocol,
        method: str,
        head: bytes,
        upload: Upload | None,
        patience: float,
        may_switch: bool,
        asked: Asked | None,
    ) -> tuple[RawResponseMessage, Fields, StreamReader, bool]:
        """Write the request, await the head. The last value says whether the request went out whole."""
        whole, loop = True, asyncio.get_running_loop()
        if asked is not None:
            awaited, due = asked.awaited, asked.due
        else:
            awaited = protocol.begin(bodiless=method == "HEAD", may_switch=may_switch)
            if protocol.transport is None:
                raise protocol.fault(Sent.NOTHING)
            protocol.transport.write(head)
            if upload is not None:
                whole = await self._upload(protocol, upload, awaited)
            due = loop.time() + patience
        timer = loop.call_at(due, _give_up_waiting, awaited)
        try:
            message, content = await awaited
        except UpstreamFault:
            raise
        except Exception as error:
            raise answer_fault(error) from error
        finally:
            timer.cancel()
        fields = Fields.from_raw(message.raw_headers)
        check_framing(message, fields)
        return message, fields, content, whole

    async def _upload(self, protocol: UpstreamProtocol, upload: Upload, awaited: "asyncio.Future[Any]") -> bool:
        """Send the content until it ends or the archive answers before the end; whether all of it went out."""
        sending: asyncio.Future[Any] = asyncio.ensure_future(self._send(protocol, upload))
        try:
            await asyncio.wait({sending, awaited}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                await asyncio.sleep(0)  # its last step may be due in this very turn of the loop
            if awaited.done() and not awaited.exception() and awaited.result()[0].code not in _SUCCESSES:
                return sending.done() and sending.exception() is None
            if awaited.done() and awaited.exception() and not sending.done():
                return False
            # A success said before the end can be one only if the archive gets the rest too.
            await sending
            return True
        finally:
            sending.cancel()

    async def _send(self, protocol: UpstreamProtocol, upload: Upload) -> None:
        async for piece in upload.pieces:
            transport = protocol.transport
            if transport is None or transport.is_closing():
                await asyncio.sleep(0)  # the TLS layer tells of a loss a turn later
                raise protocol.fault(Sent.PERHAPS)
            protocol.continued = False  # what it said of content that it had not read yet is not said of this
            transport.write(piece if upload.length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
            if not protocol.is_full:
                continue
            try:
                async with asyncio.timeout(self.upstream.timeouts.idle):
                    await protocol.drained()
            except TimeoutError:
                raise UpstreamFault(K.CONNECTION_WRITE_TIMEOUT, Sent.PERHAPS) from None
            except Exception as error:
                raise protocol.fault(Sent.PERHAPS) from error
        if upload.length is None and protocol.transport is not None:
            protocol.transport.write(b"0\r\n\r\n")


def _give_up_waiting(awaited: "asyncio.Future[Any]") -> None:
    if not awaited.done():
        awaited.set_exception(UpstreamFault(K.HTTP_RESPONSE_TIMEOUT, Sent.PERHAPS))


def check_framing(message: RawResponseMessage, fields: Fields) -> None:
    """Refuse what aiohttp's lenient parser lets pass although nobody can say where such an answer ends (RFC 9112 6)."""
    codings = fields.all("Transfer-Encoding")
    lengths = fields.all("Content-Length")
    chunked = len(codings) == 1 and codings[0].strip(" \t").lower() == "chunked" and message.chunked
    if codings and not (chunked and message.version >= (1, 1)):
        raise UpstreamFault(K.HTTP_PROTOCOL_ERROR, Sent.PERHAPS)
    if any(not _LENGTH.fullmatch(length) for length in lengths) or tuple(message.version) not in (
        (1, 0),
        (1, 1),
    ):
        raise UpstreamFault(K.HTTP_PROTOCOL_ERROR, Sent.PERHAPS)


def _has_no_content(method: str, status: int) -> bool:
    """Whether the answer ends with its head, by rule. Some archives send content even so, and late: it could answer the
    next request, and nobody could tell. Such a connection is not used again."""
    return method == "HEAD" or status in FORBIDS_CONTENT


def drop(connection: Connection) -> None:
    """Give a connection up, with whatever is under way on it."""
    if connection.protocol is not None:
        _as_ours(connection.protocol).give_up()
    connection.close()


def _as_ours(protocol: object) -> UpstreamProtocol:
    assert isinstance(protocol, UpstreamProtocol)
    return protocol
