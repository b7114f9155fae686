"""One clock for all expresses that wait for an archive."""

import asyncio
from typing import Protocol

_TICK = 0.05  # seconds


class Waits(Protocol):
    """Somebody who waits."""

    def is_overdue(self) -> None:
        """The time is over."""


class Overdue:
    """One clock for all who wait: it strikes up to a twentieth of a second late."""

    def __init__(self) -> None:
        self._due: dict[Waits, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, express: Waits, patience: float) -> None:
        """To be told in so many seconds, unless it is removed before."""
        loop = asyncio.get_running_loop()
        self._due[express] = loop.time() + patience
        if self._timer is None:
            self._timer = loop.call_later(_TICK, self._strike)

    def hurry(self, express: Waits) -> None:
        """Part of the answer is there, and the rest mostly follows within a tick. If not, there are other clocks for it."""
        self._due[express] = min(self._due[express], asyncio.get_running_loop().time() + _TICK)

    def remove(self, express: Waits) -> float:
        """When it would have been due."""
        return self._due.pop(express)

    def _strike(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for express in [express for express, due in self._due.items() if due <= now]:
            if express in self._due:
                express.is_overdue()
        self._timer = loop.call_later(_TICK, self._strike) if self._due else None
