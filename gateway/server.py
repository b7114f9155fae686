"""The process: ports, signals, drain. Starts what `runtime` holds and ends it without losing a request."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from gateway.admin.endpoints import admin_app
from gateway.config.settings import Settings
from gateway.config.tls import towards_clients
from gateway.descriptors import make_room
from gateway.proxy.aiohttp_seam import OperatorRunner, TrafficSite, require_suitable_aiohttp
from gateway.reload import Reloader, ReloadResult
from gateway.runtime import Runtime
from gateway.signals import Signals
from gateway.telemetry.redaction import redacting_exception_handler

log = logging.getLogger("pacs_gateway")


class CannotStart(Exception):  # noqa: N818
    """A port could not be opened; the text says which and why."""


class Control:
    """What the admin port sees of the process."""

    def __init__(self, runtime: Runtime, reloader: Reloader) -> None:
        self._runtime, self._reloader = runtime, reloader
        self.metrics, self.journal = runtime.metrics, runtime.journal
        self.started, self.version = runtime.started, runtime.version

    @property
    def settings(self) -> Settings:
        return self._runtime.settings

    @property
    def ready(self) -> bool:
        return self._runtime.ready

    async def reload(self) -> ReloadResult:
        return await self._reloader.reload()


class GatewayProcess:
    """The gateway with its two ports open: use as an async context manager, then `drain`."""

    def __init__(self, settings: Settings, source: Path | None = None) -> None:
        require_suitable_aiohttp()
        self.runtime = Runtime(settings)
        self.reloader = Reloader(self.runtime, source)
        self._settings = settings
        self._traffic = web.ServerRunner(self.runtime.server, handle_signals=False, shutdown_timeout=0.1)
        control = Control(self.runtime, self.reloader)
        self._admin = OperatorRunner(
            admin_app(control),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=0.5,
            keepalive_timeout=15.0,
            logger=logging.getLogger("pacs_gateway.admin"),
        )
        self._traffic_site: TrafficSite | None = None

    async def __aenter__(self) -> "GatewayProcess":
        server, admin = self._settings.server, self._settings.admin
        asyncio.get_running_loop().set_exception_handler(redacting_exception_handler)
        await self._traffic.setup()
        await self._admin.setup()
        try:
            await _open(web.TCPSite(self._admin, admin.host, admin.port), "admin", admin.host, admin.port)
            tls = towards_clients(server.tls) if server.tls else None
            self._traffic_site = TrafficSite(
                self._traffic, server.host, server.port, tls, patience=server.limits.header_timeout
            )
            await _open(self._traffic_site, "server", server.host, server.port)
            if self.runtime.audit is not None:
                self.runtime.audit.open()
        except BaseException:
            await self._close()
            raise
        self.runtime.watch_health()
        self.runtime.ready = True
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()

    @property
    def port(self) -> int:
        """The port for traffic, also where 0 asked for any."""
        return _port(self._traffic)

    @property
    def admin_port(self) -> int:
        return _port(self._admin)

    async def drain(self) -> int:
        """Stop accepting, let exchanges end; the number that did not end in time."""
        self.runtime.begin_to_leave()
        if self._traffic_site is not None:
            await self._traffic_site.leave()
        return await self.runtime.drain(self.runtime.settings.server.drain)

    async def _close(self) -> None:
        await self.runtime.close()
        await self._traffic.cleanup()
        await self._admin.cleanup()
        if self.runtime.audit is not None:
            await self.runtime.audit.close()  # last, so that it has heard of every exchange


async def _open(site: web.BaseSite, what: str, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        # asyncio's words repeat the address; those of a name that cannot be resolved have no number of the system's own.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        raise CannotStart(f"{what}.port: cannot listen on {host}:{port}: {reason}") from None


def _port(runner: web.BaseRunner) -> int:
    return int(runner.addresses[0][1])


async def serve(
    settings: Settings, source: Path | None, ready: Callable[[GatewayProcess], Awaitable[None]] | None = None
) -> int:
    """Run until a signal asks to leave; the exit code. `ready` is called once both ports are open."""
    with Signals() as signals:
        async with GatewayProcess(settings, source) as process:
            make_room(settings.server.limits.connections)
            signals.on_hangup = process.reloader.reload
            log.info("listening on port %d, admin on port %d", process.port, process.admin_port)
            if ready is not None:
                await ready(process)
            await signals.asked.wait()
            await leave(process, signals)
        return signals.code


async def leave(process: GatewayProcess, signals: Signals) -> None:
    """Drain until nothing is under way, or `server.drain` is over, or somebody insists."""
    began = time.monotonic()
    insisted = asyncio.ensure_future(signals.insisted.wait())
    insisted.add_done_callback(lambda _: process.runtime.hurry())
    cut = await process.drain()
    insisted.cancel()
    how = "ended by a second signal after" if signals.code else "drained in"
    log.info("%s %.1f s, %d exchanges cut off", how, time.monotonic() - began, cut)
