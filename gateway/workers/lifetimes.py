"""Tasks that nobody waits for: kept until they are done, since the loop itself only knows them weakly."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Each ends by itself, or with all of them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def cancel(self) -> None:
        for task in self._running:
            task.cancel()
