"""The adaptive limit over real sockets: it finds out by itself how much an archive bears."""

import asyncio
import time
from pathlib import Path

from gateway.server import GatewayProcess
from tests.support.client import Connection
from tests.support.guarded import Archive, get, guarded, metric, opened

CEILING, FLOOR = 24, 2
FIXED = f"limits: {{in_flight: {CEILING}, queue: 64, queue_timeout: 10s}}"
ADAPTIVE = FIXED.replace("}", f", adaptive: {{floor: {FLOOR}, tolerance: 2}}}}")
ASKED = 240


async def one_after_the_other(gateway: GatewayProcess, number: int, requests: int) -> None:
    """A viewer that is never done. Nobody lints: that would take the time that is measured."""
    connection = await Connection.to(gateway.port, linted=False)
    for _ in range(requests):
        await connection.send(get(f"10.0.0.{number}"))
        assert (await connection.reply()).status == 200
    await connection.close()


async def busy(gateway: GatewayProcess, viewers: int) -> float:
    """Requests per second of so many viewers together."""
    began = time.monotonic()
    await asyncio.gather(*(one_after_the_other(gateway, number, ASKED // viewers) for number in range(viewers)))
    return ASKED / (time.monotonic() - began)


def thrashing() -> Archive:
    """Each request takes longer the more are there, and more than in proportion: disks that seek, locks fought for."""
    return opened(Archive(takes=lambda present: 0.02 * max(1, present / 6) ** 2))


async def test_it_settles_where_the_archive_is_quickest_and_serves_no_less_than_a_fixed_one(tmp_path: Path) -> None:
    async with guarded(tmp_path, thrashing(), FIXED, response="20s") as (gateway, _):
        fixed = await busy(gateway, CEILING)
        assert metric(gateway, "in_flight_limit") == CEILING
    archive = thrashing()
    async with guarded(tmp_path, archive, ADAPTIVE, response="20s") as (gateway, _):
        adaptive = await busy(gateway, CEILING)
        settled = metric(gateway, "in_flight_limit")
        assert archive.most <= CEILING
        assert FLOOR < settled < CEILING
    assert adaptive >= 0.9 * fixed


async def test_an_archive_that_bears_it_all_gets_it_all(tmp_path: Path) -> None:
    async with guarded(tmp_path, opened(Archive(takes=lambda _present: 0.1)), ADAPTIVE, response="20s") as (gateway, _):
        await busy(gateway, CEILING)
        assert metric(gateway, "in_flight_limit") > CEILING / 2
