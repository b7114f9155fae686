"""How many of something there are at this moment, by archive: plain numbers, told to a gauge before it is read."""

from functools import partial
from typing import Final

from prometheus_client import Gauge

from gateway.telemetry.labels import Series

# What is read where several workers each have a value of their own, and those that have ended have none.
Sum: Final = partial(Gauge, multiprocess_mode="livesum")
Largest: Final = partial(Gauge, multiprocess_mode="livemax")
Least: Final = partial(Gauge, multiprocess_mode="livemin")
Latest: Final = partial(Gauge, multiprocess_mode="livemostrecent")
# What stays true when its worker has ended: moments, of all workers that ever were.
Earliest: Final = partial(Gauge, multiprocess_mode="min")
Newest: Final = partial(Gauge, multiprocess_mode="max")


class Level:
    """Stands one higher for as long as each `with` lasts."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0

    def __enter__(self) -> None:
        self.now += 1

    def __exit__(self, *_error: object) -> None:
        self.now -= 1


class Levels:
    """The levels of all archives. An archive is one that was configured once, so there is an end to them."""

    def __init__(self, gauge: Series[Gauge]) -> None:
        self._gauge = gauge
        self._levels: dict[str, Level] = {}

    def of(self, upstream: str) -> Level:
        """It starts at zero."""
        return self._levels.get(upstream) or self._levels.setdefault(upstream, Level())

    def settle(self) -> None:
        """From now on the gauge says what is so at this moment."""
        for upstream, level in self._levels.items():
            self._gauge.of(upstream).set(level.now)
