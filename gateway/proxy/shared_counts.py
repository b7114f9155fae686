"""The counts that replicas share: how they are kept in a Redis or Valkey.

The counting is the work of the library `limits`, which is imported only where it is used. Of its ways to count, the sliding
window with two counters is the one that fits: time is the store's own (the expiry of its keys), so that hosts whose clocks
differ agree; it keeps two numbers for each client, however high the rate is; and it allows what `guard.rate` allows too, a
burst of the whole allowance and then an even flow.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gateway.config.settings import SharedState
from gateway.guard.rate import Rate

if TYPE_CHECKING:
    from limits import RateLimitItem
    from redis.asyncio import BlockingConnectionPool

    Key: TypeAlias = tuple[RateLimitItem, str]

_CONNECTIONS = 16  # to the store
_PREFIX = "pacs-gateway"
_LEAST = 0.001  # seconds: the store counts in milliseconds


class Refusal(NamedTuple):
    """The rate that is used up, and the seconds until one more request may pass."""

    rate: Rate
    wait: float


class SharedCounts:
    """Connections to one store. Everything it is asked ends within `timeout`, with an answer or an exception. Who asks holds
    one of the `places`: the time is the store's, and not that of a crowd of requests that have come together."""

    def __init__(self, settings: SharedState) -> None:
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        self.places = asyncio.Semaphore(_CONNECTIONS)
        self._timeout = settings.timeout
        self._pool = connections(settings)
        self._storage = RedisStorage(
            "async+redis://",  # the address is the pool's affair
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=self._pool,  # type: ignore[arg-type]  # its options are declared as plain values
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def close(self) -> None:
        """Let those end who ask, and then the connections. Nobody may ask any more."""
        for _ in range(_CONNECTIONS):
            await self.places.acquire()
        await self._pool.aclose()

    async def take(self, upstream: str, rates: Sequence[Rate], client: str) -> Refusal | None:
        """Count a request for all these rates, or for none of them: what passed one rate and was refused by the next is
        taken off again."""
        keys = _keys(upstream, rates, client)
        async with asyncio.timeout(self._timeout):
            for number, rate in enumerate(rates):
                if not await self._limiter.hit(*keys[number]):
                    wait = await self._wait(*keys[number])
                    await self._take_off(keys[:number])
                    return Refusal(rate, wait)
        return None

    async def give_back(self, upstream: str, rates: Sequence[Rate], client: str) -> None:
        """A request that was counted did not go to the archive."""
        async with asyncio.timeout(self._timeout):
            await self._take_off(_keys(upstream, rates, client))

    async def _take_off(self, keys: "Sequence[Key]") -> None:
        for item, key in keys:
            await self._limiter.hit(item, key, cost=-1)

    async def _wait(self, item: "RateLimitItem", key: str) -> float:
        """Seconds until the count is one less: the last window counts by how much of it is still in sight, and what came in
        this one begins to leave when it ends."""
        window = item.get_expiry()
        last, last_left, _, left = await self._storage.get_sliding_window(item.key_for(key), window)
        wait = last_left % (window / last) if last else left - window
        return max(wait, _LEAST)


def _keys(upstream: str, rates: Sequence[Rate], client: str) -> "list[Key]":
    """Under which each of these rates is counted."""
    from limits import RateLimitItemPerSecond

    return [
        (
            RateLimitItemPerSecond(rate.settings.requests, int(rate.settings.per), namespace=f"{upstream}/{number}"),
            client if rate.settings.key == "client" else "all",
        )
        for number, rate in enumerate(rates)
    ]


def connections(settings: SharedState) -> "BlockingConnectionPool":
    """`valkey` speaks the protocol of Redis, and one client serves both. One retry: a pooled connection may have ended."""
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as ConnectionEnded

    scheme, _, rest = settings.url.partition("://")
    return BlockingConnectionPool.from_url(
        f"{scheme.replace('valkey', 'redis')}://{rest}",
        max_connections=_CONNECTIONS,
        timeout=settings.timeout,
        socket_connect_timeout=settings.timeout,
        retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionEnded,)),
        protocol=2,  # which every version speaks, with nothing to agree on first
    )
