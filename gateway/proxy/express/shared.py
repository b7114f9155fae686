"""What all expresses of a process share."""

import asyncio
from collections.abc import Coroutine

from gateway.proxy.admission import Admission
from gateway.proxy.express.overdue import Overdue
from gateway.telemetry.telemetry import Telemetry


class Shared:
    """The guard, who hears of exchanges, the clock, and those that wait for a client to read the last bytes."""

    def __init__(self, admission: Admission, telemetry: Telemetry) -> None:
        self.admission, self.telemetry, self.overdue = admission, telemetry, Overdue()
        self._waits: set[asyncio.Task[None]] = set()

    def waits_for(self, last_bytes: Coroutine[None, None, None]) -> None:
        """Something has still to be waited for."""
        task = asyncio.ensure_future(last_bytes)
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)
