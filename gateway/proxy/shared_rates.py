"""Rates that replicas keep in common, in a Redis or Valkey: however many gateways stand before an archive, it is asked as
often as one of them was allowed to.

Where the store does not answer in time, this process goes by its own count, says so in a metric, and asks the store again
with one request in a second: clients notice nothing.
"""

import asyncio
import logging
import time

from gateway.config.settings import Settings, SharedState
from gateway.core.failures import Failure
from gateway.guard.protection import REFUSED_BY, Asking, Protection
from gateway.proxy.shared_counts import Refusal, SharedCounts
from gateway.telemetry.metrics import Metrics

_log = logging.getLogger("pacs_gateway")

PAUSE = 1.0  # seconds between two questions to a store that failed


class SharedRates:
    """The common counts of one process; without `shared_state` there is only its own."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._settings: SharedState | None = None
        self._counts: SharedCounts | None = None
        self._is_away, self._again_at = False, 0.0
        self._closing: set[asyncio.Task[None]] = set()

    def adopt(self, settings: Settings) -> None:
        """Use this store from now on. Whoever asks the one before is still answered by it."""
        if settings.shared_state == self._settings:
            return
        if self._counts is not None:
            closing = asyncio.ensure_future(self._counts.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        self._settings = settings.shared_state
        self._counts = SharedCounts(settings.shared_state) if settings.shared_state else None
        self._is_away = False
        self._metrics.guard.shared_state(is_up=None)

    async def close(self) -> None:
        """End the connections."""
        await asyncio.gather(*self._closing)
        if self._counts is not None:
            await self._counts.close()

    async def over_rate(self, upstream: str, protection: Protection, asking: Asking) -> Failure | None:
        """A rate that all replicas together have used up, or this one alone while the store is away."""
        counts = self._counts
        if counts is None or not protection.rates:
            return protection.over_rate(asking, time.monotonic())
        async with counts.places:
            if not self._may_ask(time.monotonic()):
                return protection.over_rate(asking, time.monotonic())
            try:
                refusal = await counts.take(upstream, protection.rates, asking.client)
            except Exception as error:
                self._heard(counts, error)
                return protection.over_rate(asking, time.monotonic())
        self._heard(counts, None)
        return _told(refusal, protection, asking, time.monotonic())

    async def give_back(self, upstream: str, protection: Protection, asking: Asking) -> None:
        """A request that the rates let pass was then turned away for another reason."""
        counts = self._counts
        if counts is None or not protection.rates or self._is_away:
            protection.give_back(asking)
            return
        async with counts.places:
            try:
                await counts.give_back(upstream, protection.rates, asking.client)
            except Exception as error:
                self._heard(counts, error)

    def _may_ask(self, now: float) -> bool:
        """Of a store that is away, one request in a while finds out; the others do not wait for it."""
        if self._is_away and now < self._again_at:
            return False
        self._again_at = now + PAUSE
        return True

    def _heard(self, counts: SharedCounts, error: Exception | None) -> None:
        """Changes are told once. The text of an error may hold the address and the password, so its name has to do."""
        if counts is not self._counts:
            return  # it was replaced meanwhile
        self._metrics.guard.shared_state(is_up=error is None)
        if self._is_away is (error is not None):
            return
        self._is_away, self._again_at = error is not None, time.monotonic() + PAUSE
        if error is None:
            _log.warning("shared_state answers again: rates are counted in common")
        else:
            _log.warning("shared_state fails (%s): rates are counted by this process alone", type(error).__name__)


def _told(refusal: Refusal | None, protection: Protection, asking: Asking, now: float) -> Failure | None:
    """The refusal with a turn of its client's own."""
    if refusal is None:
        protection.came_back(asking, now)
        return None
    turn = refusal.rate.turn(asking.client, now, refusal.wait)
    return Failure(REFUSED_BY[refusal.rate.settings.key], retry_after=turn)
