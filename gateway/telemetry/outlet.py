"""A standard stream whose reader may stand still, or be gone.

A log driver that waits for its server, a full disk behind a pipe, a terminal that somebody has stopped: whoever writes there
waits too, and with the loop everything waits, from images to SIGTERM. So nothing is written where it would have to wait. What
cannot be written is held, up to `MOST_HELD`, and comes when there is room again; what is beyond that is lost, and counted. A
reader that hangs up, such as `| head -1`, takes nothing with it but the lines that it no longer wants.
"""

import asyncio
import fcntl
import logging
import os
import stat
import struct
import termios
import time
from collections import deque
from select import PIPE_BUF, POLLERR, POLLOUT, poll
from threading import Lock
from typing import TextIO

_log = logging.getLogger("pacs_gateway.log")

MOST_HELD = 16 * 1024 * 1024  # characters; some 60,000 exchanges
PATIENCE = 1.0  # seconds without room, at the end of the process
_AGAIN = 0.1  # seconds
_NUMBER = struct.Struct("i")
_NOTHING = bytes(_NUMBER.size)


class Always:
    """Room in a stream that never has to wait: a file, or none of the system's."""

    def is_there(self, _size: int) -> bool:
        return True


class Perhaps:
    """Room in a terminal, a socket or a pipe; also where the reader has gone, as a write then fails at once. One look is good
    for `worth` octets. (Of a terminal it tells only whether somebody has stopped it, not how much it takes.)"""

    def __init__(self, descriptor: int, worth: int) -> None:
        self._descriptor, self._worth, self._left = descriptor, worth, 0
        self._looks = poll()
        self._looks.register(descriptor, POLLOUT)

    def is_there(self, size: int) -> bool:
        """Whether so much can be written without a wait."""
        if size > self._left:
            if not self._is_seen():
                return False
            self._left = max(self._worth, size)
        self._left -= size
        return True

    def _is_seen(self) -> bool:
        return bool(self._looks.poll(0))


class InPipe(Perhaps):
    """Half of a pipe stays free: other processes may write to it between our look and our write."""

    def __init__(self, descriptor: int, worth: int) -> None:
        super().__init__(descriptor, worth)
        self._most = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) // 2

    def _is_seen(self) -> bool:
        if not (seen := self._looks.poll(0)) or seen[0][1] & POLLERR:
            return bool(seen)
        (unread,) = _NUMBER.unpack(fcntl.ioctl(self._descriptor, termios.FIONREAD, _NOTHING))
        return bool(unread <= self._most)


def _room(stream: TextIO) -> Always | Perhaps:
    try:
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, ValueError):
        return Always()
    if stat.S_ISREG(mode):
        return Always()
    if stat.S_ISFIFO(mode):
        return InPipe(descriptor, PIPE_BUF)
    return Perhaps(descriptor, PIPE_BUF if stat.S_ISSOCK(mode) else 0)


class Outlet:
    """Writes pieces of whole lines, in their order. A stream without a descriptor is written to at once, and so is a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._held: deque[str] = deque()
        self._size = self._lost = 0
        self._comes_back = self._has_gone = False
        self._lock = Lock()
        self._room = _room(stream)

    def write(self, piece: str) -> None:
        with self._lock:
            if self._held:
                self._let_go()
            if self._held or not self._room.is_there(len(piece)):
                self._hold(piece)
            else:
                self._put(piece)
        self._tell()

    def close(self) -> None:
        """Write what is held, as long as somebody reads."""
        until = time.monotonic() + PATIENCE
        with self._lock:
            while self._held and time.monotonic() < until:
                before = len(self._held)
                self._let_go()
                if len(self._held) < before:
                    until = time.monotonic() + PATIENCE
                else:
                    time.sleep(0.01)
            self._lost += sum(piece.count("\n") for piece in self._held)
            self._held.clear()
            self._size = 0
        self._tell()

    def _put(self, piece: str) -> None:
        try:
            self._stream.write(piece)
            self._stream.flush()
        except BrokenPipeError:
            self._forget()
        except (OSError, ValueError):  # a full disk; a stream that is closed
            pass

    def _hold(self, piece: str) -> None:
        if self._size + len(piece) > MOST_HELD:
            self._lost += piece.count("\n")
            return
        self._held.append(piece)
        self._size += len(piece)
        self._come_back()

    def _let_go(self) -> None:
        while self._held and self._room.is_there(len(self._held[0])):
            piece = self._held.popleft()
            self._size -= len(piece)
            self._put(piece)

    def _come_back(self) -> None:
        """Without a loop, the next line or the end of the process tries again."""
        if self._comes_back:
            return
        try:
            asyncio.get_running_loop().call_later(_AGAIN, self._try_again)
        except RuntimeError:
            return
        self._comes_back = True

    def _try_again(self) -> None:
        with self._lock:
            self._comes_back = False
            self._let_go()
            if self._held:
                self._come_back()
        self._tell()

    def _tell(self) -> None:
        """What became of lines: outside the lock, as this may come back here."""
        if self._has_gone:
            self._has_gone = False
            _log.warning("the reader of %s has gone: no more is written there", self._stream.name)
        if self._lost and not self._held:
            lost, self._lost = self._lost, 0
            _log.warning("%d lines to %s are lost: its reader stood still for too long", lost, self._stream.name)

    def _forget(self) -> None:
        """The reader has gone. What Python flushes at the exit would change the exit code, so that goes nowhere as well."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        self._room, self._has_gone = Always(), True
