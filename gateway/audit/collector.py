"""The way to the collector: one connection, a bounded queue, and nobody who waits for either.

Syslog knows no receipts. A message counts as sent once the connection has taken it whole; one that was under way when the
connection broke is sent again, so a collector may see it twice. What cannot be kept is dropped, the newest first, and
counted: an unbroken beginning tells more than holes. Troubles are logged once per change of state, never with a message.
"""

import asyncio
import errno
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from random import random
from typing import Literal

_log = logging.getLogger("pacs_gateway.audit")

_PATIENCE = 10.0  # for a connection, and for each write
_SETTLING = 0.2  # in TLS 1.3 a server refuses a client's certificate after the handshake
_FAREWELL = 1.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_MOST_BYTES = 64 * 2**20  # clients choose how long a message is; memory is ours

Counted = Callable[[Literal["sent", "dropped"]], None]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], AbstractAsyncContextManager[Streams]]


class Collector:
    """Where audit messages go; `counted` hears what becomes of each. To be used in one event loop."""

    def __init__(self, most: int, counted: Counted) -> None:
        self._most, self._counted = most, counted
        self._queue: deque[bytes] = deque()
        self._bytes = 0  # in the queue
        self._changed, self._closing = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reachable: bool | None = None
        self._dropped = 0  # since the queue was empty
        self._wait = _FIRST_WAIT  # before the next attempt

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._queue)

    def put(self, message: bytes) -> None:
        """Take a message, framed as it goes out. Returns at once."""
        if self._task is not None and self._task.done():
            self._drop(1)  # told after the end: nobody delivers it any more
            return
        if len(self._queue) >= self._most or self._bytes > _MOST_BYTES:
            if not self._dropped:
                _log.error("audit: %d messages wait, which is all that may: further ones are dropped", len(self))
            self._drop(1)
            return
        self._queue.append(message)
        self._bytes += len(message)
        self._changed.set()

    @property
    def is_open(self) -> bool:
        return self._task is not None and not self._closing.is_set()

    def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Begin to deliver. What was put before waits already."""
        self._task = asyncio.get_running_loop().create_task(self._work(partial(_connection, host, port, tls)))

    async def close(self, patience: float) -> None:
        """Deliver what is left, for up to `patience` seconds; the rest is dropped."""
        assert self._task is not None
        self._closing.set()
        self._changed.set()
        await asyncio.wait({self._task}, timeout=patience)
        self._task.cancel()
        await asyncio.wait({self._task})
        if left := len(self._queue):
            _log.error("audit: %d messages were not delivered in time and are lost", left)
            self._queue.clear()
            self._drop(left)

    def _drop(self, number: int) -> None:
        self._dropped += number
        for _ in range(number):
            self._counted("dropped")

    async def _work(self, connection: Connect) -> None:
        """Connect, deliver; after a failure wait ever longer, and by chance, so that not all gateways return at once."""
        while True:
            try:
                async with connection() as (reader, writer):
                    await self._deliver(reader, writer)
                    return
            except Exception as error:  # whatever it was, the next attempt may do better
                self._note(error)
            if self._closing.is_set():
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._wait * (0.5 + random() / 2))  # noqa: S311 - jitter
            self._wait = min(self._wait * 2, _LONGEST_WAIT)

    async def _deliver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the end of the process, or of the connection: then it raises."""
        ended = asyncio.ensure_future(_end_of(reader))
        ended.add_done_callback(lambda _: self._changed.set())
        try:
            if writer.get_extra_info("sslcontext") is not None:
                await asyncio.wait({ended}, timeout=_SETTLING)
            while not ended.done():
                self._note(None)
                self._changed.clear()
                while self._queue and not ended.done():
                    await self._send(writer)
                if self._closing.is_set() and not self._queue:
                    return
                await self._changed.wait()
            await ended
        finally:
            ended.cancel()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        """The oldest message. It leaves the queue once it has left the process."""
        writer.write(self._queue[0])
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()
        self._bytes -= len(self._queue.popleft())
        self._counted("sent")
        self._wait = _FIRST_WAIT  # a connection alone is no proof: a forwarder may accept and hang up
        if not self._queue and self._dropped:
            _log.warning("audit: all that waited is delivered; %d messages were dropped meanwhile", self._dropped)
            self._dropped = 0
        await asyncio.sleep(0)  # a long queue must not hold up the exchanges

    def _note(self, error: Exception | None) -> None:
        """Log a change of state."""
        reachable = error is None
        if reachable == self._reachable:
            return
        self._reachable = reachable
        if error is None:
            _log.info("audit: connected with the collector")
        else:
            _log.error("audit: no connection with the collector: %s; %d messages wait", _reason(error), len(self))


@asynccontextmanager
async def _connection(host: str, port: int, tls: ssl.SSLContext | None) -> AsyncIterator[Streams]:
    async with asyncio.timeout(_PATIENCE):
        reader, writer = await asyncio.open_connection(host, port, ssl=tls)
    # Nothing may wait unseen in a buffer of ours: what is counted as sent has left.
    # (Not a limit of 0: asyncio's TLS pauses at "as much as", which nothing is already, and the writer never wakes.)
    writer.transport.set_write_buffer_limits(high=1, low=0)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            async with asyncio.timeout(_FAREWELL):
                await writer.wait_closed()
        writer.transport.abort()


async def _end_of(reader: asyncio.StreamReader) -> None:
    """A collector has nothing to say; that it has closed is told here, before anything more is written to it."""
    while await reader.read(4096):
        pass
    raise ConnectionResetError(errno.ECONNRESET, "closed by the collector")


def _reason(error: Exception) -> str:
    """Why, in words about the connection alone: those of the system, or of TLS about a certificate."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return getattr(error, "strerror", None) or type(error).__name__
