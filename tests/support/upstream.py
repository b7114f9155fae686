"""An archive that says exactly the bytes it is told to, and then closes, resets, falls silent or goes on."""

import asyncio
import os
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.support import lint
from tests.support.listener import Listener

# What follows an answer: an end, a reset, silence, the next request; or, for `stall`, silence of one who does not even read.
# `fin` ends the TCP connection alone: over TLS the end is not said.
After = Literal["close", "rst", "hold", "keep", "stall", "fin"]


@dataclass(frozen=True)
class Said:
    """One answer: bytes, pieces with pauses between them, and what follows."""

    raw: bytes = b""
    after: After = "close"
    split: Literal["", "headers", "bytes", "drip"] = ""
    late: bytes = b""
    lull: float = 0.15  # seconds before what is late
    read_body: bool = True
    pause: float = 0.0  # between the bytes of `split: bytes`, and between the last ones of `drip`


@dataclass
class ReceivedRequest:
    """One request as it reached the archive. `complete` is false where its content ended early."""

    head: bytes
    body: bytes = b""
    complete: bool = True

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n", 1)[0]

    @property
    def method(self) -> str:
        return self.line.split(b" ")[0].decode()

    @property
    def target(self) -> bytes:
        return self.line.split(b" ")[1]

    def values(self, name: str) -> list[bytes]:
        lines = self.head.split(b"\r\n")[1:]
        return [v.strip() for n, _, v in (line.partition(b":") for line in lines) if n.lower() == name.lower().encode()]


Script = Callable[[ReceivedRequest, int], "Said | Awaitable[Said]"]


@dataclass
class ScriptedUpstream(Listener):
    """`script` answers each request; its second argument counts requests from 0. Use as an async context manager.

    With `tls` it speaks TLS, and its end of a connection that it closes is said with close_notify."""

    script: Script
    port: int = 0
    tls: ssl.SSLContext | None = None
    requests: list[ReceivedRequest] = field(default_factory=list)

    @property
    def authority(self) -> bytes:
        return f"127.0.0.1:{self.port}".encode()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._one(reader, writer):
            pass

    async def has_ended(self, connections: int) -> None:
        """Until so many connections have come to their end. Raises `TimeoutError` where the gateway holds on to them."""
        await self._until(lambda: self.ended >= connections)

    async def has_heard(self, requests: int) -> None:
        """Until the heads of so many requests have come."""
        await self._until(lambda: len(self.requests) >= requests)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        request = ReceivedRequest(head)
        number = len(self.requests)
        self.requests.append(request)
        self._changed.set()
        said = self.script(request, number)
        if isinstance(said, Awaitable):
            said = await said
        if said.read_body:
            await _read_body(reader, request)
        lint.said(said.raw)
        await _say(writer, said)
        return await _follow(reader, writer, said)


async def _read_body(reader: asyncio.StreamReader, request: ReceivedRequest) -> None:
    request.complete = False
    length = re.search(rb"\r\ncontent-length:[ \t]*([0-9]+)", request.head, re.IGNORECASE)
    if request.values("Transfer-Encoding"):
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            request.body += (await reader.readexactly(size + 2))[:-2]
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass  # trailers
    elif length:
        while len(request.body) < int(length[1]):
            piece = await reader.read(int(length[1]) - len(request.body))
            if not piece:
                raise asyncio.IncompleteReadError(request.body, int(length[1]))
            request.body += piece
    request.complete = True


def crumbs(data: bytes) -> list[bytes]:
    """Byte by byte, or nearly so where that would take its time."""
    step = 1 + len(data) // 2000
    return [data[start : start + step] for start in range(0, len(data), step)]


async def _say(writer: asyncio.StreamWriter, said: Said) -> None:
    if said.split in ("bytes", "drip"):
        whole = len(said.raw) - 30 if said.split == "drip" else 0
        for piece in (said.raw[:whole], *crumbs(said.raw[whole:])):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(said.pause)
    elif said.split == "headers" and b"\r\n\r\n" in said.raw:
        head, rest = said.raw.split(b"\r\n\r\n", 1)
        writer.write(head + b"\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(rest)
    else:
        writer.write(said.raw)
    await writer.drain()


async def _follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: Said) -> bool:
    if said.late:
        await asyncio.sleep(said.lull)
        writer.write(said.late)
        await writer.drain()
    if said.after == "rst":
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    elif said.after == "fin":
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as raw:
            raw.shutdown(socket.SHUT_WR)
        await reader.read()
    elif said.after == "hold":
        await reader.read()  # until the gateway gives up
    elif said.after == "stall":
        await asyncio.Event().wait()  # until the test is over
    return said.after == "keep"


def answer(status: int, body: bytes = b"", *fields: tuple[str, str], reason: str = "X") -> bytes:
    """A well-formed answer with a length."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    length = "" if status in (204, 304) else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} {reason}\r\n{lines}{length}\r\n".encode("latin-1") + body
