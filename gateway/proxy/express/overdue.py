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
        self._hurried: set[Waits] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # asked for once, as in `IdleConnections`

    def add(self, express: Waits, patience: float) -> None:
        """To be told in so many seconds, unless it is removed before."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        self._due[express] = loop.time() + patience
        if self._timer is None:
            self._timer = loop.call_later(_TICK, self._strike, loop)

    def hurry(self, express: Waits) -> None:
        """Part of the answer is there, and the rest mostly follows at once. If not, there are other clocks for it."""
        self._hurried.add(express)

    def remove(self, express: Waits) -> float:
        """When it would have been due."""
        self._hurried.discard(express)
        return self._due.pop(express)

    def _strike(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for express in [*self._hurried, *(express for express, due in self._due.items() if due <= now)]:
            if express in self._due:
                express.is_overdue()
        self._timer = loop.call_later(_TICK, self._strike, loop) if self._due else None
