"""What the gateway holds back, and how the archives are: the part of the metrics that the guard reports to.

States are read when Prometheus asks (`look`), since a breaker opens and closes by the clock alone.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from prometheus_client import Counter, Gauge, Histogram

from gateway.config.settings import Settings
from gateway.core.failures import FailureKind
from gateway.guard.breaker import BreakerState
from gateway.telemetry.labels import BEHAVIOURS, HEALTH, HELD_BACK, M, Series
from gateway.telemetry.levels import Largest, Latest, Least, Level, Levels, Sum

# From what nobody notices to the longest that a sensible `queue_timeout` allows.
_Waiting: Final = partial(Histogram, buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))


class SeriesOf(Protocol):
    """Makes the series of one metric in the registry of the process."""

    def __call__(self, kind: Callable[..., M], name: str, text: str, *labels: str) -> Series[M]: ...


@dataclass(frozen=True, slots=True)
class Guarded:
    """How one archive is protected at this moment. `limit` None: nothing limits it. Maintenance in Unix seconds, 0: none.
    `left_alone` are the seconds for which its breaker lets nobody through."""

    upstream: str
    breaker: BreakerState | None
    limit: int | None
    maintenance_from: float
    maintenance_to: float
    left_alone: float = 0.0


class GuardMetrics:
    """Every method returns at once."""

    def __init__(self, series: SeriesOf) -> None:
        self._in_flight = Levels(series(Sum, "in_flight", "Exchanges under way with the archive.", "upstream"))
        self._queued = Levels(series(Sum, "queued", "Requests that wait for their turn.", "upstream"))
        self._waited = series(
            _Waiting, "queue_seconds", "How long requests stood in line, each time that they had to.", "upstream"
        )
        self._limit = series(Sum, "in_flight_limit", "How much may be under way, counted by cost.", "upstream")
        self._held_back = series(Counter, "held_back", "Requests that were not let through.", "upstream", "reason")
        self._would_hold_back = series(
            Counter, "would_hold_back", "Requests that would not have been, outside observe mode.", "upstream", "reason"
        )
        self._breaker = series(Largest, "breaker_state", "1 for the state of the breaker, else 0.", "upstream", "state")
        self._up = series(
            Latest, "upstream_up", "1 if the archive worked when it was last heard of, else 0.", "upstream"
        )
        self._health = series(Counter, "health_checks", "Health checks by what they found.", "upstream", "outcome")
        self._sent_on = series(
            Counter,
            "user_agent",
            "Answers that were not passed on, but followed or asked for again.",
            "upstream",
            "behaviour",
        )
        self._from = series(
            Largest,
            "maintenance_start_timestamp_seconds",
            "When the present or next maintenance begins; 0: none.",
            "upstream",
        )
        self._to = series(Largest, "maintenance_end_timestamp_seconds", "When it ends; 0: none.", "upstream")
        self._series = series
        self._shared: Series[Gauge] | None = None
        self._heard: dict[str, bool] = {}  # since the last settling
        self.look: Callable[[], Iterable[Guarded]] = tuple

    def in_flight(self, upstream: str) -> Level:
        """An exchange with this archive is under way."""
        return self._in_flight.of(upstream)

    def queued(self, upstream: str) -> Level:
        """A request waits for its turn."""
        return self._queued.of(upstream)

    def waited(self, upstream: str, seconds: float) -> None:
        """A request stood in line for so long, whatever became of it. Who did not have to wait is not counted."""
        self._waited.of(upstream).observe(seconds)

    def held_back(self, upstream: str, reason: FailureKind) -> None:
        self._held_back.of(upstream, reason.value).inc()

    def would_hold_back(self, upstream: str, reason: FailureKind) -> None:
        self._would_hold_back.of(upstream, reason.value).inc()

    def heard_of(self, upstream: str, *, is_up: bool) -> None:
        """An archive has shown that it works, or that it does not."""
        self._heard[upstream] = is_up

    def health_checked(self, upstream: str, *, is_up: bool) -> None:
        self._health.of(upstream, "up" if is_up else "down").inc()
        self.heard_of(upstream, is_up=is_up)

    def sent_on(self, upstream: str, behaviour: str) -> None:
        """An answer was followed, or asked for again."""
        self._sent_on.of(upstream, behaviour).inc()

    def shared_state(self, *, is_up: bool | None) -> None:
        """None: not known, or no longer of interest."""
        if self._shared is None:
            if is_up is None:
                return  # the metric is only there where it says something
            text = "1 if rates are counted in common, 0 if by this process alone."
            self._shared = self._series(Least, "shared_state_up", text)
        self._shared.of().set(math.nan if is_up is None else is_up)

    def start_at_zero(self, settings: Settings) -> None:
        """What alerts are written on exists from the start."""
        for name, upstream in settings.upstreams.items():
            for outcome in HEALTH if upstream.health else ():
                self._health.of(name, outcome)
            self._in_flight.of(name), self._queued.of(name), self._waited.of(name)
            for kind in HELD_BACK:
                self._held_back.of(name, kind.value), self._would_hold_back.of(name, kind.value)
            for behaviour in BEHAVIOURS:
                self._sent_on.of(name, behaviour)

    def settle(self) -> None:
        """From now on the series say how things are at this moment."""
        self._in_flight.settle()
        self._queued.settle()
        for upstream, is_up in self._heard.items():
            self._up.of(upstream).set(is_up)
        self._heard.clear()
        for guarded in self.look():
            for state in BreakerState if guarded.breaker else ():
                self._breaker.of(guarded.upstream, state.value).set(state is guarded.breaker)
            if guarded.limit is not None:
                self._limit.of(guarded.upstream).set(guarded.limit)
            self._from.of(guarded.upstream).set(guarded.maintenance_from)
            self._to.of(guarded.upstream).set(guarded.maintenance_to)


@dataclass(frozen=True, slots=True)
class GuardCounts:
    """What the guard has counted, by archive. `is_up` names only those that have been heard of."""

    under_way: Mapping[str, int]
    waiting: Mapping[str, int]
    is_up: Mapping[str, bool]
    held_back: Mapping[str, Mapping[str, int]]
    would_hold_back: Mapping[str, Mapping[str, int]]
    guarded: Mapping[str, Guarded]
