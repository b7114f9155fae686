"""Log lines on their way to an outlet: messages each by itself, exchanges together."""

import asyncio
import logging
from select import PIPE_BUF
from typing import TextIO

from gateway.telemetry.outlet import Outlet


class Lines(logging.Handler):
    """Writes messages to a stream."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._outlet = Outlet(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """A message that cannot be put into words is lost, and never quoted elsewhere."""
        try:
            line = self.format(record)
        except Exception:
            return
        self._outlet.write(f"{line}\n")

    def close(self) -> None:
        """`logging` sees to it at the end of the process."""
        self._outlet.close()
        super().close()


class Batches:
    """Lines that are written together: those of one turn of the event loop, and without a loop each by itself.

    No more than `PIPE_BUF` bytes go out in one piece, because so many the system does not mix with those of other processes
    that write to the same pipe (POSIX, write(2)); and only whole lines. A line of the access log has no other characters
    than those of ASCII, so they are counted in place of bytes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._outlet = Outlet(stream)
        self._waiting: list[str] = []
        self._size = 0
        self._loop: asyncio.AbstractEventLoop | None = None  # that has promised to write what waits

    def add(self, line: str) -> None:
        if self._size + len(line) > PIPE_BUF:
            self.flush()
        self._waiting.append(line)
        self._size += len(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        if loop is not self._loop:
            self._loop = loop
            loop.call_soon(self._turn_over)

    def _turn_over(self) -> None:
        self._loop = None
        self.flush()

    def flush(self) -> None:
        """Write what waits, or leave it to the outlet."""
        if not self._waiting:
            return
        lines = "".join(self._waiting)
        self._waiting, self._size = [], 0
        self._outlet.write(lines)

    def close(self) -> None:
        """Nothing comes any more."""
        self.flush()
        self._outlet.close()


def lines_to(stream: TextIO | None, formatter: logging.Formatter) -> logging.Handler:
    """A handler for a stream; for a standard stream that the process was started without, one that writes nowhere."""
    handler = logging.NullHandler() if stream is None else Lines(stream)
    handler.setFormatter(formatter)
    return handler
