"""Where log lines go. A reader that hangs up, such as `| head -1`, takes nothing with it but the lines that it no longer
wants: the gateway serves on, says so once, and what follows goes nowhere.

A reader that is slow is waited for, by everybody: no line is lost, and a full pipe stops the gateway until there is room.
"""

import asyncio
import logging
import os
import sys
from select import PIPE_BUF
from typing import TextIO

_log = logging.getLogger("pacs_gateway.log")


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines to a stream until its reader has gone."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Called by `logging` where a line could not be written. Such a line is lost, and never quoted elsewhere."""
        if isinstance(sys.exc_info()[1], BrokenPipeError):
            _forget(self.stream)


class Batches:
    """Lines that are written together: those of one turn of the event loop, and without a loop each by itself.

    No more than `PIPE_BUF` bytes go out in one piece, because so many the system does not mix with those of other processes
    that write to the same pipe (POSIX, write(2)); and only whole lines. A line of the access log has no other characters
    than those of ASCII, so they are counted in place of bytes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
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
        """Write what waits. What cannot be written is lost, as any other line is."""
        if not self._waiting:
            return
        lines = "".join(self._waiting)
        self._waiting, self._size = [], 0
        try:
            self._stream.write(lines)
            self._stream.flush()
        except BrokenPipeError:
            _forget(self._stream)
        except (OSError, ValueError):  # a full disk; a stream that is closed
            pass


def _forget(stream: TextIO) -> None:
    """The reader of this stream has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())  # also for what Python flushes at exit, which would change the exit code
    os.close(nowhere)
    _log.warning("the reader of %s has gone: no more is written there", stream.name)


def lines_to(stream: TextIO | None, formatter: logging.Formatter) -> logging.Handler:
    """A handler for a stream; for a standard stream that the process was started without, one that writes nowhere."""
    handler = logging.NullHandler() if stream is None else Lines(stream)
    handler.setFormatter(formatter)
    return handler
