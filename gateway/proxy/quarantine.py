"""A rest for connections whose answer has just ended, before they may carry another request.

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

SECONDS = 0.05  # many times what lies between two packets of one answer, in one house
MOST = 32  # at 640 answers a second all of them rest for the whole time


class Quarantine:
    """Connections at rest, first in, first out. One that is closed meanwhile is not put back into the pool, which looks at
    it itself."""

    def __init__(self) -> None:
        self._resting: deque[tuple[float, Connection]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    def rest(self, connection: Connection) -> None:
        if len(self._resting) >= MOST:
            self._let_go()
        loop = asyncio.get_running_loop()
        self._resting.append((loop.time() + SECONDS, connection))
        if self._timer is None:
            self._empty.clear()
            self._timer = loop.call_later(SECONDS, self._let_go_rested, loop)

    def _let_go_rested(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all of them: it comes back when the next one has rested."""
        self._timer = None
        while self._resting and self._resting[0][0] <= loop.time():
            self._let_go()
        if self._resting:
            self._timer = loop.call_at(self._resting[0][0], self._let_go_rested, loop)
        else:
            self._empty.set()

    def _let_go(self) -> None:
        self._resting.popleft()[1].release()

    async def over(self) -> None:
        """Until no connection rests."""
        await self._empty.wait()

    def close(self) -> None:
        """Close them all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._resting:
            self._resting.popleft()[1].close()
        self._empty.set()
