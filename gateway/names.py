"""The addresses behind host names.

The system is asked, which knows its own files as well as its name servers. It may take half a minute to say that none of
these answers, and cannot be stopped meanwhile. So each question has a thread of its own, for which nobody has to wait:
neither questions about other names nor the end of the process. (A loop asks in a few threads that all share, and waits for
them at its end.)

An archive does not move because a name server is away. Where none answers, the last addresses serve on for a day; where one
says that there is no such name, they do not (RFC 8767).
"""

import asyncio
import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

_log = logging.getLogger("pacs_gateway")

FRESH = 10.0  # seconds for which nobody asks again
PATIENCE = 1.8  # seconds to wait for an answer where there is an older one (RFC 8767 5)
PAUSE = 30.0  # seconds until it is asked again then
STALE = 86400.0  # seconds for which an answer serves where there is no newer one
_GONE = {socket.EAI_NONAME, socket.EAI_NODATA}  # so says a name server; all else is said by one that cannot tell


class Address(NamedTuple):
    """One address, in figures."""

    family: int
    host: str


LookUp = Callable[[str], Sequence[Address]]


@dataclass(slots=True)
class Known:
    """What was said of a name, `learnt` at that moment, and until when nobody asks again."""

    addresses: tuple[Address, ...]
    learnt: float
    until: float
    is_stale: bool = False

    def in_turn(self) -> tuple[Address, ...]:
        """Each time another is the first."""
        first, *others = self.addresses
        self.addresses = (*others, first)
        return (first, *others)


def look_up(host: str) -> Sequence[Address]:
    """Ask the system. Raises `OSError`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "no host name") from None
    figures = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    return [Address(family, socket.getnameinfo(address, figures)[0]) for family, _, _, _, address in found]


class Names:
    """Those that one process has asked for."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._known: dict[str, Known] = {}
        self._asking: dict[str, asyncio.Future[None]] = {}

    async def find(self, host: str) -> None:
        """Until there are `addresses`. Raises `OSError` where the name has none, or nobody knows it. Where no server answers,
        that takes as long as the system does: whoever has less time leaves."""
        known, now = self._known.get(host), time.monotonic()
        if known is not None and now < known.until:
            return
        if literal := _literal(host):
            self._known[host] = Known((literal,), now, math.inf)
            return
        last = known if known is not None and now - known.learnt <= STALE else None
        asking = self._asking.get(host) or self._ask(host)
        try:
            async with asyncio.timeout(PATIENCE if last else None):
                await asyncio.shield(asking)
        except OSError as error:  # TimeoutError is one
            if last is None or (isinstance(error, socket.gaierror) and error.errno in _GONE):
                self._known.pop(host, None)
                raise
            _serves_on(host, last, now)

    def addresses(self, host: str) -> tuple[Address, ...]:
        """Those that were found, each time with another in front. Raises `OSError` where none are."""
        if host not in self._known:
            raise socket.gaierror(socket.EAI_NONAME, "not found")
        return self._known[host].in_turn()

    def _ask(self, host: str) -> "asyncio.Future[None]":
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._inquire, args=(loop, host), name=f"looks up {host}", daemon=True).start()
        self._asking[host] = asking = loop.create_future()
        return asking

    def _inquire(self, loop: asyncio.AbstractEventLoop, host: str) -> None:
        """In the thread."""
        found: Sequence[Address] | OSError
        try:
            found = self._look_up(host)
        except OSError as error:
            found = error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(self._heard, host, found)

    def _heard(self, host: str, found: Sequence[Address] | OSError) -> None:
        asking = self._asking.pop(host)
        if isinstance(found, OSError):
            asking.set_exception(found)
            asking.exception()  # seen, also where everybody has left
            return
        before, now = self._known.get(host), time.monotonic()
        if before is not None and before.is_stale:
            _log.warning("the name servers answer for %s again", host)
        self._known[host] = Known(tuple(found), now, now + FRESH)
        asking.set_result(None)


def _serves_on(host: str, last: Known, now: float) -> None:
    if not last.is_stale:
        _log.warning("no name server answers for %s: its address of %d s ago is used", host, now - last.learnt)
    last.is_stale, last.until = True, now + PAUSE


def _literal(host: str) -> Address | None:
    """An address that is written in figures already."""
    try:
        version = ip_address(host).version
    except ValueError:
        return None
    return Address(socket.AF_INET if version == 4 else socket.AF_INET6, host)
