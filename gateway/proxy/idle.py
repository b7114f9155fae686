"""Connections between two exchanges: at rest for a moment, then ready for the next request, and closed after a while.

An archive that says more than it was asked for (a second answer, a 408 for a request that never came) says it right behind
its answer, and mostly in a packet of its own. On a connection that idles it is heard, and the connection closed. But were the
next request already under way, those bytes would be taken for its answer: one patient's for another's, and nobody could
tell. So the connection listens for a moment first; who asks meanwhile gets another one.

Many archives keep a thread for each open connection, so only so many rest at a time: beyond that, the one that has rested
longest goes back to work early.
"""

import asyncio
from collections import deque

from aiohttp.connector import Connection

from gateway.proxy.aiohttp_seam import UpstreamProtocol

REST = 0.05  # seconds: many times what lies between two packets of one answer, in one house
MOST_AT_REST = 32  # at 640 answers a second all of them rest for the whole time
KEEPALIVE = 15.0  # seconds that a connection may idle


class IdleConnections:
    """Those to one archive, in the order in which they became idle. The one used last is taken first, so that what is not
    needed grows old and is closed. Each is at `rest` for so many seconds."""

    def __init__(self) -> None:
        self.rest = REST
        self._resting: deque[tuple[float, Connection]] = deque()
        self._ready: deque[tuple[float, Connection]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    def put(self, connection: Connection) -> None:
        """An exchange has ended on it."""
        loop = asyncio.get_running_loop()
        if len(self._resting) >= MOST_AT_REST:
            self._ready.append(self._resting.popleft())
        self._resting.append((loop.time(), connection))
        if self._sweep is None:
            self._sweep = loop.call_later(KEEPALIVE, self._close_old, loop)

    def take(self) -> Connection | None:
        """One that has nothing to say, or none."""
        self._wake(asyncio.get_running_loop().time())
        while self._ready:
            _, connection = self._ready.pop()
            protocol = connection.protocol
            if isinstance(protocol, UpstreamProtocol) and not protocol.has_stray_bytes():
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        """One that was taken and not used."""
        self._ready.append((asyncio.get_running_loop().time(), connection))

    def _wake(self, now: float) -> None:
        while self._resting and self._resting[0][0] + self.rest <= now:
            self._ready.append(self._resting.popleft())

    def _close_old(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all: it comes back when the next one may be old."""
        now = loop.time()
        self._wake(now)
        while self._ready and self._ready[0][0] + KEEPALIVE <= now:
            self._ready.popleft()[1].close()
        oldest = next(iter(self._ready or self._resting), None)
        self._sweep = loop.call_at(oldest[0] + KEEPALIVE, self._close_old, loop) if oldest else None

    async def rested(self) -> None:
        """Until none is at rest."""
        loop = asyncio.get_running_loop()
        while self._resting:
            await asyncio.sleep(max(0.0, self._resting[0][0] + self.rest - loop.time()))
            self._wake(loop.time())

    def close(self) -> None:
        """Close them all."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for _, connection in (*self._resting, *self._ready):
            connection.close()
        self._resting.clear()
        self._ready.clear()
