"""What signals ask of the process: SIGTERM and SIGINT to leave, and a second one of them to leave at once; SIGHUP to read
the configuration again. Heard from before the ports open, because the first process of a container has no default action.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable

_LEAVE = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Use as a context manager around everything that signals may interrupt."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()  # to leave
        self.insisted = asyncio.Event()  # on leaving at once
        self.code = 0  # of the exit; 128 and the number of the signal, as a shell reports it, for whoever insists
        self.on_hangup: Callable[[], Awaitable[object]] | None = None
        self._reloads: set[asyncio.Future[object]] = set()

    def __enter__(self) -> "Signals":
        loop = asyncio.get_running_loop()
        for number in _LEAVE:
            loop.add_signal_handler(number, self._leave, number)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        return self

    def __exit__(self, *_error: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (*_LEAVE, signal.SIGHUP):
            loop.remove_signal_handler(number)

    def _leave(self, number: signal.Signals) -> None:
        if self.asked.is_set():
            self.code = 128 + number
            self.insisted.set()
        self.asked.set()

    def _hang_up(self) -> None:
        if self.on_hangup is None:
            return  # starting: the file has just been read
        reload = asyncio.ensure_future(self.on_hangup())
        self._reloads.add(reload)
        reload.add_done_callback(self._reloads.discard)
