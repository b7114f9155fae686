"""The gateway as one process: ports, signals, drain. Starts what `runtime` holds and ends it without losing a request."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

from gateway import service_manager
from gateway.config.expiry import DAY, remarks
from gateway.config.settings import Settings
from gateway.descriptors import make_room
from gateway.ports import AdminPort, TrafficPort, opened
from gateway.proxy.aiohttp_seam import require_suitable_aiohttp
from gateway.recordings.files import require_writable
from gateway.reload import Reloader, ReloadResult
from gateway.runtime import Runtime
from gateway.signals import Signals
from gateway.telemetry.exposition import TEXT, Form
from gateway.telemetry.record import ExchangeRecord
from gateway.telemetry.redaction import redacting_exception_handler
from gateway.telemetry.snapshot import Snapshot
from gateway.watching import Watch

log = logging.getLogger("pacs_gateway")


class Control:
    """The gateway as one process, seen from the admin port."""

    def __init__(self, runtime: Runtime, reloader: Reloader) -> None:
        self._runtime, self._reloader = runtime, reloader
        self.started, self.version = runtime.started, runtime.version

    @property
    def settings(self) -> Settings:
        return self._runtime.settings

    @property
    def ready(self) -> bool:
        return self._runtime.ready

    async def metrics(self, form: Form = TEXT) -> bytes:
        return self._runtime.metrics.render(form)

    async def counts(self) -> Snapshot:
        return self._runtime.metrics.snapshot()

    async def recent(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return self._runtime.journal.recent(limit)

    async def failures(self, limit: int) -> tuple[ExchangeRecord, ...]:
        return self._runtime.journal.failures(limit)

    async def explained(self, id_: str) -> Mapping[str, Any] | None:
        return await self._runtime.explained(id_)

    async def reload(self) -> ReloadResult:
        return await self._reloader.reload("POST /-/reload")


class GatewayProcess:
    """The gateway with its two ports open: use as an async context manager, then `drain`."""

    def __init__(self, settings: Settings, source: Path | None = None) -> None:
        require_suitable_aiohttp()
        self.runtime = Runtime(settings)
        self.reloader = Reloader(self, source)
        self._settings = settings
        self._traffic = TrafficPort(self.runtime)
        self._admin = AdminPort(Control(self.runtime, self.reloader))

    async def __aenter__(self) -> "GatewayProcess":
        server = self._settings.server
        asyncio.get_running_loop().set_exception_handler(redacting_exception_handler)
        try:
            if self._settings.recording is not None:
                require_writable(self._settings.recording.directory)
            await self._admin.open(self._settings.admin)
            (doors,) = opened("server", server.host, server.port)
            await self._traffic.open(doors)
            self.runtime.open_observers()
        except BaseException:
            await self._close()
            raise
        self.runtime.watch_health()
        self.runtime.ready = True
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._close()

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    @property
    def draining(self) -> bool:
        return self.runtime.draining

    async def adopt(self, settings: Settings, _text: str) -> None:
        """For `reload`: all of it, or nothing."""
        face = self._traffic.renewal(settings)
        self.runtime.swap(settings)
        await self._traffic.renew(face)

    def reload_failed(self) -> None:
        self.runtime.metrics.reload_failed()

    @property
    def port(self) -> int:
        """The port for traffic, also where 0 asked for any."""
        return self._traffic.number

    @property
    def admin_port(self) -> int:
        return self._admin.number

    async def drain(self) -> int:
        """Stop accepting, let exchanges end; the number that did not end in time."""
        self.runtime.begin_to_leave()
        await self._traffic.leave()
        return await self.runtime.drain(self.runtime.settings.server.drain)

    def hurry(self) -> None:
        """A drain that is under way, or will be, waits no longer."""
        self.runtime.hurry()

    async def _close(self) -> None:
        await self.runtime.close()
        await self._traffic.close()
        await self._admin.close()
        await self.runtime.close_observers()


class Served(Protocol):
    """The gateway, as one process or several: an async context manager in which it serves."""

    @property
    def port(self) -> int: ...

    @property
    def admin_port(self) -> int: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def reloader(self) -> Reloader: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_error: object) -> None: ...

    async def drain(self) -> int:
        """Stop accepting, let exchanges end; the number that did not end in time."""
        ...

    def hurry(self) -> None:
        """A drain that is under way, or will be, waits no longer."""
        ...


G = TypeVar("G", bound=Served)


async def serve(
    settings: Settings,
    source: Path | None,
    ready: Callable[[GatewayProcess], Awaitable[None]] | None = None,
    *,
    watch: bool = True,
) -> int:
    """Run as one process until a signal asks to leave; the exit code. `ready` is called once both ports are open. With
    `watch`, a change of the source is a reload."""
    return await run(GatewayProcess(settings, source), ready, clients=settings.server.limits.connections, watch=watch)


async def run(
    gateway: G, ready: Callable[[G], Awaitable[None]] | None = None, *, clients: int = 0, watch: bool = True
) -> int:
    """The same, in whatever form. So many `clients` may be connected with this process itself."""
    with Signals() as signals:
        async with gateway:
            make_room(clients)
            signals.on_hangup = partial(_hung_up, gateway)
            log.info("listening on port %d, admin on port %d", gateway.port, gateway.admin_port)
            service_manager.ready(f"listening on port {gateway.port}, admin on port {gateway.admin_port}")
            if ready is not None:
                await ready(gateway)
            with reminding(lambda: gateway.settings), watching(gateway.reloader) if watch else nullcontext():
                await signals.asked.wait()
            await leave(gateway, signals)
        return signals.code


async def _hung_up(gateway: Served) -> None:
    """A reload by SIGHUP, for which a service manager may be waiting."""
    service_manager.reloading()
    result = await gateway.reloader.reload("SIGHUP")
    happened = f"reloaded, now {result.digest}" if result.ok else "reload refused, the old configuration stays in force"
    service_manager.ready(happened)


@contextmanager
def reminding(settings: Callable[[], Settings]) -> Iterator[None]:
    """Say at once and then every day which certificates are about to expire: a process may live for months."""
    task = asyncio.ensure_future(_remind(settings))
    try:
        yield
    finally:
        task.cancel()


async def _remind(settings: Callable[[], Settings]) -> None:
    while True:
        for sentence in remarks(settings(), time.time()):
            log.warning("%s", sentence)
        await asyncio.sleep(DAY)


def watching(reloader: Reloader) -> AbstractContextManager[object]:
    """A quick start has nothing to watch, and what came through a pipe cannot be read again."""
    has_file = any(file.is_file() for file in reloader.files()[:1])
    return Watch(reloader.files, reloader.reload_if_changed) if has_file else nullcontext()


async def leave(gateway: Served, signals: Signals) -> None:
    """Drain until nothing is under way, or `server.drain` is over, or somebody insists."""
    began = time.monotonic()
    service_manager.stopping("draining")
    insisted = asyncio.ensure_future(signals.insisted.wait())
    insisted.add_done_callback(lambda _: gateway.hurry())
    cut = await gateway.drain()
    insisted.cancel()
    how = "ended by a second signal after" if signals.code else "drained in"
    log.info("%s %.1f s, %d exchanges cut off", how, time.monotonic() - began, cut)
