"""Long work in slices: the loop has its turn in between, and the collector walks through none of it."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

from gateway.config.steps import Steps
from gateway.heap import construction, keep
from gateway.slices import in_slices


@pytest.fixture(autouse=True)
def heap() -> Iterator[None]:
    """Whatever was set aside is given back: the next test may be about something that must be collected."""
    thresholds = gc.get_threshold()
    yield
    assert gc.get_threshold() == thresholds
    gc.unfreeze()


async def test_the_loop_has_its_turn_between_two_slices() -> None:
    """The steps go on until the loop has run something that is put off again and again, so they would never end alone."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        asyncio.get_running_loop().call_soon(turn)

    def steps() -> Steps[str]:
        while turns < 100:
            yield
        return "made"

    turn()
    assert await in_slices(steps()) == "made"


async def test_a_slice_may_wait_without_holding_up_the_loop() -> None:
    opened = threading.Event()

    def steps() -> Steps[bool]:
        yield
        return opened.wait(30)

    asyncio.get_running_loop().call_later(0.01, opened.set)
    assert await in_slices(steps())


async def test_what_the_steps_raise_is_raised() -> None:
    def steps() -> Steps[None]:
        yield
        raise LookupError("no such rule")

    with pytest.raises(LookupError, match="no such rule"):
        await in_slices(steps())


async def test_who_no_longer_waits_ends_the_work() -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def steps() -> Steps[None]:
        loop.call_soon_threadsafe(begun.set)
        while True:
            yield

    task = asyncio.create_task(in_slices(steps()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_no_full_collection_while_something_is_built() -> None:
    full = 0

    def count(phase: str, info: dict[str, int]) -> None:
        nonlocal full
        full += phase == "start" and info["generation"] == 2

    gc.callbacks.append(count)
    try:
        with construction():
            built = [[number] for number in range(200_000)]
    finally:
        gc.callbacks.remove(count)
    assert (len(built), full) == (200_000, 0)


def test_what_is_kept_is_walked_through_no_more() -> None:
    gc.unfreeze()
    built = [[number] for number in range(1000)]
    keep()
    assert gc.get_freeze_count() > len(built)


async def test_a_reload_sets_nothing_aside() -> None:
    """Half of what is there at that moment is traffic, and some of it ends in cycles, which would never be collected."""
    gc.unfreeze()

    def steps() -> Steps[int]:
        yield
        return 1

    assert await in_slices(steps()) == 1
    assert gc.get_freeze_count() == 0
