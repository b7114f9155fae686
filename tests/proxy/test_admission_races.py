"""Who comes, leaves, waits too long and is called, all in the same turns of the loop: no place is lost or given twice."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.config.load import load_text
from gateway.config.settings import Settings
from gateway.core.failures import Failure
from gateway.dicomweb.classify import classify
from gateway.guard.protection import Asking
from gateway.proxy.admission import Admission, Granted
from gateway.telemetry.metrics import Metrics
from tests.support.guarded import settings, until

SEARCH, STUDY, STORE = classify("GET", "/studies"), classify("GET", "/studies/1.2"), classify("POST", "/studies")
BREAKER = "\n    breaker: {failures: 3, window: 1s, open: 3ms, probes: 2}"
LIMITS = (
    "limits: {in_flight: 4, queue: 20, queue_timeout: 2ms, by_transaction: {store: {in_flight: 2, queue: 5}}}",
    "limits: {in_flight: 1, queue: 20, queue_timeout: 1ms}\n    rate: {requests: 500}" + BREAKER,
    "limits: {in_flight: 6, queue: 3, queue_timeout: 1ms, adaptive: {floor: 2}}" + BREAKER,
    "limits: {in_flight: 3, queue: 9, queue_timeout: 5s, by_transaction: {search: {in_flight: 1, queue: 9}}}" + BREAKER,
)


def read(protection: str) -> Settings:
    return load_text(settings(protection), "gateway.yaml", {"UPSTREAM": "http://pacs:8042"})


class Crowd:
    """Requests that do at random what clients and archives do."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        settings = read(LIMITS[0])
        self.admission = Admission(settings, Metrics(settings, 0.0))
        self.served = self.refused = 0

    async def request(self) -> None:
        asking = Asking(self.chance.choice([SEARCH, STUDY, STORE]), self.chance.choice("abc"))
        permit = await self.admission.admit("pacs", asking)
        if isinstance(permit, Failure):
            assert permit.retry_after is not None
            self.refused += 1
            return
        async with under_way(permit):
            await asyncio.sleep(self.chance.choice([0, 0, 0.001, 0.003]))
            permit.judged(self.chance.choice([True, True, False, None]), 0.001)
            await asyncio.sleep(0)
        self.served += 1

    async def come_and_go(self) -> None:
        """A thousand requests, some of whose clients leave, while the settings change."""
        tasks = []
        for number in range(1000):
            tasks.append(asyncio.create_task(self.request()))
            if number % 50 == 0:
                self.admission.adopt(read(self.chance.choice(LIMITS)))
            if self.chance.random() < 0.3:
                self.chance.choice(tasks).cancel()
            await asyncio.sleep(self.chance.choice([0, 0, 0, 0.001]))
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert ended is None or isinstance(ended, asyncio.CancelledError)


@asynccontextmanager
async def under_way(permit: Granted) -> AsyncIterator[None]:
    try:
        yield
    finally:
        permit.leave()


@pytest.mark.parametrize("seed", range(4))
async def test_at_the_end_nothing_is_left_under_way_and_nobody_waits(seed: int) -> None:
    crowd = Crowd(seed)
    await crowd.come_and_go()
    assert crowd.served > 20
    assert crowd.refused > 20
    for line in crowd.admission.of("pacs").lines:
        assert (line.under_way, line.in_use, line.waiting) == (0, 0, 0)
    crowd.admission.adopt(read("limits: {in_flight: 1, queue: 0}"))
    last = await crowd.admission.admit("pacs", Asking(SEARCH, "last"))
    assert isinstance(last, Granted)


async def test_who_is_called_in_the_moment_of_leaving_hands_the_place_on() -> None:
    """The client's cancellation and its turn arrive in the same turn of the loop."""
    crowd = Crowd(0)
    crowd.admission.adopt(read("limits: {in_flight: 1, queue: 8, queue_timeout: 5s}"))
    first = await crowd.admission.admit("pacs", Asking(SEARCH, "a"))
    assert isinstance(first, Granted)
    leaving, next_one = (asyncio.create_task(crowd.admission.admit("pacs", Asking(SEARCH, "b"))) for _ in range(2))
    (line,) = crowd.admission.of("pacs").lines
    await until(lambda: line.waiting == 2)
    first.leave()
    leaving.cancel()
    granted = await next_one
    assert isinstance(granted, Granted)
    granted.leave()
    assert leaving.cancelled()
    assert (line.under_way, line.waiting) == (0, 0)


async def test_who_leaves_in_the_second_line_leaves_the_first_as_well() -> None:
    crowd = Crowd(0)
    crowd.admission.adopt(
        read("limits: {in_flight: 2, queue_timeout: 5s, by_transaction: {store: {in_flight: 2, queue_timeout: 5s}}}")
    )
    first = await crowd.admission.admit("pacs", Asking(SEARCH, "a"))
    assert isinstance(first, Granted)
    leaving = asyncio.create_task(crowd.admission.admit("pacs", Asking(STORE, "b")))
    family, whole = crowd.admission.of("pacs").lines
    await until(lambda: whole.waiting == 1)
    assert family.under_way == 1
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert (family.under_way, whole.waiting) == (0, 0)
    first.leave()


@pytest.mark.parametrize("called_first", [True, False])
async def test_who_is_called_in_the_moment_its_time_is_over_is_served(called_first: bool) -> None:
    """The clock and the turn come in the same turn of the loop: a place that was given is not thrown away."""
    crowd = Crowd(0)
    crowd.admission.adopt(read("limits: {in_flight: 1, queue: 8, queue_timeout: 20ms}"))
    first = await crowd.admission.admit("pacs", Asking(SEARCH, "a"))
    assert isinstance(first, Granted)
    waiting = asyncio.create_task(crowd.admission.admit("pacs", Asking(SEARCH, "b")))
    (line,) = crowd.admission.of("pacs").lines
    await until(lambda: line.waiting == 1)
    time.sleep(0.03)  # noqa: ASYNC251 - the loop is kept busy until the time in line is over
    loop = asyncio.get_running_loop()
    if called_first:
        loop.call_soon(first.leave)  # before any timer that is due
    else:
        loop.call_later(0, first.leave)  # after those that have been due for longer
    granted = await waiting
    assert isinstance(granted, Granted)
    granted.leave()
    assert (line.under_way, line.waiting) == (0, 0)
