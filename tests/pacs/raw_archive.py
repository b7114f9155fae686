"""An archive made for size: it streams an object, or reads one and counts, and keeps none of it. It can stop on the way."""

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

from tests.pacs.samples import LargeObject

RECEIPT = b'{"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2.3"]}}]}}'


class RawArchive:
    """GET streams `held` as one object; a POST is read to its end, hashed, and acknowledged.

    With `stalls` it pauses after an eighth of an object, until `go_on` is set; with `chunked` it announces no length.
    """

    def __init__(self, held: LargeObject, *, stalls: bool = False, chunked: bool = False) -> None:
        self._held, self._chunked = held, chunked
        self.go_on = threading.Event()
        if not stalls:
            self.go_on.set()
        self.moved = 0  # bytes of content, either way
        self.received = hashlib.sha256()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "RawArchive":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)

    def _serve(self) -> None:
        """One connection after the other, one request on each."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as incoming:
                head = b"".join(iter(incoming.readline, b"\r\n"))
                if head.startswith(b"GET "):
                    self._tell(connection)
                else:
                    self._hear(head, incoming)
                    connection.sendall(_head("application/dicom+json", len(RECEIPT)) + RECEIPT)

    def _tell(self, connection: socket.socket) -> None:
        connection.sendall(_head("application/dicom", None if self._chunked else self._held.size))
        for piece in self._held.pieces():
            self._pause()
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)
            self.moved += len(piece)
        if self._chunked:
            connection.sendall(b"0\r\n\r\n")

    def _hear(self, head: bytes, incoming: BinaryIO) -> None:
        length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
        for piece in _counted(incoming, int(length[1])) if length else _chunks(incoming):
            self._pause()
            self.received.update(piece)
            self.moved += len(piece)

    def _pause(self) -> None:
        if self.moved > self._held.size // 8:
            self.go_on.wait(30)


def _counted(incoming: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (piece := incoming.read(min(left, 2**20))):
        yield piece
        left -= len(piece)


def _chunks(incoming: BinaryIO) -> Iterator[bytes]:
    while size := int(incoming.readline(), 16):
        yield incoming.read(size)
        incoming.readline()
    incoming.readline()


def _head(media_type: str, length: int | None) -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    fields = f"Content-Type: {media_type}\r\n{framing}\r\nConnection: close\r\n"
    return f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode()
