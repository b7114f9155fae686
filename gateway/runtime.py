"""The running gateway: the generation in force, what is under way, and what the admin port may ask of it.

One reference is swapped on reload; everything else lives as long as the process.
"""

import asyncio
import logging
import math
import time
from typing import Any

from gateway import __version__
from gateway.audit.trail import AuditTrail
from gateway.config.settings import Settings
from gateway.descriptors import make_room
from gateway.guard.admission import Load
from gateway.names import Names
from gateway.proxy.admission import Admission
from gateway.proxy.aiohttp_seam import Finished, GatewayServer, Incoming
from gateway.proxy.exchange import House, exchange
from gateway.proxy.express import Begun, Station
from gateway.proxy.generation import Generation
from gateway.proxy.health import HealthChecks
from gateway.proxy.tunnel import Tunnels
from gateway.recordings.recorder import Recorder
from gateway.telemetry.access_log import AccessLog
from gateway.telemetry.journal import Journal
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.recalled import recalled
from gateway.telemetry.telemetry import Telemetry
from gateway.tracing.tracer import Tracer

log = logging.getLogger("pacs_gateway")

# A client that has spoken within so many seconds may be about to speak again on the connection it has: closed at that
# moment, its request is lost. So it is heard once more, and told with the answer that the connection ends.
LAST_CALL = 2.0


class Runtime:
    """Everything one process holds, or one of several workers. `ready` is for load balancers."""

    def __init__(self, settings: Settings, *, is_worker: bool = False) -> None:
        self.names = Names()
        self.generation = Generation(settings, self.names)
        self.metrics = Metrics(settings, time.time(), is_worker=is_worker)
        self.admission = Admission(settings, self.metrics)
        self.tunnels = Tunnels(self.metrics)
        self.journal = Journal()
        self.audit = audit_trail(settings, self.metrics)
        self.recorder = recorder(settings, self.metrics)
        self.tracer = Tracer(settings.tracing, self.metrics.traced) if settings.tracing else None
        self._observers = [one for one in (self.audit, self.recorder, self.tracer) if one is not None]
        self.telemetry = Telemetry(
            self.metrics, self.journal, AccessLog(settings.logging), self.audit, self.recorder, self.tracer
        )
        self.house = House(self.admission, self.tunnels, self.telemetry)
        self.server = GatewayServer(self.handle, **server_options(settings))
        self.station = Station(lambda: self.generation, self.load, self.admission, self.telemetry)
        self.server.departs = self.station.departs
        self.started = time.time()
        self.version = __version__
        self.health = HealthChecks(self.admission, self.metrics)
        self.ready = False
        self._deadline = math.inf  # of a drain
        self._retiring: dict[asyncio.Task[None], Generation] = {}

    @property
    def settings(self) -> Settings:
        return self.generation.settings

    async def handle(self, incoming: Incoming) -> Finished:
        """One exchange, on the generation in force when it began."""
        generation = incoming.begun.generation if isinstance(incoming.begun, Begun) else self.generation
        with generation:
            return await exchange(incoming, generation, self.house, self.load())

    def load(self) -> Load:
        return Load(self.server.connected, self.draining)

    def swap(self, settings: Settings) -> None:
        """Put a new generation in force at once; exchanges under way end on the old one."""
        old, self.generation = self.generation, Generation(settings, self.names)
        self._take(old.settings, settings)
        self.admission.adopt(settings)
        self.watch_health()
        retiring = asyncio.ensure_future(old.retire())
        self._retiring[retiring] = old
        retiring.add_done_callback(self._retiring.pop)
        self.metrics.reload_succeeded(settings, time.time())

    def _take(self, before: Settings, settings: Settings) -> None:
        """What of these settings is not asked for with each exchange."""
        self.server.go_by(**server_options(settings))
        if self.recorder is not None:
            self.recorder.adopt(settings)
        if settings.server.limits.connections > before.server.limits.connections:
            make_room(settings.server.limits.connections)

    async def explained(self, id_: str) -> dict[str, Any] | None:
        """One of the last exchanges, by what is left of it and the policy in force; None where it is not known. Of a
        thousand rules each is asked, which traffic does not wait for."""
        entry = self.journal.find(id_)
        return await asyncio.to_thread(recalled, entry, self.settings) if entry else None

    @property
    def draining(self) -> bool:
        return self.server.is_leaving

    def begin_to_leave(self) -> None:
        """From now on each answer is the last on its connection, and says so."""
        self.ready, self.server.is_leaving = False, True
        self.tunnels.close()  # none of them would end by itself

    async def drain(self, patience: float) -> int:
        """Let what is under way end, for up to `patience` seconds; the number of exchanges that did not."""
        self.begin_to_leave()
        self._deadline = min(self._deadline, time.monotonic() + patience)
        while self.server.clients and time.monotonic() < self._deadline:
            for client in self.server.clients:
                if client.silent_for > LAST_CALL:
                    client.force_close()
            await asyncio.sleep(0.02)
        return self.admission.gate.under_way

    def hurry(self) -> None:
        """A drain that is under way, or will be, waits no longer."""
        self._deadline = time.monotonic()

    def watch_health(self) -> None:
        """Of the archives of the generation in force."""
        self.health.watch(self.generation)

    def open_observers(self) -> None:
        """Begin to tell of exchanges outside this process, in which they will be served. Raises `Unusable`
        (gateway.config.tls) where a certificate is that."""
        for observer in self._observers:
            observer.open()

    async def close_observers(self) -> None:
        """Last, so that they have heard of every exchange."""
        for observer in self._observers:
            await observer.close()

    async def close(self) -> None:
        self.health.stop()
        for retiring, old in tuple(self._retiring.items()):
            retiring.cancel()
            await old.close()
        for client in self.server.clients:
            client.leave()
        await self.server.shutdown(0.1)
        await self.generation.close()
        await self.admission.shared.close()


def audit_trail(settings: Settings, metrics: Metrics) -> AuditTrail | None:
    """The trail, if one is asked for. It lives as long as the process: a reload leaves it as it is."""
    if settings.audit is None:
        return None
    trail = AuditTrail(settings.audit, metrics.audited)
    metrics.audit_waits(trail.waiting)
    return trail


def recorder(settings: Settings, metrics: Metrics) -> Recorder | None:
    """The recorder, if one is asked for. It lives as long as the process, too."""
    if settings.recording is None:
        return None
    made = Recorder(settings.recording, metrics.recorded)
    made.adopt(settings)
    return made


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
