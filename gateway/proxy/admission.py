"""Admission: the way of a request to its permit, and the waiting on it.

    maintenance -> breaker -> rates -> the line -> permit

What is decided is decided in `guard`; here are the clock, the waiting, and the counting of what was held back. In observe
mode everything is asked in the same order and nothing is held back: what would have been is counted.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from gateway.config.settings import Behaviour, Settings, Upstream
from gateway.core.failures import Failure, FailureKind
from gateway.core.policy import Mode
from gateway.guard.admission import Gate, Load
from gateway.guard.line import Line, Place, Standing
from gateway.guard.maintenance import remaining, upcoming
from gateway.guard.protection import Asking, Held, Permit, Protection, give_up
from gateway.proxy.shared_rates import SharedRates
from gateway.telemetry.guard_metrics import Guarded, GuardMetrics
from gateway.telemetry.metrics import Metrics

K = FailureKind


class Granted:
    """A permit in use. `judged` tells the guard what the archive is like, as soon as that is known."""

    def __init__(
        self, upstream: str, protection: Protection, permit: Permit, metrics: GuardMetrics, *, is_observed: bool
    ) -> None:
        self._upstream, self._protection, self._permit, self._metrics = upstream, protection, permit, metrics
        self.is_observed = is_observed  # nothing is held back, and answers stay as the archive gave them
        self._is_judged = self._served = False
        self.budget = protection.budget

    def judged(self, healthy: bool | None, head_seconds: float | None) -> float:
        """Tell what became of it; the seconds for which the archive is now left alone."""
        now = time.monotonic()
        self._is_judged, self._served = True, healthy is True
        if healthy is not None:
            self._metrics.heard_of(self._upstream, is_up=healthy)
        self._protection.hear(self._permit, healthy, head_seconds, now)
        return 0.0 if self.is_observed else self._protection.known_wait(now)

    def sent_on(self, behaviour: Behaviour) -> None:
        """An answer was followed, or asked for again."""
        self._metrics.sent_on(self._upstream, behaviour)

    def recalled(self) -> Failure | None:
        """Why the request may not go out a second time after a wait."""
        return self._protection.recalled(self._permit, time.monotonic())

    def leave(self) -> None:
        """The last byte has passed, or none ever will."""
        if not self._is_judged:
            self.judged(None, None)
        self._protection.leave(self._permit, time.monotonic(), served=self._served)


class Admission:
    """What holds requests back, for one process. It outlives reloads; what they do not change goes on as it is."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.gate = Gate()
        self.shared = SharedRates(metrics)
        self._metrics = metrics
        self._settings = settings
        self._protections: Mapping[str, Protection] = {}
        metrics.guard.look = self.standings
        self.adopt(settings)

    def adopt(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        before, self._settings = self._settings, settings
        self._protections = {
            name: self._protection(upstream, before.upstreams.get(name))
            for name, upstream in settings.upstreams.items()
        }
        self.shared.adopt(settings)

    def _protection(self, upstream: Upstream, before: Upstream | None) -> Protection:
        """What is known of an archive stays known while it stays where it is."""
        known = self._protections.get(upstream.id)
        if known is None or before is None or before.origin != upstream.origin:
            return Protection(upstream.protection)
        return known.under(upstream.protection)

    def of(self, upstream: str) -> Protection:
        """The protection of an archive; only what the settings in force name."""
        return self._protections[upstream]

    def standings(self) -> Iterator[Guarded]:
        """How each archive is protected at this moment."""
        for name, protection in self._protections.items():
            planned = upcoming(self._settings.maintenance, name, time.time())
            yield Guarded(
                name,
                protection.breaker.state if protection.breaker else None,
                protection.lines.all_requests.limit if protection.lines.all_requests else None,
                planned.start if planned else 0.0,
                planned.end if planned else 0.0,
                protection.known_wait(time.monotonic()),
            )

    async def admit(self, upstream: str, asking: Asking) -> Granted | Failure:
        """A permit, once it is this request's turn, or why there is none. To be left when the last byte has passed."""
        protection = self._protections.get(upstream)
        if protection is None:  # named by a generation that has been replaced in this very moment
            return Failure(K.DESTINATION_NOT_FOUND)
        permit = await (self._observed if self._is_observing else self._enforced)(upstream, protection, asking)
        if isinstance(permit, Failure):
            self._metrics.guard.held_back(upstream, permit.kind)
            return permit
        return Granted(upstream, protection, permit, self._metrics.guard, is_observed=self._is_observing)

    def at_once(self, upstream: str, asking: Asking, load: Load) -> Granted | None:
        """A permit for which nobody has to wait, with its place in the gate; None where the usual way has to be taken."""
        protection, settings = self._protections.get(upstream), self._settings
        if protection is None or self._is_observing or settings.maintenance:
            return None
        if self.gate.admit(load, settings.server.limits.connections):
            return None
        permit = protection.at_once(asking, time.monotonic())
        if permit is None:
            self.gate.leave()
            return None
        return Granted(upstream, protection, permit, self._metrics.guard, is_observed=False)

    @property
    def _is_observing(self) -> bool:
        return self._settings.policy.mode is Mode.OBSERVE

    async def _enforced(self, upstream: str, protection: Protection, asking: Asking) -> Permit | Failure:
        if refusal := await self._refused(upstream, protection, asking):
            return refusal
        permit = await self._permitted(upstream, protection, asking)
        if isinstance(permit, Failure):
            await self.shared.give_back(upstream, protection, asking)
        return permit

    async def _refused(self, upstream: str, protection: Protection, asking: Asking) -> Failure | None:
        """Why a request may not even stand in line."""
        left = remaining(self._settings.maintenance, upstream, time.time())
        refusal = protection.out_of_service(asking, left, time.monotonic())
        return refusal or await self.shared.over_rate(upstream, protection, asking)

    async def _permitted(self, upstream: str, protection: Protection, asking: Asking) -> Permit | Failure:
        """A permit at the end of the lines."""
        held: Held = ()
        for line in protection.lines_for(asking):
            place = await self._stand_in(line, upstream, protection, asking, held)
            if isinstance(place, Failure):
                return place
            held = (*held, (line, place))
        return protection.begin(held, asking, time.monotonic())

    async def _observed(self, upstream: str, protection: Protection, asking: Asking) -> Permit:
        refusal = await self._refused(upstream, protection, asking)
        lines = protection.lines_for(asking)
        if refusal is None and any(line.would_refuse(protection.cost(asking)) for line in lines):
            refusal = Failure(K.TOO_BUSY)
        if refusal:
            self._metrics.guard.would_hold_back(upstream, refusal.kind)
        return protection.begin_anyway(lines, asking, time.monotonic())

    async def _stand_in(
        self, line: Line, upstream: str, protection: Protection, asking: Asking, held: Held
    ) -> Place | Failure:
        """A place under way, waited for if need be. What is `held` already is given up where there is none."""
        turn = asyncio.get_running_loop().create_future()

        def told() -> None:
            if not turn.done():
                turn.set_result(None)

        place = protection.join(line, asking, told, time.monotonic(), held)
        if isinstance(place, Place) and place.standing is not Standing.UNDER_WAY:
            with self._in_line(upstream):
                await self._wait(turn, line, place, held)
        if isinstance(place, Place) and place.standing is Standing.UNDER_WAY:
            return place
        give_up(held)
        return place if isinstance(place, Failure) else protection.turned_away(line, asking, time.monotonic())

    @contextmanager
    def _in_line(self, upstream: str) -> Iterator[None]:
        """Somebody waits; nobody else pays for the two looks at the clock."""
        joined = time.monotonic()
        try:
            with self._metrics.guard.queued(upstream):
                yield
        finally:
            self._metrics.guard.waited(upstream, time.monotonic() - joined)

    @staticmethod
    async def _wait(turn: "asyncio.Future[None]", line: Line, place: Place, held: Held) -> None:
        """Until it is this place's turn, or its time in line is over. A client that leaves takes its places with it."""
        try:
            async with asyncio.timeout(line.settings.queue_timeout):
                await turn
        except TimeoutError:
            if place.standing is Standing.WAITING:
                line.leave(place)
        except BaseException:
            give_up((*held, (line, place)))
            raise
