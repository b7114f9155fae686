"""The two sides of a store that breaks: each follows its steps and notes how far it came.

Steps of the archive: `head`, `some`, `all` read; bytes are said; `fin`, `rst` end the connection; `hold` waits for the
gateway to end it, `stall` does not even read.

Steps of the client: `head`, `half`, `rest` send; bytes are sent; `listen` waits for the answer (and reads it), `heard` until
the archive has read what it will, `answered` until it has spoken, `recorded` until the exchange is over; `fin`, `leave`,
`reset` end the connection; `drain`, `cut`, `kill` are done to the gateway.
"""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from tests.stores.table import Step, Upload
from tests.support.buffers import MORE_THAN_BUFFERED
from tests.support.client import Connection, Reply

RESET = struct.pack("ii", 1, 0)
PART = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
END = b"\r\n--b--\r\n"
SMALL = 1000
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD = (
    "POST /rs/studies HTTP/1.1\r\nHost: gw.example\r\n"
    'Content-Type: multipart/related; type="application/dicom"; boundary=b\r\n'
)


@dataclass
class Archive:
    """An archive of one store. `complete` is whether it has the content to its end."""

    steps: tuple[Step, ...]
    connections: int = 0
    requests: int = 0
    received: int = 0  # bytes of content, the framing of its chunks included
    complete: bool = False
    head: bytes = b""
    tail: bytes = b""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)  # from `stall`

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            for step in self.steps:
                await self._take(step, reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.over.set()

    async def _take(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
            self.answered.set()
        elif step == "rst":
            reset(writer)
        elif step != "fin":  # which comes by itself, behind the last step
            await getattr(self, f"_{step}")(reader)

    async def _head(self, reader: asyncio.StreamReader) -> None:
        self.head = await reader.readuntil(b"\r\n\r\n")
        self.requests += 1

    async def _some(self, reader: asyncio.StreamReader) -> None:
        await self._piece(reader)
        self.heard.set()

    async def _all(self, reader: asyncio.StreamReader) -> None:
        end = END + b"\r\n0\r\n\r\n" if b"chunked" in self.head else END
        while not self.tail.endswith(end):
            await self._piece(reader)
        self.complete = True

    async def _hold(self, reader: asyncio.StreamReader) -> None:
        self.heard.set()
        await reader.read()

    async def _stall(self, _reader: asyncio.StreamReader) -> None:
        await self.released.wait()

    async def _piece(self, reader: asyncio.StreamReader) -> None:
        piece = await reader.read(65536)
        if not piece:
            raise asyncio.IncompleteReadError(b"", None)
        self.received += len(piece)
        self.tail = (self.tail + piece)[-len(END) - 16 :]


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


class Sender:
    """A client that stores one object in the way that `upload` says."""

    def __init__(self, connection: Connection, upload: Upload, large: bool) -> None:
        self.connection, self.upload = connection, upload
        content = PART + b"x" * (MORE_THAN_BUFFERED if large else SMALL) + END
        self._halves = {"half": content[: len(content) // 2], "rest": content[len(content) // 2 :]}
        self._length = len(content)
        self.reply: asyncio.Future[Reply] | None = None

    async def take(self, step: Step) -> None:
        """One step of its own; those that wait for others are taken by `play`."""
        writer = self.connection.writer
        if isinstance(step, bytes):
            await self.connection.send(step)
        elif step in self._halves:
            await self._send(self._halves[step], last=step == "rest")
        elif step in ("fin", "reset"):
            {"fin": writer.write_eof, "reset": partial(reset, writer)}[step]()
        else:
            await {"head": self._head, "listen": self.listen, "leave": self.connection.close}[step]()

    async def listen(self) -> Reply:
        """The answer, or how there was none."""
        if self.reply is None:
            self.reply = asyncio.ensure_future(self.connection.reply("POST"))
        return await asyncio.shield(self.reply)

    async def _head(self) -> None:
        framing = "Transfer-Encoding: chunked" if self.upload.chunked else f"Content-Length: {self._length}"
        expect = "Expect: 100-continue\r\n" if self.upload.expects else ""
        await self.connection.send(f"{HEAD}{framing}\r\n{expect}\r\n".encode())
        # Clients that ask wait for the answer; they would send without one, but only after a while.
        while self.upload.expects and CONTINUE not in self.connection.buffer:
            assert await self.connection.more()

    async def _send(self, piece: bytes, last: bool) -> None:
        if self.upload.chunked:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece) + (b"0\r\n\r\n" if last else b"")
        with suppress(ConnectionError):  # it may have been refused already
            await self.connection.send(piece)
