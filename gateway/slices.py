"""Long work beside traffic, a slice at a time.

A thread alone does not do: it gives the interpreter away every 5 ms, and a loop that serves asks for it several times in
each request, so that a second of work in a thread is a second in which every request takes ten times as long. After each
slice the loop sees to all that has come meanwhile. A slice still runs in a thread, since it may wait for a file.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gateway.config.steps import Steps
from gateway.heap import construction

T = TypeVar("T")

SLICE = 0.002  # seconds; a step that has begun is finished first


async def in_slices(steps: Steps[T]) -> T:
    """What comes out of steps whose result will stay for long. Cancelled, it leaves the rest undone."""
    made: list[T] = []
    loop = asyncio.get_running_loop()
    # One thread, and gone with the work: those of the loop's own pool would stay.
    with construction(), ThreadPoolExecutor(1) as thread:
        while not made:
            await loop.run_in_executor(thread, _slice, steps, made)
    return made[0]


def _slice(steps: Steps[T], made: list[T]) -> None:
    until = time.monotonic() + SLICE
    while not made and time.monotonic() < until:
        try:
            next(steps)
        except StopIteration as done:
            made.append(done.value)
