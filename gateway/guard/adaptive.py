"""A limit that follows the archive: additive increase, multiplicative decrease on the time to the head of an answer.

The whole duration would mislead, since an answer may have any size. So each kind of request is held against the best time
that its own kind has shown lately. Times are the mean of many answers each, never of one: from a cache an answer comes in
no time, and then each of the others would look slow. Slower than `tolerance` times the best: less, and the less the slower,
down to half. Failing: a tenth less. Otherwise, while the limit is in use: one place more, and at the beginning twice as much.
It begins at the floor, since only an archive that has little to do shows how quick it can be.
"""

import math
from dataclasses import dataclass

_LESS = 0.9
_AT_LEAST = 0.5
_MANY = 30  # answers
_MEMORY = 60.0  # seconds for which a best time is believed, twice that at most
_NOISE = 0.01  # seconds; archives that answer at once are not slow because a packet was


@dataclass(frozen=True, slots=True)
class AdaptiveSettings:
    """Between `floor` and the `in_flight` of the limit, which is the ceiling."""

    floor: int = 4
    tolerance: float = 2.0


class _Kind:
    """What one kind of request has shown: the answers since the last mean, and the best mean of this period and the last."""

    __slots__ = ("best", "last_best", "mean", "number", "total", "until")

    def __init__(self, now: float) -> None:
        self.total, self.number, self.mean = 0.0, 0, 0.0
        self.best = self.last_best = math.inf
        self.until = now + _MEMORY

    def add(self, seconds: float, now: float) -> bool:
        """Count one answer; whether there is a new `mean`."""
        self.total += seconds
        self.number += 1
        if self.number < _MANY:
            return False
        self.mean, self.total, self.number = self.total / self.number, 0.0, 0
        if now >= self.until:
            self.last_best, self.best, self.until = self.best, self.mean, now + _MEMORY
        self.best = min(self.best, self.mean)
        return True

    def forget_the_last(self) -> None:
        """The answers since the last mean."""
        self.total, self.number = 0.0, 0


class AdaptiveLimit:
    """`limit` is what the line may have under way."""

    def __init__(self, settings: AdaptiveSettings, ceiling: int) -> None:
        self._settings, self._ceiling = settings, ceiling
        self._floor = min(settings.floor, ceiling)
        self._exact = float(self._floor)
        self._is_beginning = True
        self._kinds: dict[str, _Kind] = {}
        self._calm_until = -math.inf

    @property
    def limit(self) -> int:
        return int(self._exact)

    def hear(self, kind: str, seconds: float | None, healthy: bool, in_use: int, now: float) -> None:
        """One answer: the seconds to its head, None where none came or where they tell nothing, as of an upload at the pace
        of its client; and how much of the limit was in use with it."""
        if now < self._calm_until:
            return  # it was let out under the old limit and says nothing about the new one
        known = self._kinds.setdefault(kind, _Kind(now))
        if not healthy:
            self._lower(_LESS, max(seconds or 0.0, known.mean), now)
        elif seconds is not None and known.add(seconds, now):
            bearable = self._settings.tolerance * min(known.best, known.last_best) + _NOISE
            if known.mean > bearable:
                self._lower(max(_AT_LEAST, bearable / known.mean), known.mean, now)
            elif 2 * in_use >= self._exact:
                self._exact = min(self._ceiling, self._exact + (self._exact if self._is_beginning else 1))

    def _lower(self, share: float, seconds: float, now: float) -> None:
        """To this share, and then wait until what is under way has ended, which takes so long."""
        self._exact, self._is_beginning = max(self._floor, self._exact * share), False
        self._calm_until = now + seconds
        for kind in self._kinds.values():
            kind.forget_the_last()
