"""The adaptive limit over real sockets: it finds out by itself how much an archive bears."""

import asyncio
from pathlib import Path

from gateway.server import GatewayProcess
from tests.support.client import Connection
from tests.support.guarded import Archive, get, guarded, metric, opened

CEILING, FLOOR = 24, 2
ADAPTIVE = (
    f"limits: {{in_flight: {CEILING}, queue: 64, queue_timeout: 10s, adaptive: {{floor: {FLOOR}, tolerance: 2}}}}"
)
ASKED = 240


async def one_after_the_other(gateway: GatewayProcess, number: int, requests: int) -> None:
    """A viewer that is never done."""
    connection = await Connection.to(gateway.port, linted=False)
    for _ in range(requests):
        await connection.send(get(f"10.0.0.{number}"))
        assert (await connection.reply()).status == 200
    await connection.close()


async def busy(gateway: GatewayProcess, viewers: int) -> None:
    """So many viewers together, until all have what they wanted."""
    await asyncio.gather(*(one_after_the_other(gateway, number, ASKED // viewers) for number in range(viewers)))


def thrashing() -> Archive:
    """Each request takes longer the more are there, and more than in proportion: disks that seek, locks fought for."""
    return opened(Archive(takes=lambda present: 0.02 * max(1, present / 6) ** 2))


async def test_it_settles_below_what_makes_the_archive_slow(tmp_path: Path) -> None:
    archive = thrashing()
    async with guarded(tmp_path, archive, ADAPTIVE, response="20s") as (gateway, _):
        await busy(gateway, CEILING)
        assert archive.most <= CEILING
        assert FLOOR < metric(gateway, "in_flight_limit") < CEILING


async def test_an_archive_that_bears_it_all_gets_it_all(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive(takes=lambda _present: 0.1)), ADAPTIVE, response="20s") as (gateway, _):
        await busy(gateway, CEILING)
        assert metric(gateway, "in_flight_limit") > CEILING / 2
