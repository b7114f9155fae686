"""A rest for connections whose answer has just ended, before they may carry another request.

An archive that says more than it was asked for (a second answer, a 408 for a request that never came) says it right behind
its answer, and mostly in a packet of its own. On a connection that idles it is heard, and the connection closed. But were the
next request already under way, those bytes would be taken for its answer: one patient's for another's, and nobody could
tell. So the connection listens for a moment first; who asks meanwhile gets another one. At a hundred answers a second these
are five connections more.
"""

import asyncio

from aiohttp.connector import Connection

SECONDS = 0.05  # many times what lies between two packets of one answer, in one house


class Quarantine:
    """Connections at rest. One that is closed meanwhile is not put back into the pool, which looks at it itself."""

    def __init__(self) -> None:
        self._resting: dict[Connection, asyncio.TimerHandle] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def rest(self, connection: Connection) -> None:
        self._empty.clear()
        self._resting[connection] = asyncio.get_running_loop().call_later(SECONDS, self._let_go, connection)

    def _let_go(self, connection: Connection) -> None:
        del self._resting[connection]
        connection.release()
        if not self._resting:
            self._empty.set()

    async def over(self) -> None:
        """Until no connection rests."""
        await self._empty.wait()

    def close(self) -> None:
        """Close them all."""
        for connection, timer in self._resting.items():
            timer.cancel()
            connection.close()
        self._resting.clear()
        self._empty.set()
