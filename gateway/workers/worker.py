"""One worker: the whole gateway for its share of the clients, but without an admin port. It does what its supervisor asks;
when that has gone, it lets what is under way end, and leaves.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from gateway.config.findings import ConfigErrors, Finding, Place
from gateway.config.load import loading_text
from gateway.config.settings import Settings
from gateway.config.sharing import share_of
from gateway.config.tls import Unusable
from gateway.descriptors import make_room
from gateway.loop import run
from gateway.ports import Face, TrafficPort
from gateway.runtime import Runtime
from gateway.slices import in_slices
from gateway.telemetry.access_log import setup_logging
from gateway.telemetry.redaction import redacting_exception_handler
from gateway.workers.channel import Channel, Hear
from gateway.workers.crossing import from_guarded, from_record
from gateway.workers.lifetimes import Tasks
from gateway.workers.summing import count_for_all

# Counts are kept in plain numbers until somebody reads them, and another process cannot ask one that has been killed. So
# they are carried over so often, and no more than this is lost.
_SETTLING = 0.2  # seconds

Findings = list[tuple[str, int, int, str, str]]  # as in `Finding`


class Life:
    """What all workers know from before they were forked."""

    def __init__(self, settings: Settings, workers: int, folder: Path) -> None:
        self.settings, self.workers, self.folder = settings, workers, folder

    def __call__(self, number: int, descriptors: list[int]) -> int:
        """For the nursery: in a process of its own, until the end."""
        count_for_all(self.folder, number)
        setup_logging(self.settings.logging)
        channel, *doors = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        return run(Worker(self, number, tuple(doors)).serve(channel), self.settings)


class Worker:
    """In the loop of its own process."""

    def __init__(self, life: Life, number: int, doors: tuple[socket.socket, ...]) -> None:
        self._life, self._number, self._doors = life, number, doors
        self._runtime: Runtime
        self._traffic: TrafficPort
        self._channel: Channel
        self._next: Settings | None = None
        self._face: Face | None = None  # that belongs to it, if it is new
        self._leaving: asyncio.Future[int] | None = None
        self._tasks = Tasks()

    async def serve(self, channel: socket.socket) -> int:
        """Until the supervisor wants it no more, or has gone; the exit code."""
        asyncio.get_running_loop().set_exception_handler(redacting_exception_handler)
        self._runtime = Runtime(self._share(self._life.settings), is_worker=True)
        self._traffic = TrafficPort(self._runtime)
        reader, writer = await asyncio.open_unix_connection(sock=channel)
        hears: Mapping[str, Hear] = {
            "begin": self._begin,
            "settle": self._settle,
            "recent": self._recent,
            "failures": self._failures,
            "explained": self._explained,
            "standings": self._standings,
            "prepare": self._prepare,
            "commit": self._commit,
            "found": self._found,
            "leave": self._leave,
            "hurry": self._hurry,
        }
        self._channel = Channel(reader, writer, hears)
        await self._channel.listen()
        await self._leave(None)
        return 0

    def _share(self, settings: Settings) -> Settings:
        return share_of(settings, self._number, self._life.workers)

    async def _begin(self, text: str | None) -> str:
        """Serve, by the text of a configuration that was put in force since the start, if there is one; why not, or an
        empty word."""
        runtime, settings = self._runtime, self._runtime.settings
        runtime.health.asks = self._number == 0
        runtime.health.found = lambda *found: self._channel.tell("found", found)
        try:
            if text is not None:
                runtime.swap(await self._read(text))
            await self._traffic.open(self._doors)
            runtime.open_observers()
        except (ConfigErrors, Unusable) as error:
            return str(error)
        make_room(settings.server.limits.connections)
        runtime.watch_health()
        runtime.ready = True
        self._tasks.start(self._settle_now_and_then())
        return ""

    async def _read(self, text: str) -> Settings:
        return self._share(await in_slices(loading_text(text, self._life.settings.source, os.environ)))

    async def _prepare(self, text: str) -> Findings:
        """Read a configuration that the supervisor has found good. What is wrong with it here: a file may have changed."""
        try:
            self._next = await self._read(text)
            self._face = self._traffic.renewal(self._next)
        except ConfigErrors as errors:
            return [astuple(finding) for finding in errors.findings]
        except Unusable as error:
            place = Place(self._life.settings.source, path=".".join(error.keys))
            return [astuple(Finding.at(place, error.message))]
        return []

    async def _commit(self, _more: None) -> str:
        """Put it in force; why not, or an empty word."""
        assert self._next is not None
        try:
            self._runtime.swap(self._next)
            await self._traffic.renew(self._face)
        except Unusable as error:
            return str(error)
        return ""

    async def _settle(self, _more: None) -> None:
        self._runtime.metrics.settle()

    async def _settle_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_SETTLING)
            self._runtime.metrics.settle()

    async def _recent(self, limit: int) -> list[dict[str, object]]:
        return [from_record(record) for record in self._runtime.journal.recent(limit)]

    async def _failures(self, limit: int) -> list[dict[str, object]]:
        return [from_record(record) for record in self._runtime.journal.failures(limit)]

    async def _explained(self, id_: str) -> Mapping[str, object] | None:
        return await self._runtime.explained(id_)

    async def _standings(self, _more: None) -> list[Mapping[str, object]]:
        return [from_guarded(guarded) for guarded in self._runtime.admission.standings()]

    async def _found(self, found: tuple[str, float, bool]) -> None:
        """By the health checks of another worker."""
        name, asked, is_up = found
        if name in self._runtime.settings.upstreams:
            self._runtime.health.hear(name, asked, is_up=is_up)

    async def _hurry(self, _more: None) -> None:
        self._runtime.hurry()

    async def _leave(self, _more: None) -> int:
        """Let what is under way end; the number of exchanges that did not."""
        self._leaving = self._leaving or asyncio.ensure_future(self._drain())
        return await self._leaving

    async def _drain(self) -> int:
        runtime = self._runtime
        runtime.begin_to_leave()
        await self._traffic.leave()
        cut = await runtime.drain(runtime.settings.server.drain)
        await runtime.close()
        await self._traffic.close()
        await runtime.close_observers()
        runtime.metrics.settle()
        return cut
