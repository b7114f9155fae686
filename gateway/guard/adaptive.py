"""A limit that follows the archive: additive increase, multiplicative decrease on the time to the head of an answer.

The whole duration would mislead, since an answer may have any size. So each kind of request is held against the best time
that its own kind has shown lately. Slower than `tolerance` times that, or failing: a tenth less. Otherwise, while the limit
is in use: one place more for every full round.
"""

from dataclasses import dataclass

_LESS = 0.9
_MEMORY = 60.0  # seconds for which a best time is believed, twice that at most
_WEIGHT = 0.3  # of the newest sample in the moving average
_NOISE = 0.01  # seconds; archives that answer at once are not slow because a packet was


@dataclass(frozen=True, slots=True)
class AdaptiveSettings:
    """Between `floor` and the `in_flight` of the limit, which is the ceiling."""

    floor: int = 4
    tolerance: float = 2.0


class _Kind:
    """What one kind of request has shown: a moving average, and the best time of this period and the last."""

    __slots__ = ("average", "best", "last_best", "until")

    def __init__(self, seconds: float, now: float) -> None:
        self.average = self.best = self.last_best = seconds
        self.until = now + _MEMORY

    def add(self, seconds: float, now: float) -> None:
        if now >= self.until:
            self.last_best, self.best, self.until = self.best, seconds, now + _MEMORY
        self.best = min(self.best, seconds)
        self.average += _WEIGHT * (seconds - self.average)

    def is_slow(self, tolerance: float) -> bool:
        return self.average > tolerance * min(self.best, self.last_best) + _NOISE


class AdaptiveLimit:
    """`limit` is what the line may have under way."""

    def __init__(self, settings: AdaptiveSettings, ceiling: int) -> None:
        self._settings, self._ceiling = settings, ceiling
        self._floor = min(settings.floor, ceiling)
        self._exact = float(ceiling)
        self._kinds: dict[str, _Kind] = {}
        self._calm_until = 0.0

    @property
    def limit(self) -> int:
        return int(self._exact)

    def hear(self, kind: str, seconds: float | None, healthy: bool, in_use: int, now: float) -> None:
        """One answer: the seconds to its head, None where none came or where they tell nothing, as of an upload at the pace
        of its client; and how much of the limit was in use with it."""
        if not healthy or (seconds is not None and self._is_slow(kind, seconds, now)):
            if now >= self._calm_until:
                self._exact = max(self._floor, self._exact * _LESS)
                # What is under way now was let out under the old limit and says nothing about the new one.
                self._calm_until = now + max(seconds or 0.0, self._usual(kind))
        elif seconds is not None and 2 * in_use >= self._exact:
            self._exact = min(self._ceiling, self._exact + 1 / self._exact)

    def _is_slow(self, kind: str, seconds: float, now: float) -> bool:
        known = self._kinds.get(kind)
        if known is None:
            self._kinds[kind] = _Kind(seconds, now)
            return False
        known.add(seconds, now)
        return known.is_slow(self._settings.tolerance)

    def _usual(self, kind: str) -> float:
        """Seconds that such a request takes: failures come at once, and many of them of one cause."""
        known = self._kinds.get(kind)
        return known.average if known else 0.0
