"""One request on the short way."""

import asyncio
import time
from dataclasses import replace

from aiohttp.connector import Connection

from gateway.config.settings import Route
from gateway.core.decision import UNCHANGED
from gateway.core.facts import RequestFacts, Response
from gateway.core.failures import FailureKind
from gateway.core.likeness import Head
from gateway.core.normalise import normalise
from gateway.dicomweb.classify import Classification
from gateway.proxy.admission import Granted
from gateway.proxy.aiohttp_seam import DownstreamProtocol, UpstreamProtocol
from gateway.proxy.aiohttp_seam.sockets import reset
from gateway.proxy.ending import TAIL, Ending
from gateway.proxy.express.acquaintance import Acquaintance
from gateway.proxy.express.begun import Begun
from gateway.proxy.express.shared import Shared
from gateway.proxy.express.usual import Usual
from gateway.proxy.head_end import BLANK_LINE
from gateway.proxy.pour import Pour, Poured
from gateway.proxy.tally import Tally, broken_off
from gateway.proxy.upstream import Asked, UpstreamPool, drop
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.seen import Kept, Seen

_JOINED = 64 * 1024  # bytes of content that are copied rather than written in a piece of their own


class Express:
    """One request on the short way."""

    __slots__ = (
        "_answer", "_archive", "_buffer", "_classification", "_client", "_connection", "_kept", "_known", "_leave", "_pool",
        "_pour", "_route", "_sent", "_shared", "_tally", "_target", "_under_way", "_usual",
    )  # fmt: skip

    def __init__(
        self,
        shared: Shared,
        client: DownstreamProtocol,
        known: Acquaintance,
        usual: dict[tuple[bytes, ...], Usual],
        target: str,
        route: Route,
        classification: Classification,
        pool: UpstreamPool,
        connection: Connection,
        leave: Granted,
    ) -> None:
        self._shared, self._client, self._known, self._usual = shared, client, known, usual
        self._target, self._route, self._classification = target, route, classification
        self._pool, self._connection, self._leave = pool, connection, leave
        protocol = connection.protocol
        assert isinstance(protocol, UpstreamProtocol)
        self._archive = protocol
        self._tally = Tally()
        self._buffer, self._sent = b"", 0
        self._pour: Pour | None = None
        self._kept: Kept | None = None
        self._answer: Response | None = None  # for a recorder
        self._under_way = shared.telemetry.metrics.guard.in_flight(route.upstream)

    def depart(self) -> None:
        """Ask the archive."""
        archive, upstream = self._archive, self._route.upstream
        self._known.generation.__enter__()
        self._under_way.__enter__()
        self._tally.asks(of_the_archive=True)
        trace = self._begin_trace()
        self._client.depart(self)
        patience = self._pool.upstream.timeouts.response_for(self._classification.transaction.id)
        self._shared.overdue.add(self, patience)
        archive.lend(self)
        assert archive.transport is not None
        archive.transport.write(
            b"GET %b HTTP/1.1\r\n%b%b\r\n" % (self._target.encode(), self._known.sendable[upstream], trace)
        )

    def _begin_trace(self) -> bytes:
        """What the archive is told of the trace, where there is one."""
        tracer = self._shared.telemetry.tracer
        if tracer is None:
            return b""
        self._tally.trace = trace = tracer.begin(self._known.came.facts.fields)
        return trace.line

    def heard(self, data: bytes) -> None:
        """Bytes of the answer."""
        self._buffer = data = self._buffer + data if self._buffer else data
        end = data.find(BLANK_LINE) + len(BLANK_LINE)
        head = self._known.read(data[:end]) if end >= len(BLANK_LINE) else None
        usual = self._usual.get(head.shape) if head else None
        if head is None or usual is None or not self._may_write():
            self._hand_over()
            return
        self._tally.hears(1, from_the_archive=True)
        size = len(data) - end
        if size < usual.alike.enough(head.length):
            self._shared.overdue.hurry(self)
            return
        content = data[end:] if size <= _JOINED else memoryview(data)[end:]
        if size > head.length or not usual.alike.holds(content, head):
            self._hand_over()
            return
        self._reply(usual, head, content)

    def _may_write(self) -> bool:
        """Whether the client is there and takes what it is sent, and its connection may go on after this."""
        client = self._client
        transport = client.transport
        return transport is not None and not transport.is_closing() and not client.is_full and not client.is_last

    def _reply(self, usual: Usual, head: Head, content: bytes | memoryview) -> None:
        self._shared.overdue.remove(self)
        self._leave.judged(True, self._tally.upstream_seconds)
        transport = self._client.transport
        assert transport is not None
        start = usual.reply_head(head, self._tally.wall)
        self._buffer, self._sent, self._kept = b"", len(content), usual.left
        if self._shared.telemetry.recorder is not None:
            self._answer = self._as_judged(head, content)
        if isinstance(content, bytes):
            transport.write(start + content)
        else:
            transport.write(start)
            transport.write(content)
        if len(content) == head.length:
            self._answered()
            return
        settings = self._known.generation.settings
        ending = Ending(b"--%b--" % head.boundary if head.boundary else b"")
        ending.watch(bytes(content[-TAIL:]))
        self._pour = Pour(
            self._archive, self._client, head.length - len(content), ending,
            self._pool.upstream.timeouts.idle, settings.server.limits.idle_timeout, self._poured,
        )  # fmt: skip
        self._pour.begin()

    def _poured(self, poured: Poured) -> None:
        self._sent += poured.sent
        if poured.archive is None and poured.client is None:
            self._answered(is_clean=poured.is_clean)
            return
        drop(self._connection)
        if poured.archive is not None:
            self._end("truncated", poured.archive.value)
        else:
            self._break_off()

    def _answered(self, *, is_clean: bool = True) -> None:
        """All of the answer is written; the archive is done."""
        if self._archive.settle() and is_clean:
            self._pool.idle.put(self._connection)
        else:
            drop(self._connection)
        if self._client.is_flushed:
            self._end("complete")
        else:
            self._shared.waits_for(self._until_read())

    async def _until_read(self) -> None:
        """A client that stops reading must not hold its connection for ever."""
        try:
            async with asyncio.timeout(self._known.generation.settings.server.limits.idle_timeout):
                await self._client.flushed()
        except (TimeoutError, ConnectionError):
            self._break_off()
        else:
            # One that was ended before has nothing left to write either.
            transport = self._client.transport
            is_open = transport is not None and not transport.is_closing()
            self._end("complete") if is_open else self._break_off()

    def is_overdue(self) -> None:
        """The archive has had its time; the usual way says what that means."""
        self._hand_over()

    def archive_is_gone(self) -> None:
        """Whether that is the end of it is the usual way's to say: it may ask once more."""
        if self._sent:
            drop(self._connection)
            self._end("truncated", FailureKind.HTTP_RESPONSE_INCOMPLETE.value)
        else:
            self._hand_over()

    def client_is_gone(self) -> None:
        if self._pour is not None:
            self._pour.client_is_gone()
        elif self._archive.is_lent_to(self):
            self._shared.overdue.remove(self)
            drop(self._connection)
            self._break_off()

    def client_has_read(self) -> None:
        if self._pour is not None:
            self._pour.client_has_read()

    def _break_off(self) -> None:
        """The client can have no more: it left, or we do."""
        self._end(*broken_off(self._client, FailureKind.CLIENT_GONE))

    def _end(self, ended: str, fault: str = "") -> None:
        if self._client.transport is not None and ended != "complete":
            reset(self._client.transport)
        try:
            self._record(ended, fault)
        except Exception as error:
            self._shared.telemetry.bug(error)
        self._release()
        if ended == "complete":
            self._client.arrive()

    def _release(self) -> None:
        self._leave.leave()
        self._shared.admission.gate.leave()
        self._under_way.__exit__()
        self._known.generation.__exit__(None, None, None)

    def _record(self, ended: str, fault: str) -> None:
        tally, telemetry = self._tally, self._shared.telemetry
        self._leave.budget.save()
        status = 200 if self._sent else None
        told = ExchangeRecord(
            id=tally.id, started=tally.wall, route=self._route.id, upstream=self._route.upstream,
            transaction=self._classification.transaction.id, method="GET", status=status, received=status,
            rule=UNCHANGED, why="", failure=fault, seconds=time.perf_counter() - tally.began,
            upstream_seconds=tally.upstream_seconds, bytes_out=self._sent, ended=ended, attempts=tally.attempts,
        )  # fmt: skip
        telemetry.record(told, self._target, self._kept)
        telemetry.traced(told, tally.trace)
        if telemetry.recorder is not None:
            telemetry.recorded(told, self._seen())
        if telemetry.audit is not None:
            telemetry.audited(told, self._facts(), self._known.came.peer.client)

    def _as_judged(self, head: Head, content: bytes | memoryview) -> Response:
        """The answer as the usual way would have held it."""
        peek = bytes(content[: self._known.generation.policy.peek])
        return Response(200, head.fields(), peek, whole=len(peek) == head.length, reason=head.reason())

    def _seen(self) -> Seen | None:
        if self._answer is None:
            return None
        facts, policy = self._facts(), self._known.generation.policy
        return Seen(facts, self._answer, normalise(facts, self._answer, policy), policy)

    def _facts(self) -> RequestFacts:
        return replace(
            self._known.came.facts, target=self._target, classification=self._classification, route=self._route.id,
            upstream=self._route.upstream,
        )  # fmt: skip

    def _hand_over(self) -> None:
        """From here on the usual way: it hears the answer from its first byte."""
        due = self._shared.overdue.remove(self)
        awaited = self._archive.take_back(self._buffer)
        facts = self._facts()
        sound = self._known.came.sound
        assert sound is not None
        came = replace(self._known.came, facts=facts, sound=replace(sound, target=self._target))
        self._client.take_up(
            Begun(
                self._known.message, came, facts, self._known.generation, self._leave, self._tally,
                Asked(self._connection, awaited, due), self._release, self._abandon,
            )
        )  # fmt: skip

    def _abandon(self) -> None:
        drop(self._connection)
        self._break_off()
