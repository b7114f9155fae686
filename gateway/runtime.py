"""The running gateway: the generation in force, what is under way, and what the admin port may ask of it.

One reference is swapped on reload; everything else lives as long as the process.
"""

import asyncio
import logging
import time

from gateway import __version__
from gateway.config.settings import Settings
from gateway.guard.admission import Gate, Load
from gateway.proxy.aiohttp_seam import Finished, GatewayServer, Incoming
from gateway.proxy.exchange import exchange
from gateway.proxy.generation import Generation
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.telemetry import Telemetry

log = logging.getLogger("pacs_gateway")


class Runtime:
    """Everything one process holds. `ready` is for load balancers; `draining` ends each connection after its answer."""

    def __init__(self, settings: Settings) -> None:
        self.generation = Generation(settings)
        self.gate = Gate()
        self.metrics = Metrics(settings, time.time())
        self.journal = Journal()
        self.telemetry = Telemetry(self.metrics, self.journal, AccessLog())
        self.server = GatewayServer(self.handle, **server_options(settings))
        self.started = time.time()
        self.version = __version__
        self.ready = False
        self.draining = False
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        return self.generation.settings

    async def handle(self, incoming: Incoming) -> Finished:
        """One exchange, on the generation in force when it began."""
        with self.generation as generation:
            finished = await exchange(incoming, generation, self.gate, self.telemetry, self.load())
        return Finished(finished.keep_alive and not self.draining)

    def load(self) -> Load:
        return Load(len(self.server.connections), self.draining)

    def swap(self, settings: Settings) -> None:
        """Put a new generation in force at once; exchanges under way end on the old one."""
        old, self.generation = self.generation, Generation(settings)
        retiring = asyncio.ensure_future(old.retire())
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        self.metrics.reload_succeeded(settings, time.time())

    async def drain(self, patience: float) -> int:
        """Let what is under way end, for up to `patience` seconds; the number of exchanges that did not."""
        self.ready, self.draining = False, True
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for connection in self.server.connections:
                if getattr(connection, "is_idle", False):
                    connection.force_close()
            if not self.gate.under_way and not self.server.connections:
                return 0
            await asyncio.sleep(0.02)
        return self.gate.under_way

    async def close(self) -> None:
        for retiring in self._retiring:
            retiring.cancel()
        await self.server.shutdown(0.1)
        await self.generation.close()


def server_options(settings: Settings) -> dict[str, object]:
    """The server's own limits, as aiohttp's protocol takes them."""
    limits = settings.server.limits
    return {
        "access_log": None,
        "auto_decompress": False,
        "keepalive_timeout": limits.idle_timeout,
        "header_timeout": limits.header_timeout,
        "max_line_size": limits.target,
        "max_field_size": limits.headers,
        "max_headers": 128,
        "farewell": 5.0,
        "logger": logging.getLogger("pacs_gateway.http"),
    }
