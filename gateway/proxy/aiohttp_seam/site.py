"""The port for clients. aiohttp's own leaves the times of a TLS handshake and of a TLS farewell to asyncio: a minute and half
a minute, in which a client that says nothing holds a connection that nobody counts."""

import asyncio
import socket
import ssl
from typing import Any

from aiohttp import web

from gateway.proxy.aiohttp_seam.door import emptied

# For a client's close_notify after ours. Nothing hangs on it: what we had to say has been taken by then.
FAREWELL = 2.0


class TrafficSite(web.BaseSite):
    """Serves on a socket that listens. `patience` is for the TLS handshake, in seconds."""

    __slots__ = ("_options",)

    def __init__(
        self, runner: web.BaseRunner, door: socket.socket, tls: ssl.SSLContext | None, *, patience: float
    ) -> None:
        super().__init__(runner, ssl_context=tls, backlog=1024)
        self._options: dict[str, Any] = {"sock": door, "ssl": tls, "backlog": 1024}
        if tls is not None:
            self._options |= {"ssl_handshake_timeout": patience, "ssl_shutdown_timeout": FAREWELL}

    @property
    def name(self) -> str:
        return str(self._options["sock"])

    async def start(self) -> None:
        await super().start()
        server = self._runner.server
        assert server is not None
        self._server = await asyncio.get_running_loop().create_server(server, **self._options)

    async def leave(self) -> None:
        """Close the port, once everybody who stands in it has come in."""
        if self._server is not None and self._server.is_serving():
            await emptied([self._options["sock"]])
        await self.stop()
