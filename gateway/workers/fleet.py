"""The workers as their supervisor sees them: places, each with its sockets, in which one worker follows another."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from gateway.config.findings import Finding
from gateway.ports import CannotStart, Doors, close
from gateway.workers.channel import Channel, Gone, Hear
from gateway.workers.lifetimes import Tasks
from gateway.workers.nursery import Nursery

log = logging.getLogger("pacs_gateway")

_PATIENCE = 30.0  # with a worker that begins
_FAREWELL = 5.0  # for one that has nothing more to do
_QUICK = 10.0  # seconds; who dies sooner will probably do so again
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0


class Place:
    """One worker, or the one that will follow it. `channel` is there while it serves."""

    def __init__(self, number: int, doors: Doors) -> None:
        self.number, self.doors = number, doors
        self.channel: Channel | None = None
        self.ended = asyncio.Event()
        self.ended.set()
        self._since = 0.0
        self._pause = 0.0  # before the next, if this one dies quickly

    def begins(self) -> None:
        self.ended.clear()
        self._since = time.monotonic()

    def tell(self, word: str, more: object = None) -> None:
        if self.channel is not None:
            self.channel.tell(word, more)

    async def ask(self, word: str, more: object, patience: float) -> "tuple[Place, Any] | None":
        """The answer and whose it is; None where there is none, or none in time."""
        try:
            return (self, await self.channel.ask(word, more, patience=patience)) if self.channel else None
        except (Gone, TimeoutError):
            return None

    def pause(self) -> float:
        """Before the next: none after one that had served for a while or died for the first time, then ever longer."""
        pause = self._pause if time.monotonic() - self._since < _QUICK else 0.0
        self._pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
        return pause


class Fleet:
    """All workers. `died` hears the number of one that ended unasked, `lost` that nobody can be replaced any more."""

    def __init__(self, nursery: Nursery, died: Callable[[int], None], lost: Callable[[], None]) -> None:
        self.places: tuple[Place, ...] = ()
        self.text: str | None = None  # of the configuration in force; None: the one that the supervisor began with
        self.changing = asyncio.Lock()  # of that; nobody is replaced meanwhile
        self._nursery, self._died, self._lost = nursery, died, lost
        self._is_complete = self._is_leaving = self._is_lost = False
        self._tasks = Tasks()

    @property
    def up(self) -> int:
        """How many serve."""
        return sum(place.channel is not None for place in self.places)

    async def begin(self, doors: tuple[Doors, ...]) -> None:
        """Raises `CannotStart` where a worker cannot, with its reason."""
        self.places = tuple(Place(number, each) for number, each in enumerate(doors))
        self._nursery.report_to(self)
        for reason in await asyncio.gather(*map(self._begin, self.places)):
            if reason:
                raise CannotStart(reason)
        if self.up < len(self.places):
            raise CannotStart("a worker ended as soon as it had begun")
        self._is_complete = True

    async def _begin(self, place: Place) -> str:
        """Start a worker; why it does not serve, or an empty word."""
        ours, theirs = socket.socketpair()
        place.begins()
        with theirs:
            self._nursery.bear(place.number, [theirs, *place.doors])
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        hears: Mapping[str, Hear] = {"found": partial(self._found, place)}
        channel = Channel(reader, writer, hears)
        self._tasks.start(self._listen(place, channel))
        try:
            reason = str(await channel.ask("begin", self.text, patience=_PATIENCE))
        except (Gone, TimeoutError):
            reason = "a worker ended while it began"
        if reason or self._is_leaving:
            channel.close()
        else:
            place.channel = channel
        return reason

    async def _listen(self, place: Place, channel: Channel) -> None:
        await channel.listen()
        if place.channel is channel:
            place.channel = None
        if self._is_lost:
            place.ended.set()  # nobody else will say so

    async def _found(self, finder: Place, found: object) -> None:
        """A health check of one is for all."""
        for place in self._serving() - {finder}:
            place.tell("found", found)

    def ended(self, worker: int, how: str) -> None:
        place = self.places[worker]
        place.channel = None
        place.ended.set()
        if not self._is_complete or self._is_leaving:
            return
        pause = place.pause()
        log.error("worker %d %s and is replaced%s", worker, how, f" in {pause:.1f} s" if pause else "")
        self._died(worker)
        self._tasks.start(self._replace(place, pause))

    async def _replace(self, place: Place, pause: float) -> None:
        await asyncio.sleep(pause)
        async with self.changing:
            if not self._is_leaving and (reason := await self._begin(place)):
                log.error("worker %d cannot serve: %s", place.number, reason)

    def nursery_gone(self) -> None:
        self._is_lost = True
        if not self._is_leaving:
            log.critical("nobody can replace a worker any more: the gateway ends")
            self._lost()

    async def ask(self, word: str, more: object = None, *, patience: float) -> list[Any]:
        """The answers of all who serve and answer in time."""
        return [answer for _, answer in await self._answers(word, more, patience)]

    async def prepare(self, text: str, *, patience: float) -> list[Finding]:
        """Everybody reads this configuration; what was found wrong with it."""
        answers = await self._insist("prepare", text, patience)
        return [Finding(*finding) for _, findings in answers for finding in findings]

    async def commit(self, text: str, *, patience: float) -> None:
        """Everybody goes by what was read, and whoever follows too. Who cannot is replaced: none may go by the old one."""
        self.text = text
        for place, reason in await self._insist("commit", None, patience):
            if reason:
                self._dismiss(place, reason)

    async def _insist(self, word: str, more: object, patience: float) -> list[tuple[Place, Any]]:
        """Who does not answer in time is ended, and so replaced."""
        asked = self._serving()
        answers = await self._answers(word, more, patience)
        for place in asked & self._serving() - {place for place, _ in answers}:
            self._dismiss(place, "it does not answer")
        return answers

    async def _answers(self, word: str, more: object, patience: float) -> list[tuple[Place, Any]]:
        found = await asyncio.gather(*(place.ask(word, more, patience) for place in self._serving()))
        return [answer for answer in found if answer is not None]

    def _serving(self) -> set[Place]:
        return {place for place in self.places if place.channel is not None}

    def _dismiss(self, place: Place, why: str) -> None:
        log.error("worker %d is ended: %s", place.number, why)
        self._nursery.kill(place.number)

    async def leave(self, patience: float) -> int:
        """Until all have ended; the number of exchanges that they had to cut off."""
        self._is_leaving = True
        # Nobody is born any more. A door that stayed open here after its worker closed its own would let clients into a queue
        # that nobody serves, where the kernel cannot be told to keep new ones out (`aiohttp_seam/door.py`).
        for place in self.places:
            close(place.doors)
        cut: int = sum(await self.ask("leave", patience=patience))
        await self.end()
        return cut

    def hurry(self) -> None:
        for place in self._serving():
            place.tell("hurry")

    async def end(self) -> None:
        """All of them, whether they are ready to or not."""
        self._is_leaving = True
        await asyncio.gather(*map(self._end, self.places))
        self._tasks.cancel()
        self._nursery.close()

    async def _end(self, place: Place) -> None:
        if place.channel is not None:
            place.channel.close()
        try:
            async with asyncio.timeout(_FAREWELL):
                await place.ended.wait()
        except TimeoutError:
            self._dismiss(place, "it does not leave")
        close(place.doors)
