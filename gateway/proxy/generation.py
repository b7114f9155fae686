"""One generation: a whole configuration at work, with its connections. A reload makes a new one and swaps one reference.

An exchange keeps the generation it began with to its last byte, so that no request is judged half by the old rules and
half by the new. The connections of a generation that has been replaced are closed when its last exchange has ended.
"""

import asyncio
import logging
from dataclasses import replace
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

from gateway.config.settings import Route, Settings, Upstream, UpstreamTls
from gateway.names import Names
from gateway.proxy.upstream import UpstreamPool

_log = logging.getLogger("pacs_gateway")


class Generation:
    """Settings and the pools they ask for. Use as a context manager for the length of one exchange."""

    def __init__(self, settings: Settings, names: Names) -> None:
        self.settings, self._names = settings, names
        self.policy = settings.policy
        self.pools = {name: UpstreamPool(upstream, names) for name, upstream in settings.upstreams.items()}
        for name in unverified(settings):
            _log.warning("upstreams.%s.tls.verify is false: whoever answers in the archive's place is believed", name)
        # Longest first, so that the first route that fits is the one that fits best.
        self._routes = sorted(settings.routes, key=lambda route: len(route.prefix), reverse=True)
        self._elsewhere: dict[tuple[str, str], UpstreamPool] = {}  # by archive, for its patience, and origin
        self._exchanges = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def pool(self, upstream: str, origin: str) -> UpstreamPool:
        """The connections to an archive, or to another origin that its redirects may lead to."""
        archive = self.settings.upstreams[upstream]
        if origin == archive.origin:
            return self.pools[upstream]
        if (upstream, origin) not in self._elsewhere:
            self._elsewhere[upstream, origin] = UpstreamPool(elsewhere(archive, origin), self._names)
        return self._elsewhere[upstream, origin]

    def route(self, target: str) -> Route | None:
        """The route whose prefix covers this raw target, at a segment boundary."""
        for route in self._routes:
            if route.covers(target):
                return route
        return None

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
        for pool in (*self.pools.values(), *self._elsewhere.values()):
            await pool.close()


def elsewhere(archive: Upstream, origin: str) -> Upstream:
    """Another origin, with the patience for this archive but none of its certificates. `origin` names its port, and `Host`
    will not where it is the usual one: signatures of object stores cover that field."""
    parts = urlsplit(origin)
    assert parts.hostname is not None
    assert parts.port is not None
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    return replace(archive, scheme=scheme, host=parts.hostname, port=parts.port, tls=UpstreamTls())


def unverified(settings: Settings) -> list[str]:
    """The archives whose certificate nobody looks at."""
    archives = settings.upstreams.values()
    return [archive.id for archive in archives if archive.scheme == "https" and not archive.tls.verify]
