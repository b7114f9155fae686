"""A real Redis as a process of the test, and a wire to it that can be cut, or held so that nothing comes through."""

import asyncio
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.listener import Listener
from tests.support.ports import free_port
from tests.support.servers import Server, missing

PASSWORD = "Sesam-1234"


class Redis(Server):
    """Debian's redis-server, in a folder of its own, that keeps nothing when it ends. It asks for the password. Use as a
    context manager."""

    def __init__(self, folder: Path, *options: str) -> None:
        path = shutil.which("redis-server")
        if path is None:
            missing("redis-server is not installed")
        port = free_port()
        keeps_nothing = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--requirepass", PASSWORD]
        super().__init__(folder, [path, "--port", str(port), *keeps_nothing, *options], port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return url(self.port)

    def answers(self) -> bool:
        return self.say("PING") == b"+PONG"

    def say(self, command: str) -> bytes:
        """The answer to one command, in the words of the protocol."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as wire, wire.makefile("rb") as reader:
            wire.sendall(f"AUTH {PASSWORD}\r\n{command}\r\n".encode())
            assert reader.readline() == b"+OK\r\n"
            head = reader.readline().rstrip()
            return reader.read(int(head[1:])) if head.startswith(b"$") else head

    def calls(self, command: str) -> int:
        """How often a command was given since the statistics were reset."""
        lines = self.say("INFO commandstats").decode().splitlines()
        found = [line for line in lines if line.startswith(f"cmdstat_{command}:")]
        return int(found[0].partition("calls=")[2].partition(",")[0]) if found else 0


def url(port: int, number: int = 0) -> str:
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/{number}"


@dataclass
class Wire(Listener):
    """Between a gateway and its store. Use as an async context manager; `hold` and `release` stop what the store says."""

    store: int
    port: int = 0
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._free.set()
        return await super().__aenter__()

    @property
    def url(self) -> str:
        return url(self.port)

    def hold(self) -> None:
        """From now on the store takes everything and says nothing."""
        self._free.clear()

    def release(self) -> None:
        """Whatever was held comes now, however late."""
        self._free.set()

    async def has_ended(self) -> None:
        """Until no connection is left."""
        await self._until(lambda: not self.open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection("127.0.0.1", self.store)
        back = asyncio.ensure_future(self._pass(answers, writer))
        try:
            while piece := await reader.read(65536):
                questions.write(piece)
        finally:
            questions.close()
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)

    async def _pass(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await answers.read(65536):
            await self._free.wait()
            writer.write(piece)
        writer.close()
