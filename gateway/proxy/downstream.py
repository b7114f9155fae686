"""The client's side of an exchange: its request as facts, its content as pieces, and the reply on its socket.

The reply is written by us, line by line, so that nothing is invented and no byte of a field is lost on the way. Once the
head is out there are two ends only: all of it, or an abort that the client can tell from an end.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_address

from gateway.config.settings import Limits, Network, Route
from gateway.core.facts import UNKNOWN, RequestFacts, classified
from gateway.core.failures import Failure, FailureKind
from gateway.core.fields import Fields
from gateway.core.forwarded import first_asker
from gateway.core.reply import Reply
from gateway.core.request import RequestLine, Sound, examine, is_authority
from gateway.core.websocket import UPGRADE_LINES
from gateway.dicomweb.multipart import PartCounter
from gateway.dicomweb.statuses import FORBIDS_CONTENT, SWITCHING_PROTOCOLS
from gateway.proxy.aiohttp_seam import Incoming
from gateway.proxy.aiohttp_seam.sockets import reset
from gateway.proxy.faults import DownstreamFault, reading_the_client, writing_to_the_client
from gateway.proxy.pace import Pace

# A client is given its time for so much at once. Nearly all of it must be read to satisfy `drained`, so that one who reads
# byte by byte is let go; and no line that carries images at all is too slow. One read from an archive seldom brings more.
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asked, as far as that can be believed: the address, and what the client itself sees of the gateway."""

    address: str
    scheme: str
    authority: str
    trusted: bool
    forwarded_for: str = ""

    @property
    def client(self) -> str:
        """The address of whoever asked first, as far as proxies that we trust report it."""
        return self.forwarded_for or self.address

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.authority}" if self.authority else ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that came in. `failure` is set where it may not go on; its facts say what is known even so."""

    facts: RequestFacts
    peer: Peer
    sound: Sound | None = None
    failure: Failure | None = None
    http10: bool = False


def arrival(incoming: Incoming, limits: Limits, trusted: tuple[Network, ...]) -> Arrival:
    """Everything about a request that can be known before a route is chosen. Never raises."""
    message = incoming.message
    fields = Fields.from_raw(message.raw_headers)
    address = _address(incoming)
    if incoming.error is not None:
        facts = RequestFacts("GET", "/", Fields(), UNKNOWN)
        return Arrival(facts, Peer(address, "http", "", trusted=False), failure=Failure(incoming.error))
    line = RequestLine(message.method, _latin1(message.path), (message.version[0], message.version[1]), fields)
    sound = examine(line, limits.target, limits.headers)
    http10 = line.version == (1, 0)
    if http10:
        fields = fields.without("Upgrade")  # RFC 9110 7.8: in that version it means nothing
    if isinstance(sound, Failure):
        facts = RequestFacts(line.method, line.target, fields, UNKNOWN)
        return Arrival(facts, Peer(address, "http", "", trusted=False), failure=sound, http10=http10)
    peer = _peer(incoming, fields, sound.authority, address, trusted)
    facts = RequestFacts(
        line.method, sound.target, fields, UNKNOWN, public_base=peer.base, has_content=sound.has_content
    )
    return Arrival(facts, peer, sound=sound, http10=http10)


def routed(facts: RequestFacts, route: Route) -> RequestFacts:
    """The same request, now that it is known where it goes and what service answers there."""
    return RequestFacts(
        method=facts.method,
        target=facts.target,
        fields=facts.fields,
        classification=classified(facts.method, facts.target, facts.fields, route.service),
        route=route.id,
        upstream=route.upstream,
        public_base=facts.public_base,
        opaque=route.service == "opaque",
        has_content=facts.has_content,
    )


def _latin1(target: str) -> str:
    """One character per byte; aiohttp decodes a target as UTF-8."""
    return target.encode("utf-8", "surrogateescape").decode("latin-1")


def _address(incoming: Incoming) -> str:
    peername = incoming.protocol.peername
    return str(peername[0]) if isinstance(peername, tuple) else ""


def _peer(incoming: Incoming, fields: Fields, authority: str, address: str, trusted: tuple[Network, ...]) -> Peer:
    scheme = "https" if incoming.protocol.ssl_context is not None else "http"
    if not _is_trusted(address, trusted):
        return Peer(address, scheme, authority, trusted=False)
    said = fields.get("X-Forwarded-Host").split(",")[0].strip()
    proto = fields.get("X-Forwarded-Proto").split(",")[0].strip().lower()
    return Peer(
        address,
        proto if proto in ("http", "https") else scheme,
        said if is_authority(said) else authority,
        trusted=True,
        forwarded_for=first_asker(fields.combined("X-Forwarded-For"), lambda hop: _is_trusted(hop, trusted)),
    )


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    if not trusted:
        return False
    try:
        parsed = ip_address(address.split("%")[0])
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def status_line(reply: Reply) -> str:
    """The first line of a reply, with its end."""
    return f"HTTP/1.1 {reply.status} {reply.reason}\r\n"


class Client:
    """The socket of one client for the length of one exchange."""

    def __init__(self, incoming: Incoming, limits: Limits, *, http10: bool, head_only: bool) -> None:
        self._incoming, self.protocol, self._limits = incoming, incoming.protocol, limits
        self.patience = limits.idle_timeout  # seconds that it has to read what it was sent
        self._http10, self._head_only = http10, head_only
        self._chunked = False
        self._owed: int | None = None
        self.started = False
        self.sent = 0
        self.received = 0
        # What follows an offer to switch protocols (RFC 9110 7.8) may be of either; so it is the last on its connection.
        message = incoming.message
        self.keep_alive = not (message.should_close or message.upgrade or incoming.error is not None)

    async def pieces(self, counter: PartCounter | None = None) -> AsyncIterator[bytes]:
        """The content of the request, shown to `counter`. Raises `DownstreamFault`; never yields an empty piece."""
        pace = Pace(self._incoming.content, self._limits.body_timeout)
        while True:
            with reading_the_client():
                piece = await pace.read()
            if not piece:
                return
            self.received += len(piece)
            if counter is not None:
                counter.feed(piece)
            yield piece

    def go_on(self) -> None:
        """`100 Continue`: the request is admitted, its content may come (RFC 9110 10.1.1)."""
        transport = self.protocol.transport
        if transport is not None:
            transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def start(self, reply: Reply, length: int | None, more: bytes = b"") -> None:
        """Write the head, and `more` with it. `length` None: the content has no announced length."""
        if self.protocol.is_last:
            self.keep_alive = False
        if not self._incoming.content.is_eof():
            self.keep_alive = False  # the rest of the request's content would be read as the next request
        lines = [line for line in reply.fields if line[0].lower() != "content-length"]
        lines += self._framing(reply.status, length)
        head = status_line(reply) + "".join(f"{n}: {v}\r\n" for n, v in lines) + "\r\n"
        self.started = True
        self._write(head.encode("latin-1") + self._framed(more))

    def _framing(self, status: int, length: int | None) -> list[tuple[str, str]]:
        if status == SWITCHING_PROTOCOLS:
            return list(UPGRADE_LINES)  # what follows is neither content nor framed
        lines = []
        if status == 204 or (status == 304 and not length):
            length = None  # RFC 9110 8.6: 204 has none; a 304 keeps silent unless it knows the representation's
        elif length is None and not self._head_only:
            self._chunked = not self._http10
            if self._chunked:
                lines.append(("Transfer-Encoding", "chunked"))
            self.keep_alive = self.keep_alive and self._chunked
        if length is not None:
            lines.append(("Content-Length", str(length)))
        self._owed = 0 if self._head_only or status in FORBIDS_CONTENT else length
        if not self.keep_alive:
            lines.append(("Connection", "close"))
        elif self._http10:
            lines.append(("Connection", "keep-alive"))
        return lines

    async def send(self, content: bytes) -> None:
        """Write content and wait until the client has read enough of it. Raises `DownstreamFault`."""
        for begin in range(0, len(content) or 1, PIECE):
            self._write(self._framed(content[begin : begin + PIECE]))
            if self.protocol.is_full:  # else nobody waits, and no clock is needed
                with writing_to_the_client():
                    async with asyncio.timeout(self.patience):
                        await self.protocol.drained()

    def takes_all_of(self, left: int) -> bool:
        """Whether so much, the whole rest of the content, may be written to it as it comes, and is worth it."""
        return left >= PIECE and self._owed == self.sent + left

    def _framed(self, piece: bytes) -> bytes:
        if not piece or self._head_only:
            return b""
        self.sent += len(piece)
        return b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece

    def _write(self, data: bytes) -> None:
        transport = self.protocol.transport
        if transport is None or transport.is_closing():
            raise DownstreamFault(FailureKind.CLIENT_GONE)
        if data:
            transport.write(data)

    def finish(self) -> bool:
        """End the content. False where fewer or more bytes were sent than announced: then only an abort is honest."""
        if self._owed is not None and self.sent != self._owed:
            self.abort()
            return False
        if self._chunked:
            self._write(b"0\r\n\r\n")
        return True

    async def flushed(self) -> None:
        """Wait until the last byte is on its way: a client that stops reading must not hold its connection for ever. Raises
        `DownstreamFault`."""
        if self.protocol.is_flushed:
            return
        with writing_to_the_client():
            async with asyncio.timeout(self.patience):
                await self.protocol.flushed()

    @property
    def has_spoken_on(self) -> bool:
        """Whether it sent anything behind an offer of another protocol. It must wait for the 101 (RFC 6455 4.1): until then
        nobody can say of which protocol such bytes are."""
        return self.protocol.has_spoken_on

    @property
    def offers_to_switch(self) -> bool:
        """Whether the parser, too, has read the request as an offer, and reads nothing behind it as HTTP."""
        return bool(self._incoming.message.upgrade)

    def take_over(self) -> asyncio.Transport:
        """The connection itself, after the 101."""
        transport = self.protocol.transport
        if transport is None:
            raise DownstreamFault(FailureKind.CLIENT_GONE)
        return transport

    @property
    def is_cut(self) -> bool:
        """Whether the gateway ended the connection itself, because it had to leave."""
        return self.protocol.is_cut

    def abort(self) -> None:
        """Reset the connection, so that the client can tell: a plain close would look like the end of the content."""
        self.keep_alive = False
        transport = self.protocol.transport
        if transport is not None:
            reset(transport)
