"""Asks each archive now and then whether it works: one cheap GET, at moments of its own.

Whatever answers below 500 works, if only by saying that nobody may ask. What is found is shown and counted, and closes an
open breaker early. It is never what opens one: a health page may fail where the archive serves.

A check goes past the guard, or it could not find out that the archive is back. It has a connection of its own, as a client
that comes anew, and takes none of those that are kept for clients.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from random import random

from gateway.config.settings import HealthSettings
from gateway.proxy.admission import Admission
from gateway.proxy.faults import UpstreamFault
from gateway.proxy.generation import Generation
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.redaction import described

_log = logging.getLogger("pacs_gateway")

_JITTER = 0.2  # of the interval, so that many gateways do not ask at the same moment
_USER_AGENT = "pacs-gateway-health"

Found = Callable[[str, float, bool], None]  # which archive, when it was asked (monotonic), whether it works


class HealthChecks:
    """The checks of the generation in force. What was found goes with the process, so that a reload is no news."""

    def __init__(self, admission: Admission, metrics: Metrics) -> None:
        self._admission, self._metrics = admission, metrics
        self._known: dict[str, bool] = {}
        self.asks = True  # one of several workers asks for all of them
        self.found: Found = lambda _name, _asked, _is_up: None  # hears what it finds
        self._tasks: list[asyncio.Task[None]] = []

    def watch(self, generation: Generation) -> None:
        """Ask the archives of this generation from now on, and no others."""
        self.stop()
        for name, upstream in generation.settings.upstreams.items():
            if upstream.health is not None and self.asks:
                self._tasks.append(asyncio.ensure_future(self._watch(generation, name, upstream.health)))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    async def _watch(self, generation: Generation, name: str, settings: HealthSettings) -> None:
        while True:
            asked = time.monotonic()
            try:
                is_up = await works(generation, name, settings)
                self._tell(name, asked, is_up=is_up)
            except Exception as error:
                _log.error("a health check failed by itself: %s", described(error))
            await asyncio.sleep(pause(settings.interval, random()))  # noqa: S311 - spreads checks, guards nothing

    def _tell(self, name: str, asked: float, *, is_up: bool) -> None:
        self._metrics.guard.health_checked(name, is_up=is_up)
        if self._known.get(name) is not is_up:
            self._known[name] = is_up
            _log.log(logging.INFO if is_up else logging.WARNING, "%s %s", name, "works" if is_up else "does not work")
        self._recover(name, asked, is_up=is_up)
        self.found(name, asked, is_up)

    def hear(self, name: str, asked: float, *, is_up: bool) -> None:
        """What another worker has found. All processes of a system share the monotonic clock."""
        self._metrics.guard.heard_of(name, is_up=is_up)
        self._recover(name, asked, is_up=is_up)

    def _recover(self, name: str, asked: float, *, is_up: bool) -> None:
        if is_up:
            self._admission.of(name).recover(asked, time.monotonic())


def pause(interval: float, chance: float) -> float:
    """Seconds until the next check, give or take; `chance` is in [0, 1)."""
    return interval * (1 - _JITTER / 2 + _JITTER * chance)


async def works(generation: Generation, name: str, settings: HealthSettings) -> bool:
    """Whether an archive answers in time, and below 500."""
    upstream = generation.settings.upstreams[name]
    head = (
        f"GET {settings.path} HTTP/1.1\r\nHost: {upstream.authority}\r\nUser-Agent: {_USER_AGENT}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(settings.timeout):
            pool = generation.pools[name]
            with await pool.ask("GET", head.encode("ascii"), None, settings.timeout, afresh=True) as answer:
                answer.reusable = False
                return 200 <= answer.status < 500
    except (UpstreamFault, TimeoutError):
        return False
