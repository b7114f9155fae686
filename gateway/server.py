"""The process: ports, signals, drain. Starts what `runtime` holds and ends it without losing a request."""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from gateway.admin.endpoints import admin_app
from gateway.config.settings import ServerTls, Settings
from gateway.proxy.aiohttp_seam import require_suitable_aiohttp
from gateway.reload import Reloader, ReloadResult
from gateway.runtime import Runtime
from gateway.telemetry.redaction import redacting_exception_handler

log = logging.getLogger("pacs_gateway")


class CannotStart(Exception):  # noqa: N818
    """A port could not be opened or a certificate not be used; the text says which and why."""


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
        self._admin = web.AppRunner(
            admin_app(control), access_log=None, handle_signals=False, shutdown_timeout=0.5, keepalive_timeout=15.0
        )
        self._traffic_site: web.TCPSite | None = None

    async def __aenter__(self) -> "GatewayProcess":
        server, admin = self._settings.server, self._settings.admin
        asyncio.get_running_loop().set_exception_handler(redacting_exception_handler)
        await self._traffic.setup()
        await self._admin.setup()
        try:
            await _open(web.TCPSite(self._admin, admin.host, admin.port), "admin", admin.host, admin.port)
            tls = _tls_context(server.tls) if server.tls else None
            self._traffic_site = web.TCPSite(self._traffic, server.host, server.port, ssl_context=tls, backlog=1024)
            await _open(self._traffic_site, "server", server.host, server.port)
        except BaseException:
            await self._close()
            raise
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
        self.runtime.ready, self.runtime.draining = False, True
        # Connections the kernel has accepted for us are requests too: take them before the door closes.
        for _ in range(3):
            await asyncio.sleep(0)
        if self._traffic_site is not None:
            await self._traffic_site.stop()
        return await self.runtime.drain(self._settings.server.drain)

    async def _close(self) -> None:
        await self.runtime.close()
        await self._traffic.cleanup()
        await self._admin.cleanup()


async def _open(site: web.TCPSite, what: str, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        raise CannotStart(f"{what}.port: cannot listen on {host}:{port}: {error.strerror or error}") from None


def _port(runner: web.BaseRunner) -> int:
    return int(runner.addresses[0][1])


def _tls_context(tls: ServerTls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.cert_file, tls.key_file)
        if tls.client_ca_file is not None:
            context.load_verify_locations(tls.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").replace("_", " ").lower()
        raise CannotStart(f"server.tls: certificate and key cannot be used together: {reason}") from None
    return context


async def serve(
    settings: Settings, source: Path | None, ready: Callable[[GatewayProcess], Awaitable[None]] | None = None
) -> None:
    """Run until SIGTERM or SIGINT, then drain. SIGHUP reloads. `ready` is called once both ports are open."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    reloads: set[asyncio.Task[ReloadResult]] = set()
    async with GatewayProcess(settings, source) as process:

        def reload() -> None:
            task = asyncio.ensure_future(process.reloader.reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, reload)
        log.info("listening on port %d, admin on port %d", process.port, process.admin_port)
        if ready is not None:
            await ready(process)
        await stopped.wait()
        began = time.monotonic()
        left = await process.drain()
        log.info("drained in %.1f s, %d exchanges cut off", time.monotonic() - began, left)
