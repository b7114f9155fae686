"""How slowly a content may come. A clock on each read is not enough: a peer that says one byte just before it strikes keeps
a connection, and a place among those admitted, for ever.
"""

import asyncio

from aiohttp.streams import StreamReader

# More than what keeps a line warm (a blank, a line break, the delimiter of a part) and less than anything that was worth
# waiting for: one match of a search, one instance's metadata, one segment from the slowest modem. So an archive that needs
# most of the time for each of its matches is served, and so is a modality on a bad line.
LEAST = 256


class Pace:
    """Reads one content: within `seconds` of waiting at least `LEAST` bytes come, or the end.

    Only waiting for this peer counts: while its bytes cannot be passed on, the other side is to blame and has its own clock.
    """

    __slots__ = ("_content", "_left", "_loop", "_owed", "_seconds")

    def __init__(self, content: StreamReader, seconds: float) -> None:
        self._content, self._seconds, self._left, self._owed = content, seconds, seconds, LEAST
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        """The next piece; empty at the end. Raises `TimeoutError` where it comes too slowly."""
        piece = self._content.read_nowait()
        if piece:  # it is there already: nobody waits, and no clock is needed
            self._count(piece, 0.0)
            return piece
        began = self._loop.time()
        async with asyncio.timeout(self._left):
            piece = await self._content.readany()
        self._count(piece, self._loop.time() - began)
        return piece

    def _count(self, piece: bytes, waited: float) -> None:
        self._owed -= len(piece)
        if self._owed <= 0:
            self._owed, self._left = LEAST, self._seconds
        else:
            self._left -= waited
