"""A collector of syslog over TCP or TLS: it counts octets, takes messages apart, and can die and return."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, fromstring

BOM = b"\xef\xbb\xbf"


@dataclass
class TinyCollector:
    """Use as an async context manager. `frames` holds every message that came whole, in order."""

    tls: ssl.SSLContext | None = None
    reads: bool = True
    port: int = 0
    frames: list[bytes] = field(default_factory=list)
    connections: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def __aenter__(self) -> "TinyCollector":
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"{'tls' if self.tls else 'tcp'}://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[Element]:
        return [fromstring(frame.partition(BOM)[2]) for frame in self.frames]

    def of(self, event: str) -> list[Element]:
        """The messages with this EventID."""
        path = f"EventIdentification/EventID[@csd-code='{event}']"
        return [message for message in self.messages if message.find(path) is not None]

    async def has_heard(self, number: int, event: str = "") -> None:
        """Until so many messages have come, of this EventID where one is given."""
        await self._until(lambda: len(self.of(event) if event else self.frames) >= number)

    async def has_met(self, connections: int) -> None:
        await self._until(lambda: self.connections >= connections)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self._changed.set()
        try:
            if not self.reads:
                await asyncio.Event().wait()
            while True:
                length = await reader.readuntil(b" ")
                self.frames.append(await reader.readexactly(int(length)))
                self._changed.set()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
