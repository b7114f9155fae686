"""The soak's archive: a process that keeps books and misbehaves. It may be killed at any moment and started again.

    python -m bench.soak_archive PORT SEED LEDGER

LEDGER gets a line for each study that was stored or deleted, before anybody is told. A killed process cannot take it back.
"""

import asyncio
import os
import re
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

from bench.soak_content import CANARY, MULTIPART, Study, study_of
from bench.soak_faults import fault_for

_GARBAGE = b"\x16\x03\x01\x00\xff" + CANARY.encode() * 9 + b"\r\n\r\n"
_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ANOTHER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n["%b"  ]' % CANARY.encode()


class Over(Exception):  # noqa: N818
    """The connection is given up."""


class Exchange:
    """One request and what becomes of it."""

    def __init__(self, archive: "Archive", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._archive, self._reader, self._writer = archive, reader, writer
        self._head, self._method, self._study, self._fault = b"", "", Study(0), "none"

    async def serve(self) -> None:
        """Raises `Over` where no other can follow on the connection."""
        self._head = await self._reader.readuntil(b"\r\n\r\n")
        self._method, target, _ = self._head.split(b"\r\n", 1)[0].decode().split(" ")
        self._study = study_of(target)
        self._fault = fault_for(self._archive.seed, self._method, target)
        await self._begin()
        if self._method == "POST":
            await self._hear()
        elif self._method == "DELETE":
            self._archive.note("deleted", self._study)
            self._say(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            await self._tell()
        await self._writer.drain()

    async def _begin(self) -> None:
        """What can go wrong before anything is read or done."""
        match self._fault:
            case "reset":
                self._reset()
            case "end":
                raise Over
            case "silence":
                await self._silence()
            case "garbage":
                self._say(_GARBAGE)
                raise Over
            case "some_1xx":
                self._say(b"HTTP/1.1 102 Processing\r\n\r\n" * 3)
            case "flood_of_1xx":
                self._say(b"HTTP/1.1 102 Processing\r\n\r\n" * 200)
            case "server_error" | "refused_unread":
                status = 413 if self._fault == "refused_unread" else (500, 502, 503, 504)[self._study.number % 4]
                page = f"<html>{status} {CANARY}</html>".encode()
                self._say(b"HTTP/1.1 %d Odd\r\nContent-Type: text/html\r\n" % status)
                self._say(b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(page), page))
                raise Over

    async def _hear(self) -> None:
        if self._fault == "reset_unread":
            await self._reader.read(1000)
            self._reset()
        if self._fault == "deaf":
            await self._silence()
        content = b"".join([piece async for piece in self._content()])
        if content != self._study.content(most=3):
            self._archive.note("damaged", self._study)
            self._say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        self._archive.note("stored", self._study)
        match self._fault:
            case "stored_and_reset":
                self._reset()
            case "stored_and_silent":
                await self._silence()
            case "stored_and_garbage":
                self._say(_GARBAGE)
                raise Over
        receipt = self._study.receipt
        self._say(b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n")
        self._say(b"Content-Length: %d\r\n\r\n%b" % (len(receipt), receipt))

    async def _content(self) -> AsyncIterator[bytes]:
        length = re.search(rb"\r\ncontent-length: *([0-9]+)", self._head, re.IGNORECASE)
        if length:
            yield await self._reader.readexactly(int(length[1]))
            return
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)

    async def _tell(self) -> None:
        content = self._study.content()
        framed, ends = self._framed(content)
        if self._method == "HEAD" and self._fault != "content_of_head":
            framed = framed[: framed.index(b"\r\n\r\n") + 4]
        middle = len(framed) // 2
        match self._fault:
            case "too_short":
                self._say(framed[:middle])
                raise Over
            case "reset_within":
                self._say(framed[:middle])
                await self._writer.drain()
                self._reset()
            case "silence_within":
                self._say(framed[:middle])
                await self._silence()
            case "drops":
                for at in range(0, 60, 3):
                    self._say(framed[at : at + 3])
                    await asyncio.sleep(0.02)
                self._say(framed[60:])
            case _:
                self._say(framed)
        await self._writer.drain()
        if ends:
            raise Over
        await self._behind()

    def _framed(self, content: bytes) -> tuple[bytes, bool]:
        """The answer, and whether the end of the connection is its end."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {MULTIPART}\r\n".encode()
        if self._fault == "two_lengths":
            return head + b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n" % len(content) + content, True
        match self._study.framing:
            case "length":
                return head + b"Content-Length: %d\r\n\r\n" % len(content) + content, False
            case "close":
                return head + b"Connection: close\r\n\r\n" + content, True
            case "chunked":
                pieces = (content[at : at + 9999] for at in range(0, len(content), 9999))
                chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
                last = b"zz\r\n\r\n" if self._fault == "bad_chunk" else b"0\r\n\r\n"
                return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + last, False

    async def _behind(self) -> None:
        """What can go wrong when the answer is over."""
        match self._fault:
            case "surplus":
                self._say(_GARBAGE)
            case "second_answer":
                self._say(_ANOTHER)
            case "late_408":
                await asyncio.sleep(0.05)
                self._say(_LATE)
                raise Over
            case "end_while_idle":
                await asyncio.sleep(0.02)
                raise Over
            case "reset_while_idle":
                await asyncio.sleep(0.02)
                self._reset()

    def _say(self, data: bytes) -> None:
        self._writer.write(data)

    async def _silence(self) -> None:
        """Neither read nor write, for longer than anybody waits."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(20)
        raise Over

    def _reset(self) -> None:
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise Over


class Archive:
    """The books, and who writes into them."""

    def __init__(self, seed: int, ledger: str) -> None:
        self.seed = seed
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, what: str, study: Study) -> None:
        os.write(self._ledger, f"{what} {study.number}\n".encode())

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(Over, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                await Exchange(self, reader, writer).serve()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()


async def main(port: int, seed: int, ledger: str) -> None:
    server = await asyncio.start_server(Archive(seed, ledger).connected, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
