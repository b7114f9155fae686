"""The two ports: sockets that listen, and what answers on them.

Sockets are opened apart from what serves them, because several processes may serve one port: each then has a socket of its
own with the same number (SO_REUSEPORT), among which the kernel spreads clients by their address.
"""

import logging
import os
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from gateway.admin.control import AdminControl
from gateway.admin.endpoints import admin_app
from gateway.config.contents import Contents
from gateway.config.settings import AdminSettings, ServerTls, Settings
from gateway.config.tls import towards_clients
from gateway.proxy.aiohttp_seam import BACKLOG, Greeting, OperatorRunner, TrafficSite
from gateway.runtime import Runtime

Doors = tuple[socket.socket, ...]  # one for each address of a host


class CannotStart(Exception):  # noqa: N818
    """A port could not be opened; the text says which and why."""


def opened(what: str, host: str, port: int, copies: int = 1) -> tuple[Doors, ...]:
    """So many times the sockets that listen on this port; port 0 is any free one, the same for all."""
    doors: list[Doors] = []
    try:
        if copies > 1 and port:
            # Who listens there already with SO_REUSEPORT, another gateway above all, would let us in beside it.
            close(_bound(host, port, is_shared=False))
        for _ in range(copies):
            doors.append(_bound(host, port_of(doors[0]) if doors else port, is_shared=copies > 1))
        for door in (door for each in doors for door in each):
            door.listen(BACKLOG)
    except OSError as error:
        for each in doors:
            close(each)
        raise CannotStart(f"{what}.port: cannot listen on {host}:{port}: {_reason(error)}") from None
    return tuple(doors)


def close(doors: Doors) -> None:
    for door in doors:
        door.close()


def port_of(doors: Doors) -> int:
    return int(doors[0].getsockname()[1])


def _bound(host: str, port: int, *, is_shared: bool) -> Doors:
    doors: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            doors.append(socket.socket(family, socket.SOCK_STREAM))
            _prepare(doors[-1], is_shared=is_shared)
            doors[-1].bind((address[0], port, *address[2:]))
            port = port_of(tuple(doors))
    except OSError:
        close(tuple(doors))
        raise
    return tuple(doors)


def _prepare(door: socket.socket, *, is_shared: bool) -> None:
    door.setblocking(False)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if door.family == socket.AF_INET6:
        door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


def _addresses(host: str, port: int) -> Iterable[tuple[int, Any]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return dict.fromkeys((family, address) for family, _, _, _, address in found)


def _reason(error: OSError) -> str:
    """Those of a name that cannot be resolved have no number of the system's own."""
    number = error.errno or 0
    return os.strerror(number) if number > 0 else error.strerror or str(error)


@dataclass(frozen=True, slots=True)
class Face:
    """What clients meet over TLS. Two are the same where they were made of the same."""

    files: ServerTls
    contents: Contents
    patience: float
    tls: ssl.SSLContext = field(compare=False)

    @property
    def greeting(self) -> Greeting:
        return Greeting(self.tls, self.patience)


def face(files: ServerTls, settings: Settings) -> Face:
    """Raises `Unusable` (gateway.config.tls) where a file is that."""
    contents = {key: content for key, content in settings.contents.items() if key.startswith("server.tls.")}
    return Face(files, contents, settings.server.limits.header_timeout, towards_clients(files))


class TrafficPort:
    """The port for clients, served by one runtime. Whether it speaks TLS is settled at the start; what it shows is not."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._files = runtime.settings.server.tls
        self._face: Face | None = None
        self._runner = web.ServerRunner(runtime.server, handle_signals=False, shutdown_timeout=0.1)
        self._sites: list[TrafficSite] = []
        self.doors: Doors = ()

    async def open(self, doors: Doors) -> None:
        """Serve on these sockets, which are ours now. Raises `Unusable` (gateway.config.tls) where a certificate is that."""
        self.doors = doors
        self._face = self._faced(self._runtime.settings)
        await self._runner.setup()
        for door in doors:
            site = TrafficSite(self._runner, door, self._face.greeting if self._face else None)
            await site.start()
            self._sites.append(site)

    def renewal(self, settings: Settings) -> Face | None:
        """What clients are to meet by these settings; None where that is nothing new. Raises `Unusable`."""
        now = self._faced(settings)
        return None if now == self._face else now

    def _faced(self, settings: Settings) -> Face | None:
        """Where TLS is no longer asked for, it is spoken as before until the next start."""
        if self._files is None:
            return None
        return face(settings.server.tls or self._files, settings)

    async def renew(self, new: Face | None) -> None:
        """Clients that come from now on meet this. Does not fail."""
        if new is not None:
            self._face, self._files = new, new.files
            for site in self._sites:
                await site.greet(new.greeting)

    @property
    def number(self) -> int:
        return _number(self._runner)

    async def leave(self) -> None:
        """Close the port, once everybody who stands in it has come in."""
        for site in self._sites:
            await site.leave()

    async def close(self) -> None:
        await self._runner.cleanup()
        close(self.doors)


class AdminPort:
    """The port for operators."""

    def __init__(self, control: AdminControl) -> None:
        self._runner = OperatorRunner(
            admin_app(control),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=0.5,
            keepalive_timeout=15.0,
            logger=logging.getLogger("pacs_gateway.admin"),
        )

    async def open(self, settings: AdminSettings) -> None:
        (doors,) = opened("admin", settings.host, settings.port)
        await self._runner.setup()
        for door in doors:
            await web.SockSite(self._runner, door).start()

    @property
    def number(self) -> int:
        return _number(self._runner)

    async def close(self) -> None:
        await self._runner.cleanup()


def _number(runner: web.BaseRunner) -> int:
    return int(runner.addresses[0][1])
