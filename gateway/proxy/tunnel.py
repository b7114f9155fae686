"""The tunnel of a notification channel (PS3.18 8.10.4): behind a 101, bytes pass both ways, unread and unaltered.

Nothing is kept here: what one side sends is written to the other at once, and who reads slowly stops the one who sends. An
end of one side ends both, in good order where it came so and with a reset where it did not. What the gateway ends itself,
after a long silence or at a shutdown, is closed without a Close frame (RFC 6455 5.5.1): it does not know where in a frame
it stands, and a client without that frame knows that it must connect anew (7.1.5, code 1006).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gateway.core.failures import FailureKind, Sent
from gateway.proxy.aiohttp_seam.hanging_up import has_said_end
from gateway.proxy.aiohttp_seam.sockets import reset
from gateway.proxy.downstream import Client
from gateway.proxy.faults import DownstreamFault, Fault, UpstreamFault
from gateway.proxy.upstream import Answer
from gateway.telemetry.metrics import Metrics

K = FailureKind
FAREWELL = 5.0  # seconds for both sides to close, once one of them has


class End(asyncio.Protocol):
    """One side of a tunnel. It takes the connection over from the protocol that spoke HTTP on it, its owner, and hands it
    back at last: the owner hears of the end of the connection when the tunnel has ended, and not before."""

    def __init__(self, transport: asyncio.Transport, tunnel: "Tunnel", fault: Fault) -> None:
        self._transport, self._tunnel, self._fault = transport, tunnel, fault
        self._owner = transport.get_protocol()
        self._error: Exception | None = None
        self._gone = asyncio.Event()
        self.is_full = False  # it takes no more for the moment
        self.heard = 0
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        self.heard += len(data)
        self._tunnel.carry(self, data)

    def eof_received(self) -> None:
        self._tunnel.end("complete" if has_said_end(self._transport) else self._fault)

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = exc
        self._tunnel.end("complete" if exc is None else self._fault)
        self._gone.set()

    def pause_writing(self) -> None:
        self.is_full = True
        self._tunnel.other(self).hold()

    def resume_writing(self) -> None:
        self.is_full = False
        self._tunnel.other(self).go_on()

    def hold(self) -> None:
        self._transport.pause_reading()

    def go_on(self) -> None:
        self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def say_goodbye(self) -> None:
        """No more will come from us. Closing at once would reset a side that still sends, and the reset would overtake what
        it has not read yet (RFC 9112 9.6); so it may speak on, unheard, until it closes too."""
        self.go_on()
        if self._transport.is_closing():
            return
        with suppress(OSError):  # it has reset the connection, and asyncio does not know it yet
            if self._transport.can_write_eof():
                self._transport.write_eof()
                return
        self._transport.close()

    async def gone(self) -> None:
        await self._gone.wait()

    def break_off(self) -> None:
        reset(self._transport)

    def hand_back(self) -> None:
        if not self._gone.is_set():
            self._transport.set_protocol(self._owner)
        else:
            # Not now: at the loss of a client its owner cancels the exchange, which is about to write its record.
            asyncio.get_running_loop().call_soon(self._owner.connection_lost, self._error)


class Tunnel:
    """Two ends. The first event that ends it says how: `complete` or a reason of the gateway's own, or the fault of the
    side that broke it."""

    def __init__(self, client: asyncio.Transport, archive: asyncio.Transport, idle: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str | Fault] = self._loop.create_future()
        self._idle, self._heard_at = idle, self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self.client = End(client, self, DownstreamFault(K.CLIENT_GONE))
        self.archive = End(archive, self, UpstreamFault(K.CONNECTION_TERMINATED, Sent.PERHAPS))
        self._ends = (self.client, self.archive)

    def other(self, end: End) -> End:
        return self.archive if end is self.client else self.client

    def carry(self, end: End, data: bytes) -> None:
        """From this end to the other. Once the tunnel is over, what is still said is unheard."""
        self._heard_at = self._loop.time()
        if not self._over.done():
            self.other(end).write(data)

    def end(self, how: str | Fault) -> None:
        if not self._over.done():
            self._over.set_result(how)

    async def run(self, first: bytes) -> str:
        """Carry until it ends; the word for it. `first` is what the archive said right behind its 101. Raises the fault of
        the side that broke off, of which the other is told by a reset."""
        try:
            self.archive.go_on()  # before the next line, which may have to stop it again
            self.archive.data_received(first)
            self._watch()
            how = await self._over
            if isinstance(how, Fault):
                raise how
            await self._close()
            return how
        except BaseException:
            for end in self._ends:
                end.break_off()
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for end in self._ends:
                end.hand_back()

    def _watch(self) -> None:
        """One timer for a channel of any traffic: it looks when the last byte passed, and comes back when that may be old."""
        left = self._heard_at + self._idle - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._watch)
        else:
            self.end("idle")

    async def _close(self) -> None:
        for end in self._ends:
            end.say_goodbye()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                for end in self._ends:
                    await end.gone()
        for end in self._ends:
            end.break_off()
            await end.gone()


class Tunnels:
    """The open ones of a process. They would hold a shutdown for ever, so it ends them."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._open: set[Tunnel] = set()
        self._closing = False

    async def through(self, client: Client, answer: Answer, upstream: str, idle: float) -> str:
        """Open one between a client and an archive that have agreed on it, and stay until it ends (see `Tunnel.run`)."""
        archive, first = answer.take_over()
        tunnel = Tunnel(client.take_over(), archive, idle)
        try:
            with self._counted(tunnel, upstream):
                return await tunnel.run(first)
        finally:
            client.received, client.sent = tunnel.client.heard, tunnel.archive.heard

    @contextmanager
    def _counted(self, tunnel: Tunnel, upstream: str) -> Iterator[None]:
        self._open.add(tunnel)
        if self._closing:
            tunnel.end("draining")
        try:
            with self._metrics.tunnel(upstream):
                yield
        finally:
            self._open.discard(tunnel)

    def close(self) -> None:
        """End all of them, and each that opens from now on."""
        self._closing = True
        for tunnel in self._open:
            tunnel.end("draining")
