"""Many very large answers at a time, to readers that are slow: what the gateway holds of them."""

import selectors
import socket
import time

from bench.contents import contents
from bench.origin import HUGE_TARGET
from bench.peers import Running
from bench.stage import Stage
from bench.tables import Table, mebibytes

_SIP, _GULP = 64 * 1024, 1024 * 1024
_PAUSE = 0.06  # seconds between two sips: a megabyte a second, as over the line of a practice
_BUFFER = 128 * 1024  # of a reader's socket, so that the kernel hides little
_PATIENCE = 10.0  # without a byte for anybody


class Cut(Exception):  # noqa: N818
    """A stream ended before its end."""


class Drinker:
    """A client that has asked for the largest instance and reads when it is told to."""

    def __init__(self, port: int) -> None:
        self.taken, self.ended = 0, False
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self.socket.connect(("127.0.0.1", port))
        asks = f"GET {HUGE_TARGET} HTTP/1.1\r\nHost: pacs\r\nAccept: application/dicom\r\nConnection: close\r\n\r\n"
        self.socket.sendall(asks.encode())
        self.socket.setblocking(False)

    def take(self, most: int) -> None:
        """What is there, up to so much."""
        try:
            some = len(self.socket.recv(most))
        except BlockingIOError:
            return
        self.taken += some
        self.ended = some == 0


def streams(stage: Stage) -> Table:
    """The gateway's memory before, while all readers sip, and after all have read to the end."""
    size = stage.mebibytes * 1024**2
    gateway = stage.gateway(stage.archive(contents()[:1], huge=size))
    rows = [_row("before the first", gateway, [])]
    readers = [Drinker(gateway.port) for _ in range(stage.streams)]
    try:
        sip(readers, stage.seconds * 4)
        rows.append(_row("all readers slow", gateway, readers))
        drink(readers)
        rows.append(_row("all read to the end, as fast as it goes", gateway, readers))
    finally:
        for reader in readers:
            reader.socket.close()
    if any(reader.taken < size for reader in readers):
        raise Cut(f"the shortest of {len(readers)} answers had {min(reader.taken for reader in readers)} bytes")
    title = f"Memory, {stage.streams} answers of {stage.mebibytes} MiB at a time"
    note = "A slow reader takes a megabyte a second. Each answer came to its end."
    return Table(title, ("", "resident, at its highest so far", "read so far"), tuple(rows), note)


def _row(name: str, gateway: Running, readers: list[Drinker]) -> tuple[str, ...]:
    return name, mebibytes(gateway.process.usage().peak), mebibytes(sum(reader.taken for reader in readers))


def sip(readers: list[Drinker], seconds: float) -> None:
    """All take a little, and wait a little."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for reader in readers:
            reader.take(_SIP)
        time.sleep(_PAUSE)


def drink(readers: list[Drinker]) -> None:
    """All take what they can get, to the end."""
    with selectors.DefaultSelector() as waiting:
        for reader in readers:
            waiting.register(reader.socket, selectors.EVENT_READ, reader)
        while waiting.get_map():
            ready = waiting.select(_PATIENCE)
            if not ready:
                raise Cut(f"{len(waiting.get_map())} readers had no byte for {_PATIENCE:.0f} s")
            for key, _ in ready:
                key.data.take(_GULP)
                if key.data.ended:
                    waiting.unregister(key.fileobj)
