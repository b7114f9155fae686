"""The port for clients. aiohttp's own leaves the times of a TLS handshake and of a TLS farewell to asyncio: a minute and half
a minute, in which a client that says nothing holds a connection that nobody counts.

asyncio keeps the context and the patience of a handshake from the moment at which it begins to serve a socket. So where they
change, it begins anew on a second descriptor of the same socket, before it ends on the first: there is one queue of clients,
and nobody in it notices.
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.proxy.aiohttp_seam.door import emptied

# For a client's close_notify after ours. Nothing hangs on it: what we had to say has been taken by then.
FAREWELL = 2.0
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Greeting:
    """How clients are met: over TLS with this context, and with so many seconds for the handshake."""

    tls: ssl.SSLContext
    patience: float


class TrafficSite(web.BaseSite):
    """Serves on a socket that listens, over TLS where there is a `greeting`."""

    __slots__ = ("_changing", "_door", "_greeting", "_spare")

    def __init__(self, runner: web.BaseRunner, door: socket.socket, greeting: Greeting | None) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._door, self._greeting = door, greeting
        # Taken while there are descriptors: when all are in use, a certificate can still be renewed.
        self._spare = door.dup() if greeting is not None else None
        self._changing = asyncio.Lock()

    @property
    def name(self) -> str:
        return str(self._door)

    async def start(self) -> None:
        await super().start()
        self._server = await self._serve()

    async def _serve(self) -> asyncio.Server:
        server = self._runner.server
        assert server is not None
        options: dict[str, Any] = {}
        if self._greeting is not None:
            options["ssl"], options["ssl_handshake_timeout"] = self._greeting.tls, self._greeting.patience
            options["ssl_shutdown_timeout"] = FAREWELL
        loop = asyncio.get_running_loop()
        return await loop.create_server(server, sock=self._door, backlog=BACKLOG, **options)

    async def greet(self, greeting: Greeting) -> None:
        """Meet those who come from now on like this. Nothing changes for who is there, or shakes hands already."""
        async with self._changing:
            if self._spare is None or self._server is None or not self._server.is_serving():
                return  # never over TLS, or closed meanwhile
            before, old_door = self._server, self._door
            self._greeting, self._door = greeting, self._spare
            self._server = await self._serve()
            asyncio.get_running_loop().remove_reader(old_door)
            await _come_in()
            before.close()
            self._spare = self._door.dup()

    async def leave(self) -> None:
        """Close the port, once everybody who stands in it has come in."""
        if self._server is not None and self._server.is_serving():
            await emptied([self._door])
            await _come_in()
        await self.stop()

    async def stop(self) -> None:
        async with self._changing:
            await super().stop()
            if self._spare is not None:
                self._spare.close()


async def _come_in() -> None:
    """Whom asyncio has accepted, it lets in a turn of the loop later, and not where its server has closed meanwhile."""
    for _ in range(2):
        await asyncio.sleep(0)
