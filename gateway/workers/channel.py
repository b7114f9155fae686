"""What supervisor and worker say to each other, over a socket pair that nobody else can reach.

A message is its length in four bytes and JSON. It asks, and is answered; or it tells, and is not. What is asked for is data
of the admin port and words of a few letters: nothing crosses that an operator may not see.
"""

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.workers.lifetimes import Tasks

Hear = Callable[[Any], Awaitable[object]]

_LENGTH = struct.Struct("!I")


class Gone(Exception):  # noqa: N818
    """Nobody is at the other end any more."""


class Channel:
    """One end. `hears` are the words it understands, each with what is done about it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hears: Mapping[str, Hear]) -> None:
        self._reader, self._writer, self._hears = reader, writer, hears
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._answering = Tasks()

    def tell(self, word: str, more: object = None) -> None:
        self._send({"word": word, "more": more})

    async def ask(self, word: str, more: object = None, *, patience: float) -> Any:
        """The answer. Raises `Gone`, or `TimeoutError`."""
        self._number += 1
        number = self._number
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._send({"word": word, "more": more, "number": number})
        try:
            async with asyncio.timeout(patience):
                return await self._asked[number]
        finally:
            del self._asked[number]

    async def listen(self) -> None:
        """Hear and answer until the other end is gone."""
        try:
            while True:
                (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
                self._hear(json.loads(await self._reader.readexactly(length)))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(Gone())
            self._writer.close()

    def close(self) -> None:
        """What was said is still sent."""
        self._writer.close()

    def _hear(self, message: Mapping[str, Any]) -> None:
        if "word" in message:
            self._answering.start(self._answer(message))
        elif (asked := self._asked.get(message["number"])) is not None and not asked.done():
            asked.set_result(message["answer"])

    async def _answer(self, message: Mapping[str, Any]) -> None:
        answer = await self._hears[message["word"]](message["more"])
        if "number" in message:
            self._send({"number": message["number"], "answer": answer})

    def _send(self, message: Mapping[str, object]) -> None:
        if self._writer.is_closing():
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(Gone())
            return
        content = json.dumps(message).encode()
        self._writer.write(_LENGTH.pack(len(content)) + content)
