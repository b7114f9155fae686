"""A client that sees every byte: it sends what it is told and says how the answer ended."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

from tests.support import lint


@dataclass(frozen=True)
class Reply:
    """One answer as it came over the wire. `complete` is whether its framing says that all of it is there."""

    status: int | None
    head: bytes
    body: bytes
    complete: bool
    closed: bool
    interim: tuple[int, ...] = ()
    rest: bytes = b""

    def values(self, name: str) -> list[str]:
        wanted = name.lower().encode()
        lines = (line.partition(b":") for line in self.head.split(b"\r\n")[1:])
        return [value.strip().decode("latin-1") for key, _, value in lines if key.lower() == wanted]

    def value(self, name: str) -> str:
        values = self.values(name)
        return values[0] if values else ""


class Connection:
    """One connection to the gateway; or to another server, whose answers are not `linted`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, linted: bool = True) -> None:
        self.reader, self.writer, self.linted = reader, writer, linted
        self.buffer = b""
        self.sent = b""  # the beginning of what went out since the last answer
        self.ended = False
        self.reset = False

    @classmethod
    async def to(cls, port: int, tls: ssl.SSLContext | None = None, linted: bool = True) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls), linted)

    @property
    def shown(self) -> bytes:
        """The certificate that it was shown, in DER."""
        return bytes(self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True))

    async def send(self, data: bytes) -> None:
        if len(self.sent) < 65536:
            self.sent += data
        self.writer.write(data)
        await self.writer.drain()

    async def _piece(self) -> bytes:
        """The next octets; none at the end of the connection, however it came."""
        if self.ended:
            return b""
        try:
            piece = await self.reader.read(65536)
        except ConnectionError:
            piece, self.reset = b"", True
        self.ended = not piece
        return piece

    async def more(self) -> bool:
        """Read on; False at the end of the connection."""
        piece = await self._piece()
        self.buffer += piece
        return bool(piece)

    async def reply(self, method: str = "GET", seconds: float = 10.0) -> Reply:
        """The next final answer. Raises `TimeoutError` where the gateway neither answers nor closes."""
        interim: list[int] = []
        async with asyncio.timeout(seconds):
            while True:
                while b"\r\n\r\n" not in self.buffer:
                    if not await self.more():
                        return Reply(None, self.buffer, b"", False, True, tuple(interim))
                head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
                status = int(head.split(b" ", 2)[1])
                if status >= 200:
                    break
                interim.append(status)
            body, complete = await self._content(head, status, method)
        sent, self.sent = self.sent, b""
        if self.linted:
            lint.check(lint.Seen(sent, head, body, complete, method))
        return Reply(status, head, body, complete, self.ended, tuple(interim))

    async def _content(self, head: bytes, status: int, method: str) -> tuple[bytes, bool]:
        probe = Reply(status, head, b"", True, False)
        if method == "HEAD" or status in (204, 304):
            return b"", True
        if probe.value("Transfer-Encoding").lower() == "chunked":
            return await self._chunked()
        if probe.value("Content-Length"):
            return await self._counted(int(probe.value("Content-Length")))
        while await self.more():
            pass
        body, self.buffer = self.buffer, b""
        return body, not self.reset

    async def _counted(self, length: int) -> tuple[bytes, bool]:
        pieces, held = [self.buffer], len(self.buffer)
        while held < length and (piece := await self._piece()):
            pieces.append(piece)
            held += len(piece)
        whole = b"".join(pieces)
        body, self.buffer = whole[:length], whole[length:]
        return body, len(body) == length

    async def _chunked(self) -> tuple[bytes, bool]:
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                if not await self.more():
                    return body + self.buffer, False
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            size = int(line.split(b";")[0], 16)
            chunk, whole = await self._counted(size + 2)
            body += chunk[:size]
            if not whole or size == 0:
                return body, whole

    async def is_closed(self, seconds: float = 2.0) -> bool:
        """Whether the gateway closes the connection by itself."""
        try:
            async with asyncio.timeout(seconds):
                while await self.more():
                    pass
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


async def ask(port: int, request: bytes, seconds: float = 10.0) -> Reply:
    """One request on a connection of its own."""
    connection = await Connection.to(port)
    try:
        await connection.send(request)
        return await connection.reply(request.split(b" ", 1)[0].decode("latin-1"), seconds)
    finally:
        await connection.close()


def request(method: str, target: str, *fields: tuple[str, str], body: bytes = b"", host: str = "gw.example") -> bytes:
    """A well-formed request."""
    lines = [("Host", host), *fields]
    if body or method in ("POST", "PUT"):
        lines.append(("Content-Length", str(len(body))))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
    return head.encode("latin-1") + body
