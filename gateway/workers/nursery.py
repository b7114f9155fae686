"""The nursery: a process that forks workers. It is a copy of the supervisor from before anything ran in it, and has no loop,
no threads and no connections, so that what it forks is sound (see the package).

Orders and reports are one datagram each, over a socket pair; with an order come the sockets of the worker. When the
supervisor has gone, so has the other end, and the nursery leaves.
"""

import asyncio
import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn, Protocol

from gateway.telemetry.redaction import described

log = logging.getLogger("pacs_gateway")

Work = Callable[[int, list[int]], int]  # the number of a worker, its descriptors -> its exit code

_MOST_SOCKETS = 64
_NOT_OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # they are for the supervisor


class Hears(Protocol):
    """Who is told what becomes of the workers."""

    def ended(self, worker: int, how: str) -> None: ...

    def nursery_gone(self) -> None: ...


class Nursery:
    """Seen from the supervisor."""

    def __init__(self, work: Work, clean_up: Callable[[], None]) -> None:
        """Forks. To be called before there is anything that must not be copied. `clean_up` is what a supervisor that was
        killed could not do any more."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # what is in a buffer would be written by both
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            self._orders.close()
            try:
                _Nurse(theirs, work, clean_up).nurse()
            finally:
                os._exit(1)  # whatever happens, never back into the supervisor's frames
        theirs.close()
        self._orders.setblocking(False)

    def report_to(self, hears: Hears) -> None:
        """From now on, in the running loop."""
        asyncio.get_running_loop().add_reader(self._orders, self._report, hears)

    def bear(self, worker: int, sockets: Sequence[socket.socket]) -> None:
        with suppress(BrokenPipeError):  # its end is reported apart
            socket.send_fds(self._orders, [f"bear {worker}".encode()], [each.fileno() for each in sockets])

    def kill(self, worker: int) -> None:
        """One that does not answer. Not by its number from here: that may be another's by now."""
        with suppress(BrokenPipeError):
            self._orders.send(f"kill {worker}".encode())

    def close(self) -> None:
        if self._orders.fileno() < 0:
            return  # it is already
        asyncio.get_running_loop().remove_reader(self._orders)
        self._orders.close()

    def _report(self, hears: Hears) -> None:
        report = ""
        with suppress(ConnectionError):
            report = self._orders.recv(256).decode()
        if not report:
            asyncio.get_running_loop().remove_reader(self._orders)
            hears.nursery_gone()
            return
        worker, _, how = report.partition(" ")
        hears.ended(int(worker), how)


class _Nurse:
    """Seen from inside: the process of its own."""

    def __init__(self, orders: socket.socket, work: Work, clean_up: Callable[[], None]) -> None:
        self._orders, self._work, self._clean_up = orders, work, clean_up
        self._children: dict[int, int] = {}  # number of the process -> of the worker
        for number in _NOT_OURS:
            signal.signal(number, signal.SIG_IGN)
        self._alarm, self._wake = socket.socketpair()  # what wakes a poll when a child has ended
        self._wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._wake.fileno())

    def nurse(self) -> NoReturn:
        while True:
            readable, _, _ = select.select([self._orders, self._alarm], [], [])
            if self._alarm in readable:
                self._alarm.recv(256)
                self._report_ended()
            if self._orders in readable:
                self._obey()

    def _obey(self) -> None:
        try:
            order, descriptors, _, _ = socket.recv_fds(self._orders, 256, _MOST_SOCKETS)
        except ConnectionError:
            order, descriptors = b"", []
        if not order:
            self._leave()
        verb, worker = order.decode().split()
        if verb == "bear":
            self._bear(int(worker), descriptors)
        else:
            self._kill(int(worker))

    def _bear(self, worker: int, descriptors: list[int]) -> None:
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for ours in (self._orders, self._alarm, self._wake):
                ours.close()
            _live(worker, descriptors, self._work)
        self._children[child] = worker
        for descriptor in descriptors:
            os.close(descriptor)

    def _kill(self, worker: int) -> None:
        for child, its in self._children.items():
            if its == worker:
                os.kill(child, signal.SIGKILL)

    def _report_ended(self) -> None:
        while self._children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            code, worker = os.waitstatus_to_exitcode(status), self._children.pop(child)
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
            with suppress(OSError):  # nobody to hear it
                self._orders.send(f"{worker} (process {child}) ended {how}".encode())

    def _leave(self) -> NoReturn:
        """The supervisor has gone. Its workers know it too, and need until they end what is to be cleaned up."""
        self._orders.close()
        for child in self._children:
            os.waitpid(child, 0)
        self._clean_up()
        os._exit(0)


def _live(worker: int, descriptors: list[int], work: Work) -> NoReturn:
    """The life of a worker. The frames below are the nursery's, so it never returns to them."""
    code = 1
    try:
        code = work(worker, descriptors)
    except BaseException as error:
        log.critical("A worker ends on an error of its own: %s", described(error))
    finally:
        logging.shutdown()  # lines that wait are written
        os._exit(code)
