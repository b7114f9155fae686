"""Content of known length on its way from the archive's connection straight to the client's: no parser, no queue and no task
between, and at the pace of the slower side.

The clocks are those of the usual way: an archive must bring something that is worth waiting for within its time (`pace`),
and a client must read what it was sent within its own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.failures import FailureKind
from gateway.proxy.aiohttp_seam import DownstreamProtocol, UpstreamProtocol
from gateway.proxy.ending import Ending
from gateway.proxy.pace import LEAST

K = FailureKind


@dataclass(frozen=True, slots=True)
class Poured:
    """How it ended: `sent` bytes went to the client. `archive` or `client` says what went wrong on that side."""

    sent: int
    archive: FailureKind | None = None
    client: FailureKind | None = None
    is_clean: bool = True  # no byte came behind the last


class Pour:
    """One content. `idle` and `patience` are the seconds of the archive and of the client; `told` hears of the end, once."""

    __slots__ = (
        "_archive", "_client", "_ending", "_idle", "_left", "_loop", "_owed", "_patience", "_sent", "_since", "_timer",
        "_told",
    )  # fmt: skip

    def __init__(
        self,
        archive: UpstreamProtocol,
        client: DownstreamProtocol,
        left: int,
        ending: Ending,
        idle: float,
        patience: float,
        told: Callable[[Poured], None],
    ) -> None:
        self._archive, self._client, self._left, self._ending = archive, client, left, ending
        self._idle, self._patience, self._told = idle, patience, told
        self._sent, self._owed = 0, LEAST
        self._loop = asyncio.get_running_loop()
        self._since = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on whatever the archive says goes to the client."""
        self._archive.divert(self)
        self._timer = self._loop.call_later(self._idle, self._too_slow)
        self._heed_the_client()

    def heard(self, data: bytes) -> None:
        left = self._left - len(data)
        is_clean = left >= 0
        if not is_clean:
            data, left = data[: self._left], 0
        self._ending.watch(data)
        if not left and not self._ending.is_believable:
            self._end(archive=K.HTTP_RESPONSE_INCOMPLETE)  # the end is held back, so that the client can tell
            return
        transport = self._client.transport
        if transport is None or transport.is_closing():
            self._end(client=K.CLIENT_GONE)
            return
        self._left = left
        self._sent += len(data)
        transport.write(data)
        if not left:
            self._end(is_clean=is_clean)
            return
        self._owed -= len(data)
        if self._owed <= 0:
            self._owed, self._since = LEAST, self._loop.time()
        self._heed_the_client()

    def archive_is_gone(self) -> None:
        self._end(archive=K.HTTP_RESPONSE_INCOMPLETE)

    def client_is_gone(self) -> None:
        self._end(client=K.CLIENT_GONE)

    def client_has_read(self) -> None:
        if self._timer is None:
            return  # all is written, and the client reads the rest
        self._let_the_archive_speak()
        self._wind(self._idle, self._too_slow)

    def _heed_the_client(self) -> None:
        """Who reads slowly makes the archive wait, and has a clock of his own."""
        transport = self._archive.transport
        if self._client.is_full and transport is not None and not transport.is_closing():
            transport.pause_reading()
            self._wind(self._patience, self._not_read)

    def _let_the_archive_speak(self) -> None:
        transport = self._archive.transport
        if transport is not None and not transport.is_closing():
            transport.resume_reading()

    def _wind(self, seconds: float, strikes: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._owed, self._since = LEAST, self._loop.time()
        self._timer = self._loop.call_later(seconds, strikes)

    def stop(self) -> None:
        """Nobody wants the rest any more."""
        self._told = _not_told
        self._end()

    def _too_slow(self) -> None:
        """The clock of the archive strikes; what came meanwhile has put its end off."""
        due = self._since + self._idle
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._too_slow)
        else:
            self._end(archive=K.CONNECTION_READ_TIMEOUT)

    def _not_read(self) -> None:
        self._end(client=K.CLIENT_GONE)

    def _end(
        self, archive: FailureKind | None = None, client: FailureKind | None = None, *, is_clean: bool = True
    ) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._let_the_archive_speak()
        whole = archive is None and client is None
        self._told(Poured(self._sent, archive, client, is_clean and whole))


def _not_told(_poured: Poured) -> None:
    """Nobody waits for it."""


async def pour(
    archive: UpstreamProtocol, client: DownstreamProtocol, left: int, ending: Ending, idle: float, patience: float
) -> Poured:
    """Pour, and wait for the end."""
    over: asyncio.Future[Poured] = asyncio.get_running_loop().create_future()

    def told(poured: Poured) -> None:
        if not over.done():  # who waited may have been cancelled, with the client's connection
            over.set_result(poured)

    under_way = Pour(archive, client, left, ending, idle, patience, told)
    client.depart(under_way)
    under_way.begin()
    try:
        return await over
    finally:
        under_way.stop()
        client.arrive()
