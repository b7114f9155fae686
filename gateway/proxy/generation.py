"""One generation: a whole configuration at work, with its connections. A reload makes a new one and swaps one reference.

An exchange keeps the generation it began with to its last byte, so that no request is judged half by the old rules and
half by the new. The connections of a generation that has been replaced are closed when its last exchange has ended.
"""

import asyncio
from types import TracebackType

from gateway.config.settings import Route, Settings
from gateway.proxy.upstream import UpstreamPool


class Generation:
    """Settings and the pools they ask for. Use as a context manager for the length of one exchange."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.policy = settings.policy
        self.pools = {name: UpstreamPool(upstream) for name, upstream in settings.upstreams.items()}
        # Longest first, so that the first route that fits is the one that fits best.
        self._routes = sorted(settings.routes, key=lambda route: len(route.prefix), reverse=True)
        self._exchanges = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def route(self, target: str) -> Route | None:
        """The route whose prefix covers this raw target, at a segment boundary."""
        return next((route for route in self._routes if route.covers(target)), None)

    def __enter__(self) -> "Generation":
        self._exchanges += 1
        self._idle.clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchanges -= 1
        if not self._exchanges:
            self._idle.set()

    async def retire(self) -> None:
        """Close the connections once nobody uses them."""
        await self._idle.wait()
        await self.close()

    async def close(self) -> None:
        for pool in self.pools.values():
            await pool.close()
