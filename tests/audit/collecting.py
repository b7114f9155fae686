"""A collector of syslog over TCP or TLS: it counts octets, takes messages apart, and can die and return."""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import ClassVar
from xml.etree.ElementTree import Element, fromstring

from tests.support.listener import Listener

BOM = b"\xef\xbb\xbf"


@dataclass
class TinyCollector(Listener):
    """Use as an async context manager. `frames` holds every message that came whole, in order."""

    tls: ssl.SSLContext | None = None
    reads: bool = True
    port: int = 0
    frames: list[bytes] = field(default_factory=list)
    patience: ClassVar[float] = 10.0

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

    async def _serve(self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        if not self.reads:
            await asyncio.Event().wait()
        while True:
            length = await reader.readuntil(b" ")
            self.frames.append(await reader.readexactly(int(length)))
            self._changed.set()
